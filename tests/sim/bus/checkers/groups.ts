/** G1 to G6 as clients see them: views of groups, who hears what between two views, names of senders; S2 for clients. */

import type { GroupView } from '../../../../server/msgc/client-api.ts';
import type { ClientTrace, History } from '../history.ts';
import type { Violation } from './violation.ts';

/** What one mailbox knows of one group. */
type Membership = { viewId: string; since: string[] };

export function checkGroups(history: History): readonly Violation[] {
  const found: Violation[] = [];
  const contents = new Map<string, string>();
  const between = new Map<string, { readonly who: string; readonly texts: string }>();
  for (const client of history.clients) {
    found.push(...new Mailboxes(history, client, contents, between).check());
  }
  return found;
}

class Mailboxes {
  readonly #history: History;
  readonly #client: ClientTrace;
  readonly #contents: Map<string, string>;
  readonly #between: Map<string, { readonly who: string; readonly texts: string }>;
  readonly #found: Violation[] = [];
  readonly #heard = new Set<string>();
  readonly #lastOf = new Map<string, number>();
  readonly #owed = new Set<string>();
  /** Requests to leave that no view has answered yet: what is sent meanwhile need not come back. */
  readonly #parting = new Map<string, number>();
  #memberships = new Map<string, Membership>();
  #names: ReadonlyMap<string, string> = new Map();

  constructor(
    history: History,
    client: ClientTrace,
    contents: Map<string, string>,
    between: Map<string, { readonly who: string; readonly texts: string }>,
  ) {
    this.#history = history;
    this.#client = client;
    this.#contents = contents;
    this.#between = between;
  }

  check(): readonly Violation[] {
    for (const record of this.#client.records) {
      if (record.type === 'request') {
        const { request } = record;
        if (request.type === 'leave') this.#forgive(request.session, request.group);
        if (request.type !== 'publish') continue;
        const joined = request.groups.find((group) => {
          const key = `${request.session} ${group}`;
          return this.#memberships.has(key) && (this.#parting.get(key) ?? 0) === 0;
        });
        if (joined !== undefined)
          this.#owed.add(`${request.session} ${joined} ${request.payload.toString()}`);
        continue;
      }
      const { event } = record;
      switch (event.type) {
        case 'busConnected':
          this.#names = event.privateNames;
          break;
        case 'busLost':
          this.#memberships = new Map();
          this.#owed.clear();
          this.#parting.clear();
          break;
        case 'view':
          this.#view(event.session, event.view);
          break;
        case 'message':
          this.#message(event.session, event.group, event.sender, event.payload.toString());
          break;
        case 'requestRefused':
          this.#refused(event.request);
          break;
        default:
          break;
      }
    }
    if (!this.#client.killed) {
      for (const owed of this.#owed) this.#report('S2', `never heard its own ${owed}`);
    }
    return this.#found;
  }

  #view(session: string, view: GroupView): void {
    const own = this.#names.get(session);
    const key = `${session} ${view.group}`;
    const server = this.#history.views.get(view.viewId.slice(0, view.viewId.indexOf(':')));
    const members = view.members.map(({ name }) => name);
    const stranger = members.find((name) => !server?.members.some(({ node }) => name.endsWith(`#${node}`)));
    // A transitional view may still name servers of the old view, so a member must be of one of them.
    if (stranger !== undefined) this.#report('G5', `${stranger} in ${view.viewId}`);
    if (new Set(members).size !== members.length) this.#report('G2', `a member twice in ${view.viewId}`);
    const place = `${view.group} ${view.viewId}`;
    const known = this.#contents.get(place);
    if (known === undefined) this.#contents.set(place, members.join());
    else if (known !== members.join()) this.#report('G1', `${place} has ${known} and ${members.join()}`);
    const before = this.#memberships.get(key);
    if (before === undefined && !members.some((name) => name === own)) {
      this.#report('G3', `first view ${view.viewId} of ${view.group} without ${own}`);
    }
    if (before !== undefined) {
      if (view.viewId <= before.viewId) this.#report('V2', `${key} ${view.viewId} after ${before.viewId}`);
      const move = `${view.group} ${before.viewId} to ${view.viewId} with ${view.transitional.join()}`;
      this.#compare(move, before.since.join('; '));
    }
    if (members.some((name) => name === own)) this.#memberships.set(key, { viewId: view.viewId, since: [] });
    else {
      this.#memberships.delete(key);
      this.#parting.set(key, Math.max(0, (this.#parting.get(key) ?? 0) - 1));
    }
  }

  /** Who sees the same two views in a row, with the same transitional set, heard the same in between. */
  #compare(move: string, texts: string): void {
    const known = this.#between.get(move);
    if (known === undefined) this.#between.set(move, { who: this.#client.name, texts });
    else if (known.texts !== texts) {
      this.#report('G1', `${move}: ${known.who} heard [${known.texts}], here [${texts}]`);
    }
  }

  #message(session: string, group: string | undefined, sender: string, text: string): void {
    const [name = '', number = ''] = text.split(' ');
    if (name !== sender) this.#report('G6', `${text} came from ${sender}`);
    if (this.#heard.has(`${session} ${text}`)) this.#report('B2', `${session} heard ${text} twice`);
    this.#heard.add(`${session} ${text}`);
    const stream = `${session} ${sender}`;
    const last = this.#lastOf.get(stream) ?? 0;
    if (Number(number) <= last) this.#report('B3', `${session} heard ${text} after ${last}`);
    this.#lastOf.set(stream, Number(number));
    if (group === undefined) return;
    const membership = this.#memberships.get(`${session} ${group}`);
    if (membership === undefined) this.#report('G3', `${session} heard ${text} outside of ${group}`);
    // A message to several groups comes through the first one the receiver is in, so it is not compared by group.
    if (!text.endsWith(' several')) membership?.since.push(text);
    for (const owed of this.#owed) {
      if (owed.startsWith(`${session} `) && owed.endsWith(` ${text}`)) this.#owed.delete(owed);
    }
  }

  #refused(request: { readonly type: string; readonly session: string; readonly payload?: Buffer }): void {
    const text = request.payload?.toString() ?? '';
    for (const owed of this.#owed) {
      if (owed.startsWith(`${request.session} `) && owed.endsWith(` ${text}`)) this.#owed.delete(owed);
    }
  }

  /** After asking to leave, the own messages need not come back. */
  #forgive(session: string, group: string): void {
    const key = `${session} ${group}`;
    this.#parting.set(key, (this.#parting.get(key) ?? 0) + 1);
    for (const owed of this.#owed) if (owed.startsWith(`${session} ${group} `)) this.#owed.delete(owed);
  }

  #report(invariant: string, what: string): void {
    this.#found.push({ invariant, what: `${this.#client.name}: ${what}` });
  }
}
