/** What the members of a schedule took and gave, in order, for the checkers; and what the checkers found. */

import type { DeadlineReached } from '../../../server/base/core.ts';
import type {
  MemberEffect,
  MemberInput,
  VipEntry,
  VipMessage,
  VipNode,
  VipOffer,
  VipOrder,
  VipTable,
} from '../../../server/duravip/api.ts';
import type { VipMember } from '../../../server/duravip/member.ts';
import { kindOf } from '../../../server/duravip/messages.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import type { NodeName, PrivateName } from '../../../server/model/names.ts';
import { VIOLATIONS_MAX, type Violation } from '../bus/checkers/violation.ts';
import type { MachineChange } from './machine.ts';
import type { VipWatch } from './vip-core.ts';

/** A table at one epoch. */
export type Snapshot = {
  readonly viewId: string | undefined;
  readonly synced: boolean;
  readonly epoch: string;
  readonly hash: string;
  readonly leader: NodeName | undefined;
  readonly rows: ReadonlyMap<IpAddress, VipEntry>;
  readonly nodes: ReadonlyMap<NodeName, VipNode>;
};

export type Ending = {
  /** How many inputs there had been. */
  readonly inputs: number;
  readonly epoch: string;
  /** Undefined without a whole table. */
  readonly hash: string | undefined;
  readonly wanted: ReadonlySet<IpAddress>;
};

/** One life of a member. */
export type Trace = {
  readonly number: number;
  readonly node: NodeName;
  readonly name: PrivateName;
  readonly member: VipMember;
  readonly recorded: { readonly input: MemberInput | DeadlineReached | VipOrder; readonly ownMs: number }[];
  /** Another one as this was at its start. */
  readonly again: () => VipMember;
  /** What it was given last. */
  offers: readonly VipOffer[];
  snapshot: Snapshot;
  /** From its effects. */
  readonly wanted: Set<IpAddress>;
  /** Since its last view, messages may be of a part of that view only. */
  inTransition: boolean;
  members: readonly PrivateName[];
  viewAtMs: number;
  /** When it last came to know the whole table by an exchange. */
  exchangedAtMs: number;
  /** Newest last. */
  readonly said: { readonly viewId: string | undefined; readonly message: VipMessage }[];
  /** Paused, and nothing has shown yet that it is still in the view. */
  unconfirmed: boolean;
  /** It hands over and takes nothing any more. */
  stopping: boolean;
  /** How things were when it said that it had stopped. What its process still hears is nothing to it. */
  stopped: Ending | undefined;
  ended: boolean;
};

export type Step = {
  readonly trace: Trace;
  readonly input: MemberInput | DeadlineReached | VipOrder;
  readonly effects: readonly MemberEffect[];
  readonly before: Snapshot;
  readonly after: Snapshot;
};

export type Checker = {
  readonly stepped?: (step: Step) => void;
  readonly machineChanged?: (node: Place, address: IpAddress, what: MachineChange) => void;
  readonly daemonEnded?: (trace: Trace) => void;
};

/** A daemon. */
type Named = { readonly name: PrivateName };
/** A node. */
export type Place = { readonly number: number; readonly node: NodeName };

const SAID_MAX = 200;
const HEARTBEAT = kindOf({ type: 'heartbeat', viewId: '', n: 0, hash: '', up: 0 });

