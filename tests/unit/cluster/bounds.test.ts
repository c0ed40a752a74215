/** The small parts of the cluster room, at their bounds. */

import { describe, expect, test } from 'vitest';
import { AskedNodes, REQUESTS_MAX } from '../../../server/cluster/asked-nodes.ts';
import { ClockSkew, NOISE_MS, SAMPLES_MAX } from '../../../server/cluster/clock-skew.ts';
import { resolveTarget } from '../../../server/cluster/command-targets.ts';
import { HeartbeatWatch, OWN_PAUSE_MS } from '../../../server/cluster/heartbeat-watch.ts';
import { HISTORY_NAMES_MAX, Incarnations } from '../../../server/cluster/incarnations.ts';
import { LiveTables } from '../../../server/cluster/live-tables.ts';
import type { MemberRecord } from '../../../server/cluster/member-record.ts';
import { majorityVersions } from '../../../server/cluster/member-record.ts';
import { NAMES_IN_LIST_MAX } from '../../../server/cluster/message-fields.ts';
import { commandName } from '../../../server/cluster/process-log.ts';
import { busOptions, peerAddress } from '../../../server/cluster/process-options.ts';
import { REPLY_BYTES_MAX } from '../../../server/cluster/replies.ts';
import {
  BACKLOG_WAIT_MS,
  PARTS_PER_TURN,
  ReplySender,
  TURN_MS,
  WAITING_CHARACTERS_MAX,
} from '../../../server/cluster/reply-sender.ts';
import {
  STATUS_GATHER_MS,
  STATUS_INTERVAL_MS,
  StatusPublisher,
} from '../../../server/cluster/status-publisher.ts';
import { WALL_JUMP_MS, WallClock } from '../../../server/cluster/wall-clock.ts';
import type { PrivateName } from '../../../server/model/names.ts';
import { detectionTiming } from '../../../server/msgc/options.ts';
import { load } from '../../support/conf-samples.ts';
import { CONTROL_GROUP, serverStatus, wallAt } from './cluster-world.ts';
import { node } from './fake-bus.ts';

const name = '#ec0-00001#a' as PrivateName;

describe('asked nodes', () => {
  test('an answer counts once, and the oldest requests are forgotten', () => {
    const asked = new AskedNodes();
    asked.ask('first', [{ node: 'a', privateName: name }]);
    expect(asked.waitingFor(name)).toEqual([{ request: 'first', node: 'a' }]);
    expect(asked.answered('first', name)).toBe('a');
    expect(asked.answered('first', name)).toBeUndefined();
    for (let count = 0; count <= REQUESTS_MAX; count += 1) {
      asked.ask(`r${count}`, [{ node: 'a', privateName: name }]);
    }
    expect(asked.waitingFor(name)).toHaveLength(REQUESTS_MAX);
    expect(asked.answered('r0', name)).toBeUndefined();
  });
});

describe('incarnations', () => {
  test('of too many names the one seen longest ago is forgotten', () => {
    const incarnations = new Incarnations();
    expect([incarnations.count('a'), incarnations.count('a')]).toEqual([1, 2]);
    for (let count = 0; count < HISTORY_NAMES_MAX; count += 1) incarnations.count(`n${count}`);
    expect(incarnations.count('a')).toBe(1);
  });
});

describe('clock skew', () => {
  test('the fastest message decides, noise changes nothing, old samples are forgotten', () => {
    const skew = new ClockSkew();
    expect(skew.sample(1_000, 1_080)).toBe(true);
    expect(skew.skewMs).toBe(-80);
    expect(skew.sample(2_000, 2_080 - NOISE_MS + 1)).toBe(false);
    expect(skew.sample(3_000, 3_003)).toBe(true);
    expect(skew.skewMs).toBe(-3);
    for (let count = 0; count < SAMPLES_MAX; count += 1) skew.sample(4_000, 14_000);
    expect(skew.skewMs).toBe(-10_000);
  });
});

describe('heartbeats', () => {
  test('a look that comes late shifts what was expected, one in time does not', () => {
    const watch = new HeartbeatWatch();
    watch.expect(name, { startDelayMs: 0, intervalMs: 100 }, 0);
    expect(watch.judge(250 + OWN_PAUSE_MS).suspects).toEqual([]);
    const late = new HeartbeatWatch();
    late.expect(name, { startDelayMs: 0, intervalMs: 100 }, 0);
    expect(late.judge(250 + OWN_PAUSE_MS - 1).suspects).toEqual([name]);
  });

  test('a forgotten member is watched no longer', () => {
    const watch = new HeartbeatWatch();
    watch.expect(name, { startDelayMs: 0, intervalMs: 100 }, 0);
    watch.forget(name);
    expect(watch.deadlineMs).toBeUndefined();
    expect(watch.missed(name)).toBe(0);
  });
});

