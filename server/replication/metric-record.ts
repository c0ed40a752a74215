/** Entries of metrics as they travel: amounts of one series by window, or what one member adds to a gauge. */

import { type MetricWindow, WINDOW_COUNT_MAX, WINDOW_SECONDS_MAX } from './api.ts';
import { FieldReader, FieldWriter } from './fields.ts';

/** Of an address, or of an audit series. */
export type SeriesKind = 'meter' | 'audit';
export type SeriesKey = {
  readonly kind: SeriesKind;
  readonly series: string;
  readonly window: MetricWindow;
  readonly item: string;
};
export type GaugeKey = { readonly kind: 'gauge'; readonly cache: string; readonly item: string };

/** Newest first, each window once; windows are counted from the epoch. */
export type Amounts = readonly { readonly at: number; readonly amount: number }[];
export type GaugePart = {
  /** What this member added and took; may be negative. */
  readonly sum: number;
  readonly changedWallMs: number;
  /** When the entry began, as far as this member knows: parts that ended before do not count. */
  readonly bornWallMs: number;
  readonly ttlMs: number;
  readonly itemsMax: number;
};

/** Separates fields of keys; no name holds it. */
const TAB = '\t';
const NAME_CHARACTERS_MAX = 64;
const LETTERS = { meter: 'm', audit: 'a', gauge: 'g' } as const;

/** Undefined for names and windows that cannot be told. */
export function encodeSeriesKey({ kind, series, window, item }: SeriesKey): string | undefined {
  if (!isName(series) || !isWindow(window) || item === '' || item.includes(TAB)) return undefined;
  return [LETTERS[kind], series, window.seconds, window.count, item].join(TAB);
}

export function encodeGaugeKey({ cache, item }: Omit<GaugeKey, 'kind'>): string | undefined {
  return isName(cache) && item !== '' && !item.includes(TAB)
    ? [LETTERS.gauge, cache, item].join(TAB)
    : undefined;
}

export function decodeMetricKey(key: string): SeriesKey | GaugeKey | undefined {
  const [letter, name = '', ...rest] = key.split(TAB);
  if (!isName(name)) return undefined;
  if (letter === LETTERS.gauge) {
    const [item = '', ...more] = rest;
    return item === '' || more.length > 0 ? undefined : { kind: 'gauge', cache: name, item };
  }
  const [seconds, count, item = '', ...more] = rest;
  const window = { seconds: Number(seconds), count: Number(count) };
  if (item === '' || more.length > 0 || !isWindow(window)) return undefined;
  if (letter === LETTERS.meter) return { kind: 'meter', series: name, window, item };
  return letter === LETTERS.audit ? { kind: 'audit', series: name, window, item } : undefined;
}

export function encodeAmounts(amounts: Amounts): Buffer {
  const w = new FieldWriter(16 + amounts.length * 4);
  let before: number | undefined;
  for (const { at, amount } of amounts) {
    w.whole(before === undefined ? at : before - at).whole(amount);
    before = at;
  }
  return w.finish();
}

/** Undefined for what is none. */
export function decodeAmounts(bytes: Buffer): Amounts | undefined {
  const r = new FieldReader(bytes);
  const amounts: { at: number; amount: number }[] = [];
  while (r.left > 0 && amounts.length <= WINDOW_COUNT_MAX) {
    const before = amounts.at(-1)?.at;
    const step = r.whole();
    const at = before === undefined ? step : before - step;
    if (at < 0 || step === 0) return undefined;
    amounts.push({ at, amount: r.whole() });
  }
  return r.complete && amounts.length > 0 ? amounts : undefined;
}

export function encodeGauge({ sum, changedWallMs, bornWallMs, ttlMs, itemsMax }: GaugePart): Buffer {
  const w = new FieldWriter(32).u8(sum < 0 ? 1 : 0).whole(Math.abs(sum));
  return w.whole(changedWallMs).whole(bornWallMs).whole(ttlMs).whole(itemsMax).finish();
}

export function decodeGauge(bytes: Buffer): GaugePart | undefined {
  const r = new FieldReader(bytes);
  const negative = r.u8();
  const size = r.whole();
  const part = {
    sum: negative === 1 ? -size : size,
    changedWallMs: r.whole(),
    bornWallMs: r.whole(),
    ttlMs: r.whole(),
    itemsMax: r.whole(),
  };
  return r.complete && negative <= 1 ? part : undefined;
}

export function isWindow({ seconds, count }: MetricWindow): boolean {
  const fair = Number.isInteger(seconds) && seconds >= 1 && seconds <= WINDOW_SECONDS_MAX;
  return fair && Number.isInteger(count) && count >= 1 && count <= WINDOW_COUNT_MAX;
}

function isName(text: string): boolean {
  return text !== '' && text.length <= NAME_CHARACTERS_MAX && !text.includes(TAB);
}

/** Parts of an entry that count; none where it has ended. */
export function livingParts<Part extends GaugePart>(parts: readonly Part[], wallMs: number): readonly Part[] {
  const ends = (part: GaugePart): number =>
    part.ttlMs === 0 ? Number.POSITIVE_INFINITY : part.changedWallMs + part.ttlMs;
  if (parts.every((part) => ends(part) <= wallMs)) return [];
  const bornWallMs = Math.max(...parts.map((part) => part.bornWallMs));
  return parts.filter((part) => ends(part) > bornWallMs);
}
