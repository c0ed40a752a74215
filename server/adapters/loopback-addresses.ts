/**
 * Addresses in 127.0.0.0/8 on Linux, which need no plumbing: every program may bind them. For a demo on one host without
 * rights; their Topology names the interface `lo`. Coming up means that binding works; there is nothing to announce and nobody to guard against.
 */

import { createServer } from 'node:net';
import type { HostAdapter, HostCommand, HostFact, PlacedAddress } from '../duravip/api.ts';
import { type IpAddress, type Network, networkHolds, parseNetwork } from '../model/ip.ts';
import { HookRunner } from './vip-hook.ts';

const LOOPBACK = '127.0.0.0/8';

export class LoopbackAddresses implements HostAdapter {
  readonly #onFact: (fact: HostFact) => void;
  readonly #hooks: HookRunner;
  readonly #held = new Map<IpAddress, PlacedAddress>();
  #closed = false;

  constructor({ onFact }: { readonly onFact: (fact: HostFact) => void }) {
    this.#onFact = onFact;
    this.#hooks = new HookRunner((fact) => this.#say(fact));
  }

  perform(command: HostCommand): void {
    switch (command.type) {
      case 'survey':
        queueMicrotask(() => this.#survey(command.id));
        break;
      case 'change':
        void this.#change(command);
        break;
      case 'readNeighbours':
        queueMicrotask(() => this.#say({ type: 'neighbours', id: command.id, entries: [] }));
        break;
      case 'hook':
        this.#hooks.run(command);
        break;
      case 'announce':
        break;
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#held.clear();
    return Promise.resolve();
  }

  #say(fact: HostFact): void {
    if (!this.#closed) this.#onFact(fact);
  }

  #survey(id: number): void {
    const interfaces = [{ name: 'lo', up: true, networks: [loopback()] }];
    this.#say({ type: 'surveyed', id, addresses: [...this.#held.values()], interfaces });
  }

  async #change({ id, remove, add }: Extract<HostCommand, { type: 'change' }>): Promise<void> {
    for (const { address } of remove) this.#held.delete(address);
    const tried = await Promise.all(
      add.map(async (place) => ({ place, problem: await bindProblem(place.address) })),
    );
    const failed: { readonly address: IpAddress; readonly text: string }[] = [];
    for (const { place, problem } of tried) {
      if (problem === undefined) this.#held.set(place.address, place);
      else failed.push({ address: place.address, text: problem });
    }
    this.#say({ type: 'changed', id, failed });
  }
}

function loopback(): Network {
  const network = parseNetwork(LOOPBACK);
  if (!network.ok) throw new Error(network.error);
  return network.value;
}

/** Why nothing can listen there; undefined when something can. */
function bindProblem(address: IpAddress): Promise<string | undefined> {
  if (!networkHolds(loopback(), address))
    return Promise.resolve(`${address} is not in ${LOOPBACK}: only these need no plumbing`);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.message));
    server.listen({ host: address, port: 0, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
