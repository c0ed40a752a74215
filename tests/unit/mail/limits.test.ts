/** Outbound limits of the cluster, throttles, and what is counted. */

import { describe, expect, test } from 'vitest';
import { MailWorld, mailPlan } from '../../support/mail-world.ts';

const TO = ['bob@example.test'];
const HOSTS = [{ host: 'mx.test', addresses: ['192.0.2.1'] }];

function resolve(world: MailWorld): void {
  for (const { domain } of world.take('resolve')) {
    world.give({ type: 'resolved', domain, answer: { ok: true, hosts: HOSTS } });
  }
}

describe('limits of the cluster', () => {
  test('[CLU-20] cluster_max_outbound_connections: a connection is claimed before it is opened', () => {
    const world = new MailWorld(mailPlan({ clusterMax: 2 }));
    for (let n = 0; n < 9; n += 1) world.receive('', TO);
    resolve(world);
    expect(world.take('connect')).toEqual([]);
    expect(world.cluster.claims.map(({ keys }) => keys)).toEqual([
      [{ object: 'outbound_domains', key: 'example.test', limit: 2 }],
      [{ object: 'outbound_domains', key: 'example.test', limit: 2 }],
    ]);
    for (let round = 0; round < 5; round += 1) world.connectAll();
    expect(world.core.counters.outbound).toBe(2);
    expect(world.cluster.counts.get('outbound_domains example.test')).toBe(2);
  });

  test('what was claimed is given back when the connection ends, and somebody else may have it', () => {
    const world = new MailWorld(mailPlan({ clusterMax: 1, deliveriesPerConnection: 1 }));
    world.receive('', TO);
    world.receive('', TO);
    const [connection = 0] = world.connectAll();
    const [send] = world.take('send');
    if (send !== undefined) world.answer(connection, send.envelope, 250);
    world.give(...world.cluster.answerClaims());
    world.give({ type: 'disconnected', connection, reason: 'quit', stage: 1 });
    expect(world.cluster.claims).toHaveLength(1);
    expect(world.cluster.counts.get('outbound_domains example.test')).toBeUndefined();
    expect(world.connectAll()).toHaveLength(1);
  });

  test('a claim that is refused is asked for again, more and more rarely', () => {
    const world = new MailWorld(mailPlan({ clusterMax: 1 }));
    world.cluster.count('outbound_domains', 'example.test', 1);
    world.receive('', TO);
    resolve(world);
    const asked: number[] = [];
    const startMs = world.nowMs;
    while (asked.length < 6) {
      if (world.cluster.claims.length > 0) asked.push(world.nowMs - startMs);
      world.give(...world.cluster.answerClaims());
      world.pass(50);
    }
    expect(asked).toEqual([0, 250, 750, 1_750, 3_750, 5_750]);
    world.cluster.count('outbound_domains', 'example.test', -1);
    world.pass(2_000);
    expect(world.connectAll()).toHaveLength(1);
  });

  test('a claim that is granted when nobody needs it any more is given back', () => {
    const world = new MailWorld(mailPlan({ clusterMax: 5 }));
    world.receive('', TO);
    resolve(world);
    expect(world.core.fail('example.test', undefined, 'quiet', world.nowMs)).toBe(1);
    world.give(...world.cluster.answerClaims());
    expect(world.take('connect')).toEqual([]);
    expect([...world.cluster.counts]).toEqual([]);
  });

  test('a claim without an answer does not hold a queue for ever', () => {
    const world = new MailWorld(mailPlan({ clusterMax: 5, nodeMax: 1 }));
    world.receive('', TO);
    resolve(world);
    const [lost] = world.cluster.claims.splice(0);
    world.pass(31_000);
    expect(world.cluster.claims).toHaveLength(1);
    world.connectAll();
    world.cluster.count('outbound_domains', 'example.test', 1);
    world.give({ type: 'claimed', id: lost?.id ?? 0, granted: true });
    expect(world.cluster.counts.get('outbound_domains example.test')).toBe(1);
  });

  test('[CLU-21] [CLU-22] limits of the server and of scopes are claimed together with it', () => {
    const world = new MailWorld(
      mailPlan({
        clusterServerMax: 7,
        clusterScopeMax: [
          { key: '*', limit: 9 },
          { key: 'default/example.test', limit: 3 },
        ],
      }),
    );
    world.receive('', TO);
    resolve(world);
    expect(world.cluster.claims[0]?.keys).toEqual([
      { object: 'outbound_cidr', key: '0.0.0.0/0', limit: 7 },
      { object: 'outbound_binding_domains', key: '*', limit: 9 },
      { object: 'outbound_binding_domains', key: 'default/example.test', limit: 3 },
    ]);
    const [connection = 0] = world.connectAll();
    expect(Object.fromEntries(world.cluster.counts)).toMatchObject({
      'outbound_cidr 0.0.0.0/0': 1,
      'outbound_binding_domains *': 1,
      'outbound_binding_domains default/example.test': 1,
      'outbound_domains example.test': 1,
    });
    expect(world.cluster.counts.has('outbound_cidr 192.0.2.1')).toBe(false);
    world.give({ type: 'disconnected', connection, reason: 'reset', stage: 9 });
    expect([...world.cluster.counts].filter(([key]) => key.startsWith('outbound'))).toEqual([]);
  });

  test('[REP-04] [REP-05] [REP-06] without limits connections are only counted', () => {
    const world = new MailWorld();
    world.receive('', TO);
    world.connectAll();
    expect(world.cluster.claims).toEqual([]);
    expect([...world.cluster.counts].filter(([key]) => key.startsWith('outbound')).sort()).toEqual([
      ['outbound_binding_domains default/example.test', 1],
      ['outbound_cidr 192.0.2.1', 1],
      ['outbound_domains example.test', 1],
    ]);
  });

  test('[REP-26] a connection is taken back from the group that it was counted for, whatever is configured since', () => {
    const world = new MailWorld();
    world.receive('', TO);
    const [connection = 0] = world.connectAll();
    const plan = mailPlan();
    const bindings = plan.bindings.map((binding) => ({ ...binding, group: 'other' }));
    world.give({ type: 'configured', plan: { ...plan, bindings } });
    world.give({ type: 'disconnected', connection, reason: 'reset', stage: 9 });
    expect(world.cluster.groups).toEqual(new Map([['default', 0]]));
  });

  test('a connection that counts in the cluster makes room after its turn, and does not idle for long', () => {
    const world = new MailWorld(mailPlan({ clusterMax: 1, idleMs: 60_000 }));
    for (let n = 0; n < 3; n += 1) world.receive('', TO);
    const [connection = 0] = world.connectAll();
    const [first] = world.take('send');
    world.pass(9_000);
    if (first !== undefined) world.answer(connection, first.envelope, 250);
    const [second] = world.take('send');
    world.pass(2_000);
    if (second !== undefined) world.answer(connection, second.envelope, 250);
    expect(world.take('disconnect')).toHaveLength(1);
    world.give({ type: 'disconnected', connection, reason: 'quit', stage: 1 });
    const [next = 0] = world.connectAll();
    const [third] = world.take('send');
    if (third !== undefined) world.answer(next, third.envelope, 250);
    world.pass(500);
    expect(world.take('disconnect')).toHaveLength(1);
  });

  test('a host that has its connections is left out', () => {
    const hostMax = (_: string, host: string) => (host === 'mx.test' ? 1 : undefined);
    const world = new MailWorld(mailPlan({}, { hostMax }));
    world.cluster.count('outbound_cidr', '192.0.2.1', 1);
    world.receive('', TO);
    const [{ domain } = { domain: '' }] = world.take('resolve');
    const other = { host: 'mx2.test', addresses: ['192.0.2.2'] };
    world.give({ type: 'resolved', domain, answer: { ok: true, hosts: [...HOSTS, other] } });
    expect(world.take('connect')).toMatchObject([{ hosts: [other] }]);
  });
});

