/**
 * What a msgc_server tells the process that hosts it: events for logs and for the status that nodes publish, and a
 * snapshot on demand. Traffic of clients does not pass here.
 */

import type { GroupName, NodeName, PrivateName } from '../model/names.ts';
import type { LossCause } from './client-api.ts';

/** `up`: handshake done; `dialing`, `waiting` (for reconnect_interval or a hold-down), `refused` (see detail). */
export type LinkState = 'up' | 'dialing' | 'waiting' | 'refused';

/** Totals of one peer since this process started, over all links to it. Frames of clients are not in it. */
export type LinkTraffic = {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Client messages, as `max_backlog` counts them; a frame without any counts as one. */
  readonly messagesIn: number;
  readonly messagesOut: number;
};

export type LinkStatus = {
  readonly peer: NodeName;
  readonly address: string;
  readonly state: LinkState;
  /** Monotonic moment of the last change of state. */
  readonly sinceMs: number;
  /** Monotonic moment at which anything was last heard; undefined if never. */
  readonly heardAtMs: number | undefined;
  /** Last measured round trip; undefined if not measured yet. */
  readonly roundTripMs: number | undefined;
  /** Queued messages; `max_backlog` closes the link. */
  readonly backlog: number;
  readonly reconnects: number;
  /** Handshakes with this peer that failed since this process started, refused by either side. */
  readonly refused: number;
  readonly traffic: LinkTraffic;
  /** Why this peer counts as slow now; undefined if it does not. */
  readonly slow: string | undefined;
  readonly detail: string;
};

export type BusViewStatus = {
  readonly viewId: string;
  /** In agreed order; the first orders messages. */
  readonly members: readonly NodeName[];
  readonly installedAtMs: number;
};

/** One entry of the history of views: how this server came into the view. */
export type BusViewRecord = BusViewStatus & {
  /** From the first sign that a change was due to its end, as this server saw it; undefined for the first view. */
  readonly tookMs: number | undefined;
  readonly joined: readonly NodeName[];
  readonly lost: readonly { readonly node: NodeName; readonly cause: LossCause }[];
};

/** Views that a server remembers. */
export const VIEW_RECORDS_MAX = 32;

export type ServerStatus = {
  readonly node: NodeName;
  readonly state: 'gather' | 'flush' | 'operational';
  readonly view: BusViewStatus | undefined;
  readonly links: readonly LinkStatus[];
  /** For each server known through REACH: the servers to which it has a live link, as it said last. */
  readonly reach: readonly { readonly node: NodeName; readonly sees: readonly NodeName[] }[];
  readonly clients: number;
  /** Differs for every start of this server. */
  readonly incarnation: number;
  /** Monotonic moment of the start of this server; totals count from it. */
  readonly startedAtMs: number;
  /** Links and clients have to prove that they know a key. */
  readonly authenticated: boolean;
  readonly maxBacklog: number;
  /** Connections that were refused or closed for a reason of their own, by reason, such as `wrong key`. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Newest last; the last one is `view`. */
  readonly views: readonly BusViewRecord[];
  /** All groups of the view with their members, in agreed order. */
  readonly groups: readonly { readonly group: GroupName; readonly members: readonly PrivateName[] }[];
  /** How long this process was not scheduled within the last minute, in milliseconds. */
  readonly pausedMs: number;
  /** Counters since start by name, such as `frames_dropped_old_view` or `closed_bad_frame`. */
  readonly counters: Readonly<Record<string, number>>;
};

export type ServerEvent =
  | { readonly type: 'linkUp'; readonly peer: NodeName }
  | { readonly type: 'linkDown'; readonly peer: NodeName; readonly cause: LossCause; readonly detail: string }
  /** The peer lives, yet is in the way of others; and that it is not any more. */
  | { readonly type: 'linkSlow'; readonly peer: NodeName; readonly reason: string }
  | { readonly type: 'linkRecovered'; readonly peer: NodeName }
  | { readonly type: 'reachChanged' }
  | {
      readonly type: 'viewInstalled';
      readonly view: BusViewStatus;
      readonly lost: readonly { readonly node: NodeName; readonly cause: LossCause }[];
    }
  | { readonly type: 'clientUp' | 'clientDown'; readonly client: string; readonly detail: string }
  /** A connection was closed for a counted reason: bad frame, wrong version, wrong cluster, too long, unknown peer. */
  | { readonly type: 'connectionRefused'; readonly remote: string; readonly reason: string }
  /** This process was not scheduled for so long; others may have removed it (evs.md 6.5). */
  | { readonly type: 'paused'; readonly gapMs: number };
