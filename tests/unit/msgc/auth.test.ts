/** Servers and clients that prove a key: who meets whom, what a wrong key shows, and how keys are changed. */

import { describe, expect, test } from 'vitest';
import { busSecrets } from '../../../server/adapters/bus-keys.ts';
import type { NodeName } from '../../../server/model/names.ts';
import type { BusSecrets } from '../../../server/msgc/auth.ts';
import { clientOptions, serverOptions } from '../../../server/msgc/options.ts';
import { PORT } from '../../sim/bus/bus-processes.ts';
import { type BusClient, heard, join, MemoryBus, publish } from '../../support/memory-bus.ts';

const OLD = '6f1de2c3b4a5968778695a4b3c2d1e0f';
const NEW = 'c0ffee15900d4b1d7e57ed0ddba11235';
const NODES = ['a', 'b', 'c'] as const;

function hold(bus: MemoryBus, node: string, secrets: BusSecrets | undefined): void {
  const peers = NODES.map((name) => ({ node: name as NodeName, host: name, port: PORT }));
  bus.server(node).process.give({ type: 'optionsChanged', options: serverOptions({ peers, secrets }) });
}

function clientOf(bus: MemoryBus, server: string, secrets: BusSecrets | undefined): BusClient {
  const client = bus.client(server);
  const servers = [{ host: server, port: PORT }];
  client.process.give({ type: 'optionsChanged', options: clientOptions({ servers, secrets }) });
  return client;
}

function startedWith(keys: Readonly<Record<string, readonly string[]>>): MemoryBus {
  const bus = new MemoryBus([...NODES]);
  for (const node of NODES) {
    bus.start(node);
    const own = keys[node];
    hold(bus, node, own === undefined ? undefined : busSecrets(own));
  }
  bus.clock.runFor(1_000);
  return bus;
}

const sorted = (names: readonly string[]) => [...names].sort();
const refusedBy = (client: BusClient) =>
  client.events.flatMap((event) => (event.type === 'busRefused' ? [event.reason] : []));

describe('a bus with a key', () => {
  test('forms one view, serves clients that have the key, and says that it is authenticated', () => {
    const bus = startedWith({ a: [NEW], b: [NEW], c: [NEW] });
    const client = clientOf(bus, 'a', busSecrets([NEW]));
    const other = clientOf(bus, 'c', busSecrets([NEW]));
    bus.clock.runFor(200);
    join(client, 'ec0-4', 'g');
    bus.clock.runFor(100);
    publish(other, 'ec0-5', ['g'], 'hello');
    bus.clock.runFor(100);
    expect(heard(client)).toEqual(['ec0-4<#ec0-5#c: hello']);
    for (const node of NODES) {
      expect(sorted(bus.members(node))).toEqual(['a', 'b', 'c']);
      expect(bus.server(node).core.status(0)).toMatchObject({ authenticated: true, refusals: {} });
    }
  });

  test.each([
    ['another key', [OLD], 'wrong key'],
    ['no key', undefined, 'no key'],
  ])('a server with %s stays alone; both sides count it and say why', (_what, keys, reason) => {
    const bus = startedWith({ a: [NEW], b: [NEW], ...(keys === undefined ? {} : { c: keys }) });
    bus.clock.runFor(60_000);
    expect(bus.members('a')).toEqual(['a', 'b']);
    expect(bus.members('c')).toEqual(['c']);
    for (const [node, peer] of [
      ['a', 'c'],
      ['c', 'a'],
    ] as const) {
      const { refusals, counters, links } = bus.server(node).core.status(bus.clock.nowMs());
      const link = links.find((one) => one.peer === peer);
      expect(refusals[reason]).toBeGreaterThan(0);
      expect(counters[`closed_${reason.replace(' ', '_')}`]).toBe(refusals[reason]);
      expect(link).toMatchObject({ state: 'refused', detail: expect.stringContaining(reason) });
      // One dial in each hold-down of up to 5 s, not one after the other.
      expect(link?.refused).toBeGreaterThan(5);
      expect(link?.refused).toBeLessThan(30);
    }
    const told = bus.server('a').events.filter(({ type }) => type === 'connectionRefused');
    expect(told.length).toBeGreaterThan(0);
  });

  test.each([
    ['without a key at a server with one', [NEW], undefined, 'refused: no key'],
    ['with a key at a server without one', undefined, [NEW], 'refused: no key'],
    ['with another key', [NEW], [OLD], 'refused: wrong key'],
  ])('a client %s is told why, is nobody there, and goes on trying', (_what, server, own, reason) => {
    const bus = startedWith(server === undefined ? {} : { a: server, b: server, c: server });
    const client = clientOf(bus, 'a', own === undefined ? undefined : busSecrets(own));
    bus.clock.runFor(20_000);
    expect(client.core.isConnected).toBe(false);
    expect(new Set(refusedBy(client))).toEqual(new Set([reason]));
    expect(refusedBy(client).length).toBeGreaterThan(2);
    expect(bus.server('a').core.status(0).clients).toBe(0);
    client.process.give({
      type: 'optionsChanged',
      options: clientOptions({
        servers: [{ host: 'a', port: PORT }],
        secrets: server === undefined ? undefined : busSecrets(server),
      }),
    });
    bus.clock.runFor(6_000);
    expect(client.core.isConnected).toBe(true);
  });
});

