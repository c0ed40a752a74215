/**
 * The lines of a followed log: what came, what was left out, and what could not be read, in order and bounded. Pure. An
 * answer that was asked for from another place than the last one is dropped.
 */

import type { LogTail } from '../../../server/wire/logs.ts';

/** More are dropped, the oldest first, and counted. */
export const TAIL_LINES_MAX = 1_000;

type LogRecordLine = LogTail['records'][number];

export type TailLine =
  | { readonly kind: 'record'; readonly key: string; readonly record: LogRecordLine }
  | { readonly kind: 'gap'; readonly key: string; readonly text: string }
  /** `count` null: how many is not known. */
  | { readonly kind: 'skipped'; readonly key: string; readonly count: number | null };

export type TailState = {
  readonly lines: readonly TailLine[];
  /** Ask from here next; null: the last records. */
  readonly next: string | null;
  /** Lines that were shown and are not kept any more. */
  readonly dropped: number;
  /** Answers so far. */
  readonly answers: number;
};

export const TAIL_START: TailState = { lines: [], next: null, dropped: 0, answers: 0 };

/** @param from what was asked for. */
export function withTail(state: TailState, from: string | null, answer: LogTail): TailState {
  if (from !== state.next) return state;
  const answers = state.answers + 1;
  const fresh: TailLine[] = [
    ...skippedLine(answers, from, answer),
    ...answer.gaps.map((text, index) => ({ kind: 'gap' as const, key: `gap ${answers} ${index}`, text })),
    ...answer.records.map((record) => ({ kind: 'record' as const, key: `${answers} ${record.id}`, record })),
  ];
  const all = fresh.length === 0 ? state.lines : [...state.lines, ...fresh];
  const over = Math.max(0, all.length - TAIL_LINES_MAX);
  return {
    lines: over === 0 ? all : all.slice(over),
    next: answer.next ?? state.next,
    dropped: state.dropped + over,
    answers,
  };
}

/** What lies before the first look was not asked for. */
function skippedLine(
  answers: number,
  from: string | null,
  { skipped, records }: LogTail,
): readonly TailLine[] {
  if (from === null || skipped === 0 || (skipped === null && records.length === 0)) return [];
  return [{ kind: 'skipped', key: `skipped ${answers}`, count: skipped }];
}

/** Marks stay: a filter hides records, not that some are missing. */
export function filteredTail(lines: readonly TailLine[], filter: string): readonly TailLine[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return lines;
  return lines.filter((line) => line.kind !== 'record' || line.record.text.toLowerCase().includes(wanted));
}
