/**
 * The cluster module of one node (momentum.md 3): member of `ec_cluster`, `ec_console` and `ec_sc_<subcluster>`, sends
 * heartbeats and status, executes console commands that come over the bus and replies to whoever asked. What a
 * command does is the command tree's business, how bytes travel the bus's.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import { type GroupName, type NodeName, type PrivateName, subclusterGroup } from '../model/names.ts';
import type { BusEvent } from '../msgc/client-api.ts';
import { AfterReplies } from './after-replies.ts';
import type { BusMemberOptions } from './bus-member.ts';
import type { Membership } from './membership.ts';
import { encodeMessage } from './messages.ts';
import {
  asked,
  DEPARTED_KEPT_MS,
  type HandedMessage,
  ProcessMember,
  type ProcessMemberInput,
  type ProcessMemberParts,
  type ToldEffect,
} from './process-member.ts';

/** What may change while the node runs. */
export type NodeClusterOptions = {
  readonly clusterGroup: GroupName;
  readonly controlGroup: GroupName;
  readonly heartbeatStartDelayMs: number;
  /** Undefined: none are sent. */
  readonly heartbeatIntervalMs: number | undefined;
  readonly byzantineAction: 'flag' | 'exclude';
};

export type NodeCoreOptions = NodeClusterOptions &
  Omit<ProcessMemberParts, 'member'> & {
    readonly nodeName: NodeName;
    readonly subcluster: string;
    readonly version: string;
    /** Address of the ECCluster_Listener, `10.79.0.20:4802`. */
    readonly address: string;
    readonly pid: number;
    readonly startedWallMs: number;
    /** Answers one console command; the same tree as behind the control listener. */
    readonly execute: (command: string, source: CommandSource, nowMs: number) => CommandReply;
  };

export type NodeCoreInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  /** Links, views or reach of the own server changed. */
  | { readonly type: 'serverChanged' }
  | { readonly type: 'optionsChanged'; readonly options: NodeClusterOptions }
  /** Another address of the ECCluster_Listener. */
  | { readonly type: 'addressChanged'; readonly address: string };

export type NodeCoreEffect =
  | ToldEffect
  /** A command over the bus asked for it; its reply is on the way. */
  | { readonly type: 'shutdown'; readonly user: string }
  /** The bus connection is dropped and made anew; the reply to `cluster reset` is on the way. */
  | { readonly type: 'reconnect' }
  | { readonly type: 'executed'; readonly user: string; readonly command: string; readonly ok: boolean };

/** `ec0-20768`: the process id with at least five digits (momentum.md 3.3). */
export function nodeSession(mailbox: 0 | 1, pid: number): string {
  return `ec${mailbox}-${String(pid).padStart(5, '0')}`;
}

export class NodeCore implements Core<NodeCoreInput | DeadlineReached, NodeCoreEffect> {
  readonly #options: NodeCoreOptions;
  readonly #session: string;
  readonly #member: ProcessMember;
  #heartbeatDueMs: number | undefined;
  #heartbeats = 0;
  /** The start delay is over. */
  #beating = false;
  #startedMs: number | undefined;
  #cluster: NodeClusterOptions;
  #address: string;
  readonly #shutdown = new AfterReplies();
  readonly #reset = new AfterReplies();
  #shutdownUser = '';

  constructor(options: NodeCoreOptions) {
    this.#options = options;
    this.#session = nodeSession(0, options.pid);
    this.#cluster = options;
    this.#address = options.address;
    this.#member = new ProcessMember({ ...options, member: this.#memberOptions() });
  }

