import { describe, expect, test } from 'vitest';
import { ClusterObserver } from '../../../server/cluster/observer.ts';
import type { ObserverEvent } from '../../../server/cluster/observer-api.ts';
import type { ObserverEffect } from '../../../server/cluster/observer-core.ts';
import {
  COLLECTIONS,
  EVENT_ROWS_MAX,
  type LiveModel,
  type OwnCollection,
} from '../../../server/wire/live.ts';
import { addManager, addNode, addObserver, EPOCH_MS, serverStatus, wallAt } from './cluster-world.ts';
import { type Client, FakeBus } from './fake-bus.ts';

const NO_MAIL = {
  receptions: 0,
  deliveries: 0,
  transients: 0,
  failures: 0,
  rejections: 0,
  moved: 0,
  inbound: 0,
  outbound: 0,
  active: 0,
  delayed: 0,
  domains: 0,
  receptionRate: null,
  deliveryRate: null,
  rejectionRate: null,
};

function cluster() {
  const bus = new FakeBus();
  const a = addNode(bus, 'a', { pid: 11, serverStatus: () => serverStatus('a', ['b']) });
  const b = addNode(bus, 'b', { pid: 22, subcluster: 'east' });
  const manager = addManager(bus, 'barca');
  const dashboard = addObserver(bus, 'barca');
  const clock = {
    nowMs: () => bus.nowMs,
    wallMs: () => EPOCH_MS + bus.nowMs,
    at: () => ({ cancel: () => {} }),
  };
  const observer: ClusterObserver = new ClusterObserver({
    core: dashboard.core,
    clock,
    give: (input) => dashboard.client.step(input as Parameters<Client['step']>[0]),
  });
  for (const { client } of [a, b, manager, dashboard]) bus.start(client);
  bus.run(1_500);
  return { bus, a, b, manager, dashboard, observer };
}

function told(client: Client): readonly ObserverEvent[] {
  return (client.effects as ObserverEffect[]).flatMap((effect) =>
    effect.type === 'tell' ? [effect.event] : [],
  );
}

function replayed(events: readonly ObserverEvent[]): Record<string, Record<string, unknown>> {
  const model: Record<string, Record<string, unknown>> = {
    cluster: {},
    bus: {},
    members: {},
    sightings: {},
    events: {},
  };
  for (const event of events) {
    if (event.type !== 'changed') continue;
    for (const { c, k, row } of event.changes) {
      if (row === null) delete model[c]?.[k];
      else (model[c] as Record<string, unknown>)[k] = row;
    }
  }
  return model;
}

function kinds(model: Omit<LiveModel, OwnCollection>): readonly string[] {
  return Object.values(model.events).map((row) => `${row.kind} ${row.member ?? ''}`.trim());
}

