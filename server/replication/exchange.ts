/**
 * What members tell each other: hellos, changes, shares of newcomers, digests, claims. Holds the objects of this process
 * and their state on the bus. Rules: SPEC.md.
 */

import type { PrivateName } from '../model/names.ts';
import type { ReplicationMember, SharedObjectPlan } from './api.ts';
import { ClaimDesk, countedOf } from './claims.ts';
import { CopyWatch } from './copy-watch.ts';
import { sameDigest } from './digest.ts';
import { type Chunk, type Claims, decode, type Hello, type Resync } from './messages.ts';
import { OWN } from './object-store.ts';
import { Outbox } from './outbox.ts';
import { type Peer, Peers } from './peers.ts';
import { type ReplicatorParts, SharedObject, type StoreParts } from './shared-object.ts';
import { readEntries, SnapshotReceiver } from './snapshot-receiver.ts';
import { SnapshotSender } from './snapshot-sender.ts';
import { Teller } from './teller.ts';

export class Exchange {
  readonly outbox = new Outbox();
  readonly peers = new Peers();
  readonly objects = new Map<string, SharedObject>();
  readonly claims = new ClaimDesk(this.outbox, this.peers);
  readonly receiver = new SnapshotReceiver();
  readonly watch = new CopyWatch(this.outbox, this.peers);
  readonly #sender: SnapshotSender;
  readonly #teller = new Teller(this.outbox, this.peers);
  readonly #parts: StoreParts;
  /** The objects that this process said it shares, once all have heard it. */
  #told: ReadonlyMap<string, SharedObject> = new Map();
  /** For which members it was said that this process has the shares of all. */
  readonly #saidReady = new Map<string, string>();
  /** Something came since it was looked at what this process has of all. */
  #unready = false;
  #refused = 0;

  constructor(parts: ReplicatorParts) {
    this.#parts = parts;
    this.#sender = new SnapshotSender(this.outbox, parts.chunkBytes);
  }

  /** Messages that could not be read. */
  get refused(): number {
    return this.#refused;
  }

  get chunksUnderWay(): number {
    return this.#sender.underWay;
  }

  counted = (name: string) => countedOf(this.objects.get(name));

