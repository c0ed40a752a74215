/** How the value of a key went while somebody watched it: bounded, kept as long as the page is open. Pure. */

import { formatCount } from '../logs/log-words.ts';
import { linePieces, type Piece } from '../ui/line-pieces.ts';
import { lineWords } from '../ui/line-words.ts';

/** A quarter of an hour of looks each second, of each key. */
export const SAMPLES_MAX = 900;
export const KEYS_MAX = 16;
/** Looks come each second; further apart, nothing is known between them. */
const APART_MAX_MS = 5_000;

/** Null where no node said anything. */
export type WatchSample = {
  readonly atMs: number;
  readonly middle: number | null;
  readonly least: number | null;
  readonly most: number | null;
};

export class WatchSamples {
  readonly #samples = new Map<string, readonly WatchSample[]>();

  /** @param atMs of the answer: the same one counts once. */
  add(key: string, atMs: number, middle: number | null, values: Iterable<number>): void {
    const known = this.#samples.get(key) ?? [];
    if ((known.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) >= atMs) return;
    const all = [...values];
    const range = all.length === 0 ? null : { least: Math.min(...all), most: Math.max(...all) };
    const sample = { atMs, middle, least: range?.least ?? null, most: range?.most ?? null };
    // What was looked at last goes last.
    this.#samples.delete(key);
    this.#samples.set(key, [...known.slice(1 - SAMPLES_MAX), sample]);
    const [oldest] = this.#samples.keys();
    if (this.#samples.size > KEYS_MAX && oldest !== undefined) this.#samples.delete(oldest);
  }

  of(key: string): readonly WatchSample[] {
    return this.#samples.get(key) ?? [];
  }
}

export type WatchPicture = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly valueMax: number;
  /** The middle, and where nodes differ what the least and the most of them say. */
  readonly lines: readonly (readonly Piece[])[];
  readonly words: string;
};

/** Null while there is nothing to draw. */
export function watchPicture(samples: readonly WatchSample[]): WatchPicture | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  const fromMs = Math.min(first.atMs, last.atMs - 60_000);
  const valueMax = Math.max(1, ...samples.map(({ most }) => most ?? 0));
  const scale = { fromMs, toMs: last.atMs, valueMax, apartMaxMs: APART_MAX_MS };
  const line = (of: 'middle' | 'least' | 'most') =>
    samples.map((sample) => ({ atMs: sample.atMs, value: sample[of] }));
  const apart = samples.some(({ least, most }) => least !== most);
  const shown = apart ? (['middle', 'least', 'most'] as const) : (['middle'] as const);
  return {
    fromMs,
    toMs: last.atMs,
    valueMax,
    lines: shown.map((of) => linePieces(line(of), scale)),
    words: lineWords(line('middle'), { name: 'Middle', unit: '', format: formatCount }),
  };
}
