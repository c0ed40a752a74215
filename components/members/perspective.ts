/**
 * Whose view the table shows: everybody's, or one server's. Pure. What a server sees is what it says of its links;
 * members without a server of their own are seen by nobody in this sense.
 */

import { serverOf } from './member-flags.ts';
import type { Member } from './member-words.ts';
import type { CellState, Matrix, MatrixRow } from './who-sees-whom.ts';

/** `persp` in the address. */
export const EVERYBODY = 'all';

export type Sight =
  | { readonly kind: 'counted'; readonly by: number; readonly of: number }
  | { readonly kind: 'told'; readonly state: CellState }
  /** The member runs no server, or the server said nothing. */
  | { readonly kind: 'none' };

export function sightOf(member: Member, matrix: Matrix, perspective: string): Sight {
  const server = serverOf(member);
  if (server === null) return { kind: 'none' };
  if (perspective === EVERYBODY) return countedSight(server, matrix);
  const state = rowFrom(matrix, perspective)?.cells.find((cell) => cell.to === server)?.state;
  return state === undefined ? { kind: 'none' } : { kind: 'told', state };
}

/** By how many of the other servers that tell us now it is seen. */
function countedSight(server: string, matrix: Matrix): Sight {
  const others = matrix.rows.filter((row) => row.current && row.from !== server);
  if (others.length === 0 || !matrix.names.includes(server)) return { kind: 'none' };
  const by = others.filter((row) =>
    row.cells.some((cell) => cell.to === server && cell.state === 'up'),
  ).length;
  return { kind: 'counted', by, of: others.length };
}

export function rowFrom(matrix: Matrix, server: string): MatrixRow | undefined {
  return matrix.rows.find((row) => row.from === server);
}
