/** What may go wrong between real servers in namespaces, one thing at a time, each with its end. */

import type { Prng } from '../../server/base/prng.ts';
import type { Namespaces } from '../support/net-namespaces.ts';
import { type NetBusWorld, SERVERS, type ServerName } from './bus-world.ts';

export type Fault = {
  readonly name: string;
  readonly run: (world: NetBusWorld, network: Namespaces, prng: Prng) => Promise<void>;
};

/** Below and beyond the time after which a silent link is down. */
const SHORT_MS = [50, 600] as const;
const LONG_MS = [900, 2_500] as const;

function spanMs(prng: Prng): number {
  const [low, high] = prng.chance(0.5) ? SHORT_MS : LONG_MS;
  return prng.between(low, high);
}

function twoOf(prng: Prng): readonly [ServerName, ServerName] {
  const from = prng.pick(SERVERS);
  return [from, prng.pick(SERVERS.filter((name) => name !== from))];
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'link down',
    run: async (_world, network, prng) => {
      const host = prng.pick(SERVERS);
      network.setLink(host, 'down');
      await pass(spanMs(prng));
      network.setLink(host, 'up');
    },
  },
  {
    name: 'one-way cut',
    run: async (_world, network, prng) => {
      const [from, to] = twoOf(prng);
      network.cut(from, to);
      await pass(spanMs(prng));
      network.join(from, to);
    },
  },
  {
    name: 'one host hears nobody',
    run: async (_world, network, prng) => {
      const to = prng.pick(SERVERS);
      const others = SERVERS.filter((name) => name !== to);
      for (const from of others) network.cut(from, to);
      await pass(spanMs(prng));
      for (const from of others) network.join(from, to);
    },
  },
  {
    name: 'packet drop',
    run: async (_world, network, prng) => {
      const [from, to] = twoOf(prng);
      const bursts = Array.from({ length: 10 }, () => ({
        lostMs: prng.between(5, 120),
        passedMs: prng.between(5, 120),
      }));
      await network.lose(from, to, bursts);
    },
  },
  {
    name: 'kill and restart',
    run: async (world, _network, prng) => {
      const name = prng.pick(SERVERS);
      await world.killServer(name);
      await pass(spanMs(prng));
      world.startServer(name);
    },
  },
  {
    name: 'stop and continue',
    run: async (world, _network, prng) => {
      const name = prng.pick(SERVERS);
      world.signal(name, 'SIGSTOP');
      await pass(spanMs(prng));
      world.signal(name, 'SIGCONT');
    },
  },
  {
    name: 'client killed, back under its name',
    run: async (world, _network, prng) => {
      await world.restartClient(prng.pick(world.clients).args.session);
    },
  },
  {
    name: 'slow reading',
    run: async (world, _network, prng) => {
      const direction = prng.pick(['toTarget', 'toClient'] as const);
      world.proxy({ do: 'slow', direction, bytesPerSecond: prng.between(3_000, 50_000) });
      await pass(spanMs(prng));
      world.proxy({ do: 'resume' });
    },
  },
  {
    name: 'delay',
    run: async (world, _network, prng) => {
      const direction = prng.pick(['toTarget', 'toClient'] as const);
      world.proxy({ do: 'delay', direction, ms: prng.between(20, 400) });
      await pass(spanMs(prng));
      world.proxy({ do: 'resume' });
    },
  },
  {
    name: 'cut inside a frame',
    run: async (world, _network, prng) => {
      const direction = prng.pick(['toTarget', 'toClient'] as const);
      for (let cuts = 1 + prng.below(4); cuts > 0; cuts -= 1) {
        world.proxy({ do: 'cutAfter', direction, bytes: 1 + prng.below(3_000) });
        await pass(spanMs(prng) / 4);
      }
    },
  },
];

/** Two faults at the same time, again and again. */
export async function randomFaults(
  world: NetBusWorld,
  network: Namespaces,
  prng: Prng,
  forMs: number,
): Promise<readonly string[]> {
  const endMs = performance.now() + forMs;
  const names: string[] = [];
  const stream = async (own: Prng): Promise<void> => {
    while (performance.now() < endMs) {
      const fault = own.pick(FAULTS);
      names.push(fault.name);
      await fault.run(world, network, own);
      await pass(own.between(0, 400));
    }
  };
  await Promise.all([stream(prng.fork()), stream(prng.fork())]);
  return names;
}

export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
