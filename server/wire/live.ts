/**
 * The live stream between gateway and browser: keyed collections, a snapshot, patches, heartbeats.
 *
 * A patch applies to exactly one state: `{epoch, seq}` follows `{epoch, seq - 1}`. A gap or another epoch asks for
 * a resync. Rows are replaced whole; a `null` row is a removal. Every wall-clock moment is milliseconds since 1970
 * UTC as the gateway's clock gives it, unless its name says whose clock it is.
 */

import * as z from 'zod/mini';
import { configStatus } from './config-status.ts';
import { duravipRow, operationRow, vipNodeRow, vipRow } from './duravip.ts';
import type { ErrorCode } from './error-codes.ts';
import type { Role } from './http.ts';
import { aggregatorRow, logPauseRow, logRow } from './logs.ts';
import { mailFigures, objectRow } from './objects.ts';

/**
 * 6: replicated objects and mail. 5: logs. 4: DuraVIPs. 3: events name slow servers. 2: members say how their configuration
 * stands. 1: first version.
 */
export const LIVE_PROTOCOL_VERSION = 6;

const wallMs = z.number();

/** One row, key `cluster`. */
export const clusterRow = z.object({
  name: z.string(),
  environment: z.object({
    name: z.string(),
    pattern: z.enum(['solid', 'diagonal', 'dotted']),
    colour: z.string(),
  }),
  /** The group's leader by node name (R2); null while no node is known. */
  leader: z.nullable(z.string()),
  /** Version text of the gateway's build; pages with another build offer a reload. */
  build: z.string(),
});

/** One row, key `bus`: the gateway's own connection. `lost` keeps the last known state of everything else. */
export const busRow = z.object({
  state: z.enum(['connecting', 'joined', 'lost']),
  sinceMs: wallMs,
  /** `host:port` of the msgc_server in use; null while there is none. */
  server: z.nullable(z.string()),
  serverNode: z.nullable(z.string()),
  viewId: z.nullable(z.string()),
  /** Counts view changes seen by this gateway since its start, for people. */
  viewNumber: z.number(),
  reason: z.nullable(z.string()),
});

/** Key: node name, or the private name where there is no node name (manager without one, foreign client). */
export const memberRow = z.object({
  id: z.string(),
  privateNames: z.array(z.string()),
  /** Null names occur in real membership output; shown as "manager (unnamed)". */
  nodeName: z.nullable(z.string()),
  subcluster: z.nullable(z.string()),
  /** `Momentum`, `Manager`, or anything else as the member says. */
  nodeType: z.string(),
  role: z.enum(['node', 'manager', 'dashboard', 'other']),
  version: z.nullable(z.string()),
  address: z.nullable(z.string()),
  groups: z.array(z.string()),
  /**
   * `qualifying`: seen, not yet answered. `suspect`: in the view but heartbeats are missing (R4). `departed`: see
   * `cause`. Departed members are kept with their last data until dismissed or 24 h have passed.
   */
  state: z.enum(['qualifying', 'present', 'suspect', 'departed']),
  /** Why it departed (R1): `silence` is shown as "silent since", never as "left". */
  cause: z.nullable(z.enum(['closed', 'silence', 'leave', 'backlog'])),
  /** When the present state began. */
  sinceMs: wallMs,
  /** First seen in this state of presence. Null while departed. */
  joinedMs: z.nullable(wallMs),
  /** Start of the process as it says itself, in its own clock. */
  startedMs: z.nullable(wallMs),
  pid: z.nullable(z.number()),
  /** Member's wall clock minus the gateway's, milliseconds; null unless measured. */
  clockSkewMs: z.nullable(z.number()),
  /** The bus view the member says it is in; differs while views change or the cluster is split. */
  viewId: z.nullable(z.string()),
  /** Last of its version differs from the majority of its role. */
  versionDiffers: z.boolean(),
  /** Another present member claims the same node name. */
  duplicateName: z.boolean(),
  /** How often it joined since the gateway started: "rejoined under its own name". */
  incarnations: z.number(),
  /** What it last said of its configuration; null for members that say nothing of it. */
  config: z.nullable(configStatus),
  /** What it last said of its mail; null for members that run none, or say nothing of it. */
  mail: z.nullable(mailFigures),
});

/** Key: node name of the server that says it. Who has a live link to whom (R20). */
export const sightingRow = z.object({
  from: z.string(),
  links: z.array(
    z.object({
      to: z.string(),
      state: z.enum(['up', 'dialing', 'waiting', 'refused']),
      roundTripMs: z.nullable(z.number()),
      backlog: z.number(),
    }),
  ),
  /** When the gateway heard this from the server itself. */
  toldMs: wallMs,
  /** False: `from` is not in our view; the row is its last known one. */
  current: z.boolean(),
});

