/** What the dashboard knows of the servers of the bus. */

import { describe, expect, test } from 'vitest';
import { KnownServers, PAUSED_SLOW_MS, SERVERS_KNOWN_MAX } from '../../../server/cluster/known-bus.ts';
import { STATUS_AGAIN_MS } from '../../../server/cluster/status-content.ts';
import type { BusStatus, NodeStatus } from '../../../server/cluster/status-message.ts';
import type { PrivateName } from '../../../server/model/names.ts';
import { addNode, addObserver, EPOCH_MS, serverStatus, wallAt } from './cluster-world.ts';
import { FakeBus, group, node } from './fake-bus.ts';

const name = (text: string) => text as PrivateName;
const FROM_A = name('#ec0-00001#a');

type Said = {
  readonly of?: string;
  readonly bytesIn?: number;
  readonly bus?: Partial<BusStatus>;
  readonly link?: Partial<NodeStatus['links'][number]>;
  readonly sinceAgoMs?: number;
  readonly slow?: string;
};

function said({ of = 'a', bytesIn = 0, bus = {}, link = {}, sinceAgoMs = 0, slow }: Said = {}): NodeStatus {
  return {
    node: node(of),
    state: 'operational',
    viewId: '1',
    viewMembers: [of, 'b'],
    links: [
      {
        to: 'b',
        state: 'up',
        roundTripMs: null,
        backlog: 0,
        reconnects: 0,
        figures: {
          sinceAgoMs,
          refused: 2,
          bytesIn,
          bytesOut: 0,
          messagesIn: 0,
          messagesOut: 0,
          slow: slow ?? null,
          detail: '',
        },
        ...link,
      },
    ],
    reach: [],
    clients: 1,
    counters: {},
    wallMs: 1, // nobody's clock is believed
    bus: {
      incarnation: 1,
      upMs: 0,
      authenticated: true,
      maxBacklog: 5_000,
      refusals: {},
      viewChanges: 1,
      ...bus,
    },
  };
}

const only = (known: KnownServers) => known.bus().servers[0];

