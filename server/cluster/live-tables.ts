/**
 * The rows of the live model as this observer knows them, and which of them changed since the last look. Keeps the
 * bound on event rows. Knows no bus and no browser.
 */

import {
  type CollectionName,
  EVENT_ROWS_MAX,
  type LiveModel,
  type OwnCollection,
  type Row,
} from '../wire/live.ts';
import type { ModelChange } from './observer-api.ts';

export type EventKind = Row<'events'>['kind'];

type Tables = { readonly [C in CollectionName]: Map<string, Row<C>> };

export class LiveTables {
  readonly #tables: Tables = {
    cluster: new Map(),
    bus: new Map(),
    members: new Map(),
    sightings: new Map(),
    events: new Map(),
    rehearsal: new Map(),
    duravip: new Map(),
    vips: new Map(),
    vipNodes: new Map(),
    vipOperations: new Map(),
    logs: new Map(),
    aggregators: new Map(),
    objects: new Map(),
    logPauses: new Map(),
  };
  #changes = new Map<string, ModelChange>();
  #lastEvent = 0;

  /** Sets a row; an equal row is no change. */
  set<C extends CollectionName>(c: C, k: string, row: Row<C>): void {
    const table: Map<string, Row<C>> = this.#tables[c];
    const known = table.get(k);
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(row)) return;
    table.set(k, row);
    this.#changes.set(`${c} ${k}`, { c, k, row });
  }

  get<C extends CollectionName>(c: C, k: string): Row<C> | undefined {
    const table: Map<string, Row<C>> = this.#tables[c];
    return table.get(k);
  }

  keys(c: CollectionName): readonly string[] {
    return [...this.#tables[c].keys()];
  }

  remove(c: CollectionName, k: string): void {
    if (this.#tables[c].delete(k)) this.#changes.set(`${c} ${k}`, { c, k, row: null });
  }

  /** Adds an event row; the oldest goes when there are more than EVENT_ROWS_MAX. */
  addEvent(event: {
    readonly atMs: number;
    readonly kind: EventKind;
    readonly member: string | null;
    readonly cause: string | null;
    readonly detail: string;
  }): void {
    this.#lastEvent += 1;
    const id = String(this.#lastEvent);
    this.set('events', id, { id, ...event });
    if (this.#tables.events.size <= EVENT_ROWS_MAX) return;
    const [oldest] = this.#tables.events.keys();
    if (oldest !== undefined) this.remove('events', oldest);
  }

  /** Changes since the last call, in the order in which they were made last. */
  takeChanges(): readonly ModelChange[] {
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }

  model(): Omit<LiveModel, OwnCollection> {
    const { cluster, bus, members, sightings, events, duravip, vips, vipNodes } = this.#tables;
    const { logs, aggregators, objects } = this.#tables;
    return {
      cluster: Object.fromEntries(cluster),
      bus: Object.fromEntries(bus),
      members: Object.fromEntries(members),
      sightings: Object.fromEntries(sightings),
      events: Object.fromEntries(events),
      duravip: Object.fromEntries(duravip),
      vips: Object.fromEntries(vips),
      vipNodes: Object.fromEntries(vipNodes),
      logs: Object.fromEntries(logs),
      aggregators: Object.fromEntries(aggregators),
      objects: Object.fromEntries(objects),
    };
  }
}
