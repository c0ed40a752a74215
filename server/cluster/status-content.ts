/**
 * The status of a server as a message: bounded and printable, with views and groups only when they have changed, when
 * somebody new listens, or now and then. What is too long in all loses what can be missed best first.
 */

import { printableLine } from '../console/printable.ts';
import { GROUPS } from '../model/names.ts';
import type { BusViewRecord, LinkStatus, ServerStatus } from '../msgc/server-api.ts';
import type { ConfigStatus } from '../wire/options.ts';
import { NAMES_IN_LIST_MAX } from './message-fields.ts';
import { type EncodedMessage, encodeMessage, PAYLOAD_BYTES_MAX } from './messages.ts';
import {
  type BusStatus,
  DETAIL_CHARACTERS_MAX,
  type MailStatus,
  type NodeStatus,
  REASON_CHARACTERS_MAX,
  STATUS_COUNTERS_MAX,
  STATUS_GROUPS_MAX,
  STATUS_REFUSALS_MAX,
  STATUS_VIEWS_MAX,
} from './status-message.ts';

/** What did not change is told again after this. */
export const STATUS_AGAIN_MS = 10_000;
const NAME_CHARACTERS_MAX = 255;

export type StatusFacts = {
  readonly status: ServerStatus;
  /** Counters of the member beside those of its server. */
  readonly counters: Readonly<Record<string, number>>;
  readonly config: ConfigStatus | undefined;
  readonly mail?: MailStatus | undefined;
  readonly wallMs: number;
};

/** Keeps what was told last, so that a message holds only what is news. */
export class StatusContent {
  #listeners = '';
  readonly #views = new LastTold();
  readonly #groups = new LastTold();

