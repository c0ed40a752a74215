/**
 * Who has a live link to whom, as a matrix: one row for each server that told us or was named, its last known row
 * where it cannot tell us now. Pure. What nobody said is unknown, not down.
 */

import type { Row } from '../../server/wire/live.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import { compareNames } from './member-words.ts';

export type Sighting = Row<'sightings'>;
type LinkState = Sighting['links'][number]['state'];
export type CellState = LinkState | 'self' | 'unknown';

export const CELL_GLYPHS: Readonly<Record<CellState, GlyphShape>> = {
  up: 'ok',
  dialing: 'moving',
  waiting: 'warning',
  refused: 'critical',
  self: 'none',
  unknown: 'unknown',
};

export type MatrixCell = {
  readonly from: string;
  readonly to: string;
  readonly state: CellState;
  readonly roundTripMs: number | null;
  readonly backlog: number | null;
};

export type MatrixRow = {
  readonly from: string;
  /** Null when this server never told us anything. */
  readonly toldMs: number | null;
  readonly current: boolean;
  readonly cells: readonly MatrixCell[];
};

export type Matrix = {
  readonly names: readonly string[];
  readonly rows: readonly MatrixRow[];
  /** Links that are up, of those between servers that tell us now. */
  readonly up: number;
  readonly expected: number;
  /** `from` tells us now and does not have `to` up. */
  readonly missing: readonly MatrixCell[];
};

export function matrixOf(sightings: Readonly<Record<string, Sighting>>): Matrix {
  const told = new Map(Object.values(sightings).map((row) => [row.from, row]));
  const named = new Set(told.keys());
  for (const row of told.values()) for (const link of row.links) named.add(link.to);
  const names = [...named].sort(compareNames);
  const rows = names.map((from) => rowOf(from, told.get(from), names));
  const current = rows.filter((row) => row.current);
  const cells = current.flatMap((row) => row.cells).filter((cell) => cell.state !== 'self');
  const missing = cells.filter((cell) => cell.state !== 'up');
  return { names, rows, up: cells.length - missing.length, expected: cells.length, missing };
}

function rowOf(from: string, told: Sighting | undefined, names: readonly string[]): MatrixRow {
  const links = new Map(told?.links.map((link) => [link.to, link]));
  const cells = names.map((to): MatrixCell => {
    const link = links.get(to);
    const state = from === to ? 'self' : (link?.state ?? 'unknown');
    return { from, to, state, roundTripMs: link?.roundTripMs ?? null, backlog: link?.backlog ?? null };
  });
  return { from, toldMs: told?.toldMs ?? null, current: told?.current ?? false, cells };
}

const STATE_WORDS: Readonly<Record<CellState, string>> = {
  up: 'up',
  dialing: 'dialing',
  waiting: 'waiting to dial again',
  refused: 'refused',
  self: 'itself',
  unknown: 'unknown',
};

export function cellWord(state: CellState): string {
  return STATE_WORDS[state];
}

export type MissingLine =
  | { readonly kind: 'unseen'; readonly to: string; readonly by: number }
  | { readonly kind: 'pair'; readonly cell: MatrixCell; readonly oneWay: boolean };

/** One line for a server that nobody sees, one for each other missing link. */
export function missingLines(matrix: Matrix): readonly MissingLine[] {
  const speakers = matrix.rows.filter((row) => row.current);
  const lines: MissingLine[] = [];
  for (const to of matrix.names) {
    const cells = matrix.missing.filter((cell) => cell.to === to);
    const others = speakers.filter((row) => row.from !== to).length;
    if (cells.length > 1 && cells.length === others) lines.push({ kind: 'unseen', to, by: others });
    else for (const cell of cells) lines.push({ kind: 'pair', cell, oneWay: isOneWay(matrix, cell) });
  }
  return lines;
}

/** `b` says that `a` is up although `a` does not see `b`: visible one way only. */
export function isOneWay(matrix: Matrix, cell: MatrixCell): boolean {
  const back = matrix.rows.find((row) => row.from === cell.to && row.current);
  return back?.cells.some((each) => each.to === cell.from && each.state === 'up') ?? false;
}
