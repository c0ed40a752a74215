/**
 * Who shares data in this view, what each shares, and who has the shares of all others: *ready*. All of it comes from
 * views and messages in agreed order alone, so members that are in a view together think alike of it. An *era* begins with
 * a view that brings somebody new; then everybody says HELLO and nobody is ready. Rules: SPEC.md REPL-10 to REPL-15.
 */

import { must } from '../base/assert.ts';
import type { PrivateName } from '../model/names.ts';
import type { ReplicationMember } from './api.ts';
import { type Digest, hashText, RunningDigest } from './digest.ts';
import { OWN, type Owner } from './object-store.ts';

export class Peer {
  member: ReplicationMember;
  readonly owner: Owner;
  /** Of its HELLO in this era. */
  era: number | undefined;
  /** Names and types of what it shares, as it said last. */
  objects: ReadonlyMap<string, string> = new Map();
  /** Objects of which it has the shares of all. */
  readonly ready = new Set<string>();
  /** Objects of which it had them when the era began, and shares that history with this process. */
  had: ReadonlySet<string> = new Set();
  heardMs: number | undefined;
  /** Objects in which it had nothing when it said hello in this era. */
  empty: ReadonlySet<string> = new Set();
  /** Came with this era: nothing of it was known before. */
  fresh = true;

  constructor(member: ReplicationMember, owner: Owner) {
    this.member = member;
    this.owner = owner;
  }

  /** What it has does not count any more, or was never there. */
  lose(object: string): void {
    this.ready.delete(object);
    this.had = new Set([...this.had].filter((one) => one !== object));
  }
}

export type ViewChange = {
  /** With their old numbers; their copies go. */
  readonly left: readonly Peer[];
  /** Undefined where nobody new came. */
  readonly era: number | undefined;
};

export class Peers {
  readonly #peers = new Map<PrivateName, Peer>();
  readonly #freeOwners: Owner[] = [];
  #nextOwner = OWN + 1;
  #me: PrivateName | undefined;
  #era = 0;

  get connected(): boolean {
    return this.#me !== undefined;
  }

  get me(): Peer {
    return must(this.#peers.get(must(this.#me, 'an own name')), 'this process in its view');
  }

  get era(): number {
    return this.#era;
  }

  get all(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  get others(): readonly Peer[] {
    return this.all.filter(({ owner }) => owner !== OWN);
  }

  get count(): number {
    return this.#peers.size;
  }

  of(name: PrivateName): Peer | undefined {
    return this.#peers.get(name);
  }

  /** The members of the last view are gone, for this process. */
  disconnect(): readonly Peer[] {
    const left = this.#me === undefined ? [] : this.others;
    for (const { owner } of left) this.#freeOwners.push(owner);
    this.#peers.clear();
    this.#me = undefined;
    return left;
  }

  view(
    members: readonly ReplicationMember[],
    me: PrivateName,
    transitional: ReadonlySet<PrivateName>,
  ): ViewChange {
    const names = new Set(members.map(({ name }) => name));
    const stays = (name: PrivateName): boolean => names.has(name) && transitional.has(name);
    const left = this.#me === me ? this.others.filter((peer) => !stays(peer.member.name)) : this.disconnect();
    for (const peer of left) this.#remove(peer);
    const known = new Map(this.#peers);
    this.#peers.clear();
    this.#me = me;
    let newcomers = false;
    for (const member of members) {
      const peer = known.get(member.name);
      newcomers ||= peer === undefined;
      this.#peers.set(member.name, peer ?? new Peer(member, member.name === me ? OWN : this.#takeOwner()));
    }
    if (newcomers) this.#beginEra(known);
    return { left, era: newcomers ? this.#era : undefined };
  }

  /** The first in the order of the view of those who shared an object with one that left: all who stay name it alike. */
  heirOf(object: string): Owner | undefined {
    return this.all.find(({ objects }) => objects.has(object))?.owner;
  }

  /** Everybody said HELLO, and whoever shares the object has all of it. */
  isOpen(object: string): boolean {
    for (const peer of this.#peers.values()) {
      if (peer.era === undefined) return false;
      if (peer.objects.has(object) && !peer.ready.has(object)) return false;
    }
    return true;
  }

  get allHeard(): boolean {
    for (const { era } of this.#peers.values()) if (era === undefined) return false;
    return true;
  }

  /** Which members, and which of their eras: equal where members think alike of who is there. */
  get eras(): Digest {
    const sum = new RunningDigest();
    for (const [name, { era }] of this.#peers) sum.add(hashText(name), (era ?? -1) + 1);
    return sum.value;
  }

  #beginEra(known: ReadonlyMap<PrivateName, Peer>): void {
    this.#era += 1;
    for (const peer of this.#peers.values()) {
      peer.fresh = !known.has(peer.member.name);
      peer.era = undefined;
      peer.had = new Set(peer.ready);
      peer.empty = new Set();
      peer.ready.clear();
    }
  }

  #remove({ member, owner }: Peer): void {
    if (!this.#peers.delete(member.name)) return;
    this.#freeOwners.push(owner);
  }

  #takeOwner(): Owner {
    const free = this.#freeOwners.pop();
    if (free !== undefined) return free;
    this.#nextOwner += 1;
    return this.#nextOwner - 1;
  }
}
