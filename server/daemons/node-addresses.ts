/**
 * The DuraVIPs of a node on its machine: the adapter that the configuration names, opened when the first command comes, and
 * the listeners that follow the addresses. Composition only.
 */

import os from 'node:os';
import { GuardedAddresses, type GuardedAddressesParts } from '../adapters/guarded-addresses.ts';
import { LoopbackAddresses } from '../adapters/loopback-addresses.ts';
import type { Logger } from '../base/ports.ts';
import type { VipPlan } from '../cluster/duravip-plan.ts';
import type { Generation } from '../conf/generation.ts';
import type { HostAdapter, HostCommand, HostFact } from '../duravip/api.ts';
import { type IpAddress, type Network, parseNetwork } from '../model/ip.ts';
import type { HostAddresses } from './process-host.ts';
import type { VipService } from './vip-endpoint.ts';
import { VipListeners } from './vip-listeners.ts';

export type NodeAddressesParts = {
  /** Of the start: it does not change while the process runs. */
  readonly kind: VipPlan['host'];
  readonly generation: Generation;
  /** How long this process may be silent before its guard lets go of all addresses. */
  readonly patienceMs: number;
  readonly logger: Logger;
  /** Serves ESMTP_Listener. */
  readonly mail: VipService;
};

/** Opens nothing before something is commanded: a node without DuraVIPs leaves its machine alone. */
export function nodeAddresses(parts: NodeAddressesParts): (give: (fact: HostFact) => void) => HostAddresses {
  const { kind, generation, patienceMs, logger } = parts;
  return (onFact) =>
    new NodeAddresses({
      open: () => openAdapter(kind, { onFact, patienceMs }),
      listeners: new VipListeners({
        generation,
        services: new Map([['ESMTP_Listener', parts.mail]]),
        problem: (problem) => logger.error('listener.not_opened', { problem }),
      }),
    });
}

function openAdapter(kind: VipPlan['host'], parts: GuardedAddressesParts): HostAdapter {
  return kind === 'loopback' ? new LoopbackAddresses(parts) : new GuardedAddresses(parts);
}

class NodeAddresses implements HostAddresses {
  readonly #open: () => HostAdapter;
  readonly #listeners: VipListeners;
  #adapter: HostAdapter | undefined;

  constructor(parts: { readonly open: () => HostAdapter; readonly listeners: VipListeners }) {
    this.#open = parts.open;
    this.#listeners = parts.listeners;
  }

  perform(command: HostCommand): void {
    this.#adapter ??= this.#open();
    this.#adapter.perform(command);
  }

  serve(address: IpAddress, run: boolean): void {
    this.#listeners.serve(address, run);
  }

  follow(generation: Generation): Promise<readonly string[]> {
    return this.#listeners.follow(generation);
  }

  async close(): Promise<void> {
    this.#listeners.close();
    await this.#adapter?.close();
  }
}

/** Networks that the interfaces of this machine are in now. */
export function hostNetworks(): readonly Network[] {
  return Object.values(os.networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ cidr }) => {
      const network = cidr === null ? undefined : parseNetwork(cidr);
      return network?.ok === true ? [network.value] : [];
    }),
  );
}
