/**
 * The replicated table of one process: a function of the views and messages of the cluster group and of nothing else
 * (vip.md 4.1). A node and a dashboard run the same. It sends nothing and has no timer; whoever runs it does.
 *
 * Members that share a history are *mates*: their tables are equal. A view of mates only needs no exchange, and orphans
 * have an owner at once (the failover path). In any other view one of each history tells its table, and all others of it
 * what they hold; the last of them completes the exchange.
 */

import type { IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import type { VipEntry, VipHappening, VipNode, VipTable, VipView } from './api.ts';
import { Digest } from './digest.ts';
import { dropNodes, settle } from './election.ts';
import { Exchange, type Owes } from './exchange.ts';
import { HappeningLog } from './happenings.ts';
import type { SaidInView } from './messages.ts';
import { type Derived, type NodeState, Ownership, sameList } from './ownership.ts';
import { applyMessage } from './rules.ts';
import { EntryCache, nodeRows, type Told } from './table.ts';

/** Epochs of the present view whose hash is remembered, to compare with what others said of them. */
const EPOCHS_KEPT = 512;
/** Each reset makes the id of the view longer. */
const VIEW_ID_MAX = 900;

const NOBODY = '' as NodeName;
const NOTHING: Owes = { table: false, holds: false };

export type Taken =
  /** Of another view, of somebody who may not say it, or without sense now. */
  'void' | 'taken';

export class Replica implements VipTable {
  readonly #self: PrivateName;
  #state = new Ownership();
  #synced = false;
  #viewId: string | undefined;
  #participants: readonly { readonly name: PrivateName; readonly node: NodeName }[] = [];
  #names: readonly PrivateName[] = [];
  #mates = new Set<PrivateName>();
  /** False for an observer that never saw a whole table. */
  #known = false;
  #n = 0;
  readonly #exchange = new Exchange();
  #contested: readonly IpAddress[] = [];
  readonly #digest = new Digest();
  readonly #cache = new EntryCache();
  readonly #log = new HappeningLog();
  readonly #hashes = new Map<number, string>();
  readonly #told = new Map<PrivateName, Told>();
  readonly #agrees = new Map<PrivateName, boolean>();
  #silent = true;
  #touched = new Set<IpAddress>();

  /** @param self own private name: `together` without it means that whatever was known is history. */
  constructor(self: PrivateName) {
    this.#self = self;
  }

  get synced(): boolean {
    return this.#synced;
  }

  get viewId(): string | undefined {
    return this.#viewId;
  }

  get n(): number {
    return this.#n;
  }

  get epoch(): string {
    return `${this.#viewId ?? ''}/${this.#synced ? this.#n : '?'}`;
  }

  get leader(): NodeName | undefined {
    return this.#participants[0]?.node;
  }

  get hash(): string {
    return this.#digest.of(this.#state);
  }

  /** The state itself, to read. */
  get state(): Ownership {
    return this.#state;
  }

  /** Participants of the view, in order. */
  get names(): readonly PrivateName[] {
    return this.#names;
  }

  /** Members of the view with the same history, in order. */
  get mates(): readonly PrivateName[] {
    return this.#names.filter((name) => this.#mates.has(name));
  }

  entries(): readonly VipEntry[] {
    return this.#cache.all(this.#state);
  }

  entry(address: IpAddress): VipEntry | undefined {
    return this.#cache.one(this.#state, address);
  }

  nodes(): readonly VipNode[] {
    return nodeRows(this.#state, this.#told);
  }

  nodeOf(name: PrivateName): NodeName | undefined {
    return this.#participants.find((one) => one.name === name)?.node;
  }

  /** Participants that said nothing yet in the exchange that runs, or whose history nobody told. */
  missing(): readonly PrivateName[] {
    return this.#synced ? [] : this.#exchange.missing();
  }

  /** What a member may still have to say in the exchange that runs. */
  owes(name: PrivateName): Owes {
    return this.#synced ? NOTHING : this.#exchange.owes(name);
  }

  /** A part without history, of one node or of none. */
  begin(self: NodeState | undefined, nowMs: number): void {
    const before = this.#state;
    this.#state = new Ownership();
    this.#mates = new Set();
    this.#known = self !== undefined;
    this.#silent = true;
    this.#log.clear();
    if (self !== undefined) {
      this.#state.nodes.set(self.name, self);
      this.#state.members = [self.name];
      this.#mates.add(self.name);
      this.#state.deriveAll(self.offers.keys(), nowMs, 'config');
    }
    this.#setSynced(false);
    this.#viewId = undefined;
    this.#names = [];
    this.#participants = [];
    this.#rebuilt(before);
  }

  /**
   * @param fresh what this member is without history; undefined for an observer.
   * @returns whether participants or histories changed: what was said before is void then.
   */
  view(view: VipView, fresh: () => NodeState | undefined, nowMs: number): boolean {
    const together = new Set(view.together);
    const participants = view.members.filter(({ participant }) => participant);
    const names = participants.map(({ name }) => name);
    const shared = names.every((name) => together.has(name));
    if (!together.has(this.#self)) this.begin(fresh(), nowMs);
    else if (this.#viewId !== undefined && shared && sameList(names, this.#names)) return false;
    const present = new Set(names);
    const left = new Set(view.lost.flatMap(({ name, cause }) => (cause === 'leave' ? [name] : [])));
    for (const name of this.#mates) {
      if (!present.has(name) || (!together.has(name) && name !== this.#self)) this.#mates.delete(name);
    }
    this.#participants = participants.map(({ name, node }) => ({ name, node }));
    this.#names = names;
    this.#enter(view.id, (name) => (left.has(name) ? 'leave' : 'failure'), nowMs);
    return true;
  }

  take(sender: PrivateName, message: SaidInView, nowMs: number): Taken {
    if (message.viewId !== this.#viewId || !this.#names.includes(sender)) return 'void';
    switch (message.type) {
      case 'state': {
        const part = { members: message.speaksFor, table: message.image };
        return this.#exchanged(!this.#synced && this.#exchange.tell(sender, part), nowMs);
      }
      case 'holds':
        return this.#exchanged(!this.#synced && this.#exchange.hold(sender, message), nowMs);
      case 'exclude': {
        const nodeOf = (name: PrivateName): NodeName => this.nodeOf(name) ?? NOBODY;
        return this.#exchanged(!this.#synced && this.#exchange.exclude(sender, message.names, nodeOf), nowMs);
      }
      case 'reset':
        return this.#takeReset(sender, nowMs);
      case 'confirm':
        return 'taken';
      case 'announce':
        this.#log.add({ type: 'announced', by: this.nodeOf(sender) });
        return 'taken';
      case 'heartbeat':
        this.#takeHeartbeat(sender, message);
        return 'taken';
      default: {
        if (!this.#synced) return 'void';
        const leads = sender === this.#names[0];
        const taken = applyMessage(this.#state, this.#log, { sender, leads, n: this.#n, nowMs }, message);
        if (taken) this.#advance();
        return taken ? 'taken' : 'void';
      }
    }
  }

  /** A whole table of the participants of this view, for an observer that has none. */
  load(viewId: string, n: number, table: Ownership): boolean {
    if (this.#synced || !sameList(table.members, this.#names)) return false;
    this.#viewId = viewId;
    const before = this.#state;
    this.#state = table;
    this.#mates = new Set(this.#names);
    this.#known = true;
    this.#n = n;
    this.#setSynced(true);
    this.#rebuilt(before);
    return true;
  }

  /** Since the last call, in order. */
  happened(): readonly VipHappening[] {
    return this.#log.take();
  }

  /** Addresses of which anything changed since the last call. */
  takeTouched(): ReadonlySet<IpAddress> {
    const touched = this.#touched;
    if (touched.size > 0) this.#touched = new Set();
    return touched;
  }

  /** Addresses whose neighbours may have been told of several owners when parts met, once. */
  takeContested(): readonly IpAddress[] {
    const contested = this.#contested;
    this.#contested = [];
    return contested;
  }

  /** How many others said lately that their table is, or is not, equal to this one; and what the first member said. */
  agreement(): { readonly agree: number; readonly disagree: number; readonly leader: boolean | undefined } {
    const said = [...this.#agrees.values()];
    const disagree = said.filter((agrees) => !agrees).length;
    const first = this.#names[0];
    return {
      agree: said.length - disagree,
      disagree,
      leader: first === undefined ? undefined : this.#agrees.get(first),
    };
  }

  /** What remains is the table of the mates; with everybody else it must be exchanged. */
  #enter(viewId: string, causeOf: (name: PrivateName) => 'leave' | 'failure', nowMs: number): void {
    this.#viewId = viewId;
    this.#n = 0;
    this.#exchange.begin(this.#names);
    this.#hashes.clear();
    this.#told.clear();
    this.#agrees.clear();
    dropNodes(this.#state, this.mates, causeOf, nowMs);
    const whole =
      this.#names.length === 0 || (this.#known && this.#names.every((name) => this.#mates.has(name)));
    if (whole) settle(this.#state);
    this.#setSynced(whole);
    this.#refresh();
  }

  #exchanged(counts: boolean, nowMs: number): Taken {
    if (!counts) return 'void';
    if (this.#exchange.missing().length === 0) this.#completeExchange(nowMs);
    return 'taken';
  }

  #takeReset(sender: PrivateName, nowMs: number): Taken {
    const viewId = `${this.#viewId}!`;
    if (viewId.length > VIEW_ID_MAX) return 'void';
    const node = this.nodeOf(sender);
    if (node !== undefined) this.#log.add({ type: 'diverged', node });
    if (sender === this.#self) this.#mates = new Set([sender]);
    else this.#mates.delete(sender);
    this.#enter(viewId, () => 'failure', nowMs);
    return 'taken';
  }

  #completeExchange(nowMs: number): void {
    const { table, contested } = this.#exchange.merge(nowMs);
    const before = this.#state;
    this.#state = table;
    this.#contested = contested;
    this.#mates = new Set(this.#names);
    this.#known = true;
    this.#n = 1;
    this.#setSynced(true);
    this.#rebuilt(before);
  }

  #takeHeartbeat(sender: PrivateName, { n, hash, up }: Extract<SaidInView, { type: 'heartbeat' }>): void {
    this.#told.set(sender, { epoch: `${this.#viewId ?? ''}/${n}`, table: hash, up });
    const own = this.#hashes.get(n);
    if (!this.#synced || own === undefined || sender === this.#self) return;
    const agrees = own === hash;
    const node = this.nodeOf(sender);
    if (!agrees && this.#agrees.get(sender) !== false && node !== undefined) {
      this.#log.add({ type: 'diverged', node });
    }
    this.#agrees.set(sender, agrees);
  }

  #advance(): void {
    this.#n += 1;
    this.#refresh();
  }

  #setSynced(synced: boolean): void {
    if (synced === this.#synced) return;
    this.#synced = synced;
    if (this.#viewId !== undefined) {
      this.#log.add({ type: synced ? 'synced' : 'unsynced', viewId: this.#viewId });
    }
  }

  /** Another table took the place of `before`: moments stay where nothing changed. */
  #rebuilt(before: Ownership): void {
    for (const [address, old] of before.vips) {
      this.#state.changed.add(address);
      const vip = this.#state.vips.get(address);
      if (vip === undefined) continue;
      const hosts = vip.derived.hosts.map(({ name }) => name);
      const sameView = sameList(
        hosts,
        old.derived.hosts.map(({ name }) => name),
      );
      if (sameView) vip.viewSinceMs = old.viewSinceMs;
      if (sameConfiguration(vip.derived, old.derived)) vip.configSinceMs = old.configSinceMs;
    }
    for (const address of this.#state.vips.keys()) this.#state.changed.add(address);
    this.#digest.clear();
    this.#refresh();
  }

  #refresh(): void {
    const { changed, derived } = this.#state;
    this.#digest.update(this.#state, changed);
    for (const addresses of [changed, derived]) {
      this.#cache.changed(addresses);
      for (const address of addresses) this.#touched.add(address);
    }
    derived.clear();
    this.#log.look(this.#state, changed, this.#silent);
    this.#log.lookNodes(this.#state, this.#silent);
    changed.clear();
    if (!this.#synced) return;
    // What was there before this process looked did not happen now.
    this.#silent = false;
    this.#hashes.set(this.#n, this.#digest.of(this.#state));
    this.#hashes.delete(this.#n - EPOCHS_KEPT);
  }
}

function sameConfiguration(a: Derived, b: Derived): boolean {
  return (
    sameList(a.names, b.names) &&
    sameList(a.services, b.services) &&
    a.preference === b.preference &&
    a.follows === b.follows &&
    a.broken === b.broken &&
    a.unsafe === b.unsafe
  );
}
