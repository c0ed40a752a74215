/** The lag of an hour as a line: where it is not known the line is broken, and never at 0. Pure. */

import type { LagHistory } from '../../server/wire/logs.ts';
import { linePieces, type Piece } from '../ui/line-pieces.ts';
import { lineWords } from '../ui/line-words.ts';
import { formatCount } from './log-words.ts';

export type Sample = LagHistory['samples'][number];

export const HOUR_MS = 3_600_000;
/** Samples come each 10 s; further apart, nothing is known between them. */
const APART_MAX_MS = 30_000;
const TABLE_EVERY_MS = 300_000;
const SUBJECT = { name: 'Lag', unit: ' records', format: formatCount } as const;

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
  const line = samples.map(({ atMs, records }) => ({ atMs, value: records }));
  const pieces = linePieces(line, { fromMs, toMs, valueMax: recordsMax, apartMaxMs: APART_MAX_MS });
  return { fromMs, toMs, recordsMax, pieces, words: lineWords(line, SUBJECT), table: tableOf(samples) };
}

function tableOf(samples: readonly Sample[]): readonly Sample[] {
  const found: Sample[] = [];
  for (const sample of samples.toReversed()) {
    const newer = found.at(-1);
    if (newer === undefined || newer.atMs - sample.atMs >= TABLE_EVERY_MS) found.push(sample);
  }
  return found;
}
