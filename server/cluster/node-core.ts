/**
 * The cluster module of one node (momentum.md 3): member of `ec_cluster`, `ec_console` and `ec_sc_<subcluster>`, sends
 * heartbeats and status, executes console commands that come over the bus and replies to whoever asked. What a
 * command does is the command tree's business, how bytes travel the bus's.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import { type GroupName, type NodeName, type PrivateName, subclusterGroup } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import { BusMember, type BusMemberEffect, type BusMemberInput } from './bus-member.ts';
import type { Membership } from './membership.ts';
import { encodeMessage, MESSAGE_KINDS } from './messages.ts';
import { ReplySender } from './reply-sender.ts';
import { StatusPublisher } from './status-publisher.ts';
import type { WallClock } from './wall-clock.ts';

/** A node shows departed members to nobody; it keeps them briefly so that a rejoin is recognised. */
const DEPARTED_KEPT_MS = 600_000;
/** Between the last reply part of `shutdown` and the shutdown itself. */
export const SHUTDOWN_DELAY_MS = 100;
/** Replies that the bus does not take hold a shutdown up no longer than this. */
export const SHUTDOWN_WAIT_MAX_MS = 5_000;

export type NodeCoreOptions = {
  readonly nodeName: NodeName;
  readonly subcluster: string;
  readonly version: string;
  /** Address of the ECCluster_Listener, `10.79.0.20:4802`. */
  readonly address: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly clusterGroup: GroupName;
  readonly controlGroup: GroupName;
  readonly heartbeatStartDelayMs: number;
  /** Undefined: `heartbeats_per_sec = 0`, none are sent. */
  readonly heartbeatIntervalMs: number | undefined;
  readonly byzantineAction: 'flag' | 'exclude';
  readonly wall: WallClock;
  readonly serverStatus: (nowMs: number) => ServerStatus | undefined;
  /** Answers one console command; the same tree as behind the control listener. */
  readonly execute: (command: string, source: CommandSource, nowMs: number) => CommandReply;
};

export type NodeCoreInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  /** Links, views or reach of the own server changed. */
  | { readonly type: 'serverChanged' };

export type NodeCoreEffect =
  | { readonly type: 'bus'; readonly request: BusRequest }
  /** A command over the bus asked for it; its reply is on the way. */
  | { readonly type: 'shutdown'; readonly user: string }
  | { readonly type: 'executed'; readonly user: string; readonly command: string; readonly ok: boolean }
  | Extract<BusMemberEffect, { type: 'happened' | 'changed' }>;

/** `ec0-20768`: the process id with at least five digits (momentum.md 3.3). */
export function nodeSession(mailbox: 0 | 1, pid: number): string {
  return `ec${mailbox}-${String(pid).padStart(5, '0')}`;
}

export class NodeCore implements Core<NodeCoreInput | DeadlineReached, NodeCoreEffect> {
  readonly #options: NodeCoreOptions;
  readonly #session: string;
  readonly #member: BusMember;
  readonly #status: StatusPublisher;
  readonly #replies: ReplySender;
  #heartbeatDueMs: number | undefined;
  #heartbeats = 0;
  #shutdown: { readonly user: string; readonly atMs: number; readonly latestMs: number } | undefined;

