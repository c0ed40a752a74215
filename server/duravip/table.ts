/** The replicated state as others read it: entries by node names, made when they are read and kept until they change. */

import type { IpAddress } from '../model/ip.ts';
import type { PrivateName } from '../model/names.ts';
import type { VipEntry, VipNode } from './api.ts';
import { shortHash } from './digest.ts';
import { nodeObstacle, obstacleOf } from './election.ts';
import type { Ownership, VipState } from './ownership.ts';

export type Told = NonNullable<VipNode['told']>;

export class EntryCache {
  readonly #entries = new Map<IpAddress, VipEntry>();
  #all: readonly VipEntry[] | undefined;
  /** What of the nodes shows in entries. */
  #nodesText = '';

  changed(addresses: Iterable<IpAddress>): void {
    for (const address of addresses) {
      this.#entries.delete(address);
      this.#all = undefined;
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#all = undefined;
  }

  all(state: Ownership): readonly VipEntry[] {
    this.#checkNodes(state);
    this.#all ??= state.sorted().map((vip) => this.#entryOf(state, vip));
    return this.#all;
  }

  one(state: Ownership, address: IpAddress): VipEntry | undefined {
    this.#checkNodes(state);
    const vip = state.vips.get(address);
    return vip === undefined ? undefined : this.#entryOf(state, vip);
  }

  #checkNodes(state: Ownership): void {
    let text = '';
    for (const node of state.nodes.values()) text += `${node.name} ${nodeObstacle(state, node) ?? ''}\n`;
    if (text === this.#nodesText) return;
    this.#nodesText = text;
    this.clear();
  }

  #entryOf(state: Ownership, vip: VipState): VipEntry {
    let entry = this.#entries.get(vip.address);
    if (entry === undefined) {
      entry = makeEntry(state, vip);
      this.#entries.set(vip.address, entry);
    }
    return entry;
  }
}

function makeEntry(state: Ownership, vip: VipState): VipEntry {
  const { derived } = vip;
  const phase = phaseOf(vip);
  const owner = phase === 'broken' ? undefined : state.nodeNameOf(vip.owner);
  const next = phase === 'moving' ? state.nodeNameOf(vip.next) : undefined;
  const failure = vip.owner === undefined ? [...vip.failed.values()][0] : undefined;
  return {
    address: vip.address,
    names: derived.names,
    services: derived.services,
    phase,
    owner,
    next,
    state: failure === undefined ? vip.state : 'failed',
    text: failure ?? waitText(state, vip),
    pinned: state.leadOf(vip).pin?.to,
    preference: derived.preference,
    follows: derived.follows,
    flags: { unsafe: derived.unsafe, conflict: derived.conflict },
    participants: derived.hosts.map((node) => {
      const offer = node.offers.get(vip.address);
      const obstacle = obstacleOf(state, vip, node);
      const { names = [], services = [] } = offer ?? {};
      return { name: node.name, node: node.node, names, services, obstacle };
    }),
    cause: vip.owner === undefined ? vip.nextCause : vip.cause,
    version: `${vip.version}.${shortHash(`${owner ?? ''} ${next ?? ''} ${phase}`)}`,
    viewSinceMs: vip.viewSinceMs,
    configSinceMs: vip.configSinceMs,
  };
}

function waitText(state: Ownership, vip: VipState): string {
  if (vip.shed.size === 0 || vip.owner === undefined || vip.moving || vip.state === 'up') return '';
  const nodes = [...vip.shed].map((name) => state.nodeNameOf(name) ?? name);
  return `waits until ${nodes.sort().join(', ')} let it go`;
}

function phaseOf(vip: VipState): VipEntry['phase'] {
  if (vip.derived.broken) return 'broken';
  if (vip.moving) return 'moving';
  return vip.owner === undefined ? 'unowned' : 'owned';
}

export function nodeRows(state: Ownership, told: ReadonlyMap<PrivateName, Told>): readonly VipNode[] {
  return state.members.flatMap((name) => {
    const node = state.nodes.get(name);
    if (node === undefined) return [];
    return [
      {
        node: node.node,
        name,
        mature: node.mature,
        draining: node.leaving || state.draining(node),
        suspect: node.suspect,
        balanceSetSize: node.setSize,
        told: told.get(name),
      },
    ];
  });
}
