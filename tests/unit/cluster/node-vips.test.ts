/** The wiring of member and host in one node: pauses, refusals of the bus, a stop. */

import { describe, expect, test } from 'vitest';
import type { VipPlan } from '../../../server/cluster/duravip-plan.ts';
import { encodeCapabilities, type MemberFacts } from '../../../server/cluster/messages.ts';
import {
  HAPPENINGS_TOLD_MAX,
  NodeVips,
  type NodeVipsInput,
  patienceMs,
  WAITING_MAX,
} from '../../../server/cluster/node-vips.ts';
import type { AppEffect } from '../../../server/cluster/process-app.ts';
import { REFUSED_AGAIN_MS } from '../../../server/cluster/refused-requests.ts';
import { TIMING_DEFAULT } from '../../../server/duravip/timing.ts';
import type { BusEvent, BusRequest, GroupView } from '../../../server/msgc/client-api.ts';
import { ip, nodeNamed } from '../../support/vip-tables.ts';
import { group } from './fake-bus.ts';

const SESSION = 'ec0-00001';
const ME = '#ec0-00001#node1' as never;
const CLUSTER = group('ec_cluster');
const SILENCE_MS = 700;
const PATIENCE_MS = patienceMs(SILENCE_MS);
const ADDRESS = ip('127.0.9.1');

const FACTS: MemberFacts = {
  nodeName: nodeNamed('node1'),
  subcluster: 'default',
  nodeType: 'Momentum',
  version: '1',
  address: null,
  pid: 1,
  startedMs: 0,
  groups: [],
  privateNames: [],
  heartbeat: null,
};

function planOf(count: number): VipPlan {
  const vips = Array.from({ length: count }, (_, index) => ({
    address: ip(`127.0.9.${index + 1}`),
    names: [`vip-${index + 1}`],
    services: ['multivip'],
    preference: undefined,
    follows: undefined,
    refused: undefined,
    interface: 'lo',
    prefix: 32,
  }));
  return {
    vips,
    policy: {
      viewMatureMs: 1_000,
      viewBalanceMs: 1_000,
      viewBroadcastMs: 0,
      balanceSetSize: 10,
      isolated: 'serve',
    },
    hostPolicy: {
      ifCheckMs: 30_000,
      ifDownLimitMs: 4_000,
      arpAllHosts: true,
      hook: undefined,
      hookTimeoutMs: 10_000,
    },
    host: 'loopback',
    problems: [],
  };
}

/** One node that is alone: what it publishes comes back to it, its machine does what it is told. */
class Alone {
  readonly vips: NodeVips;
  readonly effects: AppEffect[] = [];
  readonly placed = new Set<string>();
  /** Requests that the bus does not take. */
  refuse = (_request: BusRequest): boolean => false;
  nowMs = 0;
  looping = true;

  constructor(plan = planOf(1)) {
    this.vips = new NodeVips(
      {
        node: nodeNamed('node1'),
        session: SESSION,
        clusterGroup: CLUSTER,
        plan,
        timing: TIMING_DEFAULT,
        silenceMs: SILENCE_MS,
      },
      0,
    );
    this.give({ type: 'start' });
    this.bus({
      type: 'busConnected',
      server: 'x',
      serverNode: nodeNamed('node1'),
      privateNames: new Map([[SESSION, ME]]),
    });
    this.bus({ type: 'view', session: SESSION, view: VIEW });
  }

  bus(event: BusEvent): void {
    this.give({ type: 'bus', event });
  }

  give(input: NodeVipsInput): void {
    this.#perform(this.vips.step(input, this.nowMs));
  }

  run(toMs: number): void {
    for (;;) {
      const dueMs = this.vips.deadlineMs ?? Number.POSITIVE_INFINITY;
      if (dueMs > toMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.#perform(this.vips.step({ type: 'deadlineReached' }, this.nowMs));
    }
    this.nowMs = toMs;
  }

  published(): number {
    return this.effects.filter((effect) => effect.type === 'bus').length;
  }

  #perform(effects: readonly AppEffect[]): void {
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.type === 'bus') this.#request(effect.request);
      if (effect.type !== 'host') continue;
      const { command } = effect;
      if (command.type === 'survey') {
        const interfaces = [{ name: 'lo', up: true, networks: [] }];
        const addresses = [...this.placed].map((address) => ({
          address: ip(address),
          prefix: 32,
          interface: 'lo',
        }));
        this.give({ type: 'hostFact', fact: { type: 'surveyed', id: command.id, addresses, interfaces } });
      }
      if (command.type === 'change') {
        for (const { address } of command.remove) this.placed.delete(address);
        for (const { address } of command.add) this.placed.add(address);
        this.give({ type: 'hostFact', fact: { type: 'changed', id: command.id, failed: [] } });
      }
    }
  }

  #request(request: BusRequest): void {
    if (this.refuse(request)) this.bus({ type: 'requestRefused', request, reason: 'backlog' });
    else if (this.looping && request.type === 'publish') {
      const { kind, payload } = request;
      this.bus({ type: 'message', session: SESSION, group: CLUSTER, sender: ME, kind, payload });
    }
  }
}

