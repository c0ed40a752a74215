/**
 * Options of msgc_server and msgc_client: the documented tables and the values the cores work with. Names, types,
 * defaults and units: momentum.md 2.2 and 2.3; the internal ones come from evs.md 6.5 to 6.9.
 */

import { assert } from '../base/assert.ts';
import type { OptionEntry, ScopeTable } from '../base/option-table.ts';
import type { NodeName } from '../model/names.ts';
import type { BusSecrets } from './auth.ts';

export const MSGC_PORT_DEFAULT = 4809;

const SECONDS = {
  type: 'int',
  unit: 's',
  dynamic: true,
  min: 1,
  max: 3_600,
  source: 'momentum.md 2.2',
} as const;
const LEVELS = ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL'] as const;

const SHARED: readonly OptionEntry[] = [
  { ...SECONDS, name: 'connect_timeout', default: '60' },
  {
    name: 'debug_level',
    type: 'level',
    default: 'ERROR',
    unit: undefined,
    dynamic: true,
    source: 'momentum.md 2.2; DEBUG adds to the log, the other levels take nothing from it',
    values: LEVELS,
  },
  { ...SECONDS, name: 'idle_timeout', default: '30' },
  { ...SECONDS, name: 'keepalive_interval', default: '5' },
  {
    name: 'max_backlog',
    type: 'int',
    default: '5000',
    unit: 'messages',
    dynamic: true,
    source: 'momentum.md 2.2',
    // Ours: with fewer a client of several groups is killed by the views of its own joins, each time it comes back.
    min: 20,
    max: 10_000_000,
  },
  {
    name: 'messages_per_iter',
    type: 'int',
    default: '20',
    unit: 'messages',
    dynamic: true,
    source: 'momentum.md 2.2',
    min: 1,
    max: 100_000,
  },
  { ...SECONDS, name: 'reconnect_interval', default: '5' },
  {
    name: 'tcpbuf_size',
    type: 'int',
    default: '131072',
    unit: 'bytes',
    dynamic: true,
    source:
      'momentum.md 2.2; eight times this is handed to the system at once, which sizes its own buffers itself',
    min: 4_096,
    max: 1_073_741_824,
  },
];

const AUTH_KEY_FILE = {
  name: 'auth_key_file',
  type: 'string',
  default: undefined,
  unit: undefined,
  dynamic: true,
} as const;

export const MSGC_SERVER_TABLE: ScopeTable = {
  path: ['msgc_server'],
  instance: 'none',
  options: [
    ...SHARED,
    {
      ...AUTH_KEY_FILE,
      source:
        'ours: absolute path of a file with the keys that servers and clients have to prove; read again by config reload',
    },
    {
      name: 'peers',
      type: 'dictionary',
      default: undefined,
      unit: undefined,
      dynamic: true,
      source: 'momentum.md 2.2',
    },
    {
      name: 'port',
      type: 'int',
      default: String(MSGC_PORT_DEFAULT),
      unit: undefined,
      dynamic: true,
      source: 'momentum.md 2.2',
      min: 1,
      max: 65_535,
    },
    {
      name: 'silence_timeout',
      type: 'int',
      default: '700',
      unit: 'ms',
      dynamic: true,
      source:
        'ours: a link to another server that is silent for so long is down; idle_timeout is its upper bound',
      min: 100,
      max: 30_000,
    },
  ],
};

const MESSAGES_PER_ITER = 'messages_per_iter';

/** A client has one connection: there is nobody to whom it could yield. */
const FOR_ONE_CONNECTION: OptionEntry = {
  name: MESSAGES_PER_ITER,
  type: 'int',
  default: '20',
  unit: 'messages',
  dynamic: true,
  kept: true,
  source: 'momentum.md 2.3',
  min: 1,
  max: 100_000,
};

export const MSGC_CLIENT_TABLE: ScopeTable = {
  path: ['msgc_client'],
  instance: 'none',
  options: [
    ...SHARED.map((entry) => (entry.name === MESSAGES_PER_ITER ? FOR_ONE_CONNECTION : entry)),
    {
      ...AUTH_KEY_FILE,
      source:
        'ours: as auth_key_file of msgc_server, which also holds for the client where this one is not set',
    },
    {
      name: 'bind_address',
      type: 'address',
      default: undefined,
      unit: undefined,
      dynamic: true,
      source: 'momentum.md 2.3',
    },
    {
      name: 'server',
      type: 'endpoint',
      array: true,
      default: ['127.0.0.1:4809'],
      unit: undefined,
      dynamic: true,
      source: 'momentum.md 2.3',
    },
  ],
};

/** What both sides share, in milliseconds, messages and bytes. */
export type ConnectionOptions = {
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepaliveIntervalMs: number;
  /** Queued messages of one connection; more means it is stuck. */
  readonly maxBacklog: number;
  /** Messages taken from one connection before the next one has its turn. */
  readonly messagesPerIter: number;
  /** Upper bound of the wait before another dial; the first wait is `retryFirstMs`. */
  readonly reconnectIntervalMs: number;
  /** Wait before the first retry; doubles up to `reconnectIntervalMs`. Ours. */
  readonly retryFirstMs: number;
  /** What every new connection has to be proven with; undefined: without any proof. */
  readonly secrets?: BusSecrets | undefined;
};

export type PeerAddress = {
  readonly node: NodeName;
  readonly host: string;
  readonly port: number;
  /** Local address that dials to this peer leave from; undefined lets the system choose. */
  readonly bindAddress?: string;
};

