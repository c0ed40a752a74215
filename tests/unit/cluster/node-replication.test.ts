/** Replication of one node on the bus: which mailbox says what, what is heard, and what happens when the bus is full. */

import { describe, expect, test } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import { decodeMessage, encodeCapabilities, type MemberFacts } from '../../../server/cluster/messages.ts';
import { NodeReplication, WAITING_MAX } from '../../../server/cluster/node-replication.ts';
import { OBJECTS_INTERVAL_MS, OBJECTS_REPEAT_MS } from '../../../server/cluster/object-board.ts';
import type { AppEffect } from '../../../server/cluster/process-app.ts';
import { REFUSED_AGAIN_MS } from '../../../server/cluster/refused-requests.ts';
import { sharedAnswer } from '../../../server/cluster/shared-query.ts';
import { WallClock } from '../../../server/cluster/wall-clock.ts';
import type { BusEvent, BusRequest, GroupView } from '../../../server/msgc/client-api.ts';
import { REPLICATION_KIND } from '../../../server/replication/api.ts';
import { planOf } from '../../support/replication-world.ts';
import { nodeNamed } from '../../support/vip-tables.ts';
import { group } from './fake-bus.ts';

const MAIN = 'ec0-00001';
const SHARED = 'ec1-00001';
const ME = `#${MAIN}#node1` as never;
const MY_SHARED = `#${SHARED}#node1`;
const CLUSTER = group('ec_cluster');

function facts(name: string, nodeType: string): MemberFacts {
  return {
    nodeName: nodeNamed(name),
    subcluster: 'default',
    nodeType,
    version: '1',
    address: null,
    pid: 1,
    startedMs: 0,
    groups: [],
    privateNames: [],
    heartbeat: null,
  };
}

/** One node; what it publishes comes back to its main mailbox. */
class Alone {
  readonly shared = new NodeReplication({
    node: nodeNamed('node1'),
    session: MAIN,
    sharedSession: SHARED,
    clusterGroup: CLUSTER,
    plan: {
      objects: [
        planOf('outbound_domains', 'outbound_domains', { maxPending: 1 }),
        planOf('mycache', 'cache'),
      ],
      problems: [],
    },
    windows: [],
    wall: new WallClock({ wallMs: 1_700_000_000_000, nowMs: 0 }),
    nowMs: 0,
  });
  readonly requests: BusRequest[] = [];
  readonly others: AppEffect[] = [];
  refusing = false;
  nowMs = 0;

  constructor() {
    this.take(this.shared.step({ type: 'start' }, 0));
    const privateNames = new Map([
      [MAIN, ME],
      [SHARED, MY_SHARED as never],
    ]);
    this.bus({ type: 'busConnected', server: 's', serverNode: nodeNamed('node1'), privateNames });
    this.view([[ME, 'Momentum']]);
  }

  view(members: readonly (readonly [string, string])[]): void {
    const view: GroupView = {
      group: CLUSTER,
      viewId: `${members.length}`,
      members: members.map(([name, type]) => ({
        name: name as never,
        capabilities: encodeCapabilities(facts(name.slice(name.lastIndexOf('#') + 1), type)),
      })),
      cause: 'join',
      joined: [],
      lost: [],
      transitional: [ME],
    };
    this.bus({ type: 'view', session: MAIN, view });
  }

  bus(event: BusEvent): void {
    this.take(this.shared.step({ type: 'bus', event }, this.nowMs));
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const dueMs = this.shared.deadlineMs;
      if (dueMs === undefined || dueMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.take(this.shared.step(DEADLINE_REACHED, this.nowMs));
    }
    this.nowMs = untilMs;
  }

