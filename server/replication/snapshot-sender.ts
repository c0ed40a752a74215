/**
 * Tells the whole own share to members that do not have it, in chunks. At most WINDOW chunks wait for acknowledgement, so
 * a share of any size needs little memory on its way. Small shares go first. A chunk holds values as they are when it is
 * made; what changes later is told behind it, and the last chunk is made after all changes before it were told, so whoever
 * has it knows exactly what those know who had the share before. Rules: SPEC.md REPL-20 to REPL-25.
 */

import type { PrivateName } from '../model/names.ts';
import { MESSAGE_BYTES_MAX } from './api.ts';
import { FieldWriter } from './fields.ts';
import { beginEntries, putEnd } from './messages.ts';
import { OWN } from './object-store.ts';
import type { Outbox } from './outbox.ts';
import type { SharedObject } from './shared-object.ts';

export const WINDOW = 16;
/** Then a member that acknowledges nothing is left behind; it asks again itself. */
export const ACK_MS = 15_000;
/** Entries of a chunk; one that is longer is alone in its chunk. */
const CHUNK_BYTES = MESSAGE_BYTES_MAX - 4 * 1024;

type Session = {
  readonly object: SharedObject;
  readonly number: number;
  readonly targets: Set<PrivateName>;
  seq: number;
  next: number;
};

type PumpParts = {
  readonly era: number;
  /** False: values of some keys stand still, so no share can be told to its end. */
  readonly complete: boolean;
  /** Tells what waits. */
  readonly tell: (object: SharedObject) => void;
  readonly nowMs: number;
};

type UnderWay = {
  readonly object: SharedObject;
  readonly session: number;
  readonly seq: number;
  readonly waitsFor: Set<PrivateName>;
  readonly sentMs: number;
};

export class SnapshotSender {
  readonly #outbox: Outbox;
  readonly #chunkBytes: number;
  /** Of the chunk that is made. */
  readonly #entries = new FieldWriter();
  readonly #wanted = new Map<SharedObject, Set<PrivateName>>();
  #session: Session | undefined;
  #sessions = 0;
  #underWay: UnderWay[] = [];

  constructor(outbox: Outbox, chunkBytes = CHUNK_BYTES) {
    this.#outbox = outbox;
    this.#chunkBytes = chunkBytes;
  }

  /** Chunks that were sent and not acknowledged by all. */
  get underWay(): number {
    return this.#underWay.length;
  }

  get deadlineMs(): number | undefined {
    const first = this.#underWay[0];
    return first === undefined ? undefined : first.sentMs + ACK_MS;
  }

  /** An era began: everybody says anew what is needed. */
  reset(): void {
    this.#wanted.clear();
    this.#session = undefined;
    this.#underWay = [];
  }

  want(object: SharedObject, target: PrivateName): void {
    this.drop(object, target);
    const targets = this.#wanted.get(object) ?? new Set();
    this.#wanted.set(object, targets.add(target));
  }

  /** It left, or does not share the object any more, or begins again. */
  drop(object: SharedObject | undefined, target: PrivateName): void {
    for (const [one, targets] of this.#wanted) {
      if (object === undefined || object === one) targets.delete(target);
    }
    const session = this.#session;
    if (session !== undefined && (object === undefined || object === session.object)) {
      this.#leaveSession(session, target);
    }
    this.#waitNoMore(object, target);
  }

  /** The object is not shared any more. */
  forget(object: SharedObject): void {
    this.#wanted.delete(object);
    if (this.#session?.object === object) this.#session = undefined;
    this.#underWay = this.#underWay.filter((one) => one.object !== object);
  }

  acknowledged(target: PrivateName, session: number, seq: number): void {
    for (const one of this.#underWay) {
      if (one.session === session && one.seq <= seq) one.waitsFor.delete(target);
    }
    this.#clean();
  }

  /** Sends what the window allows. */
  pump(now: PumpParts): void {
    this.#giveUp(now.nowMs);
    while (this.#underWay.length < WINDOW) {
      this.#session ??= this.#begin();
      if (this.#session === undefined || !this.#sendChunk(this.#session, now)) return;
    }
  }

  #begin(): Session | undefined {
    let smallest: SharedObject | undefined;
    for (const [object, targets] of this.#wanted) {
      if (targets.size === 0) this.#wanted.delete(object);
      else if (smallest === undefined || object.store.entries(OWN) < smallest.store.entries(OWN))
        smallest = object;
    }
    if (smallest === undefined) return undefined;
    const targets = this.#wanted.get(smallest) ?? new Set();
    this.#wanted.delete(smallest);
    this.#sessions += 1;
    return { object: smallest, number: this.#sessions, targets, seq: 0, next: 0 };
  }

  /** False: not now. */
  #sendChunk(session: Session, { era, complete, tell, nowMs }: PumpParts): boolean {
    const { object, number, seq } = session;
    const { store, plan } = object;
    const entries = this.#entries;
    entries.clear();
    const part = store.writeOwn(session.next, entries, this.#chunkBytes);
    const last = part.next === undefined;
    if (last && !complete) return false;
    // Whoever had the share before must not know less than who has it now.
    if (last) tell(object);
    const targets = seq === 0 ? [...session.targets] : [];
    const w = beginEntries(
      { type: 'chunk', era, session: number, seq, object: plan.name, targets },
      entries.length + 1_024,
    );
    putEnd(w, last ? { ...store.digest(OWN), entries: store.entries(OWN) } : undefined);
    const payload = w.raw(entries.written).finish();
    object.sent.add(payload.length, part.entries);
    this.#transmit(session, payload, nowMs);
    session.seq += 1;
    session.next = part.next ?? 0;
    if (last) this.#session = undefined;
    return true;
  }

  #transmit({ object, number, seq, targets }: Session, payload: Buffer, nowMs: number): void {
    const [first, second] = targets;
    if (first === undefined) return;
    this.#underWay.push({ object, session: number, seq, waitsFor: new Set(targets), sentMs: nowMs });
    // To several at once everybody hears it; who did not wait for it does not listen.
    if (second === undefined) this.#outbox.send(first, payload);
    else this.#outbox.publish(payload);
  }

  /** Who is silent for long holds up nobody else. */
  #giveUp(nowMs: number): void {
    for (const { sentMs, waitsFor } of this.#underWay) {
      if (nowMs < sentMs + ACK_MS) return;
      for (const target of waitsFor) this.drop(undefined, target);
    }
  }

  #leaveSession(session: Session, target: PrivateName): void {
    session.targets.delete(target);
    if (session.targets.size === 0) this.#session = undefined;
  }

  /** Who does not share it any more acknowledges nothing of it. */
  #waitNoMore(object: SharedObject | undefined, target: PrivateName): void {
    for (const one of this.#underWay) {
      if (object === undefined || one.object === object) one.waitsFor.delete(target);
    }
    this.#clean();
  }

  #clean(): void {
    this.#underWay = this.#underWay.filter(({ waitsFor }) => waitsFor.size > 0);
  }
}