describe('figures of the bus servers', () => {
  test('rates come from two messages of one start, over the time of their sender', () => {
    const known = new KnownServers(wallAt(0));
    known.onStatus(FROM_A, said({ bytesIn: 1_000, bus: { upMs: 1_000 } }), 10);
    expect(only(known)?.links[0]?.rates).toBeNull();
    // Heard 7 s later, yet sent 2 s later: a message that was held up does not halve the rate.
    known.onStatus(FROM_A, said({ bytesIn: 5_000, bus: { upMs: 3_000 } }), 7_010);
    expect(only(known)?.links[0]?.rates).toEqual({
      bytesIn: 2_000,
      bytesOut: 0,
      messagesIn: 0,
      messagesOut: 0,
    });
    known.onStatus(FROM_A, said({ bytesIn: 6_000, bus: { incarnation: 2, upMs: 4_000 } }), 8_000);
    expect(only(known)?.links[0]?.rates).toBeNull();
  });

  test('messages close together keep the rate of before; a total that fell gives none', () => {
    const known = new KnownServers(wallAt(0));
    known.onStatus(FROM_A, said({ bytesIn: 0, bus: { upMs: 0 } }), 0);
    known.onStatus(FROM_A, said({ bytesIn: 1_000, bus: { upMs: 1_000 } }), 1_000);
    known.onStatus(FROM_A, said({ bytesIn: 1_900, bus: { upMs: 1_050 } }), 1_050);
    expect(only(known)?.links[0]?.rates?.bytesIn).toBe(1_000);
    known.onStatus(FROM_A, said({ bytesIn: 3_000, bus: { upMs: 2_000 } }), 2_000);
    expect(only(known)?.links[0]?.rates?.bytesIn).toBe(2_000);
    known.onStatus(FROM_A, said({ bytesIn: 10, bus: { upMs: 3_000 } }), 3_000);
    expect(only(known)?.links[0]?.rates).toBeNull();
  });

  test('moments are in our clock, by their age, and do not tremble with the way of a message', () => {
    const known = new KnownServers(wallAt(0));
    known.onStatus(FROM_A, said({ sinceAgoMs: 400, bus: { upMs: 1_000 } }), 1_000);
    expect(only(known)?.links[0]?.sinceMs).toBe(EPOCH_MS + 600);
    known.onStatus(FROM_A, said({ sinceAgoMs: 1_400, bus: { upMs: 2_000 } }), 2_130);
    expect(only(known)?.links[0]?.sinceMs).toBe(EPOCH_MS + 600);
    known.onStatus(FROM_A, said({ sinceAgoMs: 0, bus: { upMs: 3_000 }, link: { state: 'dialing' } }), 3_000);
    expect(only(known)).toMatchObject({ toldMs: EPOCH_MS + 3_000, links: [{ state: 'dialing' }] });
  });

  test('views that were not told again stay, and keep their moment', () => {
    const known = new KnownServers(wallAt(0));
    const view = { viewId: '1', members: ['a'], agoMs: 100, tookMs: null, joined: ['a'], lost: [] };
    known.onStatus(FROM_A, said({ bus: { views: [view] } }), 1_000);
    known.onStatus(FROM_A, said(), 2_000);
    const { agoMs: _age, ...told } = view;
    expect(only(known)?.views).toEqual([{ ...told, installedMs: EPOCH_MS + 900 }]);
    const next = { ...view, viewId: '2', agoMs: 10 };
    known.onStatus(FROM_A, said({ bus: { views: [{ ...view, agoMs: 2_150 }, next] } }), 3_000);
    expect(only(known)?.views.map(({ installedMs }) => installedMs - EPOCH_MS)).toEqual([900, 2_990]);
    known.onStatus(FROM_A, said({ bus: { incarnation: 2 } }), 4_000);
    expect(only(known)?.views).toEqual([]);
  });

  test('a server that is gone keeps its last figures, and is current again when it speaks', () => {
    const known = new KnownServers(wallAt(0));
    known.onStatus(FROM_A, said(), 0);
    known.departed(FROM_A);
    expect(only(known)).toMatchObject({ node: 'a', current: false, clients: 1 });
    known.onStatus(name('#ec0-00002#a'), said({ bus: { incarnation: 2 } }), 1_000);
    expect(only(known)?.current).toBe(true);
    known.departed(FROM_A);
    expect(only(known)?.current).toBe(true);
  });

  test('nobody else speaks for a server that speaks for itself', () => {
    const known = new KnownServers(wallAt(0));
    known.onStatus(FROM_A, said(), 0);
    known.onStatus(name('#ec0-00009#liar'), said({ bus: { maxBacklog: 1, authenticated: false } }), 1);
    expect(only(known)).toMatchObject({ maxBacklog: 5_000, authenticated: true });
    // A process whose client is attached to another server still tells of its own.
    known.onStatus(name('#ec0-00003#a'), said({ of: 'c' }), 2);
    expect(known.bus().servers.map((server) => server.node)).toEqual(['a', 'c']);
  });

  test('who says no figures has none', () => {
    const known = new KnownServers(wallAt(0));
    const { bus: _figures, ...old } = said();
    known.onStatus(FROM_A, old, 0);
    expect(known.bus()).toEqual({ servers: [], groups: null });
    const bare = { to: 'b', state: 'up', roundTripMs: 1, backlog: 0, reconnects: 0 } as const;
    known.onStatus(FROM_A, { ...said(), links: [bare] }, 1);
    expect(only(known)?.links).toEqual([]);
  });

  test('groups are dated by the last message that named their version', () => {
    const known = new KnownServers(wallAt(0));
    const list = [{ group: 'ec_console', count: 1, members: ['#ec0-00001#a'] }];
    known.onStatus(FROM_A, said({ bus: { groups: { version: 1, list } } }), 0);
    known.onStatus(FROM_A, said({ bus: { groups: { version: 1 } } }), STATUS_AGAIN_MS - 1);
    expect(known.bus().groups).toEqual({ from: 'a', toldMs: EPOCH_MS + STATUS_AGAIN_MS - 1, list });
    // A version whose list was lost on the way says nothing of the one before it.
    known.onStatus(FROM_A, said({ bus: { groups: { version: 2 } } }), STATUS_AGAIN_MS);
    expect(known.bus().groups?.toldMs).toBe(EPOCH_MS + STATUS_AGAIN_MS - 1);
  });

  test('[BUS-16] a slow server is news once, whoever says it, and again when nobody says it any more', () => {
    const known = new KnownServers(wallAt(0));
    const c = name('#ec0-00003#c');
    const slow = (of: string) => said({ of, slow: 'round trip of 90 ms' });
    expect(known.onStatus(FROM_A, slow('a'), 0)).toEqual([
      { node: 'b', reason: 'round trip of 90 ms, as a sees it' },
    ]);
    expect(known.onStatus(c, slow('c'), 1)).toEqual([]);
    expect(known.onStatus(FROM_A, said(), 2)).toEqual([]);
    expect(known.onStatus(c, said({ of: 'c' }), 3)).toEqual([{ node: 'b', reason: undefined }]);
    expect(known.onStatus(FROM_A, said({ slow: 'x', link: { state: 'waiting' } }), 4)).toEqual([]);
  });

  test('[BUS-16] who says that it was not scheduled for long is slow for all, until it is gone', () => {
    const known = new KnownServers(wallAt(0));
    const b = name('#ec0-00002#b');
    known.onStatus(FROM_A, said(), 0);
    expect(known.onStatus(b, said({ of: 'b', bus: { pausedMs: PAUSED_SLOW_MS - 1 } }), 1)).toEqual([]);
    const reason = 'was not scheduled for 1.3 s of the last minute';
    expect(known.onStatus(b, said({ of: 'b', bus: { pausedMs: 1_250 } }), 2)).toEqual([
      { node: 'b', reason },
    ]);
    expect(known.bus().servers.find(({ node: of }) => of === 'a')?.links[0]?.slow).toBe(reason);
    expect(known.departed(b)).toEqual([]); // gone is not recovered
    expect(known.bus().servers.find(({ node: of }) => of === 'a')?.links[0]?.slow).toBeNull();
  });

  test('so many servers are known; those that are gone make room first', () => {
    const known = new KnownServers(wallAt(0));
    for (let at = 0; at < SERVERS_KNOWN_MAX; at += 1) {
      known.onStatus(name(`#s#n${at}`), said({ of: `n${at}` }), at);
    }
    known.departed(name('#s#n7'));
    known.onStatus(name('#s#new'), said({ of: 'new' }), 1_000);
    known.onStatus(name('#s#newer'), said({ of: 'newer' }), 1_001);
    const nodes = known.bus().servers.map((server) => server.node);
    expect(nodes).toHaveLength(SERVERS_KNOWN_MAX);
    expect(['n0', 'n1', 'n7', 'new', 'newer'].filter((one) => nodes.includes(node(one)))).toEqual([
      'n1',
      'new',
      'newer',
    ]);
  });
});

