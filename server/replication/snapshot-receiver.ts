/**
 * Waits for the shares of others that this process does not have, and puts them together. Chunks of one member come in
 * order; its changes between them are taken as they come, for they are younger than the chunks before and are told again
 * by the chunks behind. Rules: SPEC.md REPL-20 to REPL-26.
 */

import type { PrivateName } from '../model/names.ts';
import { sameDigest } from './digest.ts';
import { FieldReader } from './fields.ts';
import type { Chunk, ShareDigest } from './messages.ts';
import { OWN, type Owner } from './object-store.ts';
import type { SharedObject } from './shared-object.ts';

/** Without a chunk for so long the share is asked for again. */
export const CHUNK_MS = 20_000;

type Awaited = {
  /** Sessions up to this one do not count. */
  after: number;
  session: number | undefined;
  seq: number;
  /** When the last chunk came. */
  heardMs: number;
};

/** `part` and `done`, all of it, are acknowledged, even where nobody waits for them any more. */
export type Taken = 'ignored' | 'part' | 'done' | 'malformed';

export class SnapshotReceiver {
  readonly #awaited = new Map<SharedObject, Map<PrivateName, Awaited>>();

  /** Sessions whose chunks are acknowledged and not taken. */
  readonly #passing = new Map<PrivateName, number>();

  reset(): void {
    this.#awaited.clear();
    this.#passing.clear();
  }

  await(object: SharedObject, owner: PrivateName, nowMs: number, after = 0): void {
    const owners = this.#awaited.get(object) ?? new Map<PrivateName, Awaited>();
    this.#awaited.set(object, owners);
    owners.set(owner, { after, session: undefined, seq: -1, heardMs: nowMs });
  }

  isAwaiting(object: SharedObject, owner: PrivateName): boolean {
    return this.#awaited.get(object)?.has(owner) ?? false;
  }

  /** Nobody is waited for. */
  isComplete(object: SharedObject): boolean {
    return (this.#awaited.get(object)?.size ?? 0) === 0;
  }

  /** It left, or does not share the object any more. */
  drop(object: SharedObject | undefined, owner: PrivateName): void {
    for (const [one, owners] of this.#awaited)
      if (object === undefined || one === object) owners.delete(owner);
  }

  forget(object: SharedObject): void {
    this.#awaited.delete(object);
  }

  /** Takes a chunk of a member whose copy has a number. */
  take(
    chunk: Chunk,
    from: { readonly object: SharedObject; readonly name: PrivateName; readonly owner: Owner },
    me: PrivateName,
    nowMs: number,
  ): Taken {
    const { object, name, owner } = from;
    const awaited = this.#awaited.get(object)?.get(name);
    if (awaited === undefined || chunk.session <= awaited.after) return this.#pass(chunk, name, me);
    if (chunk.seq === 0) {
      if (!chunk.targets.includes(me)) return 'ignored';
      object.store.clear(owner);
      awaited.session = chunk.session;
    } else if (awaited.session !== chunk.session || chunk.seq !== awaited.seq + 1) return 'ignored';
    awaited.seq = chunk.seq;
    awaited.heardMs = nowMs;
    if (!readEntries(object, owner, chunk.entries, nowMs)) {
      awaited.after = chunk.session;
      return 'malformed';
    }
    if (chunk.end === undefined) return 'part';
    this.drop(object, name);
    return 'done';
  }

  /** Its sender waits for acknowledgement, though nobody needs it any more. */
  #pass(chunk: Chunk, name: PrivateName, me: PrivateName): Taken {
    if (chunk.seq === 0 && chunk.targets.includes(me)) this.#passing.set(name, chunk.session);
    return this.#passing.get(name) === chunk.session ? 'part' : 'ignored';
  }

  /** The last session of a member that was seen, so that what is left of it does not count. */
  sessionOf(object: SharedObject, owner: PrivateName): number {
    const awaited = this.#awaited.get(object)?.get(owner);
    return awaited?.session ?? awaited?.after ?? 0;
  }

  get deadlineMs(): number | undefined {
    let first: number | undefined;
    for (const owners of this.#awaited.values()) {
      for (const { heardMs } of owners.values()) first = Math.min(first ?? heardMs, heardMs);
    }
    return first === undefined ? undefined : first + CHUNK_MS;
  }

  /** Whose share has to be asked for again. */
  *late(nowMs: number): Iterable<{ readonly object: SharedObject; readonly owner: PrivateName }> {
    for (const [object, owners] of this.#awaited) {
      for (const [owner, { heardMs }] of owners) if (nowMs >= heardMs + CHUNK_MS) yield { object, owner };
    }
  }
}

/** @returns false when they are malformed; what came before that was taken. */
export function readEntries(object: SharedObject, owner: Owner, entries: Buffer, nowMs: number): boolean {
  const r = new FieldReader(entries);
  let keys = 0;
  while (r.left > 0) {
    if (!object.store.readEntry(owner, r, nowMs)) return false;
    keys += 1;
  }
  if (owner !== OWN) object.received.add(entries.length, keys);
  return !r.failed;
}

export function agrees(object: SharedObject, owner: Owner, told: ShareDigest): boolean {
  const { store } = object;
  return sameDigest(store.digest(owner), told) && store.entries(owner) === told.entries;
}
