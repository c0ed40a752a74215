import { Prng } from '../../server/base/prng.ts';
import type { StreamInput } from '../../server/base/stream-io.ts';
import { MemoryNetwork } from '../../server/memory/memory-network.ts';
import { VirtualClock } from '../../server/memory/virtual-clock.ts';
import { type StreamWorld, streamContract } from './streams.ts';

const PATIENCE_MS = 60_000;

async function memoryWorld(): Promise<StreamWorld> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, new Prng(1));
  const party = (host: string, port?: number) => {
    const facts: StreamInput[] = [];
    const give = (fact: StreamInput): void => void facts.push(fact);
    const endpoint = network.endpoint({ host, give, ...(port === undefined ? {} : { port }) });
    return { facts, perform: endpoint.perform.bind(endpoint) };
  };
  const until = async (condition: () => boolean): Promise<void> => {
    const deadlineMs = clock.nowMs() + PATIENCE_MS;
    while (!condition()) {
      if (!clock.step(deadlineMs)) throw new Error('the condition never held');
    }
  };
  const listener = party('10.0.0.1', 4_803);
  const dialer = party('10.0.0.2');
  return { listener, dialer, host: '10.0.0.1', port: 4_803, deadPort: 9, until, stop: async () => undefined };
}

streamContract('the in-memory network', memoryWorld);
