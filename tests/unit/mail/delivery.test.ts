/** Deliveries of the mail core: connections, answers, retries, expiry, bounces, limits. */

import { describe, expect, test } from 'vitest';
import { MailWorld, mailPlan } from '../../support/mail-world.ts';

const TO = ['bob@example.test'];

function sendOne(world: MailWorld) {
  world.connectAll();
  const [send] = world.take('send');
  if (send === undefined) throw new Error('nothing was sent');
  return send;
}

describe('delivery', () => {
  test('a message is resolved, connected, sent and removed after its final answer', () => {
    const world = new MailWorld();
    const { code, ids } = world.receive('a@x.test', TO);
    expect(code).toBe(250);
    const { connection, envelope } = sendOne(world);
    expect(envelope.id).toBe(ids[0]);
    expect(world.spool.size).toBe(1);
    world.answer(connection, envelope, 250);
    expect(world.spool.size).toBe(0);
    expect(world.core.counters).toMatchObject({ receptions: 1, deliveries: 1, active: 0, outbound: 1 });
    world.pass(5_000);
    expect(world.take('disconnect')).toEqual([{ type: 'disconnect', connection }]);
    world.give({ type: 'disconnected', connection, reason: 'quit', stage: 1 });
    expect(world.core.counters.outbound).toBe(0);
    expect([...world.cluster.counts]).toEqual([]);
    expect(world.core.quiet).toBe(true);
  });

  test('one connection takes messages one after the other, and ends after its deliveries', () => {
    const world = new MailWorld(mailPlan({ nodeMax: 1, deliveriesPerConnection: 2 }));
    for (let n = 0; n < 3; n += 1) world.receive('a@x.test', TO);
    const [connection = 0, ...others] = world.connectAll();
    expect(others).toEqual([]);
    for (const expected of [1, 1, 0]) {
      const sends = world.take('send');
      expect(sends).toHaveLength(expected);
      const [send] = sends;
      if (send !== undefined) world.answer(connection, send.envelope, 250);
    }
    expect(world.take('disconnect')).toHaveLength(1);
    world.give({ type: 'disconnected', connection, reason: 'quit', stage: 1 });
    expect(world.connectAll()).toHaveLength(1);
    expect(world.take('send')).toHaveLength(1);
  });

  test('never more connections than max_outbound_connections for a binding and domain', () => {
    const world = new MailWorld(mailPlan({ nodeMax: 5 }));
    for (let n = 0; n < 50; n += 1) world.receive('a@x.test', TO);
    let open = 0;
    for (let round = 0; round < 5; round += 1) open += world.connectAll().length;
    expect(open).toBe(5);
  });

  test('a destination that has not answered yet is tried with two connections', () => {
    const world = new MailWorld();
    for (let n = 0; n < 50; n += 1) world.receive('a@x.test', TO);
    for (const { domain } of world.take('resolve')) {
      const hosts = [{ host: 'mx.test', addresses: ['192.0.2.1'] }];
      world.give({ type: 'resolved', domain, answer: { ok: true, hosts } });
    }
    expect(world.take('connect')).toHaveLength(2);
  });

  test('a transient failure waits, doubled each time up to the longest, and expires at last', () => {
    const world = new MailWorld(
      mailPlan({ retryMs: 60_000, maxRetryMs: 200_000, expirationMs: 600_000, idleMs: 1 }),
    );
    world.receive('a@x.test', TO);
    const waits: number[] = [];
    for (;;) {
      const { connection, envelope } = sendOne(world);
      world.answer(connection, envelope, 451);
      const [kept] = world.spool.values();
      if (kept === undefined || world.effects.some(({ type }) => type === 'bounce')) break;
      waits.push(kept.nextAttemptWallMs - world.wallMs);
      expect(world.core.counters).toMatchObject({ active: 0, delayed: 1 });
      world.pass(2);
      world.give({ type: 'disconnected', connection, reason: 'quit', stage: 1 });
      world.pass((waits.at(-1) ?? 0) - 2);
    }
    expect(waits).toEqual([60_000, 120_000, 200_000, 200_000, 20_000]);
    expect(world.lines.at(-1)).toMatch(
      /^bouncelog .*@B@.*@22@24@.*554 5\.4\.7 \[internal\] exceeded max time/,
    );
    expect(world.spool.size).toBe(1);
    world.bounceWritten();
    expect([...world.spool.values()].map(({ from, recipients }) => [from, recipients[0]?.address])).toEqual([
      ['', 'a@x.test'],
    ]);
  });

  test('after max_retries a message fails', () => {
    const world = new MailWorld(mailPlan({ retryMs: 1_000, maxRetryMs: 1_000, maxRetries: 1 }));
    world.receive('', TO);
    for (const left of [1, 0]) {
      const [connection = 0] = [...world.connectAll(), ...world.core.outbound().map((one) => one.connection)];
      const [send] = world.take('send');
      if (send !== undefined) world.answer(connection, send.envelope, 421);
      expect(world.spool.size).toBe(left);
      world.pass(1_000);
    }
  });

  test('recipients are answered one by one: served, waiting and failed ones part', () => {
    const world = new MailWorld();
    world.receive('a@x.test', ['ok@y.test', 'later@y.test', 'never@y.test']);
    const { connection, envelope } = sendOne(world);
    world.answer(connection, envelope, 250, 450, 550);
    const [bounce] = world.effects.filter((effect) => effect.type === 'bounce');
    expect(bounce).toMatchObject({ failed: [{ address: 'never@y.test', code: 550 }] });
    const left = () => world.spool.get(envelope.id)?.recipients.map(({ address }) => address);
    expect(left()).toEqual(['later@y.test', 'never@y.test']);
    world.bounceWritten();
    expect(left()).toEqual(['later@y.test']);
    expect(world.spool.get(envelope.id)).toMatchObject({ attempts: 1 });
    expect(world.core.counters).toMatchObject({ deliveries: 1, transients: 1, failures: 1, receptions: 4 });
  });

  test('a bounce that cannot be written keeps the message', () => {
    const world = new MailWorld();
    world.receive('a@x.test', TO);
    const { connection, envelope } = sendOne(world);
    world.answer(connection, envelope, 550);
    const [bounce] = world.take('bounce');
    world.give({ type: 'notSpooled', id: bounce?.envelope.id ?? '', reason: 'full' });
    expect(world.spool.has(envelope.id)).toBe(true);
    expect(world.core.counters.delayed).toBe(1);
  });

  test.each([
    ['of the null sender', '', {}],
    ['where bounces are off', 'a@x.test', { generateBounces: false }],
  ])('there is no bounce %s', (_, from, policy) => {
    const world = new MailWorld(mailPlan(policy));
    world.receive(from, TO);
    const { connection, envelope } = sendOne(world);
    world.answer(connection, envelope, 550);
    expect(world.take('bounce')).toEqual([]);
    expect(world.spool.size).toBe(0);
  });

  test('a connection that drops leaves the outcome unknown: the message stays', () => {
    const world = new MailWorld();
    world.receive('a@x.test', TO);
    const { connection, envelope } = sendOne(world);
    world.give({ type: 'disconnected', connection, reason: 'reset', stage: 9 });
    expect(world.spool.get(envelope.id)).toMatchObject({ attempts: 1 });
    expect(world.lines.at(-1)).toMatch(/@T@example\.test@201@.*@9@0@0@192\.0\.2\.1@421 4\.4\.2 \[internal\]/);
  });

  test('an answer about another message counts for nothing', () => {
    const world = new MailWorld();
    world.receive('a@x.test', TO);
    const { connection, envelope } = sendOne(world);
    world.answer(connection, { ...envelope, id: 'other' }, 250);
    expect(world.spool.size).toBe(1);
  });

  test('recipients without an answer are not settled', () => {
    const world = new MailWorld();
    world.receive('a@x.test', ['a@y.test', 'b@y.test']);
    const { connection, envelope } = sendOne(world);
    const results = [{ code: 250, text: 'ok', stage: 9 }];
    world.give({ type: 'sent', connection, outcome: { message: envelope.id, results } });
    expect(world.spool.get(envelope.id)?.recipients.map(({ address }) => address)).toEqual(['b@y.test']);
  });

  test('where nobody answers the phone, all that wait hear it once the last try failed', () => {
    const world = new MailWorld();
    for (let n = 0; n < 3; n += 1) world.receive('a@x.test', TO);
    for (const { domain } of world.take('resolve')) {
      const hosts = [{ host: 'mx.test', addresses: ['192.0.2.1'] }];
      world.give({ type: 'resolved', domain, answer: { ok: true, hosts } });
    }
    const [first, second] = world.take('connect');
    world.give({ type: 'disconnected', connection: first?.connection ?? 0, reason: 'refused', stage: 0 });
    expect(world.core.counters).toMatchObject({ active: 3, delayed: 0 });
    world.give({ type: 'disconnected', connection: second?.connection ?? 0, reason: 'refused', stage: 0 });
    world.pass(0);
    expect(world.core.counters).toMatchObject({ active: 0, delayed: 3, transients: 3 });
    expect(world.lines.at(-1)).toMatch(
      /@T@example\.test@0@default@default@0@0@.*@unknown@421 .*no adequate servers/,
    );
  });

  test('a domain that is gone fails for good, one that DNS does not answer for waits', () => {
    for (const [gone, left] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const world = new MailWorld();
      world.receive('', TO);
      world.give({
        type: 'resolved',
        domain: 'example.test',
        answer: { ok: false, gone, text: 'no such domain' },
      });
      world.pass(0);
      expect(world.spool.size).toBe(left);
    }
  });

  test('a question to DNS without an answer is a failure, and asked again later', () => {
    const world = new MailWorld();
    world.receive('', TO);
    expect(world.take('resolve')).toHaveLength(1);
    world.pass(60_000);
    expect(world.core.counters.delayed).toBe(1);
    world.pass(1_200_000);
    expect(world.take('resolve')).toHaveLength(1);
  });

  test('with routes nobody asks DNS', () => {
    const world = new MailWorld(mailPlan({ routes: ['relay.test', '192.0.2.9'], port: 2_525 }));
    world.receive('', TO);
    expect(world.take('resolve')).toEqual([]);
    expect(world.take('connect')).toMatchObject([
      { port: 2_525, hosts: [{ host: 'relay.test', addresses: [] }, { addresses: ['192.0.2.9'] }] },
    ]);
  });

  test('suspended delivery opens nothing, and goes on when it is configured away', () => {
    const world = new MailWorld(mailPlan({ suspended: true }));
    world.receive('', TO);
    expect(world.take('resolve')).toEqual([]);
    world.give({ type: 'configured', plan: mailPlan() });
    expect(world.take('resolve')).toHaveLength(1);
  });

  test('a process that stops finishes what is under way and begins nothing', () => {
    const world = new MailWorld(mailPlan({ nodeMax: 1 }));
    world.receive('', TO);
    world.receive('', TO);
    const { connection, envelope } = sendOne(world);
    world.give({ type: 'stop' });
    expect(world.receive('', TO).code).toBe(421);
    world.answer(connection, envelope, 250);
    expect(world.take('disconnect')).toHaveLength(1);
    world.give({ type: 'disconnected', connection, reason: 'quit', stage: 1 });
    expect(world.core.quiet).toBe(true);
    expect(world.spool.size).toBe(1);
  });

  test('what was accepted is there again after a restart, with its age and attempts', () => {
    const world = new MailWorld();
    world.receive('', TO);
    const { connection, envelope } = sendOne(world);
    world.answer(connection, envelope, 451);
    world.restart();
    expect(world.core.counters).toMatchObject({ active: 0, delayed: 1 });
    world.pass(1_200_000);
    expect(sendOne(world).envelope).toMatchObject({ id: envelope.id, attempts: 1 });
  });
});
