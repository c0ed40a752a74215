/**
 * One table from what several nodes answered to the same question. What a node did not tell is 0 only where it told all it
 * has; otherwise it is unknown, and at most its smallest row.
 */

import type { ObjectAnswer, ObjectColumns } from '../wire/objects.ts';

export type NodeAnswer =
  | { readonly node: string; readonly state: 'told'; readonly atMs: number; readonly answer: ObjectAnswer }
  | {
      readonly node: string;
      readonly state: Exclude<ObjectColumns['columns'][number]['state'], 'told'>;
      readonly text: string;
    };

type Row = ObjectColumns['rows'][number];

/** @param top rows of the table; the largest of any column. @param texts false: they stay masked. */
export function columnsOf(
  answers: readonly NodeAnswer[],
  { top, texts }: { readonly top: number; readonly texts: boolean },
): Pick<ObjectColumns, 'columns' | 'rows'> {
  const columns = answers.map((one): ObjectColumns['columns'][number] =>
    one.state === 'told'
      ? {
          node: one.node,
          state: 'told',
          text: '',
          atMs: one.atMs,
          found: one.answer.found,
          atMost: atMostOf(one.answer),
        }
      : { node: one.node, state: one.state, text: one.text, atMs: null, found: null, atMost: null },
  );
  const rows = new Map<string, Row>();
  for (const [column, one] of answers.entries()) {
    if (one.state === 'told') addColumn(rows, { column, answer: one.answer, columns, texts });
  }
  const sorted = [...rows.values()].sort((a, b) => largest(b) - largest(a) || (a.key < b.key ? -1 : 1));
  return { columns, rows: sorted.slice(0, top) };
}

function addColumn(
  rows: Map<string, Row>,
  told: {
    readonly column: number;
    readonly answer: ObjectAnswer;
    readonly columns: ObjectColumns['columns'];
    readonly texts: boolean;
  },
): void {
  const { column, answer, columns, texts } = told;
  const seen = new Set<string>();
  for (const { key, value, children, text, expiresInMs } of answer.rows) {
    if (seen.has(key)) continue;
    seen.add(key);
    let row = rows.get(key);
    if (row === undefined) {
      // Whoever told all it has says that there is nothing here.
      const values = columns.map(({ atMost }) => (atMost === 0 ? 0 : null));
      row = { key, children, text: null, textDiffers: false, expiresInMs, values };
      rows.set(key, row);
    }
    row.values[column] = value;
    row.children ||= children;
    if (!texts || text === null) continue;
    row.textDiffers ||= row.text !== null && row.text !== text;
    row.text ??= text;
  }
}

function atMostOf({ rows, found }: ObjectAnswer): number | null {
  if (found <= rows.length) return 0;
  const values = rows.map(({ value }) => value).filter((value) => value !== null);
  return values.length === 0 ? null : Math.min(...values);
}

function largest({ values }: Row): number {
  return Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY));
}
