/**
 * The vocabulary of data replication, shared by its core, by the node that runs it and by the simulation
 * (momentum.md 4, REP-01 to REP-29). Every member owns a *share* of an object, what it counted itself, and holds a copy
 * of the share of every other member; the `global` view is the sum. A share is written by its owner alone and travels as
 * values, not as changes, in the agreed order of the bus, so a copy is either the same or found out by its digest.
 */

import type { IpAddress, Network } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';

/** Types by their documented names (momentum.md 4.2); which are legal is decided by the configuration. */
export type ReplicationType =
  | 'inbound_cidr'
  | 'outbound_cidr'
  | 'outbound_domains'
  | 'outbound_binding_domains'
  | 'shared_named_throttles'
  | 'OBTM'
  | 'OBTC'
  | 'metrics'
  | 'eccmgr_metrics'
  | 'cache';

/** As `cluster shared list` names it. */
export type ObjectKind = 'cidrtree' | 'gauge table' | 'throttle set' | 'metrics' | 'cache';

export type SharedObjectPlan = {
  /** Of the `Replicate` scope; unique, case-exact. */
  readonly name: string;
  readonly type: ReplicationType;
  readonly kind: ObjectKind;
  /** Joiners get the present state: always, except for caches without `parameters = "snapshot"` (A31, REP-21). */
  readonly snapshots: boolean;
  /** Lower case, without blanks (REP-12). */
  readonly parameters: ReadonlySet<string>;
  /** Only what this binding group does is counted (REP-17). */
  readonly bindingGroup: string | undefined;
  readonly maxDelayMs: number;
  /** Changed keys that wait, at most (REP-15). */
  readonly maxPending: number;
  /** Entries of a cache; undefined for the documented -1, which is ENTRIES_MAX here. */
  readonly maxSize: number | undefined;
  /** `managers`: nodes do not keep what others tell (REP-10). */
  readonly audience: 'all' | 'managers';
};

export const OBJECTS_MAX = 256;
/** Entries of one share, of one cache, of one table: the budget of architecture 7. */
export const ENTRIES_MAX = 1_048_576;
export const KEY_BYTES_MAX = 512;
export const CACHE_VALUE_BYTES_MAX = 64 * 1024;
/** Changes of one message of the bus; more are split (REP-27). A single change may be longer, with a value of a cache. */
export const MESSAGE_BYTES_MAX = 64 * 1024;
/** 16 bit application type of all messages of replication. */
export const REPLICATION_KIND = 0x4d0a;

export type ReplicationMember = {
  /** Mailbox that shares data, `#ec1-12137#relay-0-1`: names the view (momentum.md 3.3). */
  readonly name: PrivateName;
  readonly node: NodeName;
  readonly role: 'node' | 'manager';
};

export type ReplicatorInput =
  | { readonly type: 'start' | 'stop' }
  /** Members that share data, in the order of the cluster group; whoever is not there any more takes its share along. */
  | {
      readonly type: 'view';
      readonly members: readonly ReplicationMember[];
      /** Own name in it. */
      readonly me: PrivateName;
      /** Those with whom all history up to here is common (EVS transitional set). */
      readonly transitional: ReadonlySet<PrivateName>;
    }
  /** In agreed order with views; own messages come back as well. */
  | { readonly type: 'message'; readonly from: PrivateName; readonly payload: Buffer }
  /** The bus was lost: nothing is known of others until the next view. */
  | { readonly type: 'disconnected' }
  /** Counters of objects that are in both plans go on (REP-26). */
  | { readonly type: 'configured'; readonly objects: readonly SharedObjectPlan[] };

export type ReplicatorEffect =
  /** To the cluster group. */
  | { readonly type: 'publish'; readonly payload: Buffer }
  | { readonly type: 'send'; readonly to: PrivateName; readonly payload: Buffer }
  /** Answer to `claim`, after it came back in agreed order. */
  | { readonly type: 'claimed'; readonly id: number; readonly granted: boolean }
  /** A copy differed from what its owner says, or does not differ any more. */
  | { readonly type: 'diverged' | 'converged'; readonly object: string; readonly owner: NodeName };

/** What one process counts, throttles and caches in the cluster: for the mail plane, modules and the socket API. */
export interface SharedData {
  /**
   * Changes the own share, lazily told to others. Unknown objects are ignored: no `Replicate`, no counting.
   * @param key an address for a cidrtree, else any text up to KEY_BYTES_MAX.
   * @param change the share never falls below 0.
   */
  count(object: string, key: string, change: number, nowMs: number): void;
  /**
   * Adds 1 to the own share only while the sum of all shares stays within every limit. Decided by the agreed order of
   * the bus, so it holds exactly in a stable view; the answer is a `claimed` effect with the returned id. At once, by
   * the own knowledge, while there is no bus.
   */
  claim(keys: readonly ClaimedKey[], nowMs: number): number;
  /** Gives back what was granted. */
  release(keys: readonly Omit<ClaimedKey, 'limit'>[], nowMs: number): void;
  /** Sum of all shares; undefined where there is no such object. */
  total(object: string, key: string): number | undefined;
  /**
   * Takes `amount` from a throttle that all members share (REP-07, REP-08, REP-24).
   * @param object shared_named_throttles, OBTM or OBTC.
   * @returns 0 when taken, else after how many ms to ask again.
   */
  throttle(object: string, name: string, rate: ThrottleRate, amount: number, nowMs: number): number;
  cacheSet(
    object: string,
    key: string,
    value: Buffer,
    ttlMs: number,
    nowMs: number,
  ): CacheRefusal | undefined;
  /** Undefined: not there, or expired. */
  cacheGet(object: string, key: string, nowMs: number): Buffer | undefined;
  cacheDelete(object: string, key: string, nowMs: number): boolean;
}

