/** What a cluster process hosts on its bus connection: the cluster module of a node, or the manager. */

import type { Core, DeadlineReached } from '../base/core.ts';
import type { LogFields, LogLevel } from '../base/ports.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import type { GenerationChange, ReloadResult } from '../conf/live-api.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import type { HostCommand, HostEffect, HostFact, VipHappening } from '../duravip/api.ts';
import type { DiskOperation, DiskResult } from '../logs/aggregation-disk.ts';
import type { LogServiceNews, LogsCommand, LogsFact } from '../logs/service-api.ts';
import type { MailCommand, MailFact } from '../mail/api.ts';
import type { IpAddress } from '../model/ip.ts';
import type { LogLine } from '../model/log-line.ts';
import type { NodeName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import type { MembershipEffect } from './membership-io.ts';
import type { BusOptions } from './process-options.ts';
import type { SharedAnswer, SharedAsk } from './shared-desk.ts';

export type AppInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  /** Links, views or reach of the own server changed. */
  | { readonly type: 'serverChanged' }
  /** A new generation is live; server and client of the bus have heard it. */
  | {
      readonly type: 'optionsChanged';
      readonly change: GenerationChange;
      /** What the bus goes on with; undefined where it could not use the generation. */
      readonly bus: BusOptions | undefined;
      /** What the bus could not use of it. */
      readonly problems: readonly string[];
    }
  /** A control connection ended: what belongs to its session is dropped. */
  | { readonly type: 'sessionEnded'; readonly session: string }
  /** What became of a command for the addresses of this host. */
  | { readonly type: 'hostFact'; readonly fact: HostFact }
  /** On connections to and from cluster listeners. */
  | { readonly type: 'clusterStream'; readonly input: StreamInput }
  /** What became of a command for published logs. */
  | { readonly type: 'logsFact'; readonly fact: LogsFact }
  /** What became of an operation on the files of an aggregator. */
  | { readonly type: 'logDisk'; readonly result: DiskResult }
  /** What became of a command for mail, and what clients do. */
  | { readonly type: 'mailFact'; readonly fact: MailFact }
  /** Other software on this machine asks; answered with the same ticket. */
  | { readonly type: 'sharedAsk'; readonly ticket: number; readonly ask: SharedAsk }
  | ListenersChanged;

/** The listeners of the process were brought in line with its options, as far as that was possible. */
export type ListenersChanged = {
  readonly type: 'listenersChanged';
  /** `host:port` of the ECCluster_Listener; undefined where there is none or it did not change. */
  readonly clusterAddress: string | undefined;
  /** One line for people for each endpoint that could not be opened or closed. */
  readonly problems: readonly string[];
};

export type AppEffect =
  | { readonly type: 'bus'; readonly request: BusRequest }
  /** The results buffer changed and must be saved. */
  | { readonly type: 'persistResults' }
  /** A command over the bus asked for it; its reply is on the way. */
  | { readonly type: 'shutdown'; readonly user: string }
  /** The next generation, before anything that the command replies. */
  | { readonly type: 'optionsChanged'; readonly change: GenerationChange }
  /** `config reload` was tried, with or without success. */
  | { readonly type: 'reloaded'; readonly result: ReloadResult }
  /** What a new generation asks of this module cannot be had; it goes on as before. */
  | { readonly type: 'optionsRefused'; readonly problems: readonly string[] }
  /** Leave all groups, drop the bus connection, connect and join again (`cluster reset`). */
  | { readonly type: 'reconnect' }
  | { readonly type: 'executed'; readonly user: string; readonly command: string; readonly ok: boolean }
  | { readonly type: 'clusterStream'; readonly effect: StreamEffect }
  /** A node called a service of the cluster listener that goes on by itself; `rest` came behind the handshake. */
  | { readonly type: 'nodeConnection'; readonly conn: number; readonly from: string; readonly rest: Buffer }
  /** The copy of a share differs from what its owner has, or does not differ any more. */
  | {
      readonly type: 'copyChanged';
      readonly object: string;
      readonly owner: NodeName;
      readonly differs: boolean;
    }
  /** For whoever reads the logs that this node publishes. */
  | { readonly type: 'logs'; readonly command: LogsCommand }
  | { readonly type: 'logService'; readonly what: LogServiceNews }
  /** For whoever has the files of an aggregator. */
  | { readonly type: 'logDisk'; readonly operation: DiskOperation }
  | {
      readonly type: 'aggregation';
      readonly level: LogLevel;
      readonly event: string;
      readonly fields: LogFields;
    }
  /** For whoever speaks SMTP and keeps the spool. */
  | { readonly type: 'mail'; readonly command: MailCommand }
  | { readonly type: 'sharedAnswer'; readonly ticket: number; readonly answer: SharedAnswer }
  /** For the loggers of the process. */
  | { readonly type: 'logLine'; readonly line: LogLine }
  /** For whoever holds the addresses of this host. */
  | { readonly type: 'host'; readonly command: HostCommand }
  /** Listeners on this address may start, or must stop at once. */
  | { readonly type: 'service'; readonly address: IpAddress; readonly run: boolean }
  /** More than is told one by one. */
  | { readonly type: 'moreHappened'; readonly count: number }
  | { readonly type: 'vipHappened'; readonly what: VipHappening; readonly shown: boolean }
  | ({ readonly type: 'hostHappened' } & Omit<Extract<HostEffect, { type: 'happened' }>, 'type'>)
  | Exclude<MembershipEffect, { type: 'ask' }>;

export interface ProcessApp extends Core<AppInput | DeadlineReached, AppEffect> {
  /** After `stop`: it still hands over what it has, and the bus is needed for that. Absent: never. */
  readonly handingOver?: boolean;
  /** Answers a command of a control listener; the effects are performed before the reply is sent. */
  command(
    text: string,
    source: CommandSource,
    nowMs: number,
  ): { readonly reply: CommandReply; readonly effects: readonly AppEffect[] };
}
