import { describe, expect, test } from 'vitest';
import { AFTER_REPLIES_DELAY_MS } from '../../../server/cluster/after-replies.ts';
import { encodeMessage, MESSAGE_KINDS } from '../../../server/cluster/messages.ts';
import { BACKLOG_WAIT_MS } from '../../../server/cluster/reply-sender.ts';
import { addManager, addNode, CONTROL_GROUP } from './cluster-world.ts';
import { FakeBus } from './fake-bus.ts';

function cluster() {
  const bus = new FakeBus();
  const a = addNode(bus, 'a', { pid: 11 });
  const b = addNode(bus, 'b', { pid: 22, subcluster: 'east' });
  const manager = addManager(bus, 'barca');
  for (const { client } of [a, b, manager]) bus.start(client);
  return { bus, a, b, manager };
}

describe('a node on the bus', () => {
  test('[MSG-28] nodes join the three groups, a manager only the cluster group', () => {
    const { a, b, manager } = cluster();
    expect(a.client.joins.map((join) => join.group)).toEqual(['ec_console', 'ec_sc_default', 'ec_cluster']);
    expect(b.client.joins.map((join) => join.group)).toContain('ec_sc_east');
    expect(manager.client.joins.map((join) => join.group)).toEqual(['ec_cluster']);
  });

  test('[CLU-13] private names have five digits, and there are two mailboxes', () => {
    const { a } = cluster();
    expect(a.core.privateNames).toEqual(['#ec0-00011#a', '#ec1-00011#a']);
  });

  test('[CLU-14] [CLU-24] everybody ends up with the whole record of everybody', () => {
    const { a, b, manager } = cluster();
    for (const { core } of [a, b, manager]) {
      const seen = core.membership.records();
      expect(seen.map((record) => [record.name, record.state])).toEqual([
        ['#ec0-00011#a', 'present'],
        ['#ec0-00022#b', 'present'],
        ['#barca#barca', 'present'],
      ]);
      expect(seen[1]?.facts).toMatchObject({
        nodeName: 'b',
        subcluster: 'east',
        nodeType: 'Momentum',
        version: '0.1.0',
        address: '10.0.0.1:4802',
        groups: ['ec_console', 'ec_sc_east', 'ec_cluster'],
        privateNames: ['#ec0-00022#b', '#ec1-00022#b'],
      });
      expect(core.membership.leader()?.facts?.nodeName).toBe('a');
    }
  });

  test('[CLU-08] heartbeats begin after the start delay and come at their rate', () => {
    const { bus } = cluster();
    const heartbeats = () =>
      bus.requests.filter((request) => 'kind' in request && request.kind === MESSAGE_KINDS.heartbeat).length;
    bus.run(14_999);
    expect(heartbeats()).toBe(0);
    bus.run(15_000);
    expect(heartbeats()).toBe(2);
    bus.run(18_000);
    expect(heartbeats()).toBe(8);
  });

  test('[CLU-09] a node that is in the view but sends no heartbeats becomes suspect for all', () => {
    const bus = new FakeBus();
    const a = addNode(bus, 'a', { pid: 11, heartbeatStartDelayMs: 1_000 });
    const b = addNode(bus, 'b', { pid: 22, heartbeatStartDelayMs: 1_000 });
    for (const { client } of [a, b]) bus.start(client);
    bus.run(5_000);
    expect(a.core.membership.record(b.client.name())?.state).toBe('present');
    b.client.refuse = (request) => 'kind' in request && request.kind === MESSAGE_KINDS.heartbeat;
    bus.run(9_000);
    expect(a.core.membership.record(b.client.name())?.state).toBe('suspect');
    b.client.refuse = undefined;
    bus.run(11_000);
    expect(a.core.membership.record(b.client.name())?.state).toBe('present');
  });

  test('[CLU-03] commands of the control group are executed and answered privately', () => {
    const { a, b, manager } = cluster();
    const sent = manager.core.send('cluster info', { kind: 'all' }, 0);
    for (const effect of sent.effects) {
      if (effect.type === 'bus') manager.client.bus.request(manager.client, effect.request);
    }
    expect(a.executed).toEqual(['cluster info']);
    expect(b.executed).toEqual(['cluster info']);
    expect(manager.core.results.retrieve('cluster info', 0)?.replies.map((reply) => reply.text)).toEqual([
      'a: cluster info',
      'b: cluster info',
    ]);
  });

  test('a status is published each second without joining its group', () => {
    const { bus, a } = cluster();
    bus.run(3_000);
    const statuses = bus.requests.filter(
      (request) => 'kind' in request && request.kind === MESSAGE_KINDS.status,
    );
    expect(statuses.length).toBe(3 * 4);
    expect(a.client.joins.map((join) => join.group)).not.toContain('ec_status');
  });

  test('a part refused for backlog is sent again after a while', () => {
    const { bus, a, manager } = cluster();
    let refusals = 0;
    a.client.refuse = (request) => {
      if (request.type !== 'send' || request.kind !== MESSAGE_KINDS.reply || refusals > 0) return false;
      refusals += 1;
      return true;
    };
    const { effects } = manager.core.send('pid', { kind: 'nodes', names: ['a'] }, 0);
    for (const effect of effects) {
      if (effect.type === 'bus') bus.request(manager.client, effect.request);
    }
    expect(manager.core.results.retrieve('pid', 0)).toBeUndefined();
    expect(manager.core.results.retrieveNode('a', 'pid', 0)?.replies).toEqual([]);
    bus.run(BACKLOG_WAIT_MS);
    expect(manager.core.results.retrieveNode('a', 'pid', 0)?.replies[0]?.text).toBe('a: pid');
  });

  test('an answer refused for backlog is not kept: whoever asked asks again', () => {
    const { bus, a, b } = cluster();
    a.client.refuse = (request) => request.type === 'send' && request.kind === MESSAGE_KINDS.answer;
    const question = encodeMessage({ type: 'question' });
    const ask = { type: 'send', session: b.core.privateNames[0]?.split('#')[1] ?? '', ...question } as const;
    for (let count = 0; count < 10; count += 1) bus.request(b.client, { ...ask, to: a.client.name() });
    a.client.refuse = undefined;
    const before = bus.requests.length;
    bus.run(BACKLOG_WAIT_MS);
    const later = bus.requests.slice(before).filter((request) => 'kind' in request);
    expect(later.filter((request) => 'kind' in request && request.kind === MESSAGE_KINDS.answer)).toEqual([]);
  });

  test('a shutdown over the bus happens after its reply was sent', () => {
    const { bus, a, manager } = cluster();
    const { effects } = manager.core.send('shutdown', { kind: 'nodes', names: ['a'] }, 0);
    for (const effect of effects) {
      if (effect.type === 'bus') bus.request(manager.client, effect.request);
    }
    expect(manager.core.results.retrieveNode('a', 'shutdown', 0)?.replies).toHaveLength(1);
    const shutdowns = () => a.client.effects.filter((effect) => effect.type === 'shutdown').length;
    expect(shutdowns()).toBe(0);
    bus.run(AFTER_REPLIES_DELAY_MS);
    expect(shutdowns()).toBe(1);
  });

  test('garbage in the groups is counted and hurts nobody', () => {
    const { bus, a } = cluster();
    const request = encodeMessage({ type: 'request', id: 'x', command: 'pid' });
    bus.inject(CONTROL_GROUP, { from: '#x#y', kind: request.kind, payload: Buffer.from('{"v":1}') });
    bus.inject(CONTROL_GROUP, { from: '#x#y', kind: 1, payload: Buffer.from('hello') });
    expect(a.executed).toEqual([]);
    bus.run(1_000);
    const status = bus.requests
      .filter((request) => request.type === 'publish' && request.kind === MESSAGE_KINDS.status)
      .filter((request) => request.session === a.client.sessions[0])
      .at(-1);
    if (status?.type !== 'publish') throw new Error('a status');
    expect(JSON.parse(status.payload.toString()).counters).toMatchObject({
      messages_garbage: 1,
      messages_unknownKind: 1,
    });
  });
});