export type MsgcServerOptions = ConnectionOptions & {
  /** All servers of the mesh; an entry for this node itself is ignored. */
  readonly peers: readonly PeerAddress[];
  readonly timing: ProtocolTiming;
  readonly windows: ProtocolWindows;
};

export type MsgcClientOptions = ConnectionOptions & {
  /** Tried in order. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  readonly bindAddress: string | undefined;
};

/** Internal options: no documented names, defaults from evs.md 6.5 to 6.7. */
export type ProtocolTiming = {
  /** A heartbeat after so long without another frame on a link; `keepalive_interval` is its upper bound. */
  readonly heartbeatMs: number;
  /** A link that was silent for so long is down; `idle_timeout` is its upper bound. */
  readonly suspectMs: number;
  /** Nobody is judged by less than this before it is known to know what this server judges by. */
  readonly untoldSuspectMs: number;
  readonly tickMs: number;
  /** A gap between two steps beyond this is a pause of this process. */
  readonly ownPauseMs: number;
  /** Coalesces several losses. */
  readonly lossDebounceMs: number;
  /** Coalesces several new links. */
  readonly joinDebounceMs: number;
  /** How long a better ranked server may take to propose; grows by half with each failure. */
  readonly proposeWaitMs: number;
  /** How long a coordinator waits for the members of its attempt. */
  readonly attemptMs: number;
  /** How long a member waits for the end of an attempt; longer than `attemptMs`. */
  readonly flushMs: number;
  readonly handshakeMs: number;
  /** Age at which a link counts as stable and its hold-down starts over. */
  readonly linkStableMs: number;
  readonly ackMs: number;
};

export type ProtocolWindows = {
  /** Own batches without a position (evs.md 6.4). */
  readonly ownBatches: number;
  readonly ownBytes: number;
  /** Bytes of the log that not all members hold yet; beyond it the sequencer stops (evs.md 6.9). */
  readonly viewBytes: number;
  /** How long the sequencer may be stopped before the slowest member leaves the view. */
  readonly stallMs: number;
  /** A batch is closed at this size or count, or at the end of the step. */
  readonly batchBytes: number;
  readonly batchMessages: number;
};

export const PROTOCOL_TIMING: ProtocolTiming = {
  heartbeatMs: 100,
  suspectMs: 700,
  untoldSuspectMs: 700,
  tickMs: 25,
  ownPauseMs: 150,
  lossDebounceMs: 10,
  joinDebounceMs: 50,
  proposeWaitMs: 300,
  attemptMs: 1_000,
  flushMs: 1_500,
  handshakeMs: 3_000,
  linkStableMs: 5_000,
  ackMs: 20,
};

/** `silence_timeout` */
export const SILENCE_DEFAULT_MS = PROTOCOL_TIMING.suspectMs;
const HEARTBEATS_PER_SILENCE = 7;
const HEARTBEAT_MIN_MS = 15;

/** How often something has to be heard by a server that calls a link silent after `silenceMs`. */
export function heartbeatFor(silenceMs: number): number {
  return Math.max(HEARTBEAT_MIN_MS, Math.floor(silenceMs / HEARTBEATS_PER_SILENCE));
}

/**
 * What follows from `silence_timeout` (BUS-09, BUS-10). A pause of this process that is not noticed as one must not
 * make anybody look silent, so it is at most half of it.
 */
export function detectionTiming(silenceMs: number): ProtocolTiming {
  const heartbeatMs = heartbeatFor(silenceMs);
  return {
    ...PROTOCOL_TIMING,
    suspectMs: silenceMs,
    heartbeatMs,
    tickMs: Math.min(PROTOCOL_TIMING.tickMs, heartbeatMs),
    ownPauseMs: Math.min(PROTOCOL_TIMING.ownPauseMs, silenceMs / 2),
  };
}

export const PROTOCOL_WINDOWS: ProtocolWindows = {
  ownBatches: 64,
  ownBytes: 1024 * 1024,
  viewBytes: 16 * 1024 * 1024,
  stallMs: 1_000,
  batchBytes: 64 * 1024,
  batchMessages: 500,
};

const BATCHES_PER_BACKLOG = 4;

/** The documented defaults. */
export const CONNECTION_OPTIONS: ConnectionOptions = {
  connectTimeoutMs: 60_000,
  idleTimeoutMs: 30_000,
  keepaliveIntervalMs: 5_000,
  maxBacklog: 5_000,
  messagesPerIter: 20,
  reconnectIntervalMs: 5_000,
  retryFirstMs: 100,
};

/**
 * Messages that one batch may hold, and counts for at most on any link: windows close at half of `max_backlog`, and
 * one more batch still fits then.
 */
export function batchShare(maxBacklog: number): number {
  return Math.max(1, Math.floor(maxBacklog / BATCHES_PER_BACKLOG));
}

/** Defaults with what differs. */
export function serverOptions(given: Partial<MsgcServerOptions> = {}): MsgcServerOptions {
  const options = {
    ...CONNECTION_OPTIONS,
    peers: [],
    timing: PROTOCOL_TIMING,
    windows: PROTOCOL_WINDOWS,
    ...given,
  };
  assert(options.timing.attemptMs < options.timing.flushMs, 'a member waits longer than its coordinator');
  return options;
}

/** Defaults with what differs. */
export function clientOptions(given: Partial<MsgcClientOptions> = {}): MsgcClientOptions {
  return {
    ...CONNECTION_OPTIONS,
    servers: [{ host: '127.0.0.1', port: MSGC_PORT_DEFAULT }],
    bindAddress: undefined,
    ...given,
  };
}
