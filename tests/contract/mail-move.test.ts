/** [VIP-31] A message moves to another node: over its cluster listener, with proof of both ends, and SMTP behind it. */

import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MailSpool, openSpool } from '../../server/adapters/mail-spool.ts';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { SmtpDelivery } from '../../server/adapters/smtp-delivery.ts';
import { SmtpReception } from '../../server/adapters/smtp-reception.ts';
import { type Driver, drive } from '../../server/base/core.ts';
import { ClusterStreams } from '../../server/daemons/cluster-listener.ts';
import { dialNode } from '../../server/daemons/node-dial.ts';
import { LogService } from '../../server/logs/service.ts';
import type { LogServiceInput } from '../../server/logs/service-api.ts';
import type { ServiceKeys } from '../../server/logs/service-keys.ts';
import { type Envelope, type MailFact, MOVE_SERVICE } from '../../server/mail/api.ts';
import type { NodeName } from '../../server/model/names.ts';
import { numberedId, ScriptedReception, scriptedEnvelope } from '../support/scripted-mail.ts';
import { until } from '../support/until.ts';

const NODE_SESSION = {
  ehlo: 'node1',
  connectMs: 2_000,
  ehloMs: 2_000,
  mailFromMs: 2_000,
  rcptToMs: 2_000,
  bodyMs: 2_000,
  rsetMs: 2_000,
};

function keysOf(secret: string): ServiceKeys {
  const mac = (data: Buffer): Buffer => createHmac('sha256', secret).update(data).digest();
  return { keys: [{ id: secret, mac }], nonce: () => randomBytes(32) };
}

