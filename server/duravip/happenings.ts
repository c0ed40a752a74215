/** What happened to addresses, told from two looks at the table: no path through the algorithm can forget to tell. */

import type { IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import type { VipHappening } from './api.ts';
import type { Ownership } from './ownership.ts';

type Seen = {
  readonly owner: NodeName | undefined;
  /** While it moves. */
  readonly next: NodeName | undefined;
  readonly state: string;
};

const UNSEEN: Seen = { owner: undefined, next: undefined, state: 'unknown' };

export class HappeningLog {
  readonly #seen = new Map<IpAddress, Seen>();
  readonly #nodes = new Map<PrivateName, { readonly mature: boolean; readonly suspect: boolean }>();
  #sizes = '';
  #happenings: VipHappening[] = [];

  add(happening: VipHappening): void {
    this.#happenings.push(happening);
  }

  /** @param silently nothing is told: what is seen began before this process looked. */
  look(state: Ownership, changed: Iterable<IpAddress>, silently = false): void {
    for (const address of changed) {
      const before = this.#seen.get(address) ?? UNSEEN;
      const vip = state.vips.get(address);
      const owner = state.nodeNameOf(vip?.owner);
      const next = vip?.moving === true ? state.nodeNameOf(vip.next) : undefined;
      const now: Seen = { owner, next, state: vip?.state ?? 'unknown' };
      if (vip === undefined) this.#seen.delete(address);
      else this.#seen.set(address, now);
      if (silently) continue;
      if (owner !== before.owner) {
        const cause = (owner === undefined ? vip?.nextCause : vip?.cause) ?? 'config';
        const by = owner === undefined || vip?.by === '' ? undefined : vip?.by;
        this.add({ type: 'owner', address, from: before.owner, to: owner, cause, by });
      }
      if (owner !== undefined && next !== undefined && next !== before.next) {
        this.add({ type: 'moving', address, from: owner, to: next });
      }
      if (vip !== undefined && owner !== undefined && now.state !== before.state && vip.state !== 'unknown') {
        if (vip.state === 'up' || owner === before.owner) {
          this.add({ type: 'state', address, node: owner, state: vip.state, text: '' });
        }
      }
    }
  }

  lookNodes(state: Ownership, silently: boolean): void {
    for (const [name, { node, mature, suspect }] of state.nodes) {
      const before = this.#nodes.get(name);
      if (before?.mature === mature && before.suspect === suspect) continue;
      this.#nodes.set(name, { mature, suspect });
      if (silently) continue;
      if (mature && before?.mature !== true) this.add({ type: 'mature', node });
      if (suspect !== (before?.suspect === true)) this.add({ type: suspect ? 'suspect' : 'cleared', node });
    }
    for (const name of this.#nodes.keys()) if (!state.nodes.has(name)) this.#nodes.delete(name);
    this.#lookSizes(state, silently);
  }

  #lookSizes(state: Ownership, silently: boolean): void {
    const sizes: Record<string, number> = {};
    for (const { node, setSize } of state.nodes.values()) if (setSize > 0) sizes[node] = setSize;
    const differ = new Set(Object.values(sizes)).size > 1;
    const text = differ ? JSON.stringify(sizes) : '';
    if (text === this.#sizes) return;
    this.#sizes = text;
    if (differ && !silently) this.add({ type: 'setSizesDiffer', sizes });
  }

  take(): readonly VipHappening[] {
    const taken = this.#happenings;
    this.#happenings = [];
    return taken;
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#seen.clear();
    this.#nodes.clear();
    this.#sizes = '';
  }
}
