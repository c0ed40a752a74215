/** A difference as rows to look at: lines that gave way to each other in one row, long equal stretches folded. Pure. */

import type { DiffLine } from './line-diff.ts';

export type LineRow = {
  readonly kind: 'lines';
  readonly key: string;
  /** Null where that side has no line. */
  readonly left: DiffLine | null;
  readonly right: DiffLine | null;
};
export type DiffRow =
  | LineRow
  | { readonly kind: 'folded'; readonly key: string; readonly rows: readonly LineRow[] };

/** Equal lines that stay in view around a change. */
export const CONTEXT_LINES = 3;

/** Gone and new lines between two equal ones stand beside each other in order. */
export function pairRows(lines: readonly DiffLine[]): readonly LineRow[] {
  const rows: LineRow[] = [];
  let gone: DiffLine[] = [];
  let come: DiffLine[] = [];
  const flush = (): void => {
    for (let index = 0; index < Math.max(gone.length, come.length); index += 1) {
      rows.push(rowOf(gone[index] ?? null, come[index] ?? null));
    }
    gone = [];
    come = [];
  };
  for (const line of lines) {
    if (line.kind === 'gone') gone.push(line);
    else if (line.kind === 'new') come.push(line);
    else {
      flush();
      rows.push(rowOf(line, line));
    }
  }
  flush();
  return rows;
}

function rowOf(left: DiffLine | null, right: DiffLine | null): LineRow {
  return { kind: 'lines', key: `${left?.left ?? ''}:${right?.right ?? ''}`, left, right };
}

/** A fold of one line would take the place of the line: it is left alone. */
export function foldRows(rows: readonly DiffRow[]): readonly DiffRow[] {
  const folded: DiffRow[] = [];
  let equal: LineRow[] = [];
  const flush = (atEnd: boolean): void => {
    const before = folded.length === 0 ? 0 : CONTEXT_LINES;
    const after = atEnd ? 0 : CONTEXT_LINES;
    const hidden = equal.slice(before, equal.length - after);
    if (hidden.length <= 1) folded.push(...equal);
    else {
      const [first] = hidden;
      folded.push(...equal.slice(0, before));
      folded.push({ kind: 'folded', key: `fold ${first?.key ?? ''}`, rows: hidden });
      folded.push(...equal.slice(equal.length - after));
    }
    equal = [];
  };
  for (const row of rows) {
    if (row.kind === 'lines' && row.left?.kind === 'same') equal.push(row);
    else {
      flush(false);
      folded.push(row);
    }
  }
  flush(true);
  return folded;
}