test('[CLU-09] a slow server and its recovery are rows of what happened', () => {
  const bus = new FakeBus();
  let slow: string | undefined = 'backlog of 2600 messages';
  const a = addNode(bus, 'a', {
    pid: 1,
    serverStatus: () => {
      const status = serverStatus('a', ['b']);
      return { ...status, links: status.links.map((link) => ({ ...link, slow })) };
    },
  });
  const dashboard = addObserver(bus, 'a');
  for (const client of [a.client, dashboard.client]) bus.start(client);
  bus.run(3_000);
  slow = undefined;
  bus.run(6_000);
  const rows = Object.values(dashboard.core.model().events).filter(({ kind }) =>
    ['slow', 'recovered'].includes(kind),
  );
  expect(rows.map(({ kind, member, detail }) => [kind, member, detail])).toEqual([
    ['slow', 'b', 'backlog of 2600 messages, as a sees it'],
    ['recovered', 'b', 'slow no more'],
  ]);
});

test('a dashboard that joins knows the views and groups of all within a second', () => {
  const bus = new FakeBus();
  const groups = [{ group: group('ec_console'), members: [FROM_A] }];
  const listening = () => bus.clients.filter((client) => client.sessions[0]?.startsWith('dashboard'));
  const a = addNode(bus, 'a', {
    pid: 1,
    serverStatus: () => ({
      ...serverStatus('a'),
      views: [
        { viewId: '1', members: [node('a')], installedAtMs: 0, tookMs: undefined, joined: [], lost: [] },
      ],
      groups: [...groups, { group: group('ec_status'), members: listening().map((one) => one.name()) }],
    }),
  });
  bus.start(a.client);
  bus.run(2_500);
  const dashboard = addObserver(bus, 'a');
  bus.start(dashboard.client);
  bus.run(3_500);
  const { servers, groups: known } = dashboard.core.bus();
  expect(servers).toMatchObject([{ node: 'a', current: true, views: [{ viewId: '1' }] }]);
  expect(known?.list.map((one) => one.group)).toEqual(['ec_console', 'ec_status']);
  bus.drop(a.client, 'silence');
  expect(dashboard.core.bus().servers).toMatchObject([{ node: 'a', current: false }]);
});
