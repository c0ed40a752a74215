/**
 * What recorded traces of real clients have to show beside `checkGroups` of the simulation: the order of those who part
 * ways, no hole in what one sender says, and what a safe message promises. evs.md 2, as far as clients can see it.
 */

import type { BusEvent, GroupView } from '../../server/msgc/client-api.ts';
import type { Violation } from '../sim/bus/checkers/violation.ts';
import type { ClientTrace } from '../sim/bus/history.ts';

/** What one client heard in one group between two views of it. */
type Stay = {
  readonly who: string;
  readonly group: string;
  readonly viewId: string;
  readonly texts: string[];
  /** Where the transitional configuration begins in `texts`. */
  transitionAt: number | undefined;
  /** The next view came; else the connection was lost, or the record ends. */
  complete: boolean;
  /** Where its transitional configuration begins is not to be seen. */
  unmarked: boolean;
  readonly members: readonly string[];
};

/** Messages that a sender was allowed to send to one group, in order; `epoch` counts its connections. */
type Sent = { readonly text: string; readonly epoch: number; readonly safe: boolean };
type SentTexts = ReadonlyMap<string, { readonly stream: readonly Sent[]; readonly at: number }>;

const SEVERAL = ' several';

export function checkClients(clients: readonly ClientTrace[]): readonly Violation[] {
  const sent = sentBy(clients);
  const stays = clients.flatMap(staysOf);
  const byView = new Map<string, Stay[]>();
  for (const stay of stays) {
    const key = `${stay.group} ${stay.viewId}`;
    byView.set(key, [...(byView.get(key) ?? []), stay]);
  }
  return [
    ...clients.flatMap((client) => unsentTexts(client, sent)),
    ...clients.flatMap((client) => holes(client, sent)),
    ...[...byView.values()].flatMap((group) => [...prefixes(group), ...safety(group, sent)]),
  ];
}

function sentBy(clients: readonly ClientTrace[]): SentTexts {
  const sent = new Map<string, { readonly stream: readonly Sent[]; readonly at: number }>();
  for (const { records } of clients) {
    const refused = new Set(
      records.flatMap((record) =>
        record.type === 'event' &&
        record.event.type === 'requestRefused' &&
        record.event.request.type === 'publish'
          ? [record.event.request.payload.toString()]
          : [],
      ),
    );
    const streams = new Map<string, Sent[]>();
    let epoch = 0;
    for (const record of records) {
      if (record.type === 'event') {
        if (record.event.type === 'busConnected') epoch += 1;
        continue;
      }
      const { request } = record;
      if (request.type !== 'publish') continue;
      const text = request.payload.toString();
      if (refused.has(text)) continue;
      const key = request.groups.join();
      const stream = streams.get(key) ?? [];
      streams.set(key, stream);
      stream.push({ text, epoch, safe: request.service === 'safe' });
      sent.set(text, { stream, at: stream.length - 1 });
    }
  }
  return sent;
}

function staysOf(client: ClientTrace): readonly Stay[] {
  const stays: Stay[] = [];
  const open = new Map<string, Stay>();
  /** Groups in their transitional configuration: it lasts until the next network view, whatever joins or leaves. */
  const transitional = new Set<string>();
  let names: ReadonlyMap<string, string> = new Map();
  for (const record of client.records) {
    if (record.type === 'request') continue;
    const { event } = record;
    switch (event.type) {
      case 'busConnected':
        names = event.privateNames;
        break;
      case 'busLost':
        open.clear();
        transitional.clear();
        break;
      case 'transition': {
        const key = `${event.session} ${event.group}`;
        const stay = open.get(key);
        if (stay !== undefined) stay.transitionAt = stay.texts.length;
        transitional.add(key);
        break;
      }
      case 'view': {
        const key = `${event.session} ${event.view.group}`;
        closeStay(open.get(key), event.view, transitional.has(key));
        open.delete(key);
        if (event.view.cause === 'network') transitional.delete(key);
        const stay = newStay(client.name, event.view, transitional.has(key));
        if (!stay.members.includes(names.get(event.session) ?? '')) break;
        open.set(key, stay);
        stays.push(stay);
        break;
      }
      case 'message': {
        const text = event.payload.toString();
        if (!text.endsWith(SEVERAL)) open.get(`${event.session} ${event.group}`)?.texts.push(text);
        break;
      }
      default:
        break;
    }
  }
  return stays;
}

function newStay(who: string, { group, viewId, members }: GroupView, transitional: boolean): Stay {
  const names = members.map(({ name }) => name);
  const state = { complete: false, unmarked: false, transitionAt: transitional ? 0 : undefined };
  return { who, group, viewId, texts: [], members: names, ...state };
}

