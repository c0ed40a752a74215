/**
 * The vocabulary of the mail plane, shared by its core, by the adapters that speak SMTP and keep the spool, by the node
 * that runs them and by tests (momentum.md 3.2, 5.9, 7.5; architecture decision 10). The core keeps envelopes and
 * decides: what is accepted, which queue a message is in, when who connects where, what is retried, bounced, moved.
 * Bodies stay on disk. What this plane does not do (filters, TLS of its own, authentication, aliases) it refuses.
 */

import type { IpAddress, Network } from '../model/ip.ts';
import type { LogLine } from '../model/log-line.ts';
import type { NodeName } from '../model/names.ts';

/** Unique in the cluster and for ever, as in mainlog: `AC/00-12345-9F3B41A7`. */
export type MessageId = string;
/** Of one connection of this process, in or out. */
export type ConnectionId = number;

export type Recipient = { readonly address: string; readonly domain: string };

export type Envelope = {
  readonly id: MessageId;
  /** Empty for a bounce. */
  readonly from: string;
  /** At most RECIPIENTS_MAX, of one domain: a reception for several domains is split into messages that share a body. */
  readonly recipients: readonly Recipient[];
  readonly domain: string;
  /** Binding of the queue it is in. */
  readonly binding: string;
  readonly bytes: number;
  readonly receivedWallMs: number;
  readonly attempts: number;
  readonly nextAttemptWallMs: number;
};

export const RECIPIENTS_MAX = 1_000;
export const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;
export const LINE_BYTES_MAX = 64 * 1024;
export const QUEUED_MESSAGES_MAX = 1_000_000;
/** The virtual binding of messages on their way to another node (momentum.md 5.9). */
export const MMOVE_BINDING = '#mmove';
/** Service of the cluster listener by which nodes hand over messages (momentum.md 5.9). */
export const MOVE_SERVICE = 'ECmmove2';
export const DEFAULT_GROUP = 'default';
/** Connections of this process; with one more, clients hear 421 and destinations wait. */
export const INBOUND_CONNECTIONS_MAX = 4_096;
export const OUTBOUND_CONNECTIONS_MAX = 4_096;
/** `Received` fields of a message; with more it goes in circles. */
export const HOPS_MAX = 50;
/** Of bounces that this process writes, and of messages that have no connection. */
export const NO_CONNECTION: ConnectionId = 0;

export type BindingPlan = {
  readonly name: string;
  readonly group: string;
  /** Source of its connections; undefined: what the system chooses. */
  readonly bindAddress: IpAddress | undefined;
  /** Its address floats: only the owner delivers from it, others move its messages to the owner. */
  readonly floating: boolean;
  /** Addresses whose mail it takes: its own, and those of listeners that follow it. */
  readonly receivesOn: readonly IpAddress[];
};

/** How a session with a host is led; spans in milliseconds. */
export type SessionPolicy = {
  /** `EHLO_Hostname`, else `Hostname`. */
  readonly ehlo: string;
  readonly connectMs: number;
  readonly ehloMs: number;
  readonly mailFromMs: number;
  readonly rcptToMs: number;
  readonly bodyMs: number;
  readonly rsetMs: number;
};

/** -1 or undefined of the documents: no limit. */
export type Limit = number | undefined;
export type Rate = { readonly amount: number; readonly perMs: number };

/** What holds for messages of one binding to one domain, by the documented precedence (momentum.md 3.2). */
export type DeliveryPolicy = {
  /** `cluster_max_outbound_connections`, of object `outbound_domains`. */
  readonly clusterMax: Limit;
  /** `cluster_server_max_outbound_connections`. */
  readonly clusterServerMax: Limit;
  /** `cluster_scope_max_outbound_connections`: key of object `outbound_binding_domains` and its limit, widest first. */
  readonly clusterScopeMax: readonly { readonly key: string; readonly limit: number }[];
  /** `max_outbound_connections`, of this node alone; 32 by default. */
  readonly nodeMax: number;
  /** Key of object OBTC or OBTM, and the rate. */
  readonly throttleConnections: { readonly key: string; readonly rate: Rate } | undefined;
  readonly throttleMessages: { readonly key: string; readonly rate: Rate } | undefined;
  /** `Retry_Interval` doubles up to `Max_Retry_Interval`. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** Undefined: until it expires. */
  readonly maxRetries: number | undefined;
  /** `Message_Expiration`. */
  readonly expirationMs: number;
  /** `Suspend_Delivery`. */
  readonly suspended: boolean;
  /** `Max_Deliveries_Per_Connection`; undefined for 0, no bound. */
  readonly deliveriesPerConnection: number | undefined;
  /** `Idle_Timeout` of a connection without a message to send. */
  readonly idleMs: number;
  /** `Routes` or `Gateway`: hosts to use instead of DNS; `Remote_SMTP_Port`. */
  readonly routes: readonly string[];
  readonly port: number;
  readonly generateBounces: boolean;
  readonly session: SessionPolicy;
};

