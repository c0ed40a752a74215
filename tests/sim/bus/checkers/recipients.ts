/**
 * G2: what a mailbox hears is exactly what the order says, in that order. The order of each server is applied to a
 * model of its mailboxes; each of its clients must have heard a prefix of that, and at the end all of it.
 */

import { groupViewIdText } from '../../../../server/msgc/ids.ts';
import { type Op, readOps } from '../../../../server/msgc/ops.ts';
import { readMessages } from '../../../../server/msgc/packet.ts';
import type { ClientTrace, Delivered, History, ServerTrace, Stay } from '../history.ts';
import type { Violation } from './violation.ts';

type Mailbox = { readonly session: string; readonly groups: Set<string>; readonly due: string[] };
/** A mailbox at the moment of a join, by session, group and view id. */
type Joins = Map<string, { readonly mailbox: Mailbox; readonly from: number }>;
type OpText = { readonly op: Op; readonly texts: readonly string[] };

export function checkRecipients(history: History): readonly Violation[] {
  const joins: Joins = new Map();
  const read = new Map<string, readonly OpText[]>();
  for (const trace of history.servers) new Model(history, trace, joins, read).replay();
  return history.clients.flatMap((client) => compare(client, joins));
}

class Model {
  readonly #history: History;
  readonly #trace: ServerTrace;
  readonly #joins: Joins;
  readonly #read: Map<string, readonly OpText[]>;
  readonly #mailboxes = new Map<number, Mailbox>();

  constructor(history: History, trace: ServerTrace, joins: Joins, read: Map<string, readonly OpText[]>) {
    this.#history = history;
    this.#trace = trace;
    this.#joins = joins;
    this.#read = read;
  }

  replay(): void {
    this.#trace.stays.forEach((stay, index) => {
      const next = this.#trace.stays[index + 1];
      let pending = 0;
      for (const delivered of stay.delivered) {
        if (delivered.gseq === undefined) pending += 1;
        const own = delivered.origin === this.#trace.key;
        this.#ops(delivered).forEach((item, at) => {
          if (item.op.type === 'multicast') this.#multicast(item.op.groups, item.texts);
          else if (own) this.#change(item.op, () => viewIdOf(stay, next, delivered, pending, at));
        });
      }
    });
  }

  #ops({ key }: Delivered): readonly OpText[] {
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const body = this.#history.sent.get(key)?.body;
    const ops = body === undefined ? [] : readOps(body).ops;
    const items = ops.map((op) => ({
      op,
      texts:
        op.type === 'multicast'
          ? (readMessages(op.messages, 64 * 1_024) ?? []).map(({ payload }) => payload.toString())
          : [],
    }));
    this.#read.set(key, items);
    return items;
  }

  #change(op: Op, viewId: () => string): void {
    switch (op.type) {
      case 'join': {
        const mailbox = this.#mailboxes.get(op.cid) ?? { session: op.session, groups: new Set(), due: [] };
        this.#mailboxes.set(op.cid, mailbox);
        if (mailbox.groups.has(op.group)) return;
        mailbox.groups.add(op.group);
        this.#joins.set(`${op.session} ${op.group} ${viewId()}`, { mailbox, from: mailbox.due.length });
        return;
      }
      case 'leave':
        this.#mailboxes.get(op.cid)?.groups.delete(op.group);
        return;
      case 'disconnect':
        this.#mailboxes.delete(op.cid);
        return;
      default:
        return;
    }
  }

  /** Once to each mailbox, through the first of the groups that it is in. */
  #multicast(groups: readonly string[], texts: readonly string[]): void {
    for (const { groups: joined, due } of this.#mailboxes.values()) {
      const group = groups.find((one) => joined.has(one));
      if (group !== undefined) for (const text of texts) due.push(`${group} ${text}`);
    }
  }
}

function viewIdOf(
  stay: Stay,
  next: Stay | undefined,
  { gseq }: Delivered,
  pending: number,
  at: number,
): string {
  if (gseq !== undefined) return groupViewIdText(stay.view.id, gseq, at);
  const place = `${String(pending).padStart(6, '0')}.${String(at).padStart(4, '0')}`;
  return `${stay.id}:~${next?.id ?? ''}:${place}`;
}

type Ear = { readonly due: readonly string[]; readonly heard: string[] };

/** One connection of a client after the other. */
function compare(client: ClientTrace, joins: Joins): readonly Violation[] {
  const found: Violation[] = [];
  let ears = new Map<string, Ear>();
  const close = (whole: boolean): void => {
    for (const [session, { due, heard }] of ears) {
      const at = heard.findIndex((text, index) => due[index] !== text);
      const where = `${client.name} ${session}`;
      if (at >= 0) found.push({ invariant: 'G2', what: `${where} heard ${heard[at]}, not ${due[at]}` });
      else if (whole && due.length > heard.length)
        found.push({ invariant: 'G2', what: `${where} never heard ${due[heard.length]}` });
    }
    ears = new Map();
  };
  for (const record of client.records) {
    if (record.type === 'request') continue;
    const { event } = record;
    if (event.type === 'busLost') close(false);
    if (event.type === 'view' && !ears.has(event.session)) {
      const join = joins.get(`${event.session} ${event.view.group} ${event.view.viewId}`);
      if (join === undefined)
        found.push({
          invariant: 'G3',
          what: `${client.name} ${event.session} saw ${event.view.viewId} first, which is no join of it`,
        });
      ears.set(event.session, { due: join?.mailbox.due.slice(join.from) ?? [], heard: [] });
    }
    if (event.type === 'message' && event.group !== undefined)
      ears.get(event.session)?.heard.push(`${event.group} ${event.payload.toString()}`);
  }
  close(!client.killed);
  return found;
}
