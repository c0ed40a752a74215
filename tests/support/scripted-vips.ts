/**
 * DuraVIP of a scripted cluster: rows of any state by hand, and nodes that obey `cluster duravip` commands after
 * delays, as real ones do: MOVE is ordered, the owner lets go, the target takes it, brings it up, everybody answers.
 * It knows no election; what a test does not script stays as it is.
 */

import type { Clock } from '../../server/base/ports.ts';
import type { ModelChange } from '../../server/cluster/observer-api.ts';
import type { OwnerCause, VipHappening, WhatIf, WhatIfChange } from '../../server/duravip/api.ts';
import type { MemoryObserver, SentCommand } from '../../server/memory/memory-observer.ts';
import type { IpAddress } from '../../server/model/ip.ts';
import type { NodeName } from '../../server/model/names.ts';
import type { DuravipRow, VipNodeRow, VipRow } from '../../server/wire/duravip.ts';

/** Milliseconds after the command, as the cluster takes them. A test may change each. */
export type Delays = { ordered: number; released: number; up: number; replied: number };

export type Filling = {
  readonly addresses: number;
  /** So many of them IPv6. */
  readonly ipv6?: number;
  readonly nodes: readonly string[];
};

const ip = (address: string): IpAddress => address as IpAddress;
const name = (node: string): NodeName => node as NodeName;
const nameOrNone = (node: string | null): NodeName | undefined => (node === null ? undefined : name(node));
export const OTHER_SUBNET = 'no Topology holds it';

export class ScriptedVips {
  readonly delays: Delays = { ordered: 60, released: 120, up: 200, replied: 40 };
  /** Nodes that do not let go, or never bring anything up. */
  readonly stuck = new Set<string>();
  /** Nodes that answer no command. */
  readonly mute = new Set<string>();
  /** Nodes that cannot bring anything up, and what `ip` says there. */
  readonly failing = new Map<string, string>();
  /** What all nodes answer to a command instead of obeying it; undefined: they obey. */
  refusal: string | undefined;
  readonly #observer: MemoryObserver;
  readonly #clock: Clock;
  #nodes: readonly string[] = [];
  #version = 0;

  constructor(observer: MemoryObserver, clock: Clock) {
    this.#observer = observer;
    this.#clock = clock;
    observer.predict = (change) => this.#predict(change);
    const before = observer.onSent;
    observer.onSent = (sent) => {
      before(sent);
      this.#obey(sent);
    };
  }

  /** 10.80.116.1 and on, 250 of a network; the last node has no interface in 10.80.117.0/24. Owners in turn. */
  fill({ addresses, ipv6 = 0, nodes }: Filling): readonly string[] {
    this.#nodes = nodes;
    const all = Array.from({ length: addresses }, (_, index) => addressOf(index, addresses - ipv6));
    const changes: ModelChange[] = all.map((address, index) => ({
      c: 'vips',
      k: address,
      row: this.#row(address, index),
    }));
    this.#observer.change(changes);
    this.#count();
    this.tell({});
    return all;
  }

  row(address: string): VipRow {
    const row = this.#observer.model().vips[address];
    if (row === undefined) throw new Error(`no address ${address}`);
    return row;
  }

  /** The row as a test wants it, such as `{ flags: ['unsafe'] }`. */
  set(address: string, change: Partial<VipRow>): void {
    const old = this.row(address);
    const row = { ...old, ...change };
    this.#observer.change([{ c: 'vips', k: address, row }, ...this.#recounted(old, row)]);
  }

  remove(address: string): void {
    this.#observer.change([{ c: 'vips', k: address, row: null }]);
    this.#count();
  }

  /** Of the whole table. */
  tell(change: Partial<DuravipRow>): void {
    const old = this.#observer.model().duravip['duravip'];
    const fresh: DuravipRow = {
      viewId: '57',
      epoch: '57.1',
      synced: true,
      leader: this.#nodes[0] ?? null,
      sinceMs: this.#clock.wallMs(),
      setSizesDiffer: [],
      announceDue: null,
    };
    this.#observer.change([{ c: 'duravip', k: 'duravip', row: { ...(old ?? fresh), ...change } }]);
  }

  tellNode(node: string, change: Partial<VipNodeRow>): void {
    const row = this.#observer.model().vipNodes[node];
    if (row === undefined) throw new Error(`no node ${node}`);
    this.#observer.change([{ c: 'vipNodes', k: node, row: { ...row, ...change } }]);
  }

  happen(...happenings: readonly VipHappening[]): void {
    this.#observer.happen(...happenings);
  }

