/** The traffic of a demo against its own sink, without nodes between them. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { MailClient, type SendOutcome } from '../../../server/daemons/demo/mail-client.ts';
import {
  type ArrivedMessage,
  MailSink,
  NUMBER_FIELD,
  type SinkOptions,
} from '../../../server/daemons/demo/mail-sink.ts';
import { MailTraffic, type TrafficOptions } from '../../../server/daemons/demo/mail-traffic.ts';
import { until } from '../../support/until.ts';

const ADDRESS = '127.0.0.1';
const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function newSink(options: Partial<SinkOptions> = {}) {
  const arrived: ArrivedMessage[] = [];
  const sink = await MailSink.start({
    address: ADDRESS,
    port: 0,
    arrived: (message) => arrived.push(message),
    ...options,
  });
  ending.push(() => sink.stop());
  return { sink, arrived };
}

function newTraffic(port: number, options: Partial<TrafficOptions> = {}) {
  const told = new Map<string, SendOutcome>();
  const traffic = new MailTraffic({
    targets: [{ address: ADDRESS, port }],
    sources: [ADDRESS],
    domains: [{ domain: 'inbox.example', share: 1 }],
    senderDomain: 'shop.example',
    perSecond: 400,
    inWaves: false,
    sessions: 4,
    messagesPerSession: 10,
    bodyBytes: 500,
    run: 'a',
    seed: 1,
    told: (number, outcome) => told.set(number, outcome),
    ...options,
  });
  ending.push(() => traffic.stop());
  traffic.start();
  return { traffic, told };
}

describe('made traffic', () => {
  test('every message has a number of its own and arrives once, over several sessions', async () => {
    const { sink, arrived } = await newSink();
    const { traffic, told } = newTraffic(sink.port);
    await until(() => arrived.length >= 60);
    await traffic.stop();
    const numbers = arrived.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect([...told.keys()].sort()).toEqual([...numbers].sort());
    expect(new Set(told.values())).toEqual(new Set(['accepted']));
    expect(traffic.counters).toMatchObject({ accepted: numbers.length, unknown: 0, refused: 0 });
    expect(arrived[0]).toMatchObject({ from: 'orders@shop.example', client: ADDRESS });
    expect(arrived[0]?.bytes).toBeGreaterThan(500);
    expect(sink.counters.connectionsMost).toBeLessThanOrEqual(4 + 1);
  });

  test('domains are treated as the sink was told, and the sender hears it', async () => {
    const fates = new Map([
      ['busy.example', { defersEvery: 2 }],
      ['strict.example', { refusesEvery: 3 }],
    ]);
    const { sink } = await newSink({ fates });
    const domains = ['busy.example', 'strict.example', 'inbox.example'].map((domain) => ({
      domain,
      share: 1,
    }));
    const { traffic } = newTraffic(sink.port, { domains });
    await until(() => Math.min(sink.counters.deferred, sink.counters.refused) >= 5);
    await traffic.stop();
    const { accepted, deferred, refused } = traffic.counters;
    expect({ taken: accepted, deferred, refused }).toEqual({
      taken: sink.counters.taken,
      deferred: sink.counters.deferred,
      refused: sink.counters.refused,
    });
  });

  test('the sink counts bounces apart from what they are about, and only who was greeted', async () => {
    const { sink, arrived } = await newSink();
    const client = new MailClient({ name: 'mx.example', from: ADDRESS });
    expect(await client.open({ address: ADDRESS, port: sink.port })).toBe(true);
    const text = `Subject: bounce\r\n\r\nAbout:\r\n${NUMBER_FIELD}: a.1\r\n`;
    expect(await client.send({ from: '', to: 'orders@shop.example', text })).toBe('accepted');
    expect(arrived).toMatchObject([{ number: undefined, from: '' }]);
    expect(sink.counters).toMatchObject({ taken: 1, others: 1, connections: 1 });
    const hasty = connect(sink.port, ADDRESS, () => hasty.destroy());
    await once(hasty, 'close');
    client.quit();
    await until(() => sink.counters.connections === 0);
  });

  test('traffic ends although nobody answers, and says that it does not know', async () => {
    const { sink } = await newSink({ thinksMs: 60_000 });
    const { traffic, told } = newTraffic(sink.port);
    await until(() => sink.counters.connections === 4);
    await until(() => traffic.made >= 4);
    await traffic.stop();
    expect(new Set(told.values())).toEqual(new Set(['unknown']));
  });

  test('what cannot be sent is not kept, and traffic goes on when somebody listens again', async () => {
    const first = await newSink();
    const { traffic, told } = newTraffic(first.sink.port);
    await until(() => first.arrived.length >= 10);
    const { port } = first.sink;
    await first.sink.stop();
    await until(() => traffic.counters.unreached > 0 && traffic.counters.skipped > 0);
    const { arrived } = await newSink({ port });
    await until(() => arrived.length >= 10);
    await traffic.stop();
    const there = new Set([...first.arrived, ...arrived].map(({ number }) => number));
    const lost = [...told].filter(([number, outcome]) => outcome === 'accepted' && !there.has(number));
    expect(lost).toEqual([]);
  });
});