export type InboundLimit = { readonly network: Network; readonly perHost: Limit; readonly perNetwork: Limit };

export type MailPlan = {
  readonly node: NodeName;
  /** `Hostname`, in banners, EHLO and trace headers. */
  readonly hostname: string;
  /** In order of configuration; the first is the default one. Never empty. */
  readonly bindings: readonly BindingPlan[];
  /** Which binding new mail goes to: that of the address it came in on, else the default. */
  readonly policy: (binding: string, domain: string) => DeliveryPolicy;
  /** For connections to one host: `cluster_max_outbound_connections` of its `Host` scope. */
  readonly hostMax: (binding: string, host: string) => Limit;
  readonly relayHosts: readonly Network[];
  /** Lower case; `*` for any. */
  readonly relayDomains: ReadonlySet<string>;
  readonly inbound: readonly InboundLimit[];
  /** `Reconfig_Message`: what a session of an older plan hears behind 421. */
  readonly reconfigMessage: string;
  /** `unconditional_rebind`. */
  readonly unconditionalRebind: boolean;
};

/** Where floating bindings are at this moment, as DuraVIP knows it. */
export type BindingOwners = ReadonlyMap<
  string,
  | { readonly at: 'here' }
  | { readonly at: 'node'; readonly node: NodeName; readonly listener: string }
  | { readonly at: 'nowhere' }
>;

/** What a client of the reception hears; `code` 2xx accepts. Texts are one line. */
export type Verdict = { readonly code: number; readonly text: string };

export type Client = {
  readonly address: IpAddress;
  readonly port: number;
  readonly localAddress: IpAddress;
  readonly localPort: number;
  /** It came in by the cluster listener, service `ECmmove2`: messages of this node's peers, not of clients. */
  readonly transfer: boolean;
};

/** What a node tells of a message that it hands over; all of it survives the move. */
export type Transferred = {
  readonly id: MessageId;
  readonly binding: string;
  readonly receivedWallMs: number;
  readonly attempts: number;
};

export type Arrival = {
  /** As stored. */
  readonly bytes: number;
  /** `Received` fields in its head. */
  readonly hops: number;
  /** Undefined unless the client is a node. */
  readonly transferred: Transferred | undefined;
};

/**
 * Questions of the reception, answered at once. After each, give `asked` in the same turn: it performs what the answer
 * left behind, such as log lines. A connection that was admitted ends with `clientClosed`, a refused one is unknown.
 */
export interface Reception {
  clientConnected(
    client: Client,
    nowMs: number,
  ): { readonly verdict: Verdict; readonly connection: ConnectionId };
  /** EHLO or HELO; for log lines only. */
  greeted(connection: ConnectionId, name: string): void;
  /** @param sizeBytes of the SIZE parameter, where there is one. */
  mailFrom(connection: ConnectionId, address: string, sizeBytes: number | undefined, nowMs: number): Verdict;
  rcptTo(connection: ConnectionId, address: string, nowMs: number): Verdict;
  /** RSET, or a new greeting. */
  reset(connection: ConnectionId): void;
  /** Before 354, so that a node that cannot take a message does not read it. */
  dataBegin(connection: ConnectionId, nowMs: number): Verdict;
  /**
   * The body is complete. With 2xx every envelope must be written, then given as `spooled` or as `notSpooled`, and only
   * then does the client hear the verdict; no envelope means that there is nothing to write.
   */
  dataEnd(
    connection: ConnectionId,
    arrival: Arrival,
    nowMs: number,
  ): { readonly verdict: Verdict; readonly envelopes: readonly Envelope[] };
  /** The reception itself refused something: too long, too slow, a wrong order of commands. For the rejectlog. */
  refused(connection: ConnectionId, verdict: Verdict, nowMs: number): void;
}

