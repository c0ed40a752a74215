/** Two stores of one object, each the other's only peer, and the way that entries take between them. */

import { sameDigest } from '../../../server/replication/digest.ts';
import { FieldReader, FieldWriter } from '../../../server/replication/fields.ts';
import { type ObjectStore, OWN } from '../../../server/replication/object-store.ts';

const OTHER = 1;

export class StorePair<Store extends ObjectStore> {
  readonly a: Store;
  readonly b: Store;

  constructor(a: Store, b: Store) {
    this.a = a;
    this.b = b;
    a.changes.heard = true;
    b.changes.heard = true;
  }

  /** What is told of all changes; empty without any. */
  told(from: Store): Buffer {
    const w = new FieldWriter();
    for (const entry of [...from.changes.entries()]) {
      from.changes.delete(entry);
      from.writeChange(entry, w);
    }
    return w.finish();
  }

  /** @param to hears it as from the other one. @returns false where something of it was malformed. */
  tell(to: Store, told: Buffer, nowMs: number): boolean {
    return read(to, OTHER, told, nowMs);
  }

  /** Each tells once what has changed; what it says comes back to it, first those of `a`. */
  exchange(nowMs: number): void {
    const [ofA, ofB] = [this.told(this.a), this.told(this.b)];
    read(this.a, OWN, ofA, nowMs);
    read(this.b, OTHER, ofA, nowMs);
    read(this.a, OTHER, ofB, nowMs);
    read(this.b, OWN, ofB, nowMs);
  }

  /** Everything that one owns, as a joiner gets it. */
  snapshot(from: Store, to: Store, nowMs: number): void {
    to.clear(OTHER);
    let next: number | undefined = 0;
    while (next !== undefined) {
      const w = new FieldWriter();
      next = from.writeOwn(next, w, 256).next;
      read(to, OTHER, w.finish(), nowMs);
    }
  }

  /** Copies are what their owners have. */
  agree(): boolean {
    return (
      sameDigest(this.a.digest(OWN), this.b.digest(OTHER)) &&
      sameDigest(this.b.digest(OWN), this.a.digest(OTHER))
    );
  }
}

function read(store: ObjectStore, owner: number, told: Buffer, nowMs: number): boolean {
  const r = new FieldReader(told);
  while (r.left > 0) if (!store.readEntry(owner, r, nowMs)) return false;
  return true;
}