function closeStay(stay: Stay | undefined, next: GroupView, transitional: boolean): void {
  if (stay === undefined) return;
  stay.complete = true;
  // A group that reached nobody else is not told of the transition, even if somebody joins it behind that.
  const parted = stay.members.some((name) => !next.transitional.some((one) => one === name));
  stay.unmarked = next.cause === 'network' && !transitional && parted;
}

/** B1: what is delivered was sent, by who it says. */
function unsentTexts(client: ClientTrace, sent: SentTexts): readonly Violation[] {
  const texts = client.records.flatMap((record) =>
    record.type === 'event' && record.event.type === 'message' ? [record.event.payload.toString()] : [],
  );
  return texts
    .filter((text) => !sent.has(text))
    .map((text) => ({ invariant: 'B1', what: `${client.name} heard ${text}, which nobody sent` }));
}

/** Positions beyond the cut, which have a `~`, belong to one transitional configuration alone. */
function isMarked({ viewId, unmarked }: Stay): boolean {
  return !unmarked && !viewId.includes('~');
}

/** O1: of those who were in a view, one heard what the other heard and perhaps more, up to the transition. */
function prefixes(stays: readonly Stay[]): readonly Violation[] {
  const regular = stays
    .filter(isMarked)
    .map(({ who, texts, transitionAt }) => ({ who, texts: texts.slice(0, transitionAt) }))
    .sort((a, b) => b.texts.length - a.texts.length);
  const [longest] = regular;
  if (longest === undefined) return [];
  return regular.flatMap(({ who, texts }) => {
    const at = texts.findIndex((text, index) => text !== longest.texts[index]);
    if (at < 0) return [];
    const { group, viewId } = stays[0] ?? {};
    const what = `${group} ${viewId}: ${who} heard ${texts[at]} at ${at}, ${longest.who} ${longest.texts[at]}`;
    return [{ invariant: 'O1', what }];
  });
}

/** F1: a safe message delivered before the transition is delivered by everybody who passes through the view. */
function safety(stays: readonly Stay[], sent: SentTexts): readonly Violation[] {
  const promised = new Map<string, string>();
  for (const { who, texts, transitionAt } of stays.filter(isMarked)) {
    for (const text of texts.slice(0, transitionAt)) {
      const place = sent.get(text);
      if (place?.stream[place.at]?.safe === true) promised.set(text, who);
    }
  }
  return stays
    .filter(({ complete }) => complete)
    .flatMap(({ who, texts, group, viewId }) => {
      const heard = new Set(texts);
      return [...promised]
        .filter(([text]) => !heard.has(text))
        .map(([text, by]) => ({
          invariant: 'F1',
          what: `${group} ${viewId}: ${by} had the safe ${text}, ${who} passed through without it`,
        }));
    });
}

/**
 * B3 and S2: while a member and a sender stay together, nothing is missing between two messages of the sender, except
 * what was under way when the sender lost its connection.
 */
function holes(client: ClientTrace, sent: SentTexts): readonly Violation[] {
  const found: Violation[] = [];
  /** Last message of a sender in a group, while both stay together. */
  const last = new Map<string, number>();
  const members = new Map<string, ReadonlySet<string>>();
  let names: ReadonlyMap<string, string> = new Map();
  for (const record of client.records) {
    if (record.type === 'request') continue;
    const { event } = record;
    if (event.type === 'busConnected') names = event.privateNames;
    if (event.type === 'busLost') {
      last.clear();
      members.clear();
    }
    if (event.type === 'view') forgetParted(event, names.get(event.session), last, members);
    if (event.type !== 'message' || event.group === undefined) continue;
    const text = event.payload.toString();
    const place = sent.get(text);
    if (place === undefined || text.endsWith(SEVERAL)) continue;
    if (members.get(event.group)?.has(event.sender) !== true) continue;
    const key = `${event.group} ${event.sender}`;
    const before = last.get(key);
    const { stream, at } = place;
    const missing = stream.slice((before ?? at) + 1, at).find(({ epoch }) => epoch === stream[at]?.epoch);
    if (missing !== undefined) {
      found.push({ invariant: 'B3', what: `${client.name} heard ${text} and not ${missing.text}` });
    }
    last.set(key, at);
  }
  return found;
}

function forgetParted(
  { view }: Extract<BusEvent, { type: 'view' }>,
  own: string | undefined,
  last: Map<string, number>,
  members: Map<string, ReadonlySet<string>>,
): void {
  const { group } = view;
  members.set(group, new Set(view.members.map(({ name }) => name)));
  const stays = view.members.some(({ name }) => name === own);
  const together = new Set<string>(stays ? view.transitional : []);
  for (const key of [...last.keys()]) {
    if (key.startsWith(`${group} `) && !together.has(key.slice(group.length + 1))) last.delete(key);
  }
}
