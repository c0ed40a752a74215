/**
 * The lines of the objects page: one for each replicated object, with the verdict on it. Pure. A line keeps its identity
 * while nothing of it changed, so that only changed rows are drawn again.
 */

import {
  middleOf,
  OBJECT_VERDICTS_WORST_FIRST,
  type ObjectVerdict,
  objectVerdict,
} from '../../server/wire/object-verdict.ts';
import type { ObjectAtNode, ObjectRow } from '../../server/wire/objects.ts';
import { compareText } from '../ui/data-table/column.ts';

/** What `state:` compares with: the verdict, worst first, and whether nothing is known of some of its nodes. */
export const OBJECT_STATES = [...OBJECT_VERDICTS_WORST_FIRST, 'partly'] as const;
export type ObjectState = (typeof OBJECT_STATES)[number];

export type ObjectLine = {
  readonly row: ObjectRow;
  readonly verdict: ObjectVerdict;
  /** The verdict first. */
  readonly states: readonly ObjectState[];
  /** What nodes say of which something is known; others say nothing of now. */
  readonly current: readonly ObjectAtNode[];
  /** Of the node that has the most; null where nobody says it. */
  readonly entries: number | null;
  /** The middle of what the nodes say; null where it does not add up. */
  readonly total: number | null;
};

export type ObjectLinesInput = {
  readonly objects: Readonly<Record<string, ObjectRow>>;
  readonly heard: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
  readonly nowMs: number;
};

export class ObjectLines {
  #known: ReadonlyMap<string, ObjectLine> = new Map();
  #lines: readonly ObjectLine[] = [];

  /** Worst first. The same array while nothing changed. */
  linesOf(input: ObjectLinesInput): readonly ObjectLine[] {
    const lines = Object.values(input.objects).map((row) => this.#kept(lineOf(row, input)));
    lines.sort((a, b) => rankOf(a) - rankOf(b) || compareText(a.row.id, b.row.id));
    const same =
      lines.length === this.#lines.length && lines.every((line, index) => line === this.#lines[index]);
    if (!same) this.#lines = lines;
    this.#known = new Map(lines.map((line) => [line.row.id, line]));
    return this.#lines;
  }

  #kept(line: ObjectLine): ObjectLine {
    const known = this.#known.get(line.row.id);
    const same =
      known !== undefined &&
      known.row === line.row &&
      JSON.stringify(known.verdict) === JSON.stringify(line.verdict);
    return same ? known : line;
  }
}

function lineOf(row: ObjectRow, { heard, gone, nowMs }: ObjectLinesInput): ObjectLine {
  const verdict = objectVerdict(row, {
    nowMs,
    presence: (node) => (heard.has(node) ? 'heard' : gone.has(node) ? 'gone' : 'silent'),
  });
  const current = row.nodes.filter((at) => !verdict.unknown.includes(at.node));
  const some = verdict.unknown.length > 0 && verdict.kind !== 'unknown';
  return {
    row,
    verdict,
    states: some ? [verdict.kind, 'partly'] : [verdict.kind],
    current,
    entries: current.length === 0 ? null : Math.max(...current.map(({ entries }) => entries)),
    total: middleOf(current.map(({ total }) => total)) ?? null,
  };
}

/** Place in the list, 0 is the worst. */
function rankOf({ verdict }: ObjectLine): number {
  return OBJECT_VERDICTS_WORST_FIRST.indexOf(verdict.kind);
}
