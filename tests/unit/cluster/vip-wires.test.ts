/** Small parts of DuraVIP in the cluster room: what crosses the bus beside the table, views, and what the log says. */

import { describe, expect, test } from 'vitest';
import { encodeCapabilities, type MemberFacts } from '../../../server/cluster/messages.ts';
import {
  ANNOUNCED_PER_MESSAGE,
  decodeAnnounced,
  decodeNeighbours,
  encodeAnnounced,
  encodeNeighbours,
  NEIGHBOURS_KIND,
  NEIGHBOURS_PER_MESSAGE,
  NEIGHBOURS_SAID_MAX,
} from '../../../server/cluster/neighbour-message.ts';
import { appLog } from '../../../server/cluster/process-log.ts';
import { vipViewOf } from '../../../server/cluster/vip-view.ts';
import type { Neighbour } from '../../../server/duravip/api.ts';
import { ip, mailboxOf, nodeNamed } from '../../support/vip-tables.ts';
import { addManager, addNode, addObserver, CLUSTER_GROUP } from './cluster-world.ts';
import { FakeBus } from './fake-bus.ts';

const neighbour = (index: number): Neighbour => ({
  address: ip(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
  mac: '00:e0:81:63:5c:e8',
  ageSeconds: index % 60,
});

describe('neighbours', () => {
  test('[CMD-03] come back as they were said, in parts', () => {
    const said = Array.from({ length: NEIGHBOURS_PER_MESSAGE + 1 }, (_, index) => neighbour(index));
    const messages = encodeNeighbours(said);
    expect(messages.map(({ kind }) => kind)).toEqual([NEIGHBOURS_KIND, NEIGHBOURS_KIND]);
    expect(messages.flatMap(({ payload }) => decodeNeighbours(payload))).toEqual(said);
    expect(encodeNeighbours([])).toEqual([]);
  });

  test('are bounded, and what is odd in them is made fit', () => {
    const many = Array.from({ length: NEIGHBOURS_SAID_MAX + 1 }, (_, index) => neighbour(index));
    expect(encodeNeighbours(many)).toHaveLength(Math.ceil(NEIGHBOURS_SAID_MAX / NEIGHBOURS_PER_MESSAGE));
    const [odd] = encodeNeighbours([{ ...neighbour(1), ageSeconds: -0.4 }]);
    expect(decodeNeighbours(odd?.payload ?? Buffer.alloc(0))?.[0]?.ageSeconds).toBe(0);
  });

  test('from outside are refused where they are not such a message', () => {
    for (const text of ['', '[', '{}', '{"v":2,"entries":[]}', '{"v":1,"entries":[["10.0.0.1","x",1]]}']) {
      expect(decodeNeighbours(Buffer.from(text))).toBeUndefined();
    }
    const text =
      '{"v":1,"entries":[["10.0.0.300","00:e0:81:63:5c:e8",1],["10.0.0.3","00:e0:81:63:5c:e8",1]]}';
    expect(decodeNeighbours(Buffer.from(text))).toEqual([
      { address: '10.0.0.3', mac: '00:e0:81:63:5c:e8', ageSeconds: 1 },
    ]);
  });
});

describe('what the network was told of', () => {
  test('comes back as it was said, in parts, and no node takes it for neighbours', () => {
    const said = Array.from({ length: ANNOUNCED_PER_MESSAGE + 1 }, (_, index) => neighbour(index).address);
    const messages = encodeAnnounced(said);
    expect(messages.map(({ kind }) => kind)).toEqual([NEIGHBOURS_KIND, NEIGHBOURS_KIND]);
    for (const { payload } of messages) expect(payload.length).toBeLessThan(64 * 1024);
    expect(messages.flatMap(({ payload }) => decodeAnnounced(payload))).toEqual(said);
    expect(messages.flatMap(({ payload }) => decodeNeighbours(payload))).toEqual([undefined, undefined]);
  });

  test('from outside is nothing where it is no such message', () => {
    for (const text of ['', '[', '{}', '{"v":1,"entries":[]}', '{"v":2,"announced":[1]}'])
      expect(decodeAnnounced(Buffer.from(text))).toEqual([]);
    expect(decodeAnnounced(Buffer.from('{"v":2,"announced":["10.0.0.300","10.0.0.3"]}'))).toEqual([
      '10.0.0.3',
    ]);
  });
});

test('[VIP-03] whoever only watches the group counts its messages of DuraVIP as no refusals', () => {
  const bus = new FakeBus();
  const all = [addNode(bus, 'node1', { pid: 1 }), addManager(bus, 'barca'), addObserver(bus, 'node1')];
  for (const { client } of all) bus.start(client);
  bus.inject(CLUSTER_GROUP, { from: mailboxOf('node1'), kind: NEIGHBOURS_KIND, payload: Buffer.from('?') });
  bus.run(2_000);
  const refused = bus.requests.flatMap((request) =>
    request.type === 'publish' && request.payload.includes('messages_') ? [request.payload.toString()] : [],
  );
  expect(refused).toEqual([]);
});

test('[VIP-03] participants of a view are nodes, as their capabilities say', () => {
  const facts = (nodeType: string, nodeName: string | null): MemberFacts => ({
    nodeName: nodeName === null ? null : nodeNamed(nodeName),
    subcluster: null,
    nodeType,
    version: null,
    address: null,
    pid: 1,
    startedMs: 0,
    groups: [],
    privateNames: [],
    heartbeat: null,
  });
  const member = (name: string, capabilities: Buffer) => ({ name: mailboxOf(name), capabilities });
  const view = vipViewOf({
    group: CLUSTER_GROUP,
    viewId: '7',
    members: [
      member('node1', encodeCapabilities(facts('Momentum', 'node1'))),
      member('barca', encodeCapabilities(facts('Manager', null))),
      member('node2', encodeCapabilities(facts('Dashboard', null))),
      member('stranger', Buffer.from('hello')),
    ],
    cause: 'join',
    joined: [],
    lost: [{ name: mailboxOf('node3'), cause: 'silence' }],
    transitional: [mailboxOf('node1')],
  });
  expect(view.members.map(({ node, participant }) => [node, participant])).toEqual([
    ['node1', true],
    ['barca', false],
    ['node2', false],
    ['stranger', false],
  ]);
  expect(view).toMatchObject({ id: '7', together: [mailboxOf('node1')], lost: [{ cause: 'silence' }] });
});

describe('the log', () => {
  const log = (what: Parameters<typeof appLog>[0]) => appLog(what);

  test('[VIP-23] says who owns what always, and steps on the way only when debugging is on', () => {
    const owner = {
      type: 'owner',
      address: ip('10.0.0.1'),
      from: undefined,
      to: nodeNamed('node1'),
      cause: 'elected',
      by: undefined,
    } as const;
    expect(log({ type: 'vipHappened', what: owner, shown: false })).toEqual({
      level: 'info',
      event: 'vip.owner',
      fields: { address: '10.0.0.1', to: 'node1', cause: 'elected' },
    });
    const moving = {
      type: 'moving',
      address: ip('10.0.0.1'),
      from: nodeNamed('node1'),
      to: nodeNamed('node2'),
    } as const;
    expect(log({ type: 'vipHappened', what: moving, shown: false })?.level).toBe('debug');
    expect(log({ type: 'vipHappened', what: moving, shown: true })?.level).toBe('info');
  });

  test('says in a word of error what a host could not do', () => {
    const state = {
      type: 'state',
      address: ip('10.0.0.1'),
      node: nodeNamed('node1'),
      text: 'no such device',
    } as const;
    expect(log({ type: 'vipHappened', what: { ...state, state: 'failed' }, shown: false })?.level).toBe(
      'error',
    );
    expect(log({ type: 'hostHappened', text: 'no such device', address: undefined, bad: true })).toEqual({
      level: 'error',
      event: 'vip.host',
      fields: { text: 'no such device' },
    });
  });
});