describe('reply sender', () => {
  const reply = (text: string) => ({ type: 'reply', to: name, id: 'r', ok: true, text }) as const;

  test('a long reply leaves in turns', () => {
    const sender = new ReplySender('ec0-00001');
    expect(sender.step(reply('x'.repeat(400_000)), 0)).toHaveLength(PARTS_PER_TURN);
    expect(sender.step({ type: 'deadlineReached' }, TURN_MS - 1)).toHaveLength(0);
    expect(sender.step({ type: 'deadlineReached' }, TURN_MS)).toHaveLength(PARTS_PER_TURN);
    expect(sender.step({ type: 'deadlineReached' }, 2 * TURN_MS)).toHaveLength(2);
    expect(sender.idle).toBe(true);
  });

  test('a refused part waits and is the first to go', () => {
    const sender = new ReplySender('ec0-00001');
    const [request] = sender.step(reply('x'), 0);
    if (request === undefined) throw new Error('one part');
    expect(sender.step({ type: 'refused', request }, 0)).toEqual([]);
    expect(sender.step({ type: 'deadlineReached' }, BACKLOG_WAIT_MS - 1)).toEqual([]);
    expect(sender.step({ type: 'deadlineReached' }, BACKLOG_WAIT_MS)).toEqual([request]);
  });

  test('what waits is bounded; what does not fit is dropped and counted', () => {
    const sender = new ReplySender('ec0-00001');
    const big = 'x'.repeat(REPLY_BYTES_MAX);
    for (let count = 0; count < WAITING_CHARACTERS_MAX / REPLY_BYTES_MAX; count += 1) {
      sender.step(reply(big), 0);
    }
    expect(sender.dropped).toBe(0);
    sender.step(reply(big), 0);
    expect(sender.dropped).toBe(1);
    sender.step({ type: 'lost' }, 1);
    expect(sender.idle).toBe(true);
  });
});

describe('status publisher', () => {
  test('each second and soon after a change, changes gathered, lists bounded', () => {
    const peers = Array.from({ length: NAMES_IN_LIST_MAX + 10 }, (_, at) => `n${at}`);
    const publisher = new StatusPublisher({
      session: 'ec0-00001',
      wall: wallAt(0),
      counters: () => ({}),
      configStatus: () => undefined,
      serverStatus: () => serverStatus('a', peers),
    });
    expect(publisher.deadlineMs).toBeUndefined();
    expect(publisher.step({ type: 'changed' }, 0)).toEqual([]);
    const [first] = publisher.step({ type: 'start' }, 0);
    if (first?.type !== 'publish') throw new Error('a publish');
    expect(JSON.parse(first.payload.toString()).links).toHaveLength(NAMES_IN_LIST_MAX);
    expect(publisher.deadlineMs).toBe(STATUS_INTERVAL_MS);
    publisher.step({ type: 'changed' }, 100);
    publisher.step({ type: 'changed' }, 110);
    expect(publisher.deadlineMs).toBe(100 + STATUS_GATHER_MS);
    expect(publisher.step({ type: 'deadlineReached' }, 100 + STATUS_GATHER_MS)).toHaveLength(1);
    publisher.step({ type: 'stop' }, 200);
    expect(publisher.deadlineMs).toBeUndefined();
  });
});

describe('wall clock', () => {
  test('jitter between two readings changes nothing, a jump does', () => {
    const wall = new WallClock({ wallMs: 1_000_000, nowMs: 500 });
    expect(wall.at(600)).toBe(1_000_100);
    wall.correct(1_000_100 + WALL_JUMP_MS - 1, 600);
    expect(wall.at(600)).toBe(1_000_100);
    wall.correct(1_000_100 + WALL_JUMP_MS, 600);
    expect(wall.at(600)).toBe(1_000_100 + WALL_JUMP_MS);
  });
});

describe('live tables', () => {
  test('an equal row is no change, and a change is told once with its last value', () => {
    const tables = new LiveTables();
    const row = {
      name: 'demo',
      environment: { name: 'test', pattern: 'solid', colour: '#888888' },
      leader: null,
      build: '1',
    } as const;
    tables.set('cluster', 'cluster', row);
    tables.set('cluster', 'cluster', { ...row, leader: 'a' });
    expect(tables.takeChanges()).toEqual([{ c: 'cluster', k: 'cluster', row: { ...row, leader: 'a' } }]);
    tables.set('cluster', 'cluster', { ...row, leader: 'a' });
    expect(tables.takeChanges()).toEqual([]);
    tables.remove('cluster', 'cluster');
    expect(tables.takeChanges()).toEqual([{ c: 'cluster', k: 'cluster', row: null }]);
  });
});

