/**
 * One node's own table beside the table of the cluster: what it says of an address, and whether that is the same. Pure.
 */

import type { NodeTableReply } from '../../server/wire/duravip.ts';
import type { CellValue } from '../ui/data-table/column.ts';
import { inertName } from '../ui/inert-text.ts';
import type { Vip } from './vip-words.ts';

export type NodeSaying = NodeTableReply['rows'][number];
export type NodeSayings = ReadonlyMap<string, NodeSaying>;

/** `persp` in the address: nobody in particular. */
export const EVERYBODY = '';

export const SAID_WORDS = ['same', 'differs', 'nothing'] as const;
export type Said = (typeof SAID_WORDS)[number];

export function sayingsOf(reply: NodeTableReply): NodeSayings {
  return new Map(reply.rows.map((row) => [row.address, row]));
}

/** `nothing`: the node has no such address. */
export function saidOf(vip: Vip, saying: NodeSaying | undefined): Said {
  if (saying === undefined) return 'nothing';
  if (saying.phase === 'broken' || vip.phase === 'broken')
    return saying.phase === vip.phase ? 'same' : 'differs';
  return saying.owner === vip.owner ? 'same' : 'differs';
}

/** The owner it names, in words. */
export function namedOwner(saying: NodeSaying | undefined): CellValue {
  if (saying === undefined) return null;
  if (saying.phase === 'broken') return 'unmanaged';
  return saying.owner === null ? 'nobody' : inertName(saying.owner);
}

/** An address on its host that the table gives to another, or the other way round (MB-6). */
export function plumbMismatch(vip: Vip, saying: NodeSaying | undefined, node: string): string | null {
  if (saying === undefined || vip.phase === 'moving' || saying.phase === 'moving') return null;
  if (saying.plumbed && vip.owner !== node) return 'on its host, not its own';
  return !saying.plumbed && vip.owner === node ? 'its own, not on its host' : null;
}