  /** Another owner, at once; it is up, or nobody has it. */
  own(address: string, to: string | null, cause: OwnerCause, by?: string): void {
    const from = this.row(address).owner;
    const nowMs = this.#clock.wallMs();
    this.set(address, {
      phase: to === null ? 'unowned' : 'owned',
      owner: to,
      next: null,
      state: to === null ? 'unknown' : 'up',
      claims: [],
      cause,
      version: this.#nextVersion(),
      ownerSinceMs: nowMs,
      viewSinceMs: nowMs,
    });
    const ends = { from: nameOrNone(from), to: nameOrNone(to) };
    this.happen({ type: 'owner', address: ip(address), ...ends, cause, by });
    if (to !== null) {
      this.happen({ type: 'state', address: ip(address), node: name(to), state: 'up', text: '' });
    }
  }

  /** The owner orders the release; nothing else happens by itself. */
  order(address: string, to: string): void {
    const { owner } = this.row(address);
    if (owner === null) {
      this.take(address, to, 'operator');
      return;
    }
    this.set(address, { phase: 'moving', next: to, version: this.#nextVersion() });
    this.happen({ type: 'moving', address: ip(address), from: name(owner), to: name(to) });
  }

  /** The next owner has it, and is about to bring it up. */
  take(address: string, to: string, cause: OwnerCause, by?: string): void {
    const { owner } = this.row(address);
    const nowMs = this.#clock.wallMs();
    this.set(address, {
      phase: 'owned',
      owner: to,
      next: null,
      state: 'coming',
      text: '',
      cause,
      version: this.#nextVersion(),
      ownerSinceMs: nowMs,
      viewSinceMs: nowMs,
    });
    this.happen({ type: 'owner', address: ip(address), from: nameOrNone(owner), to: name(to), cause, by });
  }

  /** What the owner says of its host. */
  host(address: string, state: 'up' | 'failed', text = ''): void {
    const { owner } = this.row(address);
    if (owner === null) return;
    this.set(address, { state, text });
    this.happen({ type: 'state', address: ip(address), node: name(owner), state, text });
  }

  /** Its owner let go, and then stays it: the one that should have taken it is gone. */
  cancel(address: string): void {
    this.set(address, { phase: 'owned', next: null, version: this.#nextVersion() });
  }

  #obey(sent: SentCommand): void {
    const words = sent.command.trim().split(/\s+/);
    // A cluster without addresses has nothing to obey with: whoever scripts answers gives them.
    if (this.#nodes.length === 0 || words[0] !== 'cluster' || words[1] !== 'duravip') return;
    const [what, first = ''] = words.slice(2);
    const target = words.at(-1) ?? '';
    this.#answer(sent, this.refusal);
    if (this.refusal !== undefined) return;
    if (what === 'move') this.#move(first, target);
    if (what === 'unpin') this.#after(this.delays.ordered, () => this.set(first, { pinned: null }));
    if (what === 'drain' || what === 'undrain') {
      this.#after(this.delays.ordered, () => this.#drain(first, what));
    }
    if (what === 'announce') this.#after(this.delays.ordered, () => this.tell({ announceDue: null }));
  }

  #answer(sent: SentCommand, refusal: string | undefined): void {
    this.#after(this.delays.replied, () => {
      for (const { node } of sent.asked) {
        if (this.mute.has(node)) continue;
        this.#observer.reply(sent.request, node, refusal ?? `${node} does it`, refusal === undefined);
      }
    });
  }

  #move(address: string, to: string): void {
    const { ordered, released, up } = this.delays;
    const from = this.row(address).owner;
    if (from === to) {
      this.#tryAgain(address, to);
      return;
    }
    this.#after(ordered, () => {
      this.set(address, { pinned: to });
      this.order(address, to);
      // One after the other: timers of different spans change places where the machine is slow.
      this.#after(released - ordered, () => {
        if (from === null || !this.stuck.has(from)) this.#takeIfStill(address, to, 'operator');
        this.#after(up - released, () => this.#comeUp(address, to));
      });
    });
  }

  /** A move to where it is pins it there, and brings it up again where it failed. */
  #tryAgain(address: string, node: string): void {
    this.#after(this.delays.ordered, () => this.set(address, { pinned: node }));
    if (this.row(address).state !== 'failed') return;
    this.set(address, { state: 'coming', text: '' });
    this.#after(this.delays.up, () => this.#comeUp(address, node));
  }

  #drain(node: string, what: 'drain' | 'undrain'): void {
    this.tellNode(node, { draining: what === 'drain' });
    this.happen({ type: what, node: name(node), by: undefined });
    if (what === 'undrain') return;
    const { released, up } = this.delays;
    for (const { address, to } of this.#predict({ without: [], drained: [name(node)] }).moves) {
      if (to === undefined) continue;
      this.order(address, to);
      this.#after(released, () => {
        this.#takeIfStill(address, to, 'drain');
        this.#after(up - released, () => this.#comeUp(address, to));
      });
    }
  }

  #takeIfStill(address: string, to: string, cause: OwnerCause): void {
    const { phase, next } = this.row(address);
    if (phase === 'moving' && next === to) this.take(address, to, cause);
  }

  #comeUp(address: string, node: string): void {
    const { owner, state } = this.row(address);
    if (owner !== node || state !== 'coming' || this.stuck.has(node)) return;
    const text = this.failing.get(node);
    this.host(address, text === undefined ? 'up' : 'failed', text);
  }

  #after(spanMs: number, work: () => void): void {
    this.#clock.at(this.#clock.nowMs() + Math.max(0, spanMs), work);
  }

  /** Each address of a node that goes: to the candidates in turn. */
  #predict({ without, drained }: WhatIfChange): WhatIf {
    const going = new Set<string>([...without, ...drained]);
    const rows = Object.values(this.#observer.model().vips);
    const moves = rows
      .filter(({ owner }) => owner !== null && going.has(owner))
      .map((row, index) => {
        const left = row.participants.filter(({ node, obstacle }) => obstacle === null && !going.has(node));
        const to = left[index % Math.max(1, left.length)]?.node;
        return {
          address: ip(row.address),
          from: nameOrNone(row.owner),
          to: to === undefined ? undefined : name(to),
          losesPreference: row.preference !== null && row.preference === row.owner,
        };
      });
    const loads = this.#nodes.map((node) => {
      const before = rows.filter(({ owner }) => owner === node).length;
      const comes = moves.filter(({ to }) => to === node).length;
      return { node: name(node), before, after: going.has(node) ? 0 : before + comes };
    });
    const { viewId, epoch } = this.#observer.model().duravip['duravip'] ?? { viewId: '', epoch: '' };
    return { viewId: viewId ?? '', epoch, moves, loads };
  }

  #row(address: string, index: number): VipRow {
    const nowMs = this.#clock.wallMs();
    const foreign = address.startsWith('10.80.117.') ? this.#nodes.at(-1) : undefined;
    const able = this.#nodes.filter((node) => node !== foreign);
    return {
      address,
      names: [`binding-${index + 1}`],
      services: ['multivip'],
      phase: 'owned',
      owner: able[index % able.length] ?? null,
      next: null,
      state: 'up',
      text: '',
      claims: [],
      pinned: null,
      preference: null,
      follows: null,
      followers: [],
      flags: [],
      participants: this.#nodes.map((node) => ({
        node,
        services: ['multivip'],
        obstacle: node === foreign ? OTHER_SUBNET : null,
      })),
      disagree: [],
      known: this.#nodes.length,
      version: this.#nextVersion(),
      ownerSinceMs: nowMs - 90 * 60_000,
      viewSinceMs: nowMs - 90 * 60_000,
      configSinceMs: nowMs - 90 * 60_000,
      cause: 'elected',
    };
  }

  /** Rows of nodes, from those of addresses. */
  #count(): void {
    const { vips, vipNodes } = this.#observer.model();
    const rows = Object.values(vips);
    const changes = this.#nodes.map((node): ModelChange => {
      const owned = rows.filter(({ owner }) => owner === node);
      const old = vipNodes[node];
      const row: VipNodeRow = {
        node,
        present: old?.present ?? true,
        mature: old?.mature ?? true,
        draining: old?.draining ?? false,
        suspect: old?.suspect ?? false,
        owned: owned.length,
        candidate: rows.filter((one) => one.participants.some((p) => p.node === node && p.obstacle === null))
          .length,
        up: owned.filter(({ state }) => state === 'up').length,
        failed: owned.filter(({ state }) => state === 'failed').length,
        balanceSetSize: old?.balanceSetSize ?? 10,
        agrees: old?.agrees ?? true,
        toldMs: this.#clock.wallMs(),
      };
      return { c: 'vipNodes', k: node, row };
    });
    this.#observer.change(changes);
  }

  /** Rows of the nodes that one address counts for, or counted for. */
  #recounted(old: VipRow, row: VipRow): readonly ModelChange[] {
    if (old.owner === row.owner && old.state === row.state) return [];
    const { vipNodes } = this.#observer.model();
    return [...new Set([old.owner, row.owner])].flatMap((node): ModelChange[] => {
      const known = node === null ? undefined : vipNodes[node];
      if (node === null || known === undefined) return [];
      const more = (counts: (one: VipRow) => boolean): number =>
        Number(row.owner === node && counts(row)) - Number(old.owner === node && counts(old));
      const owned = known.owned + more(() => true);
      const up = known.up + more(({ state }) => state === 'up');
      const failed = known.failed + more(({ state }) => state === 'failed');
      return [{ c: 'vipNodes', k: node, row: { ...known, owned, up, failed } }];
    });
  }

  #nextVersion(): string {
    this.#version += 1;
    return `57.${this.#version}`;
  }
}

function addressOf(index: number, v4: number): string {
  if (index >= v4) return `2001:db8:80::${(index - v4 + 1).toString(16)}`;
  const network = 116 + Math.floor(index / 250);
  return `10.${80 + Math.floor(network / 256)}.${network % 256}.${(index % 250) + 1}`;
}