describe('[CLU-23] throttles of the cluster', () => {
  const rate = { amount: 10, perMs: 1_000 };

  test('cluster_outbound_throttle_connections: no connection before its turn', () => {
    const world = new MailWorld(mailPlan({ throttleConnections: { key: 'example.test', rate } }));
    world.cluster.waits.set('OBTC example.test', 400);
    world.receive('', TO);
    resolve(world);
    expect(world.take('connect')).toEqual([]);
    world.cluster.waits.clear();
    world.pass(399);
    expect(world.take('connect')).toEqual([]);
    world.pass(1);
    expect(world.take('connect')).toHaveLength(1);
  });

  test('cluster_outbound_throttle_messages: a connection waits with the next message', () => {
    const world = new MailWorld(mailPlan({ throttleMessages: { key: 'example.test', rate }, nodeMax: 1 }));
    world.receive('', TO);
    world.receive('', TO);
    const [connection = 0] = world.connectAll();
    const [send] = world.take('send');
    world.cluster.waits.set('OBTM example.test', 700);
    if (send !== undefined) world.answer(connection, send.envelope, 250);
    world.cluster.waits.clear();
    world.pass(699);
    expect(world.take('send')).toEqual([]);
    world.pass(1);
    expect(world.take('send')).toHaveLength(1);
    expect(world.take('connect')).toEqual([]);
  });
});
