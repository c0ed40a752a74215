/** Frames between servers (evs.md 6.2): what they carry. Rules: SPEC.md BUS-01 to BUS-05. */

import type { NodeName } from '../model/names.ts';
import type { AuthOffer, ChallengeFrame, ProofFrame } from './auth-frames.ts';
import type { LossCause } from './client-api.ts';
import type { Attempt, ProcessId, ViewId } from './ids.ts';

/** `MSGC` in bytes. */
export const MAGIC = 0x4347_534d;
/** Raised with every change of a frame. History: 4 heartbeats say when their sender calls a link silent, 3 proof of a key, 2 packets of messages, 1 first version. */
export const PROTOCOL_VERSION = 4;

export const SERVER_FRAME = {
  hello: 1,
  heartbeat: 2,
  reach: 3,
  data: 4,
  order: 5,
  ack: 6,
  propose: 7,
  nack: 8,
  state: 9,
  plan: 10,
  repair: 11,
  pending: 12,
  ready: 13,
  install: 14,
  leave: 15,
  bye: 16,
  challenge: 17,
  proof: 18,
} as const;

/** A closed batch of client operations. `b` counts 1, 2, 3 … per origin and view. */
export type Batch = {
  readonly origin: NodeName;
  readonly b: number;
  /** Client operations inside; counts against `max_backlog`. */
  readonly count: number;
  /** Holds at least one message with service `safe`. */
  readonly safe: boolean;
  readonly body: Buffer;
};

export type BatchRef = { readonly origin: NodeName; readonly b: number };
export type LostServer = ProcessId & { readonly cause: LossCause };

/** One mailbox of the sending server in one group. `cid` is unique among all mailboxes that server ever had. */
export type Membership = {
  readonly group: string;
  readonly cid: number;
  readonly session: string;
  readonly capabilities: Buffer;
};
export type ServerGroups = { readonly node: NodeName; readonly memberships: readonly Membership[] };

export type OldViewPlan = {
  readonly view: ViewId;
  /** The members of the new view that come from this one, in its order: the transitional set. */
  readonly together: readonly NodeName[];
  readonly cut: number;
  readonly stableMax: number;
  readonly holder: NodeName;
  /** What each of `together` had received, in the same order. */
  readonly recvOf: readonly number[];
  /** Batches without a position that are delivered in the transitional configuration, and who sends each. */
  readonly pending: readonly (BatchRef & { readonly holder: NodeName })[];
  readonly lost: readonly LostServer[];
};

export type Plan = {
  readonly att: Attempt;
  /** In the order of the new view; `old` is an index into `oldViews`. */
  readonly members: readonly (ProcessId & { readonly old: number })[];
  readonly oldViews: readonly OldViewPlan[];
  readonly needGroups: boolean;
};

export type HelloFrame = {
  readonly type: 'hello';
  readonly cluster: string;
  readonly node: string;
  readonly inc: number;
  /** Grows with each HELLO a process sends: tells a stale duplicate link from a new one. */
  readonly helloNo: number;
  readonly maxCtr: number;
  /** Of a dialler with keys; an acceptor proves its key in CHALLENGE. */
  readonly offer?: AuthOffer | undefined;
};
export type StateFrame = {
  readonly type: 'state';
  readonly att: Attempt;
  readonly oldView: ViewId;
  readonly oldMembers: readonly ProcessId[];
  readonly recv: number;
  readonly stable: number;
  /** Own batches without a position. */
  readonly pending: readonly BatchRef[];
  /** Batches that an earlier attempt already promised to the transitional configuration. */
  readonly obliged: readonly BatchRef[];
  readonly lost: readonly LostServer[];
};
export type OrderFrame = {
  readonly type: 'order';
  readonly view: ViewId;
  readonly gseq: number;
  readonly stable: number;
  readonly batch: Batch;
  /** Goes to the origin of the batch, which holds the body: it is left out. */
  readonly own: boolean;
};
export type HeartbeatFrame = {
  readonly type: 'heartbeat';
  readonly view: ViewId;
  readonly recv: number;
  readonly stable: number;
  /** A link that is silent for so long is down for the sender. */
  readonly silenceMs: number;
  readonly sentAtMs: number;
  /** `sentAtMs` of the last heartbeat heard from the receiver, and how long ago that was; NaN if none. */
  readonly echoSentAtMs: number;
  readonly echoHeldMs: number;
};
export type ReachFrame = {
  readonly type: 'reach';
  readonly ver: number;
  readonly sees: readonly ProcessId[];
};
export type DataFrame = { readonly type: 'data'; readonly view: ViewId; readonly batch: Batch };
export type AckFrame = { readonly type: 'ack'; readonly view: ViewId; readonly recv: number };
export type ProposeFrame = {
  readonly type: 'propose';
  readonly att: Attempt;
  readonly members: readonly ProcessId[];
};
export type NackFrame = {
  readonly type: 'nack';
  readonly att: Attempt;
  readonly maxCtr: number;
  readonly reason: NackReason;
  readonly nodes: readonly NodeName[];
};
export type PlanFrame = { readonly type: 'plan'; readonly plan: Plan };
export type RepairFrame = {
  readonly type: 'repair';
  readonly att: Attempt;
  readonly view: ViewId;
  readonly gseq: number;
  readonly batch: Batch;
};
export type PendingFrame = {
  readonly type: 'pending';
  readonly att: Attempt;
  readonly view: ViewId;
  readonly batch: Batch;
};
export type ReadyFrame = {
  readonly type: 'ready';
  readonly att: Attempt;
  readonly memberships: readonly Membership[];
};
export type InstallFrame = {
  readonly type: 'install';
  readonly att: Attempt;
  readonly groups: readonly ServerGroups[];
};
export type LeaveFrame = { readonly type: 'leave'; readonly reason: string };
export type ByeFrame = { readonly type: 'bye'; readonly reason: string };

/** Frames that carry a batch. */
export type BatchFrame = DataFrame | OrderFrame | RepairFrame | PendingFrame;
/** Frames of the order, which belong to one view. */
export type OrderedFrame = DataFrame | OrderFrame | AckFrame;
/** Frames of a view change, which belong to one attempt. */
export type FlushFrame =
  | ProposeFrame
  | NackFrame
  | StateFrame
  | PlanFrame
  | RepairFrame
  | PendingFrame
  | ReadyFrame
  | InstallFrame;
/** Frames without a batch and without a plan. */
export type PlainFrame =
  | HelloFrame
  | ChallengeFrame
  | ProofFrame
  | HeartbeatFrame
  | ReachFrame
  | AckFrame
  | ProposeFrame
  | NackFrame
  | StateFrame
  | ReadyFrame
  | InstallFrame
  | LeaveFrame
  | ByeFrame;
export type ServerFrame = PlainFrame | BatchFrame | PlanFrame;
/** A HELLO or CONNECT of another protocol version; nothing else of it is read. */
export type OtherVersion = { readonly type: 'otherVersion'; readonly version: number };

/** `old`: a higher counter was seen; `unreachable`: not linked to `nodes`; `prefer`: follows a better ranked proposer. */
export type NackReason = 'old' | 'unreachable' | 'prefer';
export const NACK_REASONS: readonly NackReason[] = ['old', 'unreachable', 'prefer'];
/** In the order of their numbers on the wire. */
export const LOSS_CAUSES: readonly LossCause[] = ['closed', 'silence', 'leave', 'backlog'];
export const FLAG_SAFE = 1;
export const FLAG_OWN = 2;
export const FLAG_NEED_GROUPS = 1;