  /** The next message of this server. */
  encode(facts: StatusFacts, nowMs: number): EncodedMessage {
    const whole = statusOf(facts, this.#news(facts.status, nowMs), nowMs);
    let encoded = encodeMessage({ type: 'status', ...whole });
    for (const smaller of smallerOnes(whole)) {
      if (encoded.payload.length <= PAYLOAD_BYTES_MAX) return encoded;
      encoded = encodeMessage({ type: 'status', ...smaller });
    }
    return encoded;
  }

  #news(status: ServerStatus, nowMs: number): Pick<BusStatus, 'views' | 'groups'> {
    const listeners = JSON.stringify(status.groups.find(({ group }) => group === GROUPS.status)?.members);
    const again = listeners !== this.#listeners;
    this.#listeners = listeners;
    const viewsDue = this.#views.due(status.views.at(-1)?.viewId ?? '', again, nowMs);
    const views = viewsDue ? { views: viewsOf(status.views, nowMs) } : {};
    if (status.state !== 'operational' || status.view?.members[0] !== status.node) return views;
    const list = groupsOf(status);
    const groupsDue = this.#groups.due(JSON.stringify(list), again, nowMs);
    return { ...views, groups: { version: this.#groups.version, ...(groupsDue ? { list } : {}) } };
  }
}

/** One part that is left out while it is as it was told. */
class LastTold {
  /** Counts what was different from what was told before it. */
  version = 0;
  #looks: string | undefined;
  #toldAtMs = 0;

  due(looks: string, again: boolean, nowMs: number): boolean {
    const changed = looks !== this.#looks;
    if (changed) this.version += 1;
    if (!changed && !again && nowMs < this.#toldAtMs + STATUS_AGAIN_MS) return false;
    this.#looks = looks;
    this.#toldAtMs = nowMs;
    return true;
  }
}

function statusOf(
  { status, counters, config, mail, wallMs }: StatusFacts,
  news: Pick<BusStatus, 'views' | 'groups'>,
  nowMs: number,
): NodeStatus {
  const refusals = Object.entries(status.refusals).slice(0, STATUS_REFUSALS_MAX);
  return {
    node: status.node,
    state: status.state,
    viewId: status.view?.viewId ?? null,
    viewMembers: namesOf(status.view?.members ?? []),
    links: status.links.slice(0, NAMES_IN_LIST_MAX).map((link) => linkOf(link, nowMs)),
    reach: status.reach.slice(0, NAMES_IN_LIST_MAX).map(({ node, sees }) => ({ node, sees: namesOf(sees) })),
    clients: status.clients,
    counters: Object.fromEntries(
      Object.entries({ ...counters, ...status.counters }).slice(0, STATUS_COUNTERS_MAX),
    ),
    wallMs,
    config,
    mail,
    bus: {
      incarnation: status.incarnation,
      upMs: ago(status.startedAtMs, nowMs),
      authenticated: status.authenticated,
      maxBacklog: status.maxBacklog,
      refusals: Object.fromEntries(
        refusals.map(([reason, count]) => [bounded(reason, REASON_CHARACTERS_MAX), count]),
      ),
      pausedMs: Math.round(status.pausedMs),
      viewChanges: status.counters['views'] ?? 0,
      ...news,
    },
  };
}

function linkOf(link: LinkStatus, nowMs: number): NodeStatus['links'][number] {
  return {
    to: link.peer,
    state: link.state,
    roundTripMs: link.roundTripMs === undefined ? null : toMicroseconds(link.roundTripMs),
    backlog: link.backlog,
    reconnects: link.reconnects,
    figures: {
      sinceAgoMs: ago(link.sinceMs, nowMs),
      refused: link.refused,
      ...link.traffic,
      slow: link.slow === undefined ? null : bounded(link.slow, DETAIL_CHARACTERS_MAX),
      detail: bounded(link.detail, DETAIL_CHARACTERS_MAX),
    },
  };
}

function viewsOf(views: readonly BusViewRecord[], nowMs: number): NonNullable<BusStatus['views']> {
  return views.slice(-STATUS_VIEWS_MAX).map(({ viewId, members, installedAtMs, tookMs, joined, lost }) => ({
    viewId: bounded(viewId, NAME_CHARACTERS_MAX),
    members: namesOf(members),
    agoMs: ago(installedAtMs, nowMs),
    tookMs: tookMs === undefined ? null : toMicroseconds(tookMs),
    joined: namesOf(joined),
    lost: lost.slice(0, NAMES_IN_LIST_MAX).map(({ node, cause }) => ({ node, cause })),
  }));
}

type GroupList = NonNullable<NonNullable<BusStatus['groups']>['list']>;

function groupsOf({ groups }: ServerStatus): GroupList {
  return groups.slice(0, STATUS_GROUPS_MAX).map(({ group, members }) => ({
    group: bounded(group, NAME_CHARACTERS_MAX),
    count: members.length,
    members: namesOf(members),
  }));
}

/** What is left when a message is too long, the least missed first. */
function* smallerOnes(whole: NodeStatus): Generator<NodeStatus> {
  const { bus } = whole;
  if (bus === undefined) return;
  const { groups, views, ...rest } = bus;
  const list = groups?.list?.map((one) => ({ ...one, members: [] }));
  const bare = groups === undefined || list === undefined ? {} : { groups: { ...groups, list } };
  yield { ...whole, bus: { ...rest, ...bare, views } };
  yield { ...whole, bus: { ...rest, ...bare, views: views?.slice(-1) } };
  yield { ...whole, bus: rest };
  yield { ...whole, bus: rest, reach: [] };
  for (let count = whole.links.length >> 1; count > 0; count >>= 1) {
    yield { ...whole, bus: rest, reach: [], links: whole.links.slice(0, count) };
  }
}

function namesOf(names: readonly string[]): string[] {
  return names.slice(0, NAMES_IN_LIST_MAX).map((one) => bounded(one, NAME_CHARACTERS_MAX));
}

function bounded(text: string, charactersMax: number): string {
  const line = printableLine(text);
  return line.length <= charactersMax ? line : `${line.slice(0, charactersMax - 1)}…`;
}

function ago(momentMs: number, nowMs: number): number {
  return Math.max(0, Math.round(nowMs - momentMs));
}

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
