/** What a line over time shows, in a sentence: now, the most, the least, and how often nothing was known. Pure. */

import { formatClock, formatDuration, plural } from './format-time.ts';
import type { TimedValue } from './line-pieces.ts';

export type LineSubject = {
  /** `Lag`. */
  readonly name: string;
  /** Behind the number of now, with its blank; may be empty. */
  readonly unit: string;
  readonly format: (value: number) => string;
};

/** @param samples oldest first, at least one. */
export function lineWords(samples: readonly TimedValue[], { name, unit, format }: LineSubject): string {
  const known = samples.flatMap(({ atMs, value }) => (value === null ? [] : [{ atMs, value }]));
  const [first] = known;
  const last = samples.at(-1);
  if (first === undefined || last === undefined)
    return `The ${name.toLowerCase()} was not known in this time.`;
  const most = known.reduce((a, b) => (b.value > a.value ? b : a), first);
  const least = known.reduce((a, b) => (b.value < a.value ? b : a), first);
  const missing = samples.length - known.length;
  const now = last.value === null ? 'not known now' : `${format(last.value)}${unit} now`;
  const parts = [
    `${name} over the last ${formatDuration(last.atMs - (samples[0]?.atMs ?? last.atMs))}: ${now}`,
    `most ${format(most.value)} at ${formatClock(most.atMs)}`,
    `least ${format(least.value)} at ${formatClock(least.atMs)}`,
    ...(missing === 0 ? [] : [`not known at ${plural(missing, 'of the looks', 'of the looks')}`]),
  ];
  return `${parts.join(', ')}.`;
}
