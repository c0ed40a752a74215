/**
 * An observer without a bus: tests and the development gateway say what it sees. It sends nothing anywhere; what was
 * asked is kept in `sent`, and replies are given by hand.
 */

import { err, ok, type Result } from '../base/result.ts';
import type {
  AskedNode,
  KnownBus,
  ModelChange,
  Observer,
  ObserverEvent,
  SendRefusal,
} from '../cluster/observer-api.ts';
import type { VipHappening, VipTable, WhatIf, WhatIfChange } from '../duravip/api.ts';
import { emptyModel } from '../wire/empty-model.ts';
import type { CommandTarget } from '../wire/http.ts';
import type { CollectionName, LiveModel, OwnCollection, Row } from '../wire/live.ts';
import type { Query } from '../wire/options.ts';

export type SentCommand = {
  readonly request: string;
  readonly command: string;
  readonly asked: readonly AskedNode[];
};

export type AskedQuery = {
  readonly request: string;
  readonly member: string;
  readonly what: Query;
  /** JSON. */
  readonly about?: string | undefined;
};

type Model = { [C in Exclude<CollectionName, OwnCollection>]: Record<string, Row<C>> };

export class MemoryObserver implements Observer {
  readonly sent: SentCommand[] = [];
  readonly queries: AskedQuery[] = [];
  /** Hears of every command that went out, while it is being sent. */
  onSent: (sent: SentCommand) => void = () => undefined;
  /** What the nodes' election says; undefined: no synchronised view yet. */
  predict: (change: WhatIfChange) => WhatIf | undefined = () => undefined;
  readonly #model: Model = emptyModel();
  readonly #listeners = new Set<(event: ObserverEvent) => void>();
  readonly #wallMs: () => number;
  #ages: Readonly<Record<string, number>> = {};
  #busAgeMs: number | undefined;
  #bus: KnownBus = { servers: [], groups: null };
  #vips: VipTable | undefined;

  /** @param wallMs the clock that stamps events. */
  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  model(): Omit<LiveModel, OwnCollection> {
    return this.#model;
  }

  memberAgesMs(): Readonly<Record<string, number>> {
    return this.#ages;
  }

  busAgeMs(): number | undefined {
    return this.#busAgeMs;
  }

  vips(): VipTable | undefined {
    return this.#vips;
  }

  whatIf(change: WhatIfChange): WhatIf | undefined {
    return this.predict(change);
  }

  bus(): KnownBus {
    return this.#bus;
  }

  send(request: string, command: string, target: CommandTarget): Result<readonly AskedNode[], SendRefusal> {
    if (this.#model.bus['bus']?.state !== 'joined') return err({ code: 'busDown' });
    const present = Object.values(this.#model.members).filter(
      ({ role, state }) => role === 'node' && state !== 'departed',
    );
    const asked = present.filter(
      ({ id, subcluster }) =>
        target.kind === 'all' ||
        (target.kind === 'subcluster' ? subcluster === target.name : target.names.includes(id)),
    );
    const wanted = target.kind === 'nodes' ? target.names : [];
    const missing = wanted.filter((name) => !asked.some(({ id }) => id === name));
    if (target.kind === 'subcluster' && asked.length === 0) missing.push(target.name);
    if (missing.length > 0) return err({ code: 'unknownTarget', names: missing });
    const nodes = asked.map(({ id, privateNames }) => ({ node: id, privateName: privateNames[0] ?? id }));
    const sent = { request, command, asked: nodes };
    this.sent.push(sent);
    this.onSent(sent);
    return ok(nodes);
  }

  query(request: string, memberId: string, what: Query, about?: string): Result<AskedNode, SendRefusal> {
    if (this.#model.bus['bus']?.state !== 'joined') return err({ code: 'busDown' });
    const row = this.#model.members[memberId];
    const asked = row !== undefined && row.state !== 'departed' && ['node', 'manager'].includes(row.role);
    if (!asked) return err({ code: 'unknownTarget', names: [memberId] });
    this.queries.push({ request, member: memberId, what, ...(about === undefined ? {} : { about }) });
    return ok({ node: memberId, privateName: row.privateNames[0] ?? memberId });
  }

  dismiss(memberId: string): boolean {
    if (this.#model.members[memberId]?.state !== 'departed') return false;
    this.remove('members', memberId);
    return true;
  }

  subscribe(listener: (event: ObserverEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set<C extends keyof Model>(c: C, k: string, row: Row<C>): void {
    this.#model[c] = { ...this.#model[c], [k]: row };
    this.#changed([{ c, k, row }]);
  }

  remove(c: keyof Model, k: string): void {
    const { [k]: _gone, ...kept } = this.#model[c];
    Object.assign(this.#model, { [c]: kept });
    this.#changed([{ c, k, row: null }]);
  }

  /** Many rows in one event, as one message of the bus causes them. In place: there may be 10,240 of them. */
  change(changes: readonly ModelChange[]): void {
    const model: Record<string, Record<string, unknown>> = this.#model;
    for (const { c, k, row } of changes) {
      const rows = model[c];
      if (rows === undefined) continue;
      if (row === null) delete rows[k];
      else rows[k] = row;
    }
    this.#changed(changes);
  }

  setVips(table: VipTable | undefined): void {
    this.#vips = table;
  }

  happen(...happenings: readonly VipHappening[]): void {
    this.#emit({ type: 'vips', happenings, receivedWallMs: this.#wallMs() });
  }

  setAges(ages: Readonly<Record<string, number>>, busAgeMs: number | undefined): void {
    this.#ages = ages;
    this.#busAgeMs = busAgeMs;
  }

  setBus(bus: KnownBus): void {
    this.#bus = bus;
  }

  reply(request: string, node: string, text: string, ok = true): void {
    this.#emit({ type: 'reply', request, node, ok, text, receivedWallMs: this.#wallMs() });
  }

  askedGone(request: string, node: string, cause: 'closed' | 'silence' | 'leave' | 'backlog'): void {
    this.#emit({ type: 'askedGone', request, node, cause });
  }

  #changed(changes: readonly ModelChange[]): void {
    this.#emit({ type: 'changed', changes, receivedWallMs: this.#wallMs() });
  }

  #emit(event: ObserverEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
