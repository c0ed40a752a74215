/**
 * The dashboard's eye on the cluster: a member of `ec_console`, `ec_cluster` and `ec_status` that replicates membership
 * from the same ordered events as the nodes, turns it into the rows of the live model, and carries console commands.
 * It never polls. When the bus is lost it keeps what it knew and says so.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { VipTable, WhatIf, WhatIfChange } from '../duravip/api.ts';
import { GROUPS, type GroupName, nodeOfPrivateName, type PrivateName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import type { CommandTarget } from '../wire/http.ts';
import { DEPARTED_KEPT_MS, type LiveModel, type OwnCollection, type Row } from '../wire/live.ts';
import type { Query } from '../wire/options.ts';
import { AskedNodes, REQUESTS_MAX } from './asked-nodes.ts';
import { BusMember, type BusMemberEffect, type BusMemberInput, isVipKind } from './bus-member.ts';
import { type Asked, type Resolved, resolveTarget } from './command-targets.ts';
import { KnownServers } from './known-bus.ts';
import { LiveTables } from './live-tables.ts';
import { LiveView } from './live-view.ts';
import { answersQueries, historyName } from './member-record.ts';
import { COMMAND_CHARACTERS_MAX, decodeMessage, encodeMessage } from './messages.ts';
import type { KnownBus, ObserverEvent, SendRefusal } from './observer-api.ts';
import { ObserverTellings } from './observer-tellings.ts';
import { ObserverVips } from './observer-vips.ts';
import { ReplyAssembler, type WholeReply } from './replies.ts';
import type { WallClock } from './wall-clock.ts';

/** A dashboard tells others that it lives by heartbeats to `ec_status`, where only dashboards hear them. */
export const DASHBOARD_HEARTBEAT_MS = 1_000;
const EXPIRE_INTERVAL_MS = 10_000;

export type ObserverOptions = {
  readonly pid: number;
  readonly version: string;
  readonly startedWallMs: number;
  readonly clusterGroup: GroupName;
  readonly controlGroup: GroupName;
  readonly cluster: Omit<Row<'cluster'>, 'leader'>;
  readonly wall: WallClock;
};

