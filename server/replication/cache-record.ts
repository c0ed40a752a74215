/** Entries of a replicated cache as they travel: a value or its end, who wrote it last, when, and how long it holds. */

import { CACHE_VALUE_BYTES_MAX } from './api.ts';
import { FieldReader, FieldWriter } from './fields.ts';

export type CacheRecord = {
  readonly kind: 'value' | 'deleted' | 'flushed';
  /** Of who wrote it; later than everything that it had seen of the key. */
  readonly stampMs: number;
  /** Breaks ties. */
  readonly node: string;
  /** 0: never. */
  readonly expiresWallMs: number;
  readonly value: Buffer;
};

const KINDS = ['value', 'deleted', 'flushed'] as const;
const NODE_BYTES_MAX = 1_024;

export function encodeRecord({ kind, stampMs, node, expiresWallMs, value }: CacheRecord): Buffer {
  const w = new FieldWriter(64 + value.length);
  return w.u8(KINDS.indexOf(kind)).whole(stampMs).whole(expiresWallMs).text(node).raw(value).finish();
}

/** Undefined for what is none. */
export function decodeRecord(bytes: Buffer): CacheRecord | undefined {
  const r = new FieldReader(bytes);
  const kind = KINDS[r.u8()];
  const stampMs = r.whole();
  const expiresWallMs = r.whole();
  const node = r.text(NODE_BYTES_MAX);
  if (r.failed || kind === undefined || r.left > CACHE_VALUE_BYTES_MAX) return undefined;
  return { kind, stampMs, node, expiresWallMs, value: r.raw(r.left) };
}

/** The later one wins; of two of one moment that of the node whose name comes last. */
export function isLater(
  one: Pick<CacheRecord, 'stampMs' | 'node'>,
  other: Pick<CacheRecord, 'stampMs' | 'node'>,
): boolean {
  return one.stampMs === other.stampMs ? one.node > other.node : one.stampMs > other.stampMs;
}
