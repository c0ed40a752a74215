/** Identities of the bus protocol: a process, an attempt to form a view, and the view it becomes. evs.md 6.1. */

import { NODE_NAME_CHARACTERS_MAX, type NodeName } from '../model/names.ts';

/** A character of a name takes at most three bytes for each of its UTF-16 units. */
export const NODE_NAME_BYTES_MAX = 3 * NODE_NAME_CHARACTERS_MAX;
export const SESSION_BYTES_MAX = 255;

/** A server that restarts is another process: same node, greater incarnation. */
export type ProcessId = { readonly node: NodeName; readonly inc: number };

/** Far beyond any honest count of attempts; a greater one comes from a faulty peer and is not followed. */
export const CTR_MAX = 2 ** 48;
/** How far one frame of a peer may raise the counter of this server: a faulty peer must not use it up. */
export const CTR_STEP_MAX = 2 ** 20;

/** Ordered by counter, then by rank of the coordinator, then by its incarnation. */
export type Attempt = { readonly ctr: number; readonly coord: NodeName; readonly inc: number };

/** The attempt that installed the view. */
export type ViewId = Attempt;

/** Members in agreed order; the first one sequences. The id determines the list and its order (V0). */
export type View = { readonly id: ViewId; readonly members: readonly ProcessId[] };

/** Rank of a node: order of its name. Equal on all servers because all compare in the same way. */
export function compareNodes(a: NodeName, b: NodeName): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function compareAttempts(a: Attempt, b: Attempt): number {
  return a.ctr - b.ctr || compareNodes(a.coord, b.coord) || a.inc - b.inc;
}

export function sameAttempt(a: Attempt | undefined, b: Attempt | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.ctr === b.ctr && a.coord === b.coord && a.inc === b.inc;
}

export function sameProcess(a: ProcessId, b: ProcessId): boolean {
  return a.node === b.node && a.inc === b.inc;
}

export function hasProcess(list: readonly ProcessId[], process: ProcessId): boolean {
  return list.some((item) => sameProcess(item, process));
}

export function hasNode(list: readonly ProcessId[], node: NodeName): boolean {
  return list.some((item) => item.node === node);
}

/** The same processes, in any order. */
export function sameMembers(a: readonly ProcessId[], b: readonly ProcessId[]): boolean {
  return a.length === b.length && a.every((item) => hasProcess(b, item));
}

const CTR_DIGITS = 8;
/** Digits of CTR_MAX. Only faulty peers raise a counter so far; `~` sorts behind every digit. */
const CTR_DIGITS_MAX = 15;
const POSITION_DIGITS = 10;

/** Text of a view id. Sorts as text in the order in which one process installs views. */
export function viewIdText(id: ViewId): string {
  const short = String(id.ctr).padStart(CTR_DIGITS, '0');
  const ctr = short.length === CTR_DIGITS ? short : `~${short.padStart(CTR_DIGITS_MAX, '0')}`;
  return `${ctr}.${id.coord}.${id.inc.toString(36)}`;
}

/** Text of a group view: the server view, then its position in that view's order. */
export function groupViewIdText(id: ViewId, gseq: number, index: number): string {
  return `${viewIdText(id)}:${String(gseq).padStart(POSITION_DIGITS, '0')}.${String(index).padStart(4, '0')}`;
}