  get deadlineMs(): number | undefined {
    const due = [
      this.#member.deadlineMs,
      this.#heartbeatDueMs,
      this.#shutdown.deadlineMs,
      this.#reset.deadlineMs,
    ].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  get membership(): Membership {
    return this.#member.bus.membership;
  }

  get connected(): boolean {
    return this.#member.bus.connected;
  }

  /** Main mailbox `#ec0-…`, then `#ec1-…`; empty before the first connection. */
  get privateNames(): readonly PrivateName[] {
    return this.#member.bus.ownNames;
  }

  /** Leaves all groups, drops the bus connection and joins again, soon after the reply that says so (A38). */
  resetBus(nowMs: number): void {
    this.#reset.ask(nowMs);
  }

  step(input: NodeCoreInput | DeadlineReached, nowMs: number): readonly NodeCoreEffect[] {
    switch (input.type) {
      case 'start':
        this.#startedMs = nowMs;
        this.#armHeartbeat(nowMs + this.#cluster.heartbeatStartDelayMs);
        return this.#ofMember({ type: 'start' }, nowMs);
      case 'stop':
        this.#heartbeatDueMs = undefined;
        return this.#ofMember(input, nowMs);
      case 'bus':
      case 'serverChanged':
        return this.#ofMember(input, nowMs);
      case 'optionsChanged':
        return this.#reconfigure(input.options, nowMs);
      case 'addressChanged':
        this.#address = input.address;
        return this.#ofMember({ type: 'reconfigured', options: this.#memberOptions() }, nowMs);
      case 'deadlineReached':
        return this.#onDeadline(nowMs);
      default:
        return unreachable(input);
    }
  }

  #memberOptions(): BusMemberOptions {
    const { nodeName, subcluster, version, pid, startedWallMs } = this.#options;
    const { controlGroup, clusterGroup, byzantineAction } = this.#cluster;
    const { heartbeatIntervalMs: intervalMs, heartbeatStartDelayMs: startDelayMs } = this.#cluster;
    return {
      session: this.#session,
      groups: [controlGroup, subclusterGroup(subcluster), clusterGroup],
      clusterGroup,
      facts: {
        nodeName,
        subcluster,
        nodeType: 'Momentum',
        version,
        address: this.#address,
        pid,
        startedMs: startedWallMs,
        heartbeat: intervalMs === undefined ? null : { startDelayMs, intervalMs },
      },
      departedKeptMs: DEPARTED_KEPT_MS,
      byzantineAction,
    };
  }

  #reconfigure(options: NodeClusterOptions, nowMs: number): readonly NodeCoreEffect[] {
    const before = this.#cluster;
    this.#cluster = options;
    const effects = this.#ofMember({ type: 'reconfigured', options: this.#memberOptions() }, nowMs);
    const beginsMs = (this.#startedMs ?? nowMs) + options.heartbeatStartDelayMs;
    if (this.#startedMs !== undefined && !this.#beating) this.#armHeartbeat(Math.max(nowMs, beginsMs));
    // Others must learn of a slower rate before they miss what they expect.
    else if (before.heartbeatIntervalMs !== options.heartbeatIntervalMs) this.#armHeartbeat(nowMs);
    return [...effects, ...this.#ofMember({ type: 'serverChanged' }, nowMs)];
  }

  #ofMember(input: ProcessMemberInput | DeadlineReached, nowMs: number): readonly NodeCoreEffect[] {
    return this.#member
      .step(input, nowMs)
      .flatMap((effect) => (effect.type === 'message' ? this.#onMessage(effect, nowMs) : [effect]));
  }

  #onMessage({ from, group, message }: HandedMessage, nowMs: number): readonly NodeCoreEffect[] {
    if (message.type !== 'request') return [];
    const { id, command } = message;
    const broadcast = group === this.#cluster.controlGroup;
    const source = { user: from, via: 'bus', session: from, roles: [], broadcast } as const;
    const reply = this.#options.execute(command, source, nowMs);
    if (reply.afterwards === 'shutdown') {
      this.#shutdownUser = from;
      this.#shutdown.ask(nowMs);
    }
    const { ok, text } = reply;
    return [
      { type: 'executed', user: from, command, ok },
      ...this.#member.reply({ to: from, id, ok, text }, nowMs),
    ];
  }

  #onDeadline(nowMs: number): readonly NodeCoreEffect[] {
    const effects = [...this.#ofMember({ type: 'deadlineReached' }, nowMs), ...this.#beat(nowMs)];
    const { idle } = this.#member;
    if (this.#shutdown.take(idle, nowMs)) effects.push({ type: 'shutdown', user: this.#shutdownUser });
    if (this.#reset.take(idle, nowMs)) effects.push({ type: 'reconnect' });
    return effects;
  }

  #beat(nowMs: number): readonly NodeCoreEffect[] {
    const { heartbeatIntervalMs: intervalMs, clusterGroup } = this.#cluster;
    if (intervalMs === undefined || this.#heartbeatDueMs === undefined || nowMs < this.#heartbeatDueMs)
      return [];
    this.#beating = true;
    this.#armHeartbeat(nowMs + intervalMs);
    if (!this.#member.bus.connected) return [];
    this.#heartbeats += 1;
    const message = encodeMessage({ type: 'heartbeat', number: this.#heartbeats, intervalMs });
    return asked([
      { type: 'publish', session: this.#session, groups: [clusterGroup], service: 'agreed', ...message },
    ]);
  }

  #armHeartbeat(dueMs: number): void {
    this.#heartbeatDueMs = this.#cluster.heartbeatIntervalMs === undefined ? undefined : dueMs;
  }
}
