/**
 * Keeps the rows of the live model in step with the membership table, the status of servers and the own connection.
 * Decides what a row says and when a change is worth telling; knows neither bus nor browser.
 */

import { nodeOfPrivateName, type PrivateName } from '../model/names.ts';
import type { GroupView } from '../msgc/client-api.ts';
import type { LiveModel, OwnCollection, Row } from '../wire/live.ts';
import type { MailFigures } from '../wire/objects.ts';
import type { ConfigStatus } from '../wire/options.ts';
import { ClockSkew } from './clock-skew.ts';
import type { SlowNews } from './known-bus.ts';
import type { LiveTables } from './live-tables.ts';
import type { MemberRecord } from './member-record.ts';
import { memberRows } from './member-rows.ts';
import type { Membership } from './membership.ts';
import type { MembershipEffect } from './membership-io.ts';
import type { ModelChange } from './observer-api.ts';
import type { NodeStatus } from './status-message.ts';
import type { WallClock } from './wall-clock.ts';

/** A sighting whose links look the same is told again after this, for its date and round trips. */
export const SIGHTING_AGAIN_MS = 5_000;
/** Figures of mail that did not change are told again after this, for their date. */
export const MAIL_AGAIN_MS = 5_000;
/** Members beyond those in the table whose status is remembered. */
const SEEN_MAX = 1_024;

type Seen = {
  readonly skew: ClockSkew;
  viewId: string | undefined;
  config: ConfigStatus | undefined;
  mail: MailFigures | undefined;
  links: string;
  toldAtMs: number;
};

type BusState = {
  state: Row<'bus'>['state'];
  sinceMs: number;
  server: string | null;
  serverNode: string | null;
  viewId: string | null;
  viewNumber: number;
  reason: string | null;
};

export class LiveView {
  readonly #membership: Membership;
  readonly #wall: WallClock;
  readonly #cluster: Omit<Row<'cluster'>, 'leader'>;
  readonly #tables: LiveTables;
  readonly #seen = new Map<PrivateName, Seen>();
  #namesById: ReadonlyMap<string, PrivateName> = new Map();
  #bus: BusState;