/** Key: increasing number as text. What happened, newest last; the gateway keeps the last 500. */
export const eventRow = z.object({
  id: z.string(),
  atMs: wallMs,
  kind: z.enum([
    'joined',
    'departed',
    'rejoined',
    'suspect',
    'slow',
    'recovered',
    'busLost',
    'busJoined',
    'viewChanged',
    'started',
  ]),
  member: z.nullable(z.string()),
  cause: z.nullable(z.string()),
  detail: z.string(),
});

/** Key: process name. Present only in a demo cluster (R22). */
export const rehearsalRow = z.object({
  name: z.string(),
  kind: z.string(),
  pid: z.nullable(z.number()),
  state: z.enum(['starting', 'running', 'paused', 'exited']),
  sinceMs: wallMs,
});

export const COLLECTIONS = {
  cluster: clusterRow,
  bus: busRow,
  members: memberRow,
  sightings: sightingRow,
  events: eventRow,
  rehearsal: rehearsalRow,
  duravip: duravipRow,
  vips: vipRow,
  vipNodes: vipNodeRow,
  /** Of the gateway itself, like `rehearsal`: what was asked for here. */
  vipOperations: operationRow,
  logs: logRow,
  aggregators: aggregatorRow,
  objects: objectRow,
  /** Of the gateway itself. */
  logPauses: logPauseRow,
} as const;

/** What the gateway adds to what the observer knows. */
export type OwnCollection = 'rehearsal' | 'vipOperations' | 'logPauses';

export type CollectionName = keyof typeof COLLECTIONS;
export type Row<C extends CollectionName> = z.infer<(typeof COLLECTIONS)[C]>;
export type LiveModel = { readonly [C in CollectionName]: Readonly<Record<string, Row<C>>> };

export const EVENT_ROWS_MAX = 500;
export const DEPARTED_KEPT_MS = 24 * 3_600_000;

const collectionName = z.enum(Object.keys(COLLECTIONS) as [CollectionName, ...CollectionName[]]);

export const liveSnapshot = z.object({
  version: z.literal(LIVE_PROTOCOL_VERSION),
  /** New for every start of the gateway. */
  epoch: z.string(),
  seq: z.int(),
  serverMs: wallMs,
  model: z.record(collectionName, z.record(z.string(), z.unknown())),
});

export const livePatch = z.object({
  epoch: z.string(),
  seq: z.int(),
  /** When the gateway received what caused it; the browser reports event-to-paint against it. */
  serverMs: wallMs,
  changes: z.array(z.object({ c: collectionName, k: z.string(), row: z.nullable(z.unknown()) })),
});

/** Once a second, also while nothing changes. Ages are at the moment of sending. */
export const liveHeartbeat = z.object({
  epoch: z.string(),
  seq: z.int(),
  serverMs: wallMs,
  bus: z.object({
    state: z.enum(['connecting', 'joined', 'lost']),
    /** Since anything was heard from the bus; null if never. */
    ageMs: z.nullable(z.number()),
  }),
  /** Member id to milliseconds since it was last heard; departed members are absent. */
  memberAgesMs: z.record(z.string(), z.number()),
});

export type LiveSnapshot = z.infer<typeof liveSnapshot>;
export type LivePatch = z.infer<typeof livePatch>;
export type LiveHeartbeat = z.infer<typeof liveHeartbeat>;

/**
 * Socket events, server to client: `snapshot`, `patch`, `heartbeat`, `job`, `session`, and `busFigures` (`bus.ts`). Client to
 * server: below.
 */
export const resyncRequest = z.object({ epoch: z.nullable(z.string()), seq: z.nullable(z.int()) });
/** Answer to `resync` (socket.io acknowledgement): the missing patches, or a snapshot where that is not possible. */
export type ResyncReply =
  | { readonly kind: 'patches'; readonly patches: readonly LivePatch[] }
  | { readonly kind: 'snapshot'; readonly snapshot: LiveSnapshot };
/** `watchJob` and `unwatchJob`. A watched job arrives as event `job` (a `Job`), first at once, then when it changes. */
export const watchJobRequest = z.object({ job: z.string().check(z.maxLength(64)) });
/** Answer to `watchJob` and `unwatchJob` (acknowledgement). */
export type WatchReply = { readonly ok: true } | { readonly ok: false; readonly code: ErrorCode };
/** Event `session`: the account behind this socket changed. `null`: the session ended, the socket closes next. */
export type LiveSession = { readonly account: { readonly name: string; readonly role: Role } | null };