export class Watcher {
  readonly traces: Trace[] = [];
  readonly violations: Violation[] = [];
  /** When a member last said anything but that it is there. */
  saidAtMs = 0;
  /** Since when somebody added an address behind the back of all. */
  readonly touched = new Set<IpAddress>();
  readonly nowMs: () => number;
  #checkers: readonly Checker[] = [];
  #hash = 0x811c9dc5;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** Equal schedules give equal hashes. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  use(checkers: readonly Checker[]): void {
    this.#checkers = checkers;
  }

  report(invariant: string, what: string): void {
    if (this.violations.length >= VIOLATIONS_MAX) return;
    this.violations.push({ invariant, what: `${this.nowMs().toFixed(1)} ms: ${what}` });
  }

  traceOf(daemon: Named): Trace | undefined {
    return this.traces.findLast(({ name }) => name === daemon.name);
  }

  /** Those whose process was not ended. */
  get alive(): readonly Trace[] {
    return this.traces.filter(({ ended }) => !ended);
  }

  saidBefore(daemon: Named): readonly VipMessage[] {
    const trace = this.traceOf(daemon);
    if (trace === undefined) return [];
    const { viewId } = trace.snapshot;
    return trace.said.flatMap((one) => (one.viewId === viewId ? [] : [one.message]));
  }

  byHand(address: IpAddress): void {
    this.touched.add(address);
  }

  machineChanged(node: Place, address: IpAddress, what: MachineChange): void {
    this.mix(`${node.node} ${address} ${what}`);
    for (const checker of this.#checkers) checker.machineChanged?.(node, address, what);
  }

  daemonEnded(daemon: Named): void {
    const trace = this.traceOf(daemon);
    if (trace === undefined) return;
    trace.ended = true;
    for (const checker of this.#checkers) checker.daemonEnded?.(trace);
  }

  watch(parts: {
    readonly number: number;
    readonly node: NodeName;
    readonly name: PrivateName;
    readonly member: VipMember;
    readonly offers: readonly VipOffer[];
    readonly again: () => VipMember;
  }): VipWatch {
    const trace: Trace = {
      ...parts,
      recorded: [],
      snapshot: snapshotOf(parts.member.table),
      wanted: new Set(),
      inTransition: false,
      members: [],
      viewAtMs: this.nowMs(),
      exchangedAtMs: this.nowMs(),
      said: [],
      unconfirmed: false,
      stopping: false,
      stopped: undefined,
      ended: false,
    };
    this.traces.push(trace);
    return {
      stepped: (input, effects, ownMs) => this.#stepped(trace, input, effects, ownMs),
      ordered: (order, effects, ownMs) => this.#stepped(trace, order, effects, ownMs),
      transition: () => {
        trace.inTransition = true;
      },
      refused: (reason) => {
        if (reason === 'tooLarge') this.report('VIP-35', `${trace.node} published more than the bus takes`);
      },
    };
  }

  /** FNV-1a. */
  mix(text: string): void {
    const line = `${this.nowMs().toFixed(3)} ${text}`;
    for (let at = 0; at < line.length; at += 1)
      this.#hash = Math.imul(this.#hash ^ line.charCodeAt(at), 0x01000193);
  }

  #stepped(
    trace: Trace,
    input: MemberInput | DeadlineReached | VipOrder,
    effects: readonly MemberEffect[],
    ownMs: number,
  ): void {
    const before = trace.snapshot;
    if (effects.some(({ type }) => type === 'stopped')) trace.stopped = endingOf(trace);
    trace.recorded.push({ input, ownMs });
    const after = changed(before, trace.member.table) ? snapshotOf(trace.member.table) : before;
    trace.snapshot = after;
    if (input.type === 'view') {
      // The group may change once more where its messages are not those of all any more.
      if (!input.view.id.includes(':~')) trace.inTransition = false;
      trace.members = input.view.members.map(({ name }) => name);
      trace.viewAtMs = this.nowMs();
    }
    if (input.type === 'stop') trace.stopping = true;
    if (input.type === 'offersChanged') trace.offers = input.offers;
    if (after.synced && !before.synced) trace.exchangedAtMs = this.nowMs();
    for (const effect of effects) this.#note(trace, effect);
    if (after !== before) this.mix(`${trace.name} ${after.epoch} ${after.hash}`);
    const step = { trace, input, effects, before, after };
    for (const checker of this.#checkers) checker.stepped?.(step);
  }

  #note(trace: Trace, effect: MemberEffect): void {
    switch (effect.type) {
      case 'want':
        for (const address of effect.release) trace.wanted.delete(address);
        for (const address of effect.acquire) trace.wanted.add(address);
        return;
      case 'publish':
        if (effect.message.kind !== HEARTBEAT) this.saidAtMs = this.nowMs();
        trace.said.push({ viewId: trace.snapshot.viewId, message: effect.message });
        if (trace.said.length > SAID_MAX) trace.said.shift();
        return;
      default:
    }
  }
}

export function endingOf({ recorded, snapshot, wanted }: Trace): Ending {
  return {
    inputs: recorded.length,
    epoch: snapshot.epoch,
    hash: snapshot.synced ? snapshot.hash : undefined,
    wanted: new Set(wanted),
  };
}

function changed(before: Snapshot, table: VipTable): boolean {
  return before.epoch !== table.epoch || before.viewId !== table.viewId || before.synced !== table.synced;
}

export function snapshotOf(table: VipTable): Snapshot {
  return {
    viewId: table.viewId,
    synced: table.synced,
    epoch: table.epoch,
    hash: table.hash,
    leader: table.leader,
    rows: new Map(table.entries().map((entry) => [entry.address, entry])),
    nodes: new Map(table.nodes().map((node) => [node.node, node])),
  };
}