  constructor(
    parts: {
      readonly tables: LiveTables;
      readonly membership: Membership;
      readonly wall: WallClock;
      readonly cluster: Omit<Row<'cluster'>, 'leader'>;
    },
    nowMs: number,
  ) {
    this.#tables = parts.tables;
    this.#membership = parts.membership;
    this.#wall = parts.wall;
    this.#cluster = parts.cluster;
    this.#bus = {
      state: 'connecting',
      sinceMs: this.#wall.at(nowMs),
      server: null,
      serverNode: null,
      viewId: null,
      viewNumber: 0,
      reason: null,
    };
    this.#addEvent(nowMs, { kind: 'started', member: null, cause: null, detail: '' });
    this.#showBus();
    this.#showLeader();
  }

  model(): Omit<LiveModel, OwnCollection> {
    return this.#tables.model();
  }

  takeChanges(): readonly ModelChange[] {
    return this.#tables.takeChanges();
  }

  /** Row id of each member and the private name behind it. */
  get namesById(): ReadonlyMap<string, PrivateName> {
    return this.#namesById;
  }

  onConnected(server: { readonly server: string; readonly node: string }, nowMs: number): void {
    this.#bus = {
      ...this.#bus,
      state: 'joined',
      sinceMs: this.#wall.at(nowMs),
      server: server.server,
      serverNode: server.node,
      reason: null,
    };
    const detail = `through ${server.node} at ${server.server}`;
    this.#addEvent(nowMs, { kind: 'busJoined', member: null, cause: null, detail });
    this.#showBus();
  }

  /** Every other row keeps what was known last. */
  onLost(reason: string, nowMs: number): void {
    if (this.#bus.state === 'joined') {
      this.#bus = { ...this.#bus, state: 'lost', sinceMs: this.#wall.at(nowMs), server: null };
      this.#addEvent(nowMs, { kind: 'busLost', member: null, cause: null, detail: reason });
    }
    this.#bus = { ...this.#bus, reason };
    this.#showBus();
  }

  /** A view of the cluster group; `network` means that the set of servers changed. */
  onClusterView(view: GroupView, nowMs: number): void {
    this.#bus = { ...this.#bus, viewNumber: this.#bus.viewNumber + 1 };
    if (view.cause === 'network') {
      const detail = `${view.members.length} members`;
      this.#addEvent(nowMs, { kind: 'viewChanged', member: null, cause: null, detail });
    }
    this.#showBus();
  }

  onHappened(effect: Extract<MembershipEffect, { type: 'happened' }>, nowMs: number): void {
    this.#addEvent(nowMs, {
      kind: effect.what,
      member: effect.member,
      cause: effect.cause ?? null,
      detail: effect.detail,
    });
    if (effect.what === 'departed') this.#endSighting(effect.name);
  }

  onSlow(news: readonly SlowNews[], nowMs: number): void {
    for (const { node: member, reason } of news) {
      const kind = reason === undefined ? 'recovered' : 'slow';
      this.#addEvent(nowMs, { kind, member, cause: null, detail: reason ?? 'slow no more' });
    }
  }

  onMembers(): void {
    const rows = memberRows(this.#membership.records(), (record) => this.#extras(record));
    this.#namesById = new Map([...rows].map(([id, { name }]) => [id, name]));
    for (const id of this.#tables.keys('members')) {
      if (!rows.has(id)) this.#tables.remove('members', id);
    }
    for (const [id, { row }] of rows) this.#tables.set('members', id, row);
    this.#boundSeen();
    this.#showLeader();
  }

  onStatus(from: PrivateName, status: NodeStatus, nowMs: number): void {
    if (this.#membership.heardAtMs(from) === undefined) return;
    const seen = this.#seenOf(from);
    const skewChanged = seen.skew.sample(status.wallMs, this.#wall.at(nowMs));
    const viewId = status.viewId ?? undefined;
    const viewChanged = seen.viewId !== viewId;
    seen.viewId = viewId;
    const configChanged = JSON.stringify(seen.config) !== JSON.stringify(status.config);
    seen.config = status.config;
    this.#noteMail(seen, status, nowMs);
    if (skewChanged || viewChanged || configChanged) this.onMembers();
    else this.#showMail(from, seen);
    const node = nodeOfPrivateName(from);
    if (node === this.#bus.serverNode && this.#bus.viewId !== status.viewId) {
      this.#bus = { ...this.#bus, viewId: status.viewId };
      this.#showBus();
    }
    this.#showSighting(node, seen, status, nowMs);
  }

  #noteMail(seen: Seen, { mail }: NodeStatus, nowMs: number): void {
    if (mail === undefined) {
      seen.mail = undefined;
      return;
    }
    const toldMs = this.#wall.at(nowMs);
    const known = seen.mail;
    const same = JSON.stringify(known) === JSON.stringify({ ...mail, toldMs: known?.toldMs });
    if (same && toldMs - (known?.toldMs ?? 0) < MAIL_AGAIN_MS) return;
    seen.mail = { ...mail, toldMs };
  }

  /** Its row alone: figures change each second. */
  #showMail(from: PrivateName, seen: Seen): void {
    const mail = seen.mail ?? null;
    for (const [id, name] of this.#namesById) {
      const row = name === from ? this.#tables.get('members', id) : undefined;
      if (row !== undefined && row.mail !== mail) this.#tables.set('members', id, { ...row, mail });
    }
  }

  #showSighting(node: string, seen: Seen, status: NodeStatus, nowMs: number): void {
    const links = status.links.map(({ to, state, roundTripMs, backlog }) => ({
      to,
      state,
      roundTripMs,
      backlog,
    }));
    const looks = JSON.stringify(links.map(({ to, state, backlog }) => [to, state, magnitude(backlog)]));
    const current = this.#tables.get('sightings', node)?.current === true;
    if (current && looks === seen.links && nowMs < seen.toldAtMs + SIGHTING_AGAIN_MS) return;
    seen.links = looks;
    seen.toldAtMs = nowMs;
    this.#tables.set('sightings', node, { from: node, links, toldMs: this.#wall.at(nowMs), current: true });
  }

  #endSighting(name: PrivateName): void {
    const node = nodeOfPrivateName(name);
    const row = this.#tables.get('sightings', node);
    const others = this.#membership
      .records()
      .some(
        (record) => record.state !== 'departed' && this.#seen.has(record.name) && nodeOf(record) === node,
      );
    if (row !== undefined && !others) this.#tables.set('sightings', node, { ...row, current: false });
  }

  #extras(record: MemberRecord) {
    const seen = this.#seen.get(record.name);
    return {
      viewId: seen?.viewId,
      config: seen?.config,
      mail: seen?.mail,
      clockSkewMs: seen?.skew.skewMs,
      sinceWallMs: this.#wall.at(record.sinceMs),
      joinedWallMs: this.#wall.at(record.joinedMs),
    };
  }

  #seenOf(name: PrivateName): Seen {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const seen: Seen = {
      skew: new ClockSkew(),
      viewId: undefined,
      config: undefined,
      mail: undefined,
      links: '',
      toldAtMs: 0,
    };
    this.#seen.set(name, seen);
    return seen;
  }

  #boundSeen(): void {
    for (const name of this.#seen.keys()) {
      if (this.#seen.size <= SEEN_MAX) return;
      if (this.#membership.heardAtMs(name) === undefined) this.#seen.delete(name);
    }
  }

  #showLeader(): void {
    const leader = this.#membership.leader()?.facts?.nodeName ?? null;
    this.#tables.set('cluster', 'cluster', { ...this.#cluster, leader });
  }

  #showBus(): void {
    this.#tables.set('bus', 'bus', { ...this.#bus });
  }

  #addEvent(
    nowMs: number,
    event: {
      readonly kind: Row<'events'>['kind'];
      readonly member: string | null;
      readonly cause: string | null;
      readonly detail: string;
    },
  ): void {
    this.#tables.addEvent({ atMs: this.#wall.at(nowMs), ...event });
  }
}

/** 0 below ten, then the number of digits: a queue that breathes is no news. */
function magnitude(backlog: number): number {
  return Math.floor(Math.log10(Math.max(1, backlog)));
}

function nodeOf(record: MemberRecord): string {
  return nodeOfPrivateName(record.name);
}