  take(effects: readonly AppEffect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'bus') this.others.push(effect);
      else if (this.refusing) {
        this.bus({ type: 'requestRefused', request: effect.request, reason: 'backlog' });
      } else this.#send(effect.request);
    }
  }

  /** Everything of replication that was published. */
  get said(): readonly Extract<BusRequest, { type: 'publish' }>[] {
    return this.requests
      .filter((one) => one.type === 'publish')
      .filter(({ kind }) => kind === REPLICATION_KIND);
  }

  /** What was told on `ec_status`. */
  get told() {
    return this.requests.flatMap((one) => {
      const message = one.type === 'publish' ? decodeMessage(one.kind, one.payload) : undefined;
      return message?.ok === true && message.value.type === 'objects' ? [message.value] : [];
    });
  }

  #send(request: BusRequest): void {
    this.requests.push(request);
    if (request.type !== 'publish' || request.kind !== REPLICATION_KIND) return;
    const { kind, payload } = request;
    this.bus({ type: 'message', session: MAIN, group: CLUSTER, sender: MY_SHARED as never, kind, payload });
  }
}

describe('on the bus', () => {
  test('the second mailbox says it, to the cluster group', () => {
    const world = new Alone();
    world.shared.data.count('outbound_domains', 'example.com', 3, world.nowMs);
    world.pass(1_100);
    expect(world.said.length).toBeGreaterThan(0);
    for (const { session, groups, service } of world.said) {
      expect({ session, groups, service }).toEqual({ session: SHARED, groups: [CLUSTER], service: 'agreed' });
    }
  });

  test('messages of other kinds, other groups and other mailboxes are none of ours', () => {
    const world = new Alone();
    const payload = Buffer.from('garbage');
    const message = { type: 'message', sender: MY_SHARED as never, payload } as const;
    world.bus({ ...message, session: MAIN, group: CLUSTER, kind: 0x4d05 });
    world.bus({ ...message, session: MAIN, group: group('ec_status'), kind: REPLICATION_KIND });
    world.bus({ ...message, session: MAIN, group: undefined, kind: REPLICATION_KIND });
    expect(world.shared.refused).toBe(0);
    world.bus({ ...message, session: MAIN, group: CLUSTER, kind: REPLICATION_KIND });
    expect(world.shared.refused).toBe(1);
    // Whoever is not in the view says nothing.
    world.bus({ ...message, session: MAIN, group: CLUSTER, kind: REPLICATION_KIND, sender: '#x#y' as never });
    expect(world.shared.refused).toBe(1);
  });

  test('nodes and managers share data, dashboards and others do not', () => {
    const world = new Alone();
    world.view([
      [ME, 'Momentum'],
      ['#ec0-00002#node2', 'Momentum'],
      ['#eccmgr#manager', 'Manager'],
      ['#dash-1#node1', 'Dashboard'],
      ['#spy#node1', 'Something'],
    ]);
    expect(world.shared.memberNamed('node2')).toBe('#ec1-00002#node2');
    expect(world.shared.memberNamed('#ec0-00002#node2')).toBe('#ec1-00002#node2');
    expect(world.shared.memberNamed('#EC1-00002#NODE2')).toBe('#ec1-00002#node2');
    expect(world.shared.memberNamed('manager')).toBe('#eccmgr#manager');
    expect(world.shared.memberNamed('#spy#node1')).toBeUndefined();
  });

  test('what the bus refused is said again, in its order', () => {
    const world = new Alone();
    world.pass(100);
    const before = world.said.length;
    world.refusing = true;
    for (let count = 0; count < 5; count += 1) {
      world.shared.data.count('outbound_domains', `d${count}.example`, 1, world.nowMs);
      world.pass(1);
    }
    expect(world.said).toHaveLength(before);
    world.refusing = false;
    world.pass(REFUSED_AGAIN_MS);
    const again = world.said.slice(before).map(({ payload }) => payload.toString('latin1'));
    const order = again.map((text) => /d(\d)\.example/.exec(text)?.[1]).filter((one) => one !== undefined);
    expect(order[0]).toBe('0');
    expect(order).toEqual(['0', '1', '2', '3', '4'].slice(0, order.length));
    world.pass(2_000);
    expect(world.said.map(({ payload }) => payload.toString('latin1')).join('')).toContain('d4.example');
  });

  test('a bus that takes nothing is left and joined again', () => {
    const world = new Alone();
    world.refusing = true;
    const request = {
      type: 'publish',
      session: SHARED,
      groups: [CLUSTER],
      service: 'agreed',
      kind: REPLICATION_KIND,
      payload: Buffer.alloc(1),
    } as const;
    for (let count = 0; count <= WAITING_MAX; count += 1) {
      world.bus({ type: 'requestRefused', request, reason: 'backlog' });
    }
    expect(world.others).toEqual([{ type: 'reconnect' }]);
  });

  test('without a bus nothing is said, and counting goes on', () => {
    const world = new Alone();
    world.bus({ type: 'busLost', reason: 'closed' });
    world.requests.length = 0;
    world.shared.data.count('outbound_domains', 'example.com', 3, world.nowMs);
    world.shared.data.claim([{ object: 'outbound_domains', key: 'example.com', limit: 4 }], world.nowMs);
    world.shared.data.claim([{ object: 'outbound_domains', key: 'example.com', limit: 4 }], world.nowMs);
    world.pass(10_000);
    expect(world.requests).toEqual([]);
    expect(world.shared.takeClaimed().map(({ granted }) => granted)).toEqual([true, false]);
    expect(world.shared.data.total('outbound_domains', 'example.com')).toBe(4);
  });
});

