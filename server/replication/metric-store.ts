/**
 * Time series and gauges of the cluster (REP-09, REP-22, REP-23). Each member tells what it added in each window, and each
 * sums up. Windows are those of the wall clock, so that windows of all members are the same. Who has an entry lets it end:
 * a series when all its windows are past, a gauge its time after the last change by anybody, or when its cache is full.
 */

import type { GaugeCache, MetricTotals, MetricWindow, RowAnswer, SharedRow } from './api.ts';
import { ENTRIES_MAX, KEY_BYTES_MAX } from './api.ts';
import { EntryStore } from './entry-store.ts';
import {
  type Amounts,
  decodeAmounts,
  decodeGauge,
  decodeMetricKey,
  encodeAmounts,
  encodeGauge,
  encodeGaugeKey,
  encodeSeriesKey,
  type GaugePart,
  livingParts,
  type SeriesKey,
} from './metric-record.ts';
import { OWN, type Owner, type StoreQuery } from './object-store.ts';
import { OldestFirst } from './oldest-first.ts';
import { topRows } from './top-rows.ts';

export const SWEEP_EVERY_MS = 1_000;
export const SWEEP_ENTRIES = 4_096;
const VALUE_MAX = Number.MAX_SAFE_INTEGER;

/** Keys of one gauge cache and when each changed last. */
type CacheIndex = { readonly changed: Map<string, number>; readonly ages: OldestFirst; itemsMax: number };

export class MetricStore extends EntryStore {
  readonly #wallMs: (nowMs: number) => number;
  readonly #caches = new Map<string, CacheIndex>();
  #sweepAtMs: number | undefined;
  #sweep: IterableIterator<string> | undefined;
  #nowMs = 0;

  constructor(wallMs: (nowMs: number) => number) {
    super();
    this.#wallMs = wallMs;
  }

  get deadlineMs(): number | undefined {
    return this.#sweepAtMs;
  }

  /** Adds to the window that runs. What cannot be told is not counted. */
  add(series: SeriesKey, amount: number, nowMs: number): void {
    const key = encodeSeriesKey(series);
    if (key === undefined || !isFairKey(key) || !Number.isInteger(amount) || amount <= 0) return;
    const at = this.#windowAt(series.window, nowMs);
    const bytes = this.ownValue(key);
    const amounts = (bytes && decodeAmounts(bytes)) ?? [];
    const [first, ...past] = amounts;
    const newest = Math.max(at, first?.at ?? at);
    const own = first?.at === newest ? first.amount : 0;
    const before = first === undefined || first.at === newest ? past : amounts;
    const kept = before.filter((one) => one.at > newest - series.window.count);
    const next = [{ at: newest, amount: Math.min(VALUE_MAX, own + amount) }, ...kept];
    this.put(key, encodeAmounts(next), nowMs);
    this.#arm(nowMs);
  }

  /** Of all members, the window that runs first. */
  amounts(series: SeriesKey, nowMs: number): readonly number[] {
    const sums = zeros(series.window);
    const key = encodeSeriesKey(series);
    if (key !== undefined) this.#addUp(key, series.window, 'global', sums, nowMs);
    return sums;
  }

  /** Of all items of a series that are wanted, one sum for each window that is known. */
  summed(
    { kind, series }: Pick<SeriesKey, 'kind' | 'series'>,
    isWanted: (item: string) => boolean,
    nowMs: number,
  ): readonly MetricTotals[] {
    const found = new Map<string, { window: MetricWindow; amounts: number[] }>();
    for (const key of this.keys()) {
      const one = decodeMetricKey(key);
      if (one?.kind !== kind || one.series !== series || !isWanted(one.item)) continue;
      const { seconds, count } = one.window;
      const name = `${seconds},${count}`;
      const totals = found.get(name) ?? { window: one.window, amounts: zeros(one.window) };
      found.set(name, totals);
      this.#addUp(key, one.window, 'global', totals.amounts, nowMs);
    }
    return [...found.values()];
  }