const ORDERS = [
  ['a', 'b', 'c'],
  ['a', 'c', 'b'],
  ['b', 'a', 'c'],
  ['b', 'c', 'a'],
  ['c', 'a', 'b'],
  ['c', 'b', 'a'],
] as const;
/** What the manual says: the new key second everywhere, then first everywhere, then alone. */
const STEPS = [[OLD, NEW], [NEW, OLD], [NEW]];

describe('another key while the bus runs', () => {
  test.each(ORDERS.map((order) => [order.join(', then '), order] as const))(
    'is taken over on %s, and whoever connects meanwhile finds everybody',
    (_title, order) => {
      const keys: Record<string, readonly string[]> = { a: [OLD], b: [OLD], c: [OLD] };
      const bus = startedWith(keys);
      for (const step of STEPS) {
        for (const node of order) {
          keys[node] = step;
          hold(bus, node, busSecrets(step));
          const restarted = order[(order.indexOf(node) + 1) % 3] ?? 'a';
          bus.kill(restarted);
          bus.clock.runFor(300);
          bus.start(restarted);
          hold(bus, restarted, busSecrets(keys[restarted] ?? []));
          const client = clientOf(bus, node, busSecrets(keys[restarted] ?? []));
          bus.clock.runFor(1_500);
          for (const one of NODES) expect(sorted(bus.members(one))).toEqual(['a', 'b', 'c']);
          expect(client.core.isConnected).toBe(true);
          client.process.give({ type: 'leave' });
        }
      }
      for (const node of NODES) expect(bus.server(node).core.status(0).refusals).toEqual({});
    },
  );

  test('leaves links and clients alone that stand', () => {
    const bus = startedWith({ a: [OLD], b: [OLD], c: [OLD] });
    const client = clientOf(bus, 'a', busSecrets([OLD]));
    bus.clock.runFor(500);
    for (const node of NODES) hold(bus, node, busSecrets([NEW]));
    bus.clock.runFor(10_000);
    expect(client.core.isConnected).toBe(true);
    for (const node of NODES) {
      expect(bus.counter(node, 'views')).toBe(bus.counter('a', 'views'));
      const { links } = bus.server(node).core.status(0);
      expect(links.map(({ state, reconnects }) => `${state} ${reconnects}`)).toEqual(['up 0', 'up 0']);
    }
  });

  test('switched on while the bus runs, it holds from the next connection on', () => {
    const bus = startedWith({});
    expect(bus.server('a').core.status(0).authenticated).toBe(false);
    for (const node of NODES) hold(bus, node, busSecrets([NEW]));
    bus.clock.runFor(1_000);
    expect(sorted(bus.members('a'))).toEqual(['a', 'b', 'c']);
    bus.kill('b');
    bus.clock.runFor(500);
    bus.start('b');
    bus.clock.runFor(5_000);
    expect(sorted(bus.members('a'))).toEqual(['a', 'c']);
    hold(bus, 'b', busSecrets([NEW]));
    bus.clock.runFor(6_000);
    expect(sorted(bus.members('a'))).toEqual(['a', 'b', 'c']);
  });
});
