/** A file of a disk in memory, and what of it survives the loss of power. */

/** Decides what survives; the methods of a seeded generator. */
export type Chance = {
  /** An integer in 0 .. bound-1. */
  below(bound: number): number;
  chance(probability: number): boolean;
};

export type Change =
  | { readonly type: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly size: number };

export type Inode = {
  content: Uint8Array;
  size: number;
  /** What a sync has promised. */
  durable: Uint8Array;
  /** Not synced yet, in order. */
  changes: Change[];
};

const SECTOR_BYTES = 512;
/** No disk tears so few bytes, which lie in one sector. */
const WHOLE_BYTES = 8;

/** `slice` of a Buffer shares its memory. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

export function apply(inode: Inode, change: Change): void {
  if (change.type === 'truncate') {
    reserve(inode, change.size);
    if (change.size < inode.size) inode.content.fill(0, change.size, inode.size);
    inode.size = change.size;
    return;
  }
  const end = change.offset + change.bytes.length;
  reserve(inode, end);
  inode.content.set(change.bytes, change.offset);
  inode.size = Math.max(inode.size, end);
}

function reserve(inode: Inode, bytes: number): void {
  if (bytes <= inode.content.length) return;
  const larger = new Uint8Array(Math.max(bytes, inode.content.length * 2));
  larger.set(inode.content.subarray(0, inode.size));
  inode.content = larger;
}

/** A write may survive as a whole, by its length only (zeros where its data were), by some of its sectors, or not at all. */
export function loseChanges(inode: Inode, chance: Chance): void {
  const { changes } = inode;
  inode.content = inode.durable.slice();
  inode.size = inode.durable.length;
  inode.changes = [];
  for (const change of changes) {
    const fate = chance.below(4);
    if (fate === 0) continue;
    if (fate === 1 || change.type === 'truncate') apply(inode, change);
    else applySectors(inode, change, chance);
  }
  inode.durable = inode.content.slice(0, inode.size);
}

function applySectors(
  inode: Inode,
  { offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array },
  chance: Chance,
): void {
  const part = chance.below(bytes.length + 1);
  const end = offset + (bytes.length <= WHOLE_BYTES ? bytes.length : part);
  if (end > inode.size) apply(inode, { type: 'truncate', size: end });
  for (let sector = offset - (offset % SECTOR_BYTES); sector < end; sector += SECTOR_BYTES) {
    if (chance.chance(0.5)) continue;
    const from = Math.max(sector, offset);
    const piece = bytes.subarray(from - offset, Math.min(sector + SECTOR_BYTES, end) - offset);
    apply(inode, { type: 'write', offset: from, bytes: piece });
  }
}