  /** @returns the new value as this process sees it. */
  changeGauge(cache: Omit<GaugeCache, 'audience'>, item: string, change: number, nowMs: number): number {
    const key = encodeGaugeKey({ cache: cache.name, item });
    if (key === undefined || !isFairKey(key) || !Number.isInteger(change))
      return this.gauge(cache, item, nowMs);
    this.#nowMs = nowMs;
    const changedWallMs = Math.floor(this.#wallMs(nowMs));
    const living = this.#parts(key, changedWallMs);
    const sum = (living.find(({ owner }) => owner === OWN)?.sum ?? 0) + change;
    const bornWallMs = living.length === 0 ? changedWallMs : Math.max(...living.map((one) => one.bornWallMs));
    const ttlMs = Math.max(0, Math.ceil(cache.ttlMs));
    const itemsMax = Math.max(1, Math.min(ENTRIES_MAX, Math.floor(cache.itemsMax)));
    if (Number.isSafeInteger(sum)) {
      this.put(key, encodeGauge({ sum, changedWallMs, bornWallMs, ttlMs, itemsMax }), nowMs);
    }
    this.#arm(nowMs);
    return this.gauge(cache, item, nowMs);
  }

  gauge({ name }: Pick<GaugeCache, 'name'>, item: string, nowMs: number): number {
    const key = encodeGaugeKey({ cache: name, item });
    return key === undefined ? 0 : this.#gaugeOf(key, 'global', this.#wallMs(nowMs));
  }

  due(nowMs: number): void {
    if (this.#sweepAtMs === undefined || nowMs < this.#sweepAtMs) return;
    this.#nowMs = nowMs;
    this.#sweep ??= this.entriesOf(OWN).keys();
    for (let count = 0; count < SWEEP_ENTRIES; count += 1) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        break;
      }
      if (this.#isOver(next.value, nowMs)) this.put(next.value, undefined, nowMs);
    }
    this.#sweepAtMs = this.entries(OWN) === 0 ? undefined : nowMs + SWEEP_EVERY_MS;
  }

  depart(owner: Owner): void {
    this.clear(owner);
  }

  total(): undefined {
    return undefined;
  }

  rows(query: StoreQuery): RowAnswer {
    return topRows(this.#listed(query.view, query.nowMs), query);
  }

  *listing(view: Owner | 'global', nowMs: number): Iterable<SharedRow> {
    yield* [...this.#listed(view, nowMs)].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  protected isFair(key: string, value: Buffer): boolean {
    const known = decodeMetricKey(key);
    if (known === undefined) return false;
    return (known.kind === 'gauge' ? decodeGauge(value) : decodeAmounts(value)) !== undefined;
  }

  protected override hearing(_owner: Owner, _key: string, _after: Buffer | undefined, nowMs: number): void {
    this.#nowMs = nowMs;
  }

  protected override changed(_owner: Owner, key: string): void {
    const known = decodeMetricKey(key);
    if (known?.kind === 'gauge') this.#noteGauge(known.cache, key);
  }

  #noteGauge(name: string, key: string): void {
    const parts = this.held(key).flatMap(({ value }) => decodeGauge(value) ?? []);
    const index = this.#caches.get(name) ?? newIndex();
    this.#caches.set(name, index);
    if (parts.length === 0) index.changed.delete(key);
    else {
      const [latest] = parts.sort((a, b) => b.changedWallMs - a.changedWallMs);
      const stampMs = latest?.changedWallMs ?? 0;
      index.changed.set(key, stampMs);
      index.itemsMax = latest?.itemsMax ?? index.itemsMax;
      index.ages.add({ key, stampMs, node: '' }, index.changed.size);
    }
    if (index.changed.size === 0) this.#caches.delete(name);
    if (index.changed.size <= index.itemsMax) return;
    const oldest = index.ages.first();
    if (oldest !== undefined) this.put(oldest.key, undefined, this.#nowMs);
  }

  #isOver(key: string, nowMs: number): boolean {
    const known = decodeMetricKey(key);
    if (known === undefined) return true;
    if (known.kind === 'gauge') {
      return !this.#parts(key, this.#wallMs(nowMs)).some(({ owner }) => owner === OWN);
    }
    const bytes = this.ownValue(key);
    const newest = bytes && decodeAmounts(bytes)?.[0]?.at;
    return newest === undefined || newest <= this.#windowAt(known.window, nowMs) - known.window.count;
  }

  #gaugeOf(key: string, view: Owner | 'global', wallMs: number): number {
    const parts = this.#parts(key, wallMs).filter(({ owner }) => view === 'global' || owner === view);
    return parts.reduce((sum, part) => sum + part.sum, 0);
  }

  /** Of a gauge, those that count. */
  #parts(key: string, wallMs: number): readonly (GaugePart & { readonly owner: Owner })[] {
    const parts = this.held(key).flatMap(({ owner, value }) => {
      const part = decodeGauge(value);
      return part === undefined ? [] : [{ ...part, owner }];
    });
    return livingParts(parts, wallMs);
  }

  #addUp(key: string, window: MetricWindow, view: Owner | 'global', sums: number[], nowMs: number): void {
    const newest = this.#windowAt(window, nowMs);
    for (const { owner, value } of this.held(key)) {
      if (view !== 'global' && view !== owner) continue;
      for (const { at, amount } of decodeAmounts(value) ?? NOTHING) {
        // A clock that is ahead counts in the window that runs.
        const index = Math.max(0, newest - at);
        if (index < sums.length) sums[index] = (sums[index] ?? 0) + amount;
      }
    }
  }

  *#listed(view: Owner | 'global', nowMs: number): Iterable<SharedRow> {
    const wallMs = this.#wallMs(nowMs);
    for (const key of view === 'global' ? this.keys() : this.entriesOf(view).keys()) {
      const known = decodeMetricKey(key);
      if (known === undefined) continue;
      if (known.kind === 'gauge') {
        const value = this.#gaugeOf(key, view, wallMs);
        yield { key: `${known.cache} ${known.item}`, value, children: false };
        continue;
      }
      const { series, window, item } = known;
      const sums = zeros(window);
      this.#addUp(key, window, view, sums, nowMs);
      const value = sums.reduce((sum, amount) => sum + amount, 0);
      yield { key: `${series} ${item} ${window.seconds},${window.count}`, value, children: false };
    }
  }

  #windowAt({ seconds }: MetricWindow, nowMs: number): number {
    return Math.max(1, Math.floor(this.#wallMs(nowMs) / 1_000 / seconds));
  }

  #arm(nowMs: number): void {
    this.#sweepAtMs ??= nowMs + SWEEP_EVERY_MS;
  }
}

const NOTHING: Amounts = [];

function newIndex(): CacheIndex {
  const changed = new Map<string, number>();
  const ages = new OldestFirst(({ key, stampMs }) => changed.get(key) === stampMs);
  return { changed, ages, itemsMax: ENTRIES_MAX };
}

function zeros({ count }: MetricWindow): number[] {
  return Array.from({ length: count }, () => 0);
}

function isFairKey(key: string): boolean {
  return Buffer.byteLength(key) <= KEY_BYTES_MAX;
}