let directory: string;
let spools: { readonly from: MailSpool; readonly to: MailSpool };
let streams: ClusterStreams;
let reception: SmtpReception;
let delivery: SmtpDelivery;
let desk: ScriptedReception;
let facts: MailFact[];
let driver: Driver<LogServiceInput>;
let calls: ServiceKeys | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'muster-move-'));
  const spoolOf = async (name: string): Promise<MailSpool> => {
    const opened = await openSpool({ base: join(directory, name), mode: 0o640, onState: () => undefined });
    return opened.spool;
  };
  spools = { from: await spoolOf('from'), to: await spoolOf('to') };
  desk = new ScriptedReception();
  facts = [];
  calls = undefined;
});
afterEach(async () => {
  delivery.close();
  await reception.close();
  driver.stop();
  streams.stop();
  await spools.from.close();
  await spools.to.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A node that takes messages over its cluster listener, and one that hands them over. @returns the listener. */
async function nodes(keys: ServiceKeys | undefined): Promise<string> {
  const clock = monotonicClock();
  streams = new ClusterStreams();
  reception = new SmtpReception({
    hostname: 'node2',
    desk,
    give: (fact) => desk.facts.push(fact),
    spool: () => spools.to,
    clock,
  });
  const options = { keys, activeMs: 1_000, idleMs: 1_000, logs: new Map<string, string>() };
  const service = new LogService({ node: 'node2', version: '1' }, options, [MOVE_SERVICE]);
  driver = drive(service, clock, (effect) => {
    if (effect.type === 'stream') streams.perform(effect.effect);
    if (effect.type !== 'handedOver') return;
    const socket = streams.release(effect.conn);
    if (socket === undefined) return;
    if (effect.rest.length > 0) socket.unshift(effect.rest);
    reception.accept(socket, effect.caller.from);
  });
  streams.attach((input) => driver.give({ type: 'stream', input }));
  const plan = { instance: '', endpoint: { kind: 'tcp', host: '127.0.0.1', port: 0 }, backlog: 10 } as const;
  const { port } = await streams.listen({ ...plan, fileMode: 0o660 });
  delivery = new SmtpDelivery({
    give: (fact) => facts.push(fact),
    spool: () => spools.from,
    addressesOf: async () => [],
    connectNode: ({ node, listener }) => {
      const [host = '', at = ''] = listener.split(':');
      const place = { host, port: Number(at), localAddress: '127.0.0.1' };
      return dialNode({ service: MOVE_SERVICE, from: 'node1', to: node, ...place, keys: calls });
    },
    nodeSession: () => NODE_SESSION,
  });
  return `127.0.0.1:${port}`;
}

async function store(number: number, changes: Partial<Envelope> = {}): Promise<Envelope> {
  const envelope = scriptedEnvelope({ id: numberedId(number), binding: 'vip "1"', attempts: 3, ...changes });
  const writer = spools.from.begin();
  await writer.write(Buffer.from('Subject: one\r\n\r\nbody\r\n'));
  await spools.from.commit(writer, { trace: undefined, envelopes: [envelope] });
  return envelope;
}

function connect(listener: string, node = 'node2'): void {
  delivery.perform({ type: 'connectNode', connection: 1, node: node as NodeName, listener });
}

const first = <T extends MailFact['type']>(type: T): Promise<Extract<MailFact, { type: T }>> =>
  until(() => facts.find((fact): fact is Extract<MailFact, { type: T }> => fact.type === type));

describe('[VIP-31] a message that moves', () => {
  test.each([
    ['with keys', 'secret'],
    ['without keys', undefined],
  ])('%s keeps its name, binding, age and attempts', async (_, secret) => {
    const keys = secret === undefined ? undefined : keysOf(secret);
    calls = keys;
    connect(await nodes(keys));
    expect(await first('connected')).toMatchObject({ host: 'node2', address: '127.0.0.1' });
    for (const number of [1, 2]) {
      const envelope = await store(number);
      delivery.perform({ type: 'send', connection: 1, envelope });
      await until(() => facts.filter(({ type }) => type === 'sent').length === number);
      const { id, binding, receivedWallMs, attempts } = envelope;
      expect(desk.arrivals.at(-1)?.transferred).toEqual({ id, binding, receivedWallMs, attempts });
      expect(spools.to.has(id)).toBe(true);
    }
    expect(facts.flatMap((fact) => (fact.type === 'sent' ? fact.outcome.results : []))).toMatchObject([
      { code: 250 },
      { code: 250 },
    ]);
    expect(desk.clients).toMatchObject([{ transfer: true, address: '127.0.0.1' }]);
  });

  test.each([
    ['with another key', 'other', 'node2', 'no key of the bus in common'],
    ['without a key', undefined, 'node2', 'has keys of the bus'],
    ['called by another name', 'secret', 'node3', 'another node was called'],
  ])('%s stays where it is', async (_, secret, name, reason) => {
    const listener = await nodes(keysOf('secret'));
    calls = secret === undefined ? undefined : keysOf(secret);
    connect(listener, name);
    expect((await first('disconnected')).reason).toContain(reason);
    expect(desk.clients).toEqual([]);
  });

  test('that the other node does not take stays here, and the connection serves the next one', async () => {
    const listener = await nodes(undefined);
    desk.verdicts.end = { code: 451, text: '4.3.2 the binding is not here' };
    connect(listener);
    await first('connected');
    delivery.perform({ type: 'send', connection: 1, envelope: await store(1) });
    expect((await first('sent')).outcome.results).toMatchObject([{ code: 451 }]);
    delete desk.verdicts.end;
    delivery.perform({ type: 'send', connection: 1, envelope: await store(2) });
    await until(() => spools.to.has(numberedId(2)));
    expect(spools.to.has(numberedId(1))).toBe(false);
  });

  test('to a node that is not there says so', async () => {
    await nodes(undefined);
    connect('127.0.0.1:1');
    expect(await first('disconnected')).toMatchObject({
      stage: 0,
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('without facts of its envelope is refused', async () => {
    const listener = await nodes(undefined);
    const [host = '', port = ''] = listener.split(':');
    const call = { service: MOVE_SERVICE, from: 'node1', to: 'node2', host, port: Number(port) };
    const socket = await dialNode({ ...call, localAddress: undefined, keys: undefined });
    let heard = '';
    socket.on('data', (bytes) => {
      heard += String(bytes);
    });
    socket.resume();
    await until(() => heard.includes('220 '));
    for (const envid of [
      '',
      ' ENVID=nonsense',
      ` ENVID=${Buffer.from('{"id":"../x"}').toString('base64url')}`,
    ]) {
      heard = '';
      socket.write(`EHLO node1\r\nMAIL FROM:<a@x.example>${envid}\r\n`);
      await until(() => heard.includes('501 5.5.4'));
    }
    socket.destroy();
  });
});