  configure(plans: readonly SharedObjectPlan[], nowMs: number): void {
    const before = this.#planText();
    const planned = new Set(plans.map(({ name }) => name));
    for (const name of [...this.objects.keys()]) if (!planned.has(name)) this.objects.delete(name);
    for (const plan of plans) {
      const known = this.objects.get(plan.name);
      if (known?.plan.type === plan.type && known.plan.kind === plan.kind) {
        known.configure(plan, nowMs);
        continue;
      }
      const object = new SharedObject(plan, this.#parts, nowMs);
      object.store.changes.heard = this.peers.connected;
      this.objects.set(plan.name, object);
    }
    if (this.peers.connected && this.#planText() !== before) this.#sayHello();
  }

  view(
    members: readonly ReplicationMember[],
    me: PrivateName,
    transitional: ReadonlySet<PrivateName>,
    nowMs: number,
  ): void {
    if (this.peers.connected && this.peers.me.member.name !== me) this.disconnect(nowMs);
    const first = !this.peers.connected;
    this.#unready = true;
    const { left, era } = this.peers.view(members, me, transitional);
    for (const peer of left) this.#leave(peer);
    if (first) for (const { store } of this.#all()) store.changes.heard = true;
    if (era === undefined) return;
    this.#sender.reset();
    this.receiver.reset();
    this.#saidReady.clear();
    for (const object of this.#all()) object.digestToldMs = nowMs;
    this.#sayHello();
  }

  disconnect(nowMs: number): void {
    for (const peer of this.peers.disconnect()) this.#leave(peer);
    this.#told = new Map();
    this.#sender.reset();
    this.receiver.reset();
    this.#teller.reset();
    this.#saidReady.clear();
    for (const { store } of this.#all()) store.changes.heard = false;
    this.claims.disconnect(this.counted, nowMs);
  }

  hear(from: PrivateName, payload: Buffer, nowMs: number): void {
    const peer = this.peers.of(from);
    if (peer === undefined) return;
    const message = decode(payload);
    if (message === undefined) {
      this.#refused += 1;
      return;
    }
    peer.heardMs = nowMs;
    this.#unready ||= message.type !== 'delta' && message.type !== 'claims';
    switch (message.type) {
      case 'hello':
        this.#hearHello(peer, message, nowMs);
        return;
      case 'delta':
        if (peer.owner === OWN) this.#teller.cameBack();
        this.#read(peer, message.object, message.entries, nowMs);
        return;
      case 'claims':
        this.#hearClaims(peer, message, nowMs);
        return;
      case 'chunk':
        this.#hearChunk(peer, message, nowMs);
        return;
      case 'ack':
        this.#sender.acknowledged(from, message.session, message.seq);
        return;
      case 'ready':
        if (!sameDigest(message.eras, this.peers.eras)) return;
        for (const name of message.objects) if (peer.objects.has(name)) peer.ready.add(name);
        return;
      case 'resync':
        this.#hearResync(peer, message);
        return;
      case 'digest': {
        // The own share went on while its digest was on its way.
        if (peer.owner === OWN) return;
        const object = this.#heardObject(peer, message.object);
        if (object === undefined || this.receiver.isAwaiting(object, from)) return;
        if (this.watch.compare(object, peer, message, nowMs)) this.#askAnew(object, peer.member.name, nowMs);
        return;
      }
    }
  }

  get deadlineMs(): number | undefined {
    let first: number | undefined;
    const before = (ms: number | undefined): void => {
      if (ms !== undefined && (first === undefined || ms < first)) first = ms;
    };
    const { connected } = this.peers;
    const comparing = connected && !this.claims.holds && this.peers.count > 1;
    for (const object of this.objects.values()) {
      before(object.store.deadlineMs);
      if (connected) before(this.#teller.deadlineMs(object));
      if (comparing && object.plan.snapshots) before(this.watch.deadlineMs(object));
    }
    before(this.#sender.deadlineMs);
    before(this.receiver.deadlineMs);
    return first;
  }

  /** What is due, after each input. */
  run(nowMs: number): void {
    for (const { store } of this.objects.values()) {
      if ((store.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) store.due(nowMs);
    }
    if (this.peers.connected) {
      this.#teller.tellDue(this.objects.values(), nowMs);
      this.#askLate(nowMs);
      if (this.#unready) this.#sayReady();
      this.#sender.pump({
        era: this.peers.era,
        complete: !this.claims.holds,
        tell: (object) => this.#teller.tell(object),
        nowMs,
      });
      this.#tellDigests(nowMs);
    }
    this.claims.run(this.counted, nowMs);
  }

  #tellDigests(nowMs: number): void {
    if (this.claims.holds || this.peers.count < 2) return;
    for (const object of this.#told.values()) {
      if (!object.plan.snapshots || nowMs < this.watch.deadlineMs(object)) continue;
      this.#teller.tell(object);
      this.watch.tell(object, nowMs);
    }
  }

  #sayHello(): void {
    for (const object of this.objects.values()) this.#teller.tell(object);
    const objects = [...this.objects.values()].map(({ plan, store }) => ({
      name: plan.name,
      type: plan.type,
      empty: store.entries(OWN) === 0 && !this.claims.holds,
    }));
    this.outbox.say({ type: 'hello', era: this.peers.era, objects });
  }

  #hearHello(peer: Peer, { era, objects }: Hello, nowMs: number): void {
    const before = peer.objects;
    const reborn = peer.era !== era;
    const types = new Map(objects.map(({ name, type }) => [name, type]));
    for (const [name, type] of before) if (types.get(name) !== type) this.#stopSharing(peer, name);
    const fresh = new Set([...types].flatMap(([name, type]) => (before.get(name) === type ? [] : [name])));
    for (const name of fresh) peer.lose(name);
    peer.era = era;
    peer.objects = types;
    if (reborn) peer.empty = new Set(objects.flatMap((one) => (one.empty ? [one.name] : [])));
    if (peer.owner === OWN) this.#hearOwnHello(reborn, fresh, nowMs);
    else this.#meet(peer, reborn, fresh, nowMs);
  }

  #meet(peer: Peer, reborn: boolean, fresh: ReadonlySet<string>, nowMs: number): void {
    for (const name of peer.objects.keys()) {
      // What it told since then is taken already, whether or not this process said hello.
      if (reborn && peer.empty.has(name) && this.#needs(this.peers.me, peer, name)) {
        this.#heardObject(peer, name)?.store.clear(peer.owner);
      }
      if (this.peers.me.era === undefined) continue;
      if (reborn) this.#pair(peer, name, nowMs);
      else if (fresh.has(name)) this.#want(peer, name, true);
    }
  }

  #hearOwnHello(reborn: boolean, fresh: ReadonlySet<string>, nowMs: number): void {
    const told = new Map<string, SharedObject>();
    for (const [name, type] of this.peers.me.objects) {
      const object = [this.objects.get(name), this.#told.get(name)].find((one) => one?.plan.type === type);
      if (object !== undefined) told.set(name, object);
    }
    for (const [name, object] of this.#told) if (told.get(name) !== object) this.#forget(object);
    this.#told = told;
    for (const peer of this.peers.others) {
      if (peer.era === undefined) continue;
      for (const name of told.keys()) {
        if (reborn) this.#pair(peer, name, nowMs);
        else if (fresh.has(name)) this.#await(peer, name, true, nowMs);
      }
    }
  }

  /** Both said hello in this era: either has the share of the other, or gets it. */
  #pair(peer: Peer, name: string, nowMs: number): void {
    const { me } = this.peers;
    this.#want(peer, name, this.#needs(peer, me, name) && !me.empty.has(name));
    this.#await(peer, name, this.#needs(me, peer, name) && !peer.empty.has(name), nowMs);
  }

  /** One does not have what the other told before this era. */
  #needs(one: Peer, other: Peer, name: string): boolean {
    return one.fresh || other.fresh || !one.had.has(name);
  }

  /** @param asked it said that it lacks something: then also what nobody gets by joining (REP-21). */
  #want(peer: Peer, name: string, wanted: boolean, asked = false): void {
    const object = this.#toldTo(peer, name);
    if (object === undefined || !object.isHeardBy(peer.member.role)) return;
    if (!object.plan.snapshots && !asked) return;
    if (wanted) this.#sender.want(object, peer.member.name);
    else this.#sender.drop(object, peer.member.name);
  }

  #await(peer: Peer, name: string, awaited: boolean, nowMs: number): void {
    const object = this.#toldTo(peer, name);
    if (object === undefined || !object.isHeardBy(this.peers.me.member.role)) return;
    this.#saidReady.delete(name);
    if (!object.plan.snapshots) return;
    if (awaited) this.receiver.await(object, peer.member.name, nowMs);
    else this.receiver.drop(object, peer.member.name);
  }