export type ObserverInput =
  | { readonly type: 'start' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  /** `to` is what `resolve` said at this same moment. */
  | { readonly type: 'send'; readonly request: string; readonly command: string; readonly to: Resolved }
  /** `to` is what `resolveMember` said at this same moment. */
  | {
      readonly type: 'query';
      readonly request: string;
      readonly to: Asked;
      readonly what: Query;
      readonly about?: string | undefined;
    }
  | { readonly type: 'dismissed'; readonly memberId: string }
  | { readonly type: 'wallClock'; readonly wallMs: number };

export type ObserverEffect =
  | { readonly type: 'bus'; readonly request: BusRequest }
  | { readonly type: 'tell'; readonly event: ObserverEvent };

/** `dashboard-20768`: the mailbox of a dashboard. */
export function dashboardSession(pid: number): string {
  return `dashboard-${String(pid).padStart(5, '0')}`;
}

export class ObserverCore implements Core<ObserverInput | DeadlineReached, ObserverEffect> {
  readonly #options: ObserverOptions;
  readonly #session: string;
  readonly #member: BusMember;
  readonly #view: LiveView;
  readonly #servers: KnownServers;
  readonly #vips: ObserverVips;
  readonly #tellings: ObserverTellings;
  readonly #assembler = new ReplyAssembler();
  readonly #asked = new AskedNodes();
  readonly #refused = new Set<string>();
  #busHeardAtMs: number | undefined;
  #expireAtMs: number;
  #beatAtMs: number;
  #beats = 0;

  constructor(options: ObserverOptions, nowMs: number) {
    this.#options = options;
    this.#session = dashboardSession(options.pid);
    const { clusterGroup, controlGroup } = options;
    const groups = [controlGroup, clusterGroup, GROUPS.status];
    this.#member = new BusMember({
      session: this.#session,
      groups,
      clusterGroup,
      facts: {
        nodeName: null,
        subcluster: null,
        nodeType: 'Dashboard',
        version: options.version,
        address: null,
        pid: options.pid,
        startedMs: options.startedWallMs,
        heartbeat: null,
      },
      departedKeptMs: DEPARTED_KEPT_MS,
      byzantineAction: 'flag',
    });
    const tables = new LiveTables();
    this.#view = new LiveView({ ...options, tables, membership: this.#member.membership }, nowMs);
    this.#vips = new ObserverVips({ ...options, tables, session: this.#session });
    this.#tellings = new ObserverTellings({ ...options, tables });
    this.#servers = new KnownServers(options.wall);
    this.#expireAtMs = nowMs + EXPIRE_INTERVAL_MS;
    this.#beatAtMs = nowMs + DASHBOARD_HEARTBEAT_MS;
  }

  get deadlineMs(): number | undefined {
    const due = [this.#member.deadlineMs, this.#vips.deadlineMs, this.#tellings.deadlineMs];
    due.push(this.#expireAtMs, this.#beatAtMs);
    return Math.min(...due.filter((ms) => ms !== undefined));
  }

  step(input: ObserverInput | DeadlineReached, nowMs: number): readonly ObserverEffect[] {
    const taken = this.#take(input, nowMs);
    if ((this.#vips.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#vips.onDeadline(nowMs);
    this.#tellings.onDeadline(nowMs);
    const asked = this.#vips.takeRequests().map((request): ObserverEffect => ({ type: 'bus', request }));
    const effects = asked.length === 0 ? taken : [...taken, ...asked];
    const changes = this.#view.takeChanges();
    const happenings = this.#vips.takeHappenings();
    if (changes.length === 0 && happenings.length === 0) return effects;
    const receivedWallMs = this.#options.wall.at(nowMs);
    return [
      ...(changes.length === 0 ? [] : [tell({ type: 'changed', changes, receivedWallMs })]),
      ...(happenings.length === 0 ? [] : [tell({ type: 'vips', happenings, receivedWallMs })]),
      ...effects,
    ];
  }

  /** The replicated table of DuraVIP; undefined before anything of it was heard. */
  get vips(): VipTable | undefined {
    return this.#vips.table;
  }

  whatIf(change: WhatIfChange): WhatIf | undefined {
    return this.#vips.whatIf(change);
  }

  model(): Omit<LiveModel, OwnCollection> {
    return this.#view.model();
  }

  memberAgesMs(nowMs: number): Readonly<Record<string, number>> {
    const ages: [string, number][] = [];
    for (const [id, name] of this.#view.namesById) {
      const heardAtMs = this.#member.membership.heardAtMs(name);
      if (heardAtMs !== undefined) ages.push([id, Math.max(0, nowMs - heardAtMs)]);
    }
    return Object.fromEntries(ages);
  }

  busAgeMs(nowMs: number): number | undefined {
    return this.#busHeardAtMs === undefined ? undefined : Math.max(0, nowMs - this.#busHeardAtMs);
  }

  bus(): KnownBus {
    return this.#servers.bus();
  }

  /** Whom a command would reach now, or why it cannot be sent. */
  resolve(command: string, target: CommandTarget): Result<Resolved, SendRefusal> {
    if (!this.#member.connected) return err({ code: 'busDown' });
    if (command.length > COMMAND_CHARACTERS_MAX) return err({ code: 'tooLarge' });
    return resolveTarget(target, this.#member.membership.records(), this.#options.controlGroup);
  }

  /** The present member behind a row, if it answers queries, under the id of that row. */
  resolveMember(memberId: string): Result<Asked, SendRefusal> {
    if (!this.#member.connected) return err({ code: 'busDown' });
    const name = this.#view.namesById.get(memberId);
    const record = name === undefined ? undefined : this.#member.membership.record(name);
    if (record === undefined || !answersQueries(record) || record.state === 'departed')
      return err({ code: 'unknownTarget', names: [memberId] });
    return ok({ node: memberId, privateName: record.name, subcluster: record.facts?.subcluster ?? null });
  }

  /** True, once, when the bus did not take a request that was given to `send` or `query`. */
  takeRefusal(request: string): boolean {
    return this.#refused.delete(request);
  }

  canDismiss(memberId: string): boolean {
    const name = this.#view.namesById.get(memberId);
    return name !== undefined && this.#member.membership.record(name)?.state === 'departed';
  }

  #take(input: ObserverInput | DeadlineReached, nowMs: number): readonly ObserverEffect[] {
    switch (input.type) {
      case 'start':
        return this.#ofMember({ type: 'start' }, nowMs);
      case 'bus':
        return this.#onBus(input.event, nowMs);
      case 'send':
        return this.#send(input);
      case 'query':
        return this.#query(input);
      case 'dismissed': {
        const name = this.#view.namesById.get(input.memberId);
        return name === undefined ? [] : this.#ofMember({ type: 'dismissed', name }, nowMs);
      }
      case 'wallClock':
        this.#options.wall.correct(input.wallMs, nowMs);
        return [];
      case 'deadlineReached':
        if (nowMs >= this.#expireAtMs) {
          this.#expireAtMs = nowMs + EXPIRE_INTERVAL_MS;
          this.#assembler.expire(nowMs);
        }
        return [...this.#ofMember(input, nowMs), ...this.#beat(nowMs)];
      default:
        return unreachable(input);
    }
  }

  #beat(nowMs: number): readonly ObserverEffect[] {
    if (nowMs < this.#beatAtMs) return [];
    this.#beatAtMs = nowMs + DASHBOARD_HEARTBEAT_MS;
    if (!this.#member.connected) return [];
    this.#beats += 1;
    const message = encodeMessage({
      type: 'heartbeat',
      number: this.#beats,
      intervalMs: DASHBOARD_HEARTBEAT_MS,
    });
    const groups = [GROUPS.status];
    return [
      {
        type: 'bus',
        request: { type: 'publish', session: this.#session, groups, service: 'agreed', ...message },
      },
    ];
  }

  #onBus(event: BusEvent, nowMs: number): readonly ObserverEffect[] {
    switch (event.type) {
      case 'requestRefused':
        this.#noteRefusal(event.request);
        return [];
      case 'busRefused':
        return [];
      case 'busLost':
        this.#view.onLost(event.reason, nowMs);
        this.#vips.lost(nowMs);
        return this.#ofMember({ type: 'bus', event }, nowMs);
      case 'busConnected':
        this.#busHeardAtMs = nowMs;
        this.#view.onConnected({ server: event.server, node: event.serverNode }, nowMs);
        return this.#onConnected(event, nowMs);
      case 'view':
        this.#busHeardAtMs = nowMs;
        if (event.view.group === this.#options.clusterGroup) {
          this.#view.onClusterView(event.view, nowMs);
          this.#vips.view(event.view, nowMs);
        }
        return this.#ofMember({ type: 'bus', event }, nowMs);
      case 'message':
        this.#busHeardAtMs = nowMs;
        if (
          isVipKind(event.kind) &&
          (event.group ?? this.#options.clusterGroup) === this.#options.clusterGroup
        )
          this.#vips.message(event, nowMs);
        return this.#ofMember({ type: 'bus', event }, nowMs);
      case 'transition':
        this.#busHeardAtMs = nowMs;
        return this.#ofMember({ type: 'bus', event }, nowMs);
      default:
        return unreachable(event);
    }
  }

  #onConnected(event: Extract<BusEvent, { type: 'busConnected' }>, nowMs: number): readonly ObserverEffect[] {
    const effects = this.#ofMember({ type: 'bus', event }, nowMs);
    const name = event.privateNames.get(this.#session);
    if (name !== undefined) this.#vips.connected(name, nowMs);
    return effects;
  }

  #ofMember(input: BusMemberInput | DeadlineReached, nowMs: number): readonly ObserverEffect[] {
    return this.#member.step(input, nowMs).flatMap((effect) => this.#onEffect(effect, nowMs));
  }

  #onEffect(effect: BusMemberEffect, nowMs: number): readonly ObserverEffect[] {
    switch (effect.type) {
      case 'bus':
        return [effect];
      case 'changed':
        this.#view.onMembers();
        this.#tellings.keepOnly(this.#view.namesById, nowMs);
        return [];
      case 'happened':
        this.#view.onHappened(effect, nowMs);
        if (effect.what !== 'departed') return [];
        this.#view.onSlow(this.#servers.departed(effect.name), nowMs);
        return this.#gone(effect.name, effect.cause ?? 'closed');
      case 'message':
        return this.#onMessage(effect, nowMs);
      default:
        return unreachable(effect);
    }
  }

  #onMessage(
    { from, message }: Extract<BusMemberEffect, { type: 'message' }>,
    nowMs: number,
  ): readonly ObserverEffect[] {
    switch (message.type) {
      case 'status':
        this.#view.onStatus(from, message, nowMs);
        if (this.#member.membership.heardAtMs(from) !== undefined) {
          this.#view.onSlow(this.#servers.onStatus(from, message, nowMs), nowMs);
        }
        return [];
      case 'reply': {
        const whole = this.#assembler.add(from, message, nowMs);
        if (whole === undefined) return [];
        const own = this.#vips.answered(whole.id, whole.ok ? whole.text : undefined, nowMs);
        return own ? [] : [this.#tellReply(whole, nowMs)];
      }
      case 'logs':
      case 'aggregation':
      case 'objects':
        if (this.#member.membership.heardAtMs(from) !== undefined)
          this.#tellings.onMessage(from, message, nowMs);
        return [];
      case 'query':
      case 'request': // for nodes; a dashboard answers no commands
        return [];
      default:
        return unreachable(message);
    }
  }

  #tellReply(whole: WholeReply, nowMs: number): ObserverEffect {
    const { from, id, ok, text } = whole;
    const record = this.#member.membership.record(from);
    const known = record === undefined ? nodeOfPrivateName(from) : historyName(record);
    return tell({
      type: 'reply',
      request: id,
      node: this.#asked.answered(id, from) ?? known,
      ok,
      text,
      receivedWallMs: this.#options.wall.at(nowMs),
    });
  }

  #gone(name: PrivateName, cause: 'closed' | 'silence' | 'leave' | 'backlog'): readonly ObserverEffect[] {
    return this.#asked
      .waitingFor(name)
      .map(({ request, node }) => tell({ type: 'askedGone', request, node, cause }));
  }

  #send(input: Extract<ObserverInput, { type: 'send' }>): readonly ObserverEffect[] {
    const { request: id, command, to } = input;
    const session = this.#session;
    this.#asked.ask(id, [...to.asked, ...to.silent]);
    const message = encodeMessage({ type: 'request', id, command });
    const requests: readonly BusRequest[] =
      to.group === undefined
        ? to.asked.map(({ privateName }) => ({ type: 'send', session, to: privateName, ...message }))
        : [{ type: 'publish', session, groups: [to.group], service: 'agreed', ...message }];
    return [
      ...requests.map((request): ObserverEffect => ({ type: 'bus', request })),
      ...to.silent.map(({ node }) => tell({ type: 'askedGone', request: id, node, cause: 'silence' })),
    ];
  }

  #query(input: Extract<ObserverInput, { type: 'query' }>): readonly ObserverEffect[] {
    const { request: id, to, what, about } = input;
    this.#asked.ask(id, [to]);
    const message = encodeMessage({ type: 'query', id, what, about });
    const request: BusRequest = { type: 'send', session: this.#session, to: to.privateName, ...message };
    return [{ type: 'bus', request }];
  }

  #noteRefusal(refused: BusRequest): void {
    if (refused.type !== 'publish' && refused.type !== 'send') return;
    const decoded = decodeMessage(refused.kind, refused.payload);
    if (!decoded.ok || (decoded.value.type !== 'request' && decoded.value.type !== 'query')) return;
    this.#asked.forget(decoded.value.id);
    this.#refused.add(decoded.value.id);
    const [oldest] = this.#refused;
    if (this.#refused.size > REQUESTS_MAX && oldest !== undefined) this.#refused.delete(oldest);
  }
}

function tell(event: ObserverEvent): ObserverEffect {
  return { type: 'tell', event };
}
