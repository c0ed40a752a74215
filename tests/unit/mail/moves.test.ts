/** Queued mail follows its binding. */

import { describe, expect, test } from 'vitest';
import type { BindingOwners, Envelope } from '../../../server/mail/api.ts';
import { ip, MailWorld, mailPlan, nodeName } from '../../support/mail-world.ts';

const VIP = ip('10.1.0.7');
const HERE: BindingOwners = new Map([['vip', { at: 'here' }]]);
const THERE: BindingOwners = new Map([
  ['vip', { at: 'node', node: nodeName('mta2'), listener: '10.2.0.2:4802' }],
]);
const NOWHERE: BindingOwners = new Map([['vip', { at: 'nowhere' }]]);

function worldWithVipMail(owners: BindingOwners, plan = mailPlan()): MailWorld {
  const world = new MailWorld(plan);
  world.give({ type: 'owners', owners });
  world.receive('a@x.test', ['bob@ours.test'], { localAddress: VIP });
  return world;
}

function transferredOf({ id, binding, receivedWallMs, attempts }: Envelope) {
  return { id, binding, receivedWallMs, attempts };
}

describe('[VIP-31] queued mail follows its binding', () => {
  test('mail of a binding that is nowhere waits', () => {
    const world = worldWithVipMail(NOWHERE);
    world.pass(3_600_000);
    expect(world.effects.filter(({ type }) => type === 'connect' || type === 'connectNode')).toEqual([]);
    expect(world.core.counters).toMatchObject({ active: 1 });
    world.give({ type: 'owners', owners: HERE });
    expect(world.take('resolve')).toHaveLength(1);
  });

  test('mail of a binding on another node goes there as it is, and is logged with X', () => {
    const world = worldWithVipMail(THERE);
    const [connect] = world.take('connectNode');
    expect(connect).toMatchObject({ node: 'mta2', listener: '10.2.0.2:4802' });
    expect(world.core.queues()).toMatchObject([
      { group: 'default', binding: '#mmove', domain: 'ours.test', active: 1 },
    ]);
    const connection = connect?.connection ?? 0;
    world.give({ type: 'connected', connection, host: 'mta2', address: ip('10.2.0.2') });
    const [send] = world.take('send');
    expect(send?.envelope).toMatchObject({ binding: 'vip', attempts: 0 });
    if (send !== undefined) world.answer(connection, send.envelope, 250);
    expect(world.spool.size).toBe(0);
    expect(world.core.counters).toMatchObject({ moved: 1, deliveries: 0 });
    expect(world.lines.at(-1)).toMatch(/@X@ours\.test@201@group-a@vip@0@0@/);
  });

  test('[CLU-11] unconditional_rebind moves delayed mail at once, without it when it is due', () => {
    for (const unconditionalRebind of [true, false]) {
      const world = worldWithVipMail(HERE, mailPlan({}, { unconditionalRebind }));
      const [connection = 0] = world.connectAll();
      const [send] = world.take('send');
      if (send !== undefined) world.answer(connection, send.envelope, 451);
      expect(world.core.counters.delayed).toBe(1);
      world.give({ type: 'owners', owners: THERE });
      expect(world.take('connectNode')).toHaveLength(unconditionalRebind ? 1 : 0);
      if (unconditionalRebind) continue;
      expect(world.core.rebind('vip', undefined, world.nowMs)).toBe(1);
      world.give({ type: 'asked' });
      expect(world.take('connectNode')).toHaveLength(1);
    }
  });

  test('without unconditional_rebind delayed mail moves when it is due', () => {
    const world = worldWithVipMail(HERE, mailPlan({ retryMs: 10_000 }, { unconditionalRebind: false }));
    const [connection = 0] = world.connectAll();
    const [send] = world.take('send');
    if (send !== undefined) world.answer(connection, send.envelope, 451);
    world.give({ type: 'owners', owners: THERE });
    world.pass(9_999);
    expect(world.take('connectNode')).toEqual([]);
    world.pass(1);
    expect(world.take('connectNode')).toHaveLength(1);
  });

  test('a node that takes nothing is tried again, and the message is as it was', () => {
    const world = worldWithVipMail(THERE);
    const before = [...world.spool.values()];
    for (let round = 0; round < 4; round += 1) {
      const [connect] = world.take('connectNode');
      world.give({ type: 'disconnected', connection: connect?.connection ?? 0, reason: 'refused', stage: 0 });
      world.pass(499 * 2 ** round);
      expect(world.take('connectNode')).toEqual([]);
      world.pass(2 ** round + 1);
    }
    const [connect] = world.take('connectNode');
    world.give({ type: 'connected', connection: connect?.connection ?? 0, host: 'mta2', address: undefined });
    const [send] = world.take('send');
    if (send !== undefined) world.answer(connect?.connection ?? 0, send.envelope, 451);
    expect([...world.spool.values()]).toEqual(before);
    expect(world.core.counters).toMatchObject({ active: 1, transients: 0 });
  });

  test('when the binding comes back in between, its mail is delivered here', () => {
    const world = worldWithVipMail(THERE);
    const [connect] = world.take('connectNode');
    world.give({ type: 'owners', owners: HERE });
    world.give({ type: 'disconnected', connection: connect?.connection ?? 0, reason: 'refused', stage: 0 });
    expect(world.connectAll()).toHaveLength(1);
    expect(world.take('send')).toHaveLength(1);
  });

  test('connections from an address that left end, unless a message is under way', () => {
    const world = worldWithVipMail(HERE);
    world.receive('', ['bob@ours.test'], { localAddress: VIP });
    const connections = world.connectAll();
    const [first, second] = world.take('send');
    expect(connections).toHaveLength(2);
    if (first !== undefined) world.answer(first.connection, first.envelope, 250);
    world.give({ type: 'owners', owners: NOWHERE });
    expect(world.take('disconnect')).toEqual([{ type: 'disconnect', connection: first?.connection }]);
    if (second !== undefined) world.answer(second.connection, second.envelope, 250);
    expect(world.take('disconnect')).toEqual([{ type: 'disconnect', connection: second?.connection }]);
  });

  test('a node says what it hands over; age, attempts and name survive', () => {
    const world = new MailWorld();
    world.give({ type: 'owners', owners: HERE });
    const transferred = {
      id: '00/00-00007-AAAAAAAABBBBBBBB',
      binding: 'vip',
      receivedWallMs: world.wallMs - 5_000,
      attempts: 3,
    };
    expect(world.receive('a@x.test', ['bob@anywhere.test'], { transferred })).toEqual({
      code: 250,
      ids: [transferred.id],
    });
    expect(world.spool.get(transferred.id)).toMatchObject({ ...transferred, from: 'a@x.test' });
    expect(world.lines.at(-1)).toMatch(/@R@bob@anywhere\.test@a@x\.test@10\.0\.0\.9@201@xfer@group-a@vip$/);
    expect(world.core.counters.inbound).toBe(0);
  });

  test('mail of a binding that is not here is not taken from another node: it would go round', () => {
    const world = new MailWorld();
    world.give({ type: 'owners', owners: THERE });
    const transferred = { id: 'x', binding: 'vip', receivedWallMs: 0, attempts: 0 };
    expect(world.receive('', ['bob@x.test'], { transferred }).code).toBe(451);
    const unknown = { ...transferred, binding: 'gone' };
    expect(world.receive('', ['bob@x.test'], { transferred: unknown }).code).toBe(451);
  });

  test('a second copy of what is here is taken, and not kept', () => {
    const world = new MailWorld();
    world.give({ type: 'owners', owners: HERE });
    const transferred = { id: '00/00-00007-AA', binding: 'vip', receivedWallMs: world.wallMs, attempts: 0 };
    const to = ['bob@x.test', 'eve@x.test'];
    world.receive('', to, { transferred });
    expect(world.receive('', to, { transferred })).toEqual({ code: 250, ids: [] });
    const [connection = 0] = world.connectAll();
    const [send] = world.take('send');
    if (send !== undefined) world.answer(connection, send.envelope, 250);
    expect(world.receive('', to, { transferred })).toEqual({ code: 250, ids: [] });
    expect(world.receive('', ['bob@x.test'], { transferred })).toEqual({ code: 250, ids: [] });
    const more = world.receive('', [...to, 'new@x.test'], { transferred });
    expect(more.code).toBe(250);
    expect(more.ids).toHaveLength(1);
    expect(more.ids).not.toContain(transferred.id);
  });

  test('what went on to a third node is needed again when it comes back', () => {
    const world = new MailWorld();
    world.give({ type: 'owners', owners: HERE });
    const transferred = { id: '00/00-00007-AA', binding: 'vip', receivedWallMs: world.wallMs, attempts: 0 };
    world.receive('', ['bob@x.test'], { transferred });
    world.take('resolve');
    world.give({ type: 'owners', owners: THERE });
    const [connect] = world.take('connectNode');
    const connection = connect?.connection ?? 0;
    world.give({ type: 'connected', connection, host: 'mta2', address: undefined });
    const [send] = world.take('send');
    if (send !== undefined) world.answer(connection, send.envelope, 250);
    expect(world.spool.size).toBe(0);
    world.give({ type: 'owners', owners: HERE });
    expect(world.receive('', ['bob@x.test'], { transferred }).ids).toEqual([transferred.id]);
  });

  test('a node that takes a part leaves the rest here', () => {
    const world = new MailWorld();
    world.give({ type: 'owners', owners: THERE });
    world.receive('', ['a@ours.test', 'b@ours.test'], { localAddress: VIP });
    const [connect] = world.take('connectNode');
    const connection = connect?.connection ?? 0;
    world.give({ type: 'connected', connection, host: 'mta2', address: undefined });
    const [send] = world.take('send');
    const id = send?.envelope.id ?? '';
    expect(transferredOf(send?.envelope ?? ({} as Envelope))).toMatchObject({ id, binding: 'vip' });
    if (send !== undefined) world.answer(connection, send.envelope, 250, 452);
    expect(world.spool.get(id)?.recipients.map(({ address }) => address)).toEqual(['b@ours.test']);
    expect(world.core.counters.moved).toBe(1);
  });

  test('suspended delivery suspends moves', () => {
    const world = worldWithVipMail(THERE, mailPlan({ suspended: true }));
    expect(world.take('connectNode')).toEqual([]);
    world.give({ type: 'configured', plan: mailPlan() });
    expect(world.take('connectNode')).toHaveLength(1);
  });

  test('mail of a binding that was configured away belongs to the default one', () => {
    const world = worldWithVipMail(NOWHERE);
    const plan = mailPlan();
    world.give({ type: 'configured', plan: { ...plan, bindings: plan.bindings.slice(0, 1) } });
    expect([...world.spool.values()].map(({ binding }) => binding)).toEqual(['default']);
    expect(world.connectAll()).toHaveLength(1);
  });
});