const VIEW: GroupView = {
  group: CLUSTER,
  viewId: '1',
  members: [{ name: ME, capabilities: encodeCapabilities(FACTS) }],
  cause: 'join',
  joined: [ME],
  lost: [],
  transitional: [ME],
};

describe('a node that is alone', () => {
  test('takes its address once the view is mature', () => {
    const alone = new Alone();
    alone.run(900);
    expect(alone.placed.size).toBe(0);
    alone.run(2_000);
    expect([...alone.placed]).toEqual([ADDRESS]);
    expect(alone.vips.placed(ADDRESS)).toBe('lo');
    expect(alone.effects).toContainEqual({ type: 'service', address: ADDRESS, run: true });
  });

  test('[VIP-28] leaves its machine alone where nothing is configured, also when that changes', () => {
    const alone = new Alone(planOf(0));
    alone.run(60_000);
    expect(alone.effects.filter(({ type }) => type === 'host')).toEqual([]);
    alone.give({ type: 'configured', clusterGroup: CLUSTER, plan: planOf(2), silenceMs: SILENCE_MS });
    alone.run(65_000);
    expect(alone.placed.size).toBe(2);
  });

  test('lets go after a pause of its own, and takes nothing before a message has come back', () => {
    const alone = new Alone();
    alone.run(3_000);
    alone.looping = false;
    alone.nowMs += PATIENCE_MS + 1;
    alone.give({ type: 'deadlineReached' } as never);
    expect(alone.placed.size).toBe(0);
    alone.run(alone.nowMs + 5_000);
    expect(alone.placed.size).toBe(0);
  });

  test('is not bothered by a pause shorter than that', () => {
    const alone = new Alone();
    alone.run(3_000);
    alone.nowMs += PATIENCE_MS - 1;
    alone.give({ type: 'deadlineReached' } as never);
    expect([...alone.placed]).toEqual([ADDRESS]);
  });

  test('when its guard let everything go, nothing is believed until it is confirmed', () => {
    const alone = new Alone();
    alone.run(3_000);
    alone.looping = false;
    alone.placed.clear();
    alone.give({ type: 'hostFact', fact: { type: 'dropped', text: 'the guard died' } });
    alone.run(6_000);
    expect(alone.placed.size).toBe(0);
    expect(alone.effects).toContainEqual(expect.objectContaining({ type: 'hostHappened', bad: true }));
  });

  test('says again, in order, what the bus refused for its backlog', () => {
    const alone = new Alone();
    const said: Buffer[] = [];
    let refusing = true;
    alone.refuse = (request) => {
      if (request.type === 'publish' && !refusing) said.push(request.payload);
      return refusing;
    };
    alone.run(1_500);
    expect(alone.placed.size).toBe(0);
    refusing = false;
    alone.run(1_500 + 2 * REFUSED_AGAIN_MS);
    expect(said.length).toBeGreaterThan(0);
    alone.run(4_000);
    expect([...alone.placed]).toEqual([ADDRESS]);
  });

  test('makes its connection anew when the bus takes nothing at all', () => {
    const alone = new Alone();
    alone.refuse = () => true;
    const request: BusRequest = {
      type: 'publish',
      session: SESSION,
      groups: [CLUSTER],
      service: 'agreed',
      kind: 0x4d20,
      payload: Buffer.alloc(0),
    };
    for (let count = 0; count <= WAITING_MAX; count += 1) {
      alone.bus({ type: 'requestRefused', request, reason: 'backlog' });
    }
    expect(alone.effects.some(({ type }) => type === 'reconnect')).toBe(true);
  });

  test('a stop lets go and ends, with nobody there to take over', () => {
    const alone = new Alone();
    alone.run(3_000);
    alone.give({ type: 'stop' });
    alone.run(3_500);
    expect(alone.vips.handingOver).toBe(false);
    expect(alone.placed.size).toBe(0);
    expect(alone.effects.filter(({ type }) => type === 'service').at(-1)).toMatchObject({ run: false });
  });
});

test('[VIP-23] what is for debugging is marked as shown only while that is switched on', () => {
  const alone = new Alone();
  const shown = () =>
    alone.effects.flatMap((effect) => (effect.type === 'vipHappened' ? [effect.shown] : []));
  alone.run(3_000);
  expect(new Set(shown())).toEqual(new Set([false]));
  alone.vips.setDebug(true);
  const { ok } = alone.vips.order(
    { type: 'move', what: ADDRESS, to: 'node1' },
    { user: 'ana', broadcast: false },
    alone.nowMs,
  );
  expect(ok).toBe(true);
  alone.run(3_100);
  alone.give({ type: 'configured', clusterGroup: CLUSTER, plan: planOf(3), silenceMs: SILENCE_MS });
  alone.run(6_000);
  expect(shown()).toContain(true);
});

test('of thousands of addresses that come at once, few are told one by one', () => {
  const alone = new Alone(planOf(250));
  alone.run(3_000);
  expect(alone.placed.size).toBe(250);
  const told = alone.effects.filter(
    (effect) => effect.type === 'vipHappened' && effect.what.type === 'owner',
  );
  expect(told.length).toBeLessThanOrEqual(HAPPENINGS_TOLD_MAX);
  expect(alone.effects.some((effect) => effect.type === 'moreHappened' && effect.count >= 50)).toBe(true);
});