describe('what is told of objects', () => {
  test('each second when something changed, each ten seconds otherwise', () => {
    const world = new Alone();
    world.shared.data.cacheSet('mycache', 'k', Buffer.from('v'), 0, world.nowMs);
    world.shared.data.cacheGet('mycache', 'k', world.nowMs);
    world.pass(OBJECTS_INTERVAL_MS);
    expect(must(world.told[0], 'a telling')).toMatchObject({
      privateName: MY_SHARED,
      upMs: OBJECTS_INTERVAL_MS,
      telling: 1,
      part: 0,
      parts: 1,
      objects: [
        { name: 'outbound_domains', kind: 'gauge table', entries: 0, total: 0, hits: null },
        { name: 'mycache', kind: 'cache', entries: 1, total: null, hits: 1, misses: 0 },
      ],
    });
    world.pass(3_000);
    const settled = world.told.length;
    world.pass(5_000);
    expect(world.told).toHaveLength(settled);
    world.pass(OBJECTS_REPEAT_MS);
    expect(world.told.length).toBeGreaterThan(settled);
  });

  test('pages ask for rows of one object', () => {
    const { shared } = new Alone();
    shared.data.count('outbound_domains', 'example.com', 3, 0);
    shared.data.count('outbound_domains', 'example.net', 5, 0);
    shared.data.cacheSet('mycache', 'k', Buffer.from('secret\u0007'), 60_000, 0);
    const ask = (about: unknown) => sharedAnswer(shared, JSON.stringify(about), 0);
    expect(JSON.parse(ask({ object: 'outbound_domains', view: 'global', top: 1 }).text)).toEqual({
      rows: [{ key: 'example.net', text: null, value: 5, children: false, expiresInMs: null }],
      found: 2,
    });
    expect(JSON.parse(ask({ object: 'mycache', view: 'node1', top: 9 }).text).rows).toEqual([
      { key: 'k', text: null, value: 7, children: false, expiresInMs: 60_000 },
    ]);
    const [row] = JSON.parse(ask({ object: 'mycache', view: 'global', top: 9, texts: true }).text).rows;
    expect(row.text).toMatch(/^secret/);
    expect(row.text).not.toContain('\u0007');
    expect(ask({ object: 'nothing', view: 'global', top: 1 })).toEqual({ ok: false, text: 'unknown object' });
    expect(ask({ object: 'mycache', view: 'nobody', top: 1 }).ok).toBe(false);
    expect(sharedAnswer(shared, 'nonsense', 0).ok).toBe(false);
    expect(ask({ object: 'mycache', view: 'global', top: 1e9 }).ok).toBe(false);
  });
});