  /** An object that both said they share. */
  #toldTo(peer: Peer, name: string): SharedObject | undefined {
    const object = this.#told.get(name);
    return object?.plan.type === peer.objects.get(name) ? object : undefined;
  }

  /** An object of which this process keeps what a member tells. */
  #heardObject(peer: Peer, name: string): SharedObject | undefined {
    const type = peer.objects.get(name);
    const object = [this.#told.get(name), this.objects.get(name)].find((one) => one?.plan.type === type);
    if (object === undefined || peer.owner === OWN) return object;
    return object.isHeardBy(this.peers.me.member.role) ? object : undefined;
  }

  #read(peer: Peer, name: string, entries: Buffer, nowMs: number): void {
    const object = this.#heardObject(peer, name);
    if (object !== undefined && !readEntries(object, peer.owner, entries, nowMs)) this.#refused += 1;
  }

  #hearClaims(peer: Peer, message: Claims, nowMs: number): void {
    for (const { name, entries } of message.objects) this.#read(peer, name, entries, nowMs);
    this.claims.hear(peer, message, this.#told, nowMs);
  }

  #hearChunk(peer: Peer, chunk: Chunk, nowMs: number): void {
    const object = this.#toldTo(peer, chunk.object);
    if (object === undefined || peer.owner === OWN || chunk.era !== peer.era) return;
    const { name } = peer.member;
    const taken = this.receiver.take(
      chunk,
      { object, name, owner: peer.owner },
      this.peers.me.member.name,
      nowMs,
    );
    if (taken === 'malformed') this.#refused += 1;
    if (taken === 'ignored' || taken === 'malformed') return;
    this.outbox.sayTo(name, { type: 'ack', session: chunk.session, seq: chunk.seq });
    if (taken !== 'done' || chunk.end === undefined) return;
    if (this.watch.compare(object, peer, chunk.end, nowMs)) this.#askAnew(object, name, nowMs);
  }

  #hearResync(peer: Peer, { object: name, owner }: Resync): void {
    peer.lose(name);
    if (owner === this.peers.me.member.name && peer.owner !== OWN) this.#want(peer, name, true, true);
  }

  #askAnew(object: SharedObject, owner: PrivateName, nowMs: number): void {
    const { name } = object.plan;
    const after = this.receiver.sessionOf(object, owner);
    this.receiver.await(object, owner, nowMs, after);
    this.#saidReady.delete(name);
    this.outbox.say({ type: 'resync', object: name, owner, after });
  }

  #askLate(nowMs: number): void {
    if (nowMs < (this.receiver.deadlineMs ?? Number.POSITIVE_INFINITY)) return;
    for (const { object, owner } of [...this.receiver.late(nowMs)]) this.#askAnew(object, owner, nowMs);
  }

  #sayReady(): void {
    this.#unready = false;
    const { ready } = this.peers.me;
    const whole = [...this.#told].filter(
      ([name, object]) => !ready.has(name) && this.receiver.isComplete(object),
    );
    if (whole.length === 0 || !this.peers.allHeard) return;
    const eras = this.peers.eras;
    const text = `${eras.a} ${eras.b}`;
    const objects = whole.flatMap(([name]) => (this.#saidReady.get(name) === text ? [] : [name]));
    for (const name of objects) this.#saidReady.set(name, text);
    if (objects.length > 0) this.outbox.say({ type: 'ready', eras, objects });
  }

  /** Its shares go; what outlives it goes to one whom all who stay name alike. */
  #leave(peer: Peer): void {
    const { name } = peer.member;
    this.#sender.drop(undefined, name);
    this.receiver.drop(undefined, name);
    for (const object of this.#all()) {
      object.store.depart(peer.owner, this.#heirOf(object));
      this.watch.drop(object, name);
    }
  }

  #stopSharing(peer: Peer, name: string): void {
    const object = this.#heardObject(peer, name);
    peer.lose(name);
    if (object === undefined || peer.owner === OWN) return;
    this.#sender.drop(object, peer.member.name);
    this.receiver.drop(object, peer.member.name);
    object.store.clear(peer.owner);
    this.watch.drop(object, peer.member.name);
  }

  #heirOf({ plan }: SharedObject): number {
    return this.peers.connected ? (this.peers.heirOf(plan.name) ?? OWN) : OWN;
  }

  #forget(object: SharedObject): void {
    this.#sender.forget(object);
    this.receiver.forget(object);
    this.watch.forget(object);
    this.#saidReady.delete(object.plan.name);
  }

  /** Those that are planned, and those whose end the others have not heard. */
  #all(): ReadonlySet<SharedObject> {
    return new Set([...this.objects.values(), ...this.#told.values()]);
  }

  #planText(): string {
    return JSON.stringify([...this.objects.values()].map(({ plan }) => [plan.name, plan.type]));
  }
}