describe('records', () => {
  const record = (version: string): MemberRecord => ({
    name,
    facts: {
      nodeName: node('a'),
      subcluster: 'default',
      nodeType: 'Momentum',
      version,
      address: null,
      pid: 1,
      startedMs: 0,
      groups: [],
      privateNames: [],
      heartbeat: null,
    },
    state: 'present',
    cause: undefined,
    sinceMs: 0,
    joinedMs: 0,
    heardAtMs: 0,
    groups: [],
    incarnations: 1,
    missedHeartbeats: 0,
    excluded: false,
  });

  test('the majority version is the most frequent one, among equals the greatest', () => {
    expect(majorityVersions([record('1'), record('2'), record('1')]).get('node')).toBe('1');
    expect(majorityVersions([record('1'), record('2')]).get('node')).toBe('2');
  });

  test('a node may be named by its private name, and is asked once', () => {
    const twice = resolveTarget({ kind: 'nodes', names: ['a', 'A '] }, [record('1')], CONTROL_GROUP);
    expect(twice.ok && twice.value.asked).toHaveLength(1);
    const byName = resolveTarget({ kind: 'nodes', names: [name] }, [record('1')], CONTROL_GROUP);
    expect(byName).toMatchObject({ value: { asked: [{ node: 'a', privateName: name }] } });
  });
});

describe('options of the bus', () => {
  test('[MSG-18] a peer is an address, a name, or an address with a port of its own', () => {
    expect(peerAddress('Node1', '10.0.0.1', 4809)).toEqual({
      ok: true,
      value: { node: 'node1', host: '10.0.0.1', port: 4809 },
    });
    expect(peerAddress('a', 'host.example.com', 4809)).toMatchObject({ value: { host: 'host.example.com' } });
    expect(peerAddress('a', '127.0.0.1:4810', 4809)).toMatchObject({
      value: { host: '127.0.0.1', port: 4810 },
    });
    expect(peerAddress('a', '2001:db8::1', 4809)).toMatchObject({
      value: { host: '2001:db8::1', port: 4809 },
    });
    expect(peerAddress('a', '[2001:db8::1]:4810', 4809)).toMatchObject({ value: { port: 4810 } });
    expect(peerAddress('a b', '10.0.0.1', 4809).ok).toBe(false);
    expect(peerAddress('a', '', 4809).ok).toBe(false);
    expect(peerAddress('a', 'no such host', 4809).ok).toBe(false);
    expect(peerAddress('a', '*', 4809).ok).toBe(false);
    expect(peerAddress('a', '1:2:3:zz', 4809).ok).toBe(false);
  });

  test('[MSG-10] [MSG-12] [MSG-13] [MSG-14] [MSG-15] [MSG-16] [MSG-17] [MSG-20] [MSG-21] defaults are the documented ones', () => {
    const { generation } = load('');
    if (generation === undefined) throw new Error('the empty configuration loads');
    const connection = {
      connectTimeoutMs: 60_000,
      idleTimeoutMs: 30_000,
      keepaliveIntervalMs: 5_000,
      maxBacklog: 5_000,
      messagesPerIter: 20,
      reconnectIntervalMs: 5_000,
    };
    expect(busOptions(generation)).toMatchObject({
      ok: true,
      value: {
        server: { ...connection, peers: [] },
        client: {
          ...connection,
          servers: [{ host: '127.0.0.1', port: 4809 }],
          bindAddress: undefined,
        },
      },
    });
  });

  test.each([
    ['', 700],
    ['silence_timeout = 100', 100],
    ['silence_timeout = 30000', 30_000],
    ['silence_timeout = 30000 idle_timeout = 2', 2_000],
  ])('[BUS-09] a server with `%s` calls a link silent after %i ms', (text, suspectMs) => {
    const { generation } = load(`msgc_server { ${text} }\nmsgcserver_listener { listen ":4809" {} }`);
    if (generation === undefined) throw new Error('it loads');
    const options = busOptions(generation);
    expect(options.ok && options.value.server.timing).toEqual(detectionTiming(suspectMs));
  });

  test.each(['99', '30001', '0.5'])('a silence_timeout of %s is refused', (text) => {
    const { diagnostics } = load(
      `msgc_server { silence_timeout = ${text} }\nmsgcserver_listener { listen ":4809" {} }`,
    );
    expect(diagnostics).toMatchObject([{ line: 1, message: expect.stringContaining(text) }]);
  });

  test('every peer that cannot be used is named', () => {
    const { generation } = load(
      'msgc_server { peers = [ a = "1.2.3.4:0" b = "x:y:z" ] }\nmsgcserver_listener { listen ":4809" {} }',
    );
    if (generation === undefined) throw new Error('it loads');
    const options = busOptions(generation);
    expect(options.ok ? [] : options.error).toHaveLength(2);
  });
});

test('the log names a command without what may be secret', () => {
  expect(commandName('  config set secret_option hunter2')).toBe('config set');
  expect(commandName('x'.repeat(500))).toHaveLength(64);
});
