/**
 * The rows of one object as each node sees them: what the gateway answered about the object and about every netblock that
 * stands open, as one list. Pure. A row keeps its identity while nothing of it changed, so that only changed ones are drawn.
 */

import type { ObjectColumns } from '../../server/wire/objects.ts';
import { compareNetblocks } from './netblocks.ts';
import { compareValues, type SkewState, SkewWatch } from './skew.ts';

/** `silent` as well: it was not asked, because nothing is heard of it. */
export type NodeState = ObjectColumns['columns'][number]['state'] | 'waiting';

export type NodeColumn = {
  readonly node: string;
  readonly state: NodeState;
  readonly text: string;
  readonly atMs: number | null;
};

export type ValueRow = {
  readonly key: string;
  /** 0 for what has nothing above it here. */
  readonly depth: number;
  readonly children: boolean;
  readonly open: boolean;
  /** Of an open netblock: how many of how many in it are shown; null before they are known. */
  readonly shown: { readonly count: number; readonly found: number } | null;
  /** By node name; no entry where nothing is known. */
  readonly values: ReadonlyMap<string, number>;
  /** Nodes that only said that they have at most so much. */
  readonly atMost: ReadonlyMap<string, number>;
  readonly text: string | null;
  readonly textDiffers: boolean;
  readonly expiresAtMs: number | null;
  readonly middle: number | null;
  readonly part: number | null;
  readonly deviants: readonly string[];
  readonly state: SkewState;
};

export type Branch = {
  /** The netblock that it is in; null for the rows that the page asks for first. */
  readonly under: string | null;
  /** Undefined until it was answered once. */
  readonly answer: ObjectColumns | undefined;
};

export type RowsInput = {
  readonly branches: readonly Branch[];
  /** Who is heard; what others said last says nothing of now. */
  readonly heard: ReadonlySet<string>;
  readonly tree: boolean;
  /** The rows of the first branch are netblocks around each other, the largest first. */
  readonly chain: boolean;
  readonly thresholdPart: number;
  /** Digests say that some copy of this object is wrong. */
  readonly certain: boolean;
  readonly nowMs: number;
};

export class ValueRows {
  readonly #skew = new SkewWatch();
  #known: ReadonlyMap<string, ValueRow> = new Map();
  #rows: readonly ValueRow[] = [];

  /** Parents before what is in them. The same array while nothing changed. */
  rowsOf(input: RowsInput): readonly ValueRow[] {
    const rows: ValueRow[] = [];
    const known = new Map<string, ValueRow>();
    const branches = new Map(input.branches.map((branch) => [branch.under, branch]));
    const add = (branch: Branch, depth: number): void => {
      const { answer } = branch;
      if (answer === undefined) return;
      const chain = branch.under === null && input.chain;
      const found = input.tree ? answer.rows.toSorted((a, b) => compareNetblocks(a.key, b.key)) : answer.rows;
      for (const [place, given] of found.entries()) {
        if (known.has(given.key)) continue; // a netblock and one in it were asked for: it stands where it came first
        const at = chain ? depth + place : depth;
        const below = branches.get(given.key);
        const row = this.#kept(this.#row(given, { answer, below, depth: at }, input));
        known.set(row.key, row);
        rows.push(row);
        if (below !== undefined && given.children) add(below, at + 1);
      }
    };
    const first = branches.get(null);
    if (first !== undefined) add(first, 0);
    this.#skew.settle();
    this.#known = known;
    const same = rows.length === this.#rows.length && rows.every((row, index) => row === this.#rows[index]);
    if (!same) this.#rows = rows;
    return this.#rows;
  }

  #row(
    given: ObjectColumns['rows'][number],
    place: { readonly answer: ObjectColumns; readonly below: Branch | undefined; readonly depth: number },
    { heard, thresholdPart, nowMs, certain }: RowsInput,
  ): ValueRow {
    const { answer, below, depth } = place;
    const values = new Map<string, number>();
    const atMost = new Map<string, number>();
    for (const [index, column] of answer.columns.entries()) {
      if (!heard.has(column.node) || column.state !== 'told') continue;
      const value = given.values[index] ?? null;
      if (value !== null) values.set(column.node, value);
      else if (column.atMost !== null) atMost.set(column.node, column.atMost);
    }
    const compared = compareValues(
      [...values].map(([node, value]) => ({ node, value })),
      thresholdPart,
    );
    const atMs = answeredMs(answer);
    return {
      key: given.key,
      depth,
      children: given.children,
      open: below !== undefined,
      shown: below?.answer === undefined ? null : shownOf(below.answer),
      values,
      atMost,
      text: given.text,
      textDiffers: given.textDiffers,
      expiresAtMs: given.expiresInMs === null || atMs === null ? null : atMs + given.expiresInMs,
      ...compared,
      state: given.textDiffers
        ? 'differs'
        : this.#skew.judge(given.key, compared, { lookMs: atMs ?? nowMs, nowMs, certain }),
    };
  }

  #kept(row: ValueRow): ValueRow {
    const known = this.#known.get(row.key);
    return known !== undefined && sameRow(known, row) ? known : row;
  }
}

/** A second's difference is how exact an end in whole answers is. */
const SAME_END_MS = 1_500;

function sameRow(a: ValueRow, b: ValueRow): boolean {
  return (
    a.depth === b.depth &&
    a.children === b.children &&
    a.open === b.open &&
    a.shown?.count === b.shown?.count &&
    a.shown?.found === b.shown?.found &&
    a.text === b.text &&
    a.state === b.state &&
    sameEnd(a.expiresAtMs, b.expiresAtMs) &&
    sameMap(a.values, b.values) &&
    sameMap(a.atMost, b.atMost) &&
    a.deviants.join('\n') === b.deviants.join('\n')
  );
}

function sameEnd(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) < SAME_END_MS;
}

function sameMap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([node, value]) => b.get(node) === value);
}

/** When the newest of its columns was told. */
export function answeredMs(answer: ObjectColumns): number | null {
  const times = answer.columns.flatMap(({ atMs }) => atMs ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

/** `found` of the node that has the most. */
export function shownOf(answer: ObjectColumns): { readonly count: number; readonly found: number } {
  const found = Math.max(answer.rows.length, ...answer.columns.map((column) => column.found ?? 0));
  return { count: answer.rows.length, found };
}

/**
 * How each node stands, whether it was asked or not.
 * @param told what each node said last of the object as a whole, and when.
 */
export function nodeColumns(
  told: readonly { readonly node: string; readonly toldMs: number }[],
  heard: ReadonlySet<string>,
  answer: ObjectColumns | undefined,
): readonly NodeColumn[] {
  return told.map(({ node, toldMs }) => {
    const column = answer?.columns.find((each) => each.node === node);
    const atMs = column?.atMs ?? toldMs;
    if (!heard.has(node)) return { node, state: 'silent', text: 'nothing is heard of it', atMs };
    if (column === undefined) return { node, state: 'waiting', text: 'not asked yet', atMs };
    return { node, state: column.state, text: column.text, atMs };
  });
}