export type MailInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'configured'; readonly plan: MailPlan }
  | { readonly type: 'owners'; readonly owners: BindingOwners }
  /** Found in the spool at the start; before any other message. */
  | { readonly type: 'recovered'; readonly envelopes: readonly Envelope[] }
  /** On disk, synced: the reply to the client follows the effects of this input. */
  | { readonly type: 'spooled'; readonly connection: ConnectionId; readonly envelope: Envelope }
  /** It is not on disk, nor will it be: the client hears 4xx, a bounce is tried again later. */
  | { readonly type: 'notSpooled'; readonly id: MessageId; readonly reason: string }
  /** Follows questions of the reception. */
  | { readonly type: 'asked' }
  | { readonly type: 'clientClosed'; readonly connection: ConnectionId }
  /** The spool cannot take a message, or can again. */
  | { readonly type: 'spoolState'; readonly problem: string | undefined }
  | { readonly type: 'resolved'; readonly domain: string; readonly answer: Resolution }
  | { readonly type: 'claimed'; readonly id: number; readonly granted: boolean }
  /** Ready for the first message: greetings are exchanged. */
  | {
      readonly type: 'connected';
      readonly connection: ConnectionId;
      readonly host: string;
      readonly address: IpAddress | undefined;
    }
  | { readonly type: 'sent'; readonly connection: ConnectionId; readonly outcome: SendOutcome }
  /**
   * It ended, by whoever, once for every `connect` and `connectNode`, also after `disconnect`. A message under way has
   * an unknown outcome and stays queued.
   * @param stage of documented connection stages, where it is known: 0 while not connected.
   */
  | {
      readonly type: 'disconnected';
      readonly connection: ConnectionId;
      readonly reason: string;
      readonly stage: number | undefined;
    };

/** Without addresses the adapter looks them up. */
export type MailHost = { readonly host: string; readonly addresses: readonly string[] };
export type Resolution =
  | { readonly ok: true; readonly hosts: readonly MailHost[] }
  /** `gone`: the domain does not exist, or says that it takes no mail. */
  | { readonly ok: false; readonly gone: boolean; readonly text: string };

/** `code` 0: the connection failed before an answer. `stage` of the documented connection stages. */
export type RecipientResult = { readonly code: number; readonly text: string; readonly stage: number };
/** Per recipient, in the order of the envelope; a missing one is like code 0. */
export type SendOutcome = {
  readonly message: MessageId;
  readonly results: readonly RecipientResult[];
};

export type FailedRecipient = { readonly address: string; readonly code: number; readonly text: string };

export type MailEffect =
  /** MX, then address records; comes back as `resolved`. */
  | { readonly type: 'resolve'; readonly domain: string }
  | {
      readonly type: 'connect';
      readonly connection: ConnectionId;
      readonly from: IpAddress | undefined;
      readonly hosts: readonly MailHost[];
      readonly port: number;
      readonly session: SessionPolicy;
    }
  /** To the cluster listener of a node, service `ECmmove2`, then SMTP. */
  | {
      readonly type: 'connectNode';
      readonly connection: ConnectionId;
      readonly node: NodeName;
      readonly listener: string;
    }
  /** To a node, `id`, `binding`, `receivedWallMs` and `attempts` go along as `Transferred`. */
  | { readonly type: 'send'; readonly connection: ConnectionId; readonly envelope: Envelope }
  | { readonly type: 'disconnect'; readonly connection: ConnectionId }
  /** Rewrites what the spool knows of a message: recipients left, attempts, binding. */
  | { readonly type: 'update'; readonly envelope: Envelope }
  /** Delivered, moved, bounced: the spool forgets it. */
  | { readonly type: 'remove'; readonly id: MessageId }
  /**
   * Write a bounce about `about` to its sender, by `composeBounce`; comes back as `spooled` with connection 0, its
   * `bytes` as written, or as `notSpooled`. `about` stays in the spool until then.
   */
  | {
      readonly type: 'bounce';
      readonly envelope: Envelope;
      readonly about: Envelope;
      /** Recipients of `about` that failed, and why. */
      readonly failed: readonly FailedRecipient[];
    }
  | { readonly type: 'log'; readonly line: LogLine };

