/**
 * DuraVIP as the dashboard sees it: a replica fed by the same ordered messages as the nodes, the rows made from it, and
 * the nodes whose own table is another one. Asks those for it; never takes part.
 */

import { unreachable } from '../base/assert.ts';
import { DEADLINE_REACHED, type DeadlineReached } from '../base/core.ts';
import type { VipHappening, VipTable, WhatIf, WhatIfChange } from '../duravip/api.ts';
import { type ObserverInput, VipObserver } from '../duravip/observer.ts';
import type { IpAddress } from '../model/ip.ts';
import type { GroupName, NodeName, PrivateName } from '../model/names.ts';
import type { BusEvent, BusRequest, GroupView } from '../msgc/client-api.ts';
import type { LiveTables } from './live-tables.ts';
import { encodeMessage } from './messages.ts';
import { decodeAnnounced, NEIGHBOURS_KIND } from './neighbour-message.ts';
import { VipBoard } from './vip-board.ts';
import { VipOpinions } from './vip-opinions.ts';
import { vipViewOf } from './vip-view.ts';
import type { WallClock } from './wall-clock.ts';

/** Ids of own questions begin with it; whoever else asks through the same observer takes other ones. */
const QUESTION = '~duravip-';
/** What is new of all addresses at once, such as one more node that agrees, is shown so long after the first of it. */
export const SHOW_ALL_AFTER_MS = 1_000;
/** A node that does not answer is not waited for any longer. */
export const ANSWER_WAIT_MS = 10_000;

type Asked = { readonly node: NodeName; readonly latestMs: number };

export class ObserverVips {
  readonly #observer = new VipObserver();
  readonly #opinions = new VipOpinions();
  readonly #board: VipBoard;
  readonly #asked = new Map<string, Asked>();
  readonly #session: string;
  readonly #clusterGroup: GroupName;
  #questions = 0;
  #showAllAtMs: number | undefined;
  #happenings: VipHappening[] = [];
  #requests: BusRequest[] = [];

  constructor(parts: {
    readonly tables: LiveTables;
    readonly wall: WallClock;
    readonly session: string;
    readonly clusterGroup: GroupName;
  }) {
    this.#session = parts.session;
    this.#clusterGroup = parts.clusterGroup;
    this.#board = new VipBoard({ ...parts, opinions: this.#opinions });
  }

  /** Undefined before anything was heard. */
  get table(): VipTable | undefined {
    const { table } = this.#observer;
    return table.viewId === undefined && table.entries().length === 0 ? undefined : table;
  }

  get deadlineMs(): number | undefined {
    const waits = [...this.#asked.values()].map(({ latestMs }) => latestMs);
    const due = [this.#observer.deadlineMs, this.#opinions.deadlineMs, this.#showAllAtMs, ...waits].filter(
      (ms) => ms !== undefined,
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  whatIf(change: WhatIfChange): WhatIf | undefined {
    return this.#observer.whatIf(change);
  }

  connected(name: PrivateName, nowMs: number): void {
    this.#give({ type: 'connected', name }, nowMs);
  }

  lost(nowMs: number): void {
    this.#asked.clear();
    this.#give({ type: 'lost' }, nowMs);
  }

  view(view: GroupView, nowMs: number): void {
    this.#give({ type: 'view', view: vipViewOf(view) }, nowMs);
  }

  message({ sender, kind, payload }: Extract<BusEvent, { type: 'message' }>, nowMs: number): void {
    if (kind !== NEIGHBOURS_KIND) {
      this.#give({ type: 'message', sender, message: { kind, payload } }, nowMs);
      return;
    }
    const node = this.#observer.table.nodes().find(({ name }) => name === sender)?.node;
    if (node === undefined) return;
    for (const address of decodeAnnounced(payload)) this.#happenings.push({ type: 'told', address, node });
  }

  /** True when the answer was to a question of this part. */
  answered(request: string, text: string | undefined, nowMs: number): boolean {
    if (!request.startsWith(QUESTION)) return false;
    const asked = this.#asked.get(request);
    this.#asked.delete(request);
    if (asked === undefined) return true;
    this.#show(this.#opinions.answered(asked.node, text, this.#observer.table), nowMs);
    return true;
  }

  onDeadline(nowMs: number): void {
    if ((this.#observer.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#give(DEADLINE_REACHED, nowMs);
    if (this.#showAllAtMs !== undefined && nowMs >= this.#showAllAtMs) {
      this.#showAllAtMs = undefined;
      this.#board.update(this.#observer.table, undefined, nowMs);
    }
    for (const [request, { latestMs }] of this.#asked) {
      if (nowMs >= latestMs) this.answered(request, undefined, nowMs);
    }
    for (const { node, name } of this.#opinions.due(this.#observer.table, nowMs)) {
      this.#questions += 1;
      const request = `${QUESTION}${this.#questions}`;
      this.#asked.set(request, { node, latestMs: nowMs + ANSWER_WAIT_MS });
      const message = encodeMessage({ type: 'query', id: request, what: 'duravip' });
      this.#requests.push({ type: 'send', session: this.#session, to: name, ...message });
    }
  }

  /** What has to be said since the last call. */
  takeRequests(): readonly BusRequest[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }

  /** What happened since the last call, without what is for debugging. */
  takeHappenings(): readonly VipHappening[] {
    const happenings = this.#happenings;
    this.#happenings = [];
    return happenings;
  }

  #give(input: ObserverInput | DeadlineReached, nowMs: number): void {
    const happenings: VipHappening[] = [];
    for (const effect of this.#observer.step(input, nowMs)) {
      const session = this.#session;
      switch (effect.type) {
        case 'happened':
          if (effect.what.type !== 'debug') happenings.push(effect.what);
          break;
        case 'send':
          this.#requests.push({ type: 'send', session, to: effect.to, ...effect.message });
          break;
        case 'publish': {
          const { service, message } = effect;
          this.#requests.push({
            type: 'publish',
            session,
            groups: [this.#clusterGroup],
            service,
            ...message,
          });
          break;
        }
        case 'want':
        case 'stopped': // whoever watches has no addresses
          break;
        default:
          unreachable(effect);
      }
    }
    this.#happenings.push(...happenings);
    this.#board.note(happenings, nowMs);
    this.#show(this.#opinions.look(this.#observer.table, nowMs), nowMs);
  }

  /** @param opinionsOf addresses of which opinions changed; undefined for all. */
  #show(opinionsOf: readonly IpAddress[] | undefined, nowMs: number): void {
    if (opinionsOf === undefined) this.#showAllAtMs ??= nowMs + SHOW_ALL_AFTER_MS;
    this.#board.update(this.#observer.table, opinionsOf ?? [], nowMs);
  }
}