export type ClaimedKey = { readonly object: string; readonly key: string; readonly limit: number };
/** `"messages/seconds"`, with the share of it that one round may use (momentum.md 4.3). */
export type ThrottleRate = { readonly amount: number; readonly perMs: number; readonly epsilon: number };
export type CacheRefusal = 'noSuchCache' | 'keyTooLong' | 'valueTooLong';

/** What is metered for an address: `parameters` of a `metrics` object says which it holds (REP-12). */
export const METERS = ['connect', 'delivery', 'transfail', 'permfail', 'reception', 'rejection'] as const;
export type Meter = (typeof METERS)[number];
/** Of a time series: `"300,6"` is 6 windows of 300 seconds (momentum.md 4.3). */
export type MetricWindow = { readonly seconds: number; readonly count: number };
export const WINDOW_SECONDS_MAX = 86_400;
export const WINDOW_COUNT_MAX = 288;
/** Who hears of an addition: nobody, all (`metrics`), managers alone (`eccmgr_metrics`); documented as 0, 1 and -1. */
export type MetricAudience = 'none' | 'cluster' | 'manager';
export type AuditSeries = { readonly name: string; readonly window: MetricWindow };
/** `ttlMs`: after the last change of an entry by anybody. The entry that changed longest ago goes when it is full. */
export type GaugeCache = {
  readonly name: string;
  readonly itemsMax: number;
  readonly ttlMs: number;
  readonly audience: MetricAudience;
};
/** Amounts of one series, the window that runs first. */
export type MetricTotals = { readonly window: MetricWindow; readonly amounts: readonly number[] };

/** Time series of the cluster, audit series and gauge caches (REP-09, REP-10, REP-22, REP-23). */
export interface SharedMetrics {
  /** Adds to the series of an address, one for each window of `inbound_audit { monitors }`. */
  meter(meter: Meter, address: IpAddress, amount: number, nowMs: number): void;
  /** Of all addresses of a network, one for each window that is known here. */
  metered(meter: Meter, network: Network, nowMs: number): readonly MetricTotals[];
  audit(series: AuditSeries, item: string, amount: number, audience: MetricAudience, nowMs: number): void;
  audited(series: AuditSeries, item: string, nowMs: number): readonly number[];
  /** Adds to an entry, which may become negative. @returns its new value as this process sees it. */
  gauge(cache: GaugeCache, key: string, change: number, nowMs: number): number;
  gaugeOf(cache: GaugeCache, key: string, nowMs: number): number;
}

/** A row of an object as one member sees it. */
export type SharedRow = {
  /** Netblock for a cidrtree, else the name. */
  readonly key: string;
  readonly value: number;
  /** A netblock with others in it. */
  readonly children: boolean;
};

/** Whose data: the sum of all, or the share of one member (A64). */
export type SharedView = 'global' | PrivateName;

export type RowQuery = {
  readonly view: SharedView;
  /** Children of this netblock, or names that begin so; undefined for the top. */
  readonly under: string | undefined;
  /** Only rows that cover this address or netblock, or names that contain it. */
  readonly search: string | undefined;
  /** The largest, at most so many. */
  readonly top: number;
};

export type RowAnswer = {
  readonly rows: readonly SharedRow[];
  /** Rows that would have been there without `top`. */
  readonly found: number;
};

/** State of one object in one process, for console, status and pages. */
export type SharedObjectFacts = {
  readonly plan: SharedObjectPlan;
  /** Distinct keys over all shares. */
  readonly entries: number;
  /** Undefined for kinds whose values do not add up. */
  readonly total: number | undefined;
  /** The share of this process itself; of a cache all that it holds. */
  readonly own: { readonly entries: number; readonly total: number | undefined };
  /** Of a cache, since the start. */
  readonly lookups: { readonly hits: number; readonly misses: number } | undefined;
  readonly pending: number;
  /** Since when the oldest of them waits, on the clock of this process as the moments below. */
  readonly oldestPendingMs: number | undefined;
  readonly sent: { readonly messages: number; readonly bytes: number; readonly keys: number };
  readonly received: { readonly messages: number; readonly bytes: number; readonly keys: number };
  /** Of every other member that shares data. */
  readonly owners: readonly {
    readonly member: ReplicationMember;
    readonly entries: number;
    readonly lastHeardMs: number | undefined;
    /** A snapshot of it is still missing. */
    readonly awaiting: boolean;
    /** Since when its digest differs from the copy here. */
    readonly divergedSinceMs: number | undefined;
  }[];
};