describe('the observer of the dashboard', () => {
  test('every row has the shape of its collection', () => {
    const { observer } = cluster();
    for (const [name, rows] of Object.entries(observer.model())) {
      const schema = COLLECTIONS[name as keyof typeof COLLECTIONS];
      for (const row of Object.values(rows)) expect(schema.safeParse(row).success).toBe(true);
    }
  });

  test('nodes and manager are shown as they say themselves', () => {
    const { observer } = cluster();
    const { members, cluster: rows, bus } = observer.model();
    expect(Object.keys(members).sort()).toEqual(['#barca#barca', '#dashboard-00077#barca', 'a', 'b']);
    expect(members['a']).toMatchObject({
      privateNames: ['#ec0-00011#a', '#ec1-00011#a'],
      role: 'node',
      state: 'present',
      cause: null,
      pid: 11,
      viewId: '1',
      clockSkewMs: 0,
      versionDiffers: false,
      duplicateName: false,
      incarnations: 1,
    });
    expect(members['#barca#barca']).toMatchObject({ nodeName: null, role: 'manager', address: null });
    expect(rows['cluster']?.leader).toBe('a');
    expect(bus['bus']).toMatchObject({ state: 'joined', serverNode: 'barca', viewId: '1' });
  });

  test('the changes told, replayed in order, give the model', () => {
    const { bus, b, dashboard, observer } = cluster();
    bus.drop(b.client, 'closed');
    bus.run(8_000);
    expect(replayed([...told(dashboard.client)])).toMatchObject(
      Object.fromEntries(Object.entries(observer.model()).filter(([name]) => name === 'members')),
    );
  });

  test('nothing is told while nothing happens, except dated sightings', () => {
    const { bus, dashboard } = cluster();
    bus.run(3_000);
    dashboard.client.effects.length = 0;
    bus.run(5_900);
    const changed = told(dashboard.client).flatMap((event) =>
      event.type === 'changed' ? event.changes : [],
    );
    expect(changed.filter(({ c }) => c !== 'sightings')).toEqual([]);
    expect(changed.length).toBeLessThanOrEqual(3);
  });

  test('ages come from anything heard and leave out departed members', () => {
    const { bus, a, observer } = cluster();
    bus.run(2_100);
    const ages = observer.memberAgesMs();
    expect(ages['a']).toBeLessThanOrEqual(1_000);
    bus.drop(a.client, 'silence');
    expect(observer.memberAgesMs()).not.toHaveProperty('a');
  });

  test('a dashboard that lives is never suspect, and is heard by itself', () => {
    const { bus, observer } = cluster();
    bus.run(20_000);
    expect(observer.memberAgesMs()['#dashboard-00077#barca']).toBeLessThanOrEqual(1_000);
    expect(observer.model().members['#dashboard-00077#barca']?.state).toBe('present');
  });

  test('who sees whom: the link table of a server that is gone stays, marked', () => {
    const { bus, a, observer } = cluster();
    expect(observer.model().sightings['a']).toMatchObject({
      current: true,
      links: [{ to: 'b', state: 'up' }],
    });
    bus.drop(a.client, 'closed');
    expect(observer.model().sightings['a']).toMatchObject({ current: false, links: [{ to: 'b' }] });
  });

  test('a departed member stays with its cause, and continues its history when it is back', () => {
    const { bus, b, observer } = cluster();
    bus.drop(b.client, 'closed');
    expect(observer.model().members['b']).toMatchObject({
      state: 'departed',
      cause: 'closed',
      joinedMs: null,
      viewId: null,
      version: '0.1.0',
    });
    bus.run(4_000);
    const again = addNode(bus, 'b', { pid: 33, subcluster: 'east' });
    bus.start(again.client);
    expect(observer.model().members['b']).toMatchObject({ state: 'present', incarnations: 2, pid: 33 });
    expect(kinds(observer.model()).slice(-3)).toEqual(['viewChanged', 'departed b', 'rejoined b'].slice(-3));
  });

  test('a member that departed can be dismissed, a present one cannot', () => {
    const { bus, b, observer } = cluster();
    expect(observer.dismiss('b')).toBe(false);
    bus.drop(b.client, 'leave');
    expect(observer.dismiss('b')).toBe(true);
    expect(observer.model().members).not.toHaveProperty('b');
    expect(observer.dismiss('b')).toBe(false);
  });

  test('mixed versions and duplicate names are flagged', () => {
    const { bus, observer } = cluster();
    const c = addNode(bus, 'c', { pid: 44, version: '0.2.0' });
    const twin = addNode(bus, 'a', { pid: 55 });
    bus.start(c.client);
    bus.start(twin.client);
    const { members } = observer.model();
    expect(members['c']?.versionDiffers).toBe(true);
    expect(members['a']).toMatchObject({ duplicateName: true, versionDiffers: false });
    expect(members['#ec0-00055#a']).toMatchObject({ duplicateName: true, nodeName: 'a' });
  });

  test('a clock that differs is measured', () => {
    const { bus, observer } = cluster();
    const wall = wallAt(0);
    wall.correct(EPOCH_MS + 90_000, 0);
    bus.start(addNode(bus, 'c', { pid: 44, wall }).client);
    bus.run(4_000);
    expect(observer.model().members['c']?.clockSkewMs).toBe(90_000);
    expect(observer.model().members['a']?.clockSkewMs).toBe(0);
  });

  test('without bus everything known stays, and a command is refused at once', () => {
    const { bus, dashboard, observer } = cluster();
    const before = observer.model().members;
    dashboard.client.connected = false;
    dashboard.client.step({ type: 'bus', event: { type: 'busLost', reason: 'ended' } });
    expect(observer.model().members).toEqual(before);
    expect(observer.model().bus['bus']).toMatchObject({ state: 'lost', reason: 'ended' });
    expect(observer.send('r', 'pid', { kind: 'all' })).toEqual({ ok: false, error: { code: 'busDown' } });
    bus.run(9_000);
    expect(observer.busAgeMs()).toBeGreaterThan(5_000);
  });

  test('[CLU-03] a command to all asks every node once and brings every reply', () => {
    const { a, b, dashboard, observer } = cluster();
    const sent = observer.send('job-1', 'cluster info', { kind: 'all' });
    expect(sent).toEqual({
      ok: true,
      value: [
        { node: 'a', privateName: '#ec0-00011#a' },
        { node: 'b', privateName: '#ec0-00022#b' },
      ],
    });
    expect([a.executed, b.executed]).toEqual([['cluster info'], ['cluster info']]);
    const replies = told(dashboard.client).filter((event) => event.type === 'reply');
    expect(replies.map(({ node, request, text }) => [node, request, text])).toEqual([
      ['a', 'job-1', 'a: cluster info'],
      ['b', 'job-1', 'b: cluster info'],
    ]);
  });

  test('a subcluster and named nodes are asked alone; an unknown one sends nothing', () => {
    const { a, b, observer } = cluster();
    expect(observer.send('r1', 'pid', { kind: 'subcluster', name: 'east' }).ok).toBe(true);
    expect(observer.send('r2', 'version', { kind: 'nodes', names: ['A'] }).ok).toBe(true);
    expect(a.executed).toEqual(['version']);
    expect(b.executed).toEqual(['pid']);
    expect(observer.send('r3', 'pid', { kind: 'nodes', names: ['a', 'nobody'] })).toEqual({
      ok: false,
      error: { code: 'unknownTarget', names: ['nobody'] },
    });
    expect(observer.send('r4', 'pid', { kind: 'subcluster', name: 'west' })).toMatchObject({
      error: { names: ['west'] },
    });
    expect(a.executed).toEqual(['version']);
  });

  test('a node that goes before it answers is told with its cause, and a late reply still arrives', () => {
    const { bus, b, dashboard, observer } = cluster();
    b.client.refuse = (request) => request.type === 'send';
    observer.send('job-2', 'pid', { kind: 'all' });
    bus.drop(b.client, 'silence');
    expect(told(dashboard.client)).toContainEqual({
      type: 'askedGone',
      request: 'job-2',
      node: 'b',
      cause: 'silence',
    });
  });

  test('a node that fell silent earlier is asked in vain and named', () => {
    const { bus, b, dashboard, observer } = cluster();
    bus.drop(b.client, 'silence');
    const sent = observer.send('job-3', 'pid', { kind: 'all' });
    expect(sent.ok && sent.value.map(({ node }) => node)).toEqual(['a', 'b']);
    expect(told(dashboard.client)).toContainEqual({
      type: 'askedGone',
      request: 'job-3',
      node: 'b',
      cause: 'silence',
    });
    expect(observer.send('job-5', 'pid', { kind: 'nodes', names: ['b'] }).ok).toBe(true);
    expect(told(dashboard.client).at(-1)).toMatchObject({ type: 'askedGone', request: 'job-5' });
  });

  test('a node that was lost otherwise is no target any more', () => {
    const { bus, b, observer } = cluster();
    bus.drop(b.client, 'closed');
    const sent = observer.send('job-6', 'pid', { kind: 'all' });
    expect(sent.ok && sent.value.map(({ node }) => node)).toEqual(['a']);
    expect(observer.send('job-7', 'pid', { kind: 'nodes', names: ['b'] }).ok).toBe(false);
  });

  test('a request that the bus does not take is refused', () => {
    const { dashboard, observer } = cluster();
    dashboard.client.refuse = (request) => request.type === 'publish';
    expect(observer.send('job-4', 'pid', { kind: 'all' })).toEqual({ ok: false, error: { code: 'busDown' } });
  });

  test('event rows are bounded', () => {
    const { bus, observer } = cluster();
    for (let round = 0; round < EVENT_ROWS_MAX / 2; round += 1) {
      const { client } = addNode(bus, 'c', { pid: 100 + round });
      bus.start(client);
      bus.drop(client, 'closed');
      bus.clients.splice(bus.clients.indexOf(client), 1);
    }
    expect(Object.keys(observer.model().events)).toHaveLength(EVENT_ROWS_MAX);
  });

  test('a node and a manager are asked about themselves and answer privately, as a reply', () => {
    const { bus, dashboard, observer } = cluster();
    expect(observer.query('q1', 'b', 'options')).toEqual({
      ok: true,
      value: { node: 'b', privateName: '#ec0-00022#b' },
    });
    expect(observer.query('q2', '#barca#barca', 'commands').ok).toBe(true);
    bus.run(2_000);
    const replies = told(dashboard.client).filter((event) => event.type === 'reply');
    expect(replies).toMatchObject([
      { request: 'q1', node: 'b', ok: true, text: '{"of":"b","what":"options"}' },
      { request: 'q2', node: '#barca#barca', ok: true, text: '{"of":"barca","what":"commands"}' },
    ]);
  });

  test('nobody else is asked: not the unknown, the departed, a dashboard, nor anybody without a bus', () => {
    const { bus, b, dashboard, observer } = cluster();
    const code = (member: string) => {
      const asked = observer.query('q', member, 'options');
      return asked.ok ? 'asked' : asked.error.code;
    };
    expect(code('nobody')).toBe('unknownTarget');
    expect(code('#dashboard-00077#barca')).toBe('unknownTarget');
    bus.drop(b.client, 'closed');
    expect(code('b')).toBe('unknownTarget');
    bus.drop(dashboard.client, 'closed');
    expect(code('a')).toBe('busDown');
  });

  test('who was asked and departs before the answer is told as gone; a refusal of the bus is said at once', () => {
    const { bus, b, dashboard, observer } = cluster();
    b.client.refuse = (request) => request.type === 'send';
    expect(observer.query('q1', 'b', 'options').ok).toBe(true);
    bus.drop(b.client, 'closed');
    expect(told(dashboard.client)).toContainEqual({
      type: 'askedGone',
      request: 'q1',
      node: 'b',
      cause: 'closed',
    });
    dashboard.client.refuse = (request) => request.type === 'send';
    expect(observer.query('q2', 'a', 'options')).toEqual({ ok: false, error: { code: 'busDown' } });
  });

  test('the configuration that a member tells in its status is in its row', () => {
    const config = { generation: 3, sinceMs: EPOCH_MS, unsaved: 2, lastReload: null };
    const bus = new FakeBus();
    const a = addNode(bus, 'a', { pid: 11, configStatus: () => config });
    const mute = addNode(bus, 'mute', { pid: 12 });
    const { client, core } = addObserver(bus, 'a');
    for (const one of [a.client, mute.client, client]) bus.start(one);
    bus.run(1_500);
    expect(core.model().members['a']?.config).toEqual(config);
    expect(core.model().members['mute']?.config).toBeNull();
  });

  test('the mail that a member tells in its status is in its row, and changes that row alone', () => {
    let receptions = 1;
    const bus = new FakeBus();
    const a = addNode(bus, 'a', { pid: 11, mailStatus: () => ({ ...NO_MAIL, receptions }) });
    const mute = addNode(bus, 'mute', { pid: 12 });
    const { client, core } = addObserver(bus, 'a');
    for (const one of [a.client, mute.client, client]) bus.start(one);
    bus.run(1_500);
    expect(core.model().members['a']?.mail).toMatchObject({ receptions: 1, toldMs: expect.any(Number) });
    expect(core.model().members['mute']?.mail).toBeNull();
    const before = told(client).length;
    const changed = () =>
      told(client)
        .slice(before)
        .flatMap((event) => (event.type === 'changed' ? event.changes : []))
        .flatMap(({ c, k }) => (c === 'members' ? [k] : []));
    bus.run(3_500);
    expect(changed()).toEqual([]);
    receptions = 9;
    bus.run(4_800);
    expect(core.model().members['a']?.mail?.receptions).toBe(9);
    expect(changed()).toEqual(['a']);
  });
});
