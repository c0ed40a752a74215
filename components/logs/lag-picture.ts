/** The lag of an hour as a line: where it is not known the line is broken, and never at 0. Pure. */

import type { LagHistory } from '../../server/wire/logs.ts';
import { formatClock, formatDuration, plural } from '../ui/format-time.ts';
import { formatCount } from './log-words.ts';

export type Sample = LagHistory['samples'][number];
/** One unbroken piece, points of 0 to 1: from left to right, from the bottom up. */
export type Piece = readonly { readonly x: number; readonly y: number }[];

export const HOUR_MS = 3_600_000;
/** Samples come each 10 s; further apart, nothing is known between them. */
const APART_MAX_MS = 30_000;
const TABLE_EVERY_MS = 300_000;

export type LagPicture = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly recordsMax: number;
  readonly pieces: readonly Piece[];
  readonly words: string;
  /** Every five minutes, the newest first. */
  readonly table: readonly Sample[];
};

/** Null while nothing was sampled yet. */
export function lagPicture(samples: readonly Sample[]): LagPicture | null {
  const last = samples.at(-1);
  const first = samples[0];
  if (last === undefined || first === undefined) return null;
  const toMs = last.atMs;
  const fromMs = Math.min(first.atMs, toMs - HOUR_MS);
  const recordsMax = Math.max(1, ...samples.map(({ records }) => records ?? 0));
  const pieces: { x: number; y: number }[][] = [];
  let before: Sample | undefined;
  for (const sample of samples) {
    if (sample.records !== null) {
      const broken =
        before === undefined || before.records === null || sample.atMs - before.atMs > APART_MAX_MS;
      if (broken) pieces.push([]);
      pieces.at(-1)?.push({ x: (sample.atMs - fromMs) / (toMs - fromMs), y: sample.records / recordsMax });
    }
    before = sample;
  }
  return { fromMs, toMs, recordsMax, pieces, words: wordsOf(samples, last), table: tableOf(samples) };
}

function wordsOf(samples: readonly Sample[], last: Sample): string {
  const known = samples.flatMap(({ atMs, records }) => (records === null ? [] : [{ atMs, records }]));
  const missing = samples.length - known.length;
  const [first] = known;
  if (first === undefined) return 'The lag was not known in this time.';
  const most = known.reduce((a, b) => (b.records > a.records ? b : a), first);
  const least = known.reduce((a, b) => (b.records < a.records ? b : a), first);
  const now = last.records === null ? 'not known now' : `${formatCount(last.records)} records now`;
  const span = formatDuration(last.atMs - (samples[0]?.atMs ?? last.atMs));
  const parts = [
    `Lag over the last ${span}: ${now}`,
    `most ${formatCount(most.records)} at ${formatClock(most.atMs)}`,
    `least ${formatCount(least.records)} at ${formatClock(least.atMs)}`,
    ...(missing === 0 ? [] : [`not known at ${plural(missing, 'of the looks', 'of the looks')}`]),
  ];
  return `${parts.join(', ')}.`;
}

function tableOf(samples: readonly Sample[]): readonly Sample[] {
  const found: Sample[] = [];
  for (const sample of samples.toReversed()) {
    const newer = found.at(-1);
    if (newer === undefined || newer.atMs - sample.atMs >= TABLE_EVERY_MS) found.push(sample);
  }
  return found;
}