  constructor(options: NodeCoreOptions) {
    this.#options = options;
    this.#session = nodeSession(0, options.pid);
    const { controlGroup, clusterGroup } = options;
    const groups = [controlGroup, subclusterGroup(options.subcluster), clusterGroup];
    const { heartbeatIntervalMs: intervalMs, heartbeatStartDelayMs: startDelayMs } = options;
    this.#member = new BusMember({
      session: this.#session,
      groups,
      groupsTold: groups,
      clusterGroup,
      facts: {
        nodeName: options.nodeName,
        subcluster: options.subcluster,
        nodeType: 'Momentum',
        version: options.version,
        address: options.address,
        pid: options.pid,
        startedMs: options.startedWallMs,
        heartbeat: intervalMs === undefined ? null : { startDelayMs, intervalMs },
      },
      departedKeptMs: DEPARTED_KEPT_MS,
      byzantineAction: options.byzantineAction,
    });
    this.#status = new StatusPublisher({
      ...options,
      session: this.#session,
      counters: () => ({ ...this.#member.refused(), replies_dropped: this.#replies.dropped }),
    });
    this.#replies = new ReplySender(this.#session);
  }

  get deadlineMs(): number | undefined {
    const due = [
      this.#member.deadlineMs,
      this.#status.deadlineMs,
      this.#replies.deadlineMs,
      this.#heartbeatDueMs,
      this.#shutdown?.atMs,
    ].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  get membership(): Membership {
    return this.#member.membership;
  }

  get connected(): boolean {
    return this.#member.connected;
  }

  /** Main mailbox `#ec0-…`, then `#ec1-…`; empty before the first connection. */
  get privateNames(): readonly PrivateName[] {
    return this.#member.ownNames;
  }

  step(input: NodeCoreInput | DeadlineReached, nowMs: number): readonly NodeCoreEffect[] {
    switch (input.type) {
      case 'start':
        this.#armHeartbeat(nowMs + this.#options.heartbeatStartDelayMs);
        return this.#ofMember({ type: 'start' }, nowMs);
      case 'stop':
        this.#heartbeatDueMs = undefined;
        return bus(this.#status.step({ type: 'stop' }, nowMs));
      case 'bus':
        return this.#onBus(input.event, nowMs);
      case 'serverChanged':
        return bus(this.#status.step({ type: 'changed' }, nowMs));
      case 'deadlineReached':
        return this.#onDeadline(nowMs);
      default:
        return unreachable(input);
    }
  }

  #onBus(event: BusEvent, nowMs: number): readonly NodeCoreEffect[] {
    const effects = [...this.#ofMember({ type: 'bus', event }, nowMs)];
    if (event.type === 'busConnected') effects.push(...bus(this.#status.step({ type: 'start' }, nowMs)));
    if (event.type === 'busLost') {
      effects.push(...bus(this.#status.step({ type: 'stop' }, nowMs)));
      effects.push(...bus(this.#replies.step({ type: 'lost' }, nowMs)));
    }
    if (event.type === 'requestRefused' && event.reason === 'backlog' && isReply(event.request)) {
      effects.push(...bus(this.#replies.step({ type: 'refused', request: event.request }, nowMs)));
    }
    return effects;
  }

  #ofMember(input: BusMemberInput | DeadlineReached, nowMs: number): readonly NodeCoreEffect[] {
    return this.#member
      .step(input, nowMs)
      .flatMap((effect) => (effect.type === 'message' ? this.#onMessage(effect, nowMs) : [effect]));
  }

  #onMessage(
    { from, message }: Extract<BusMemberEffect, { type: 'message' }>,
    nowMs: number,
  ): readonly NodeCoreEffect[] {
    if (message.type !== 'request') return [];
    const { id, command } = message;
    const reply = this.#options.execute(command, { user: from, via: 'bus', session: from, roles: [] }, nowMs);
    if (reply.afterwards === 'shutdown') {
      this.#shutdown ??= {
        user: from,
        atMs: nowMs + SHUTDOWN_DELAY_MS,
        latestMs: nowMs + SHUTDOWN_WAIT_MAX_MS,
      };
    }
    const { ok, text } = reply;
    return [
      { type: 'executed', user: from, command, ok },
      ...bus(this.#replies.step({ type: 'reply', to: from, id, ok, text }, nowMs)),
    ];
  }

  #onDeadline(nowMs: number): readonly NodeCoreEffect[] {
    const effects = [
      ...this.#ofMember({ type: 'deadlineReached' }, nowMs),
      ...bus(this.#status.step({ type: 'deadlineReached' }, nowMs)),
      ...bus(this.#replies.step({ type: 'deadlineReached' }, nowMs)),
      ...this.#beat(nowMs),
    ];
    effects.push(...this.#shutDown(nowMs));
    return effects;
  }

  #shutDown(nowMs: number): readonly NodeCoreEffect[] {
    const shutdown = this.#shutdown;
    if (shutdown === undefined || nowMs < shutdown.atMs) return [];
    if (!this.#replies.idle && nowMs < shutdown.latestMs) {
      this.#shutdown = { ...shutdown, atMs: nowMs + SHUTDOWN_DELAY_MS };
      return [];
    }
    this.#shutdown = undefined;
    return [{ type: 'shutdown', user: shutdown.user }];
  }

  #beat(nowMs: number): readonly NodeCoreEffect[] {
    const { heartbeatIntervalMs: intervalMs, clusterGroup } = this.#options;
    if (intervalMs === undefined || this.#heartbeatDueMs === undefined || nowMs < this.#heartbeatDueMs)
      return [];
    this.#armHeartbeat(nowMs + intervalMs);
    if (!this.#member.connected) return [];
    this.#heartbeats += 1;
    const message = encodeMessage({ type: 'heartbeat', number: this.#heartbeats, intervalMs });
    return bus([
      { type: 'publish', session: this.#session, groups: [clusterGroup], service: 'agreed', ...message },
    ]);
  }

  #armHeartbeat(dueMs: number): void {
    this.#heartbeatDueMs = this.#options.heartbeatIntervalMs === undefined ? undefined : dueMs;
  }
}

/** Only these are sent again: a question or an answer is asked for again by whoever needs it. */
function isReply(request: BusRequest): boolean {
  return request.type === 'send' && request.kind === MESSAGE_KINDS.reply;
}

function bus(requests: readonly BusRequest[]): readonly NodeCoreEffect[] {
  return requests.map((request) => ({ type: 'bus', request }));
}