/** What other cores give to the mail core at the moment it needs it. Objects are named by their types. */
export interface MailCluster {
  /** @param group binding group of it (REP-17). @param claimed a claim counted it; the object of its group did not. */
  count(object: string, key: string, by: number, nowMs: number, group?: string, claimed?: boolean): void;
  /** Of a client's address, for time series of the cluster. */
  meter(what: 'connect' | 'reception' | 'rejection', address: string, nowMs: number): void;
  claim(keys: readonly { object: string; key: string; limit: number }[], nowMs: number): number;
  release(keys: readonly { object: string; key: string }[], nowMs: number): void;
  total(object: string, key: string): number | undefined;
  throttle(
    object: string,
    name: string,
    rate: Rate & { epsilon: number },
    amount: number,
    nowMs: number,
  ): number;
}

/** Totals since the start or the last reset; gauges as they are now (`summary`, momentum.md 7.5). */
export type MailCounters = {
  readonly receptions: number;
  readonly deliveries: number;
  readonly transients: number;
  readonly failures: number;
  readonly rejections: number;
  /** Moved to other nodes. */
  readonly moved: number;
  readonly inbound: number;
  readonly outbound: number;
  readonly active: number;
  readonly delayed: number;
  readonly domains: number;
};

/** What whoever speaks SMTP and keeps the spool tells the core; the rest comes from the node. */
export type MailFact = Exclude<
  MailInput,
  { readonly type: 'start' | 'stop' | 'configured' | 'owners' | 'claimed' }
>;
/** What the core asks of whoever speaks SMTP and keeps the spool. */
export type MailCommand = Exclude<MailEffect, { readonly type: 'log' }>;

/** One queue, of a binding to a domain. Listed while it holds messages or connections, or was used not long ago. */
export type QueueFacts = {
  readonly group: string;
  readonly binding: string;
  readonly domain: string;
  readonly active: number;
  readonly delayed: number;
  readonly connections: number;
  /** Since it is listed. */
  readonly delivered: number;
  readonly failed: number;
};

/** Totals since the start or the last reset, as MailCounters. */
export type BindingFacts = {
  readonly group: string;
  readonly binding: string;
  readonly connections: number;
  readonly active: number;
  /** Active and delayed. */
  readonly total: number;
  readonly deliveries: number;
  readonly failures: number;
  readonly receptions: number;
};

export type ConnectionFacts = {
  readonly connection: ConnectionId;
  /** `address:port` of a client; the domain of a delivery. */
  readonly peer: string;
  /** Of a delivery, once it is connected. */
  readonly host: string | undefined;
  readonly binding: string;
  /** What it does, in words. */
  readonly state: string;
  readonly sinceMs: number;
};

export type QueuedMessage = { readonly envelope: Envelope; readonly queue: 'active' | 'delayed' };

/** What console and status see of the core. What orders make necessary is taken from the core as its effects. */
export interface MailConsole {
  readonly counters: MailCounters;
  /** When totals began to be counted anew; undefined since the start. */
  readonly resetAtMs: number | undefined;
  resetCounters(nowMs: number): void;
  /** By group, binding (MMOVE_BINDING last) and domain. */
  queues(): readonly QueueFacts[];
  /** All bindings of the plan in its order, then MMOVE_BINDING. */
  bindings(): readonly BindingFacts[];
  inbound(): readonly ConnectionFacts[];
  outbound(): readonly ConnectionFacts[];
  /** Hosts that mail of this domain goes to, as known now; undefined where nobody asked. */
  hosts(domain: string): readonly MailHost[] | undefined;
  /** Messages of one queue, active ones first; of every binding without one. */
  messages(domain: string, binding: string | undefined, from: number, most: number): readonly QueuedMessage[];
  /** Looks again which binding messages belong to. @returns how many were looked at. */
  rebind(binding: string | undefined, domain: string | undefined, nowMs: number): number;
  /** Delayed messages are tried at once. @returns how many. */
  flush(domain: string | undefined, binding: string | undefined, nowMs: number): number;
  /** `554 Message manually purged.` @returns how many failed. */
  fail(domain: string, binding: string | undefined, bounce: 'bounce' | 'quiet', nowMs: number): number;
}
