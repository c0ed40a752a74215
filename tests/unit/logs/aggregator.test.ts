/** The aggregator between nodes with real services and a disk in memory. */

import { describe, expect, test } from 'vitest';
import { type Driver, drive } from '../../../server/base/core.ts';
import { Prng } from '../../../server/base/prng.ts';
import { Aggregator, type AggregatorInput, type AggregatorOptions } from '../../../server/logs/aggregator.ts';
import { parseLogPath } from '../../../server/logs/log-path.ts';
import { LogSession } from '../../../server/logs/session.ts';
import type { MemoryEndpoint } from '../../../server/memory/memory-endpoint.ts';
import { MemoryLogDisk } from '../../../server/memory/memory-log-disk.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { LOG_PORT, LogServiceWorld, MAINLOG } from '../../support/log-service-world.ts';

const FILE = '/aggregated/mainlog/node1';
const localTime = () => ({
  year: 2026,
  month: 1,
  day: 1,
  hour: 0,
  minute: 0,
  second: 0,
  weekday: 4,
  dayOfYear: 1,
});

function optionsOf(more: Partial<AggregatorOptions> = {}): AggregatorOptions {
  const logfile = parseLogPath('/aggregated/%{l}/%{n}');
  if (!logfile.ok) throw new Error(logfile.error);
  return {
    logfile: logfile.value,
    fileMode: 0o640,
    dirMode: 0o755,
    maxOpen: 16,
    maxIdleMs: 10_000,
    outstandingMax: 65_536,
    subscribers: new Map(),
    subscribersDefault: ['mgr', 'master'],
    ...more,
  };
}

class Manager {
  readonly disk: MemoryLogDisk;
  readonly told: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  readonly core: Aggregator;
  readonly #driver: Driver<AggregatorInput>;
  readonly #world: LogServiceWorld;

  constructor(world: LogServiceWorld, name = 'mgr', options: Partial<AggregatorOptions> = {}) {
    this.#world = world;
    this.disk = new MemoryLogDisk({ clock: world.clock, prng: new Prng(4) });
    this.core = new Aggregator({
      name: name as NodeName,
      options: optionsOf(options),
      createSession: (parts) => new LogSession(parts),
      keys: undefined,
      localTime,
      seed: 3,
    });
    this.#driver = drive(this.core, world.clock, (effect) => {
      if (effect.type === 'stream') endpoint.perform(effect.effect);
      else if (effect.type === 'disk') this.disk.perform(effect.operation);
      else this.told.push(effect);
    });
    const endpoint: MemoryEndpoint = world.network.endpoint({
      host: name,
      give: (input) => this.#driver.give({ type: 'stream', input }),
    });
    this.disk.attach((result) => this.#driver.give({ type: 'disk', result }));
    this.#driver.give({ type: 'start' });
    this.meet('node1');
  }

  meet(...nodes: readonly string[]): void {
    const sources = nodes.map((node) => {
      return { node: node as NodeName, subcluster: 'default', host: node, port: LOG_PORT, since: 1 };
    });
    this.#driver.give({ type: 'sources', sources });
    this.#world.clock.runFor(300);
  }

  change(options: Partial<AggregatorOptions>): void {
    this.#driver.give({ type: 'optionsChanged', options: optionsOf(options), keys: undefined });
    this.#world.clock.runFor(300);
  }

  get lines(): string {
    return (this.disk.content(FILE) ?? '').toString();
  }

  get row() {
    const [row] = this.core.rows(this.#world.clock.nowMs());
    if (row === undefined) throw new Error('no row');
    return row;
  }
}

function worldOf(...subscribers: readonly string[]) {
  const world = new LogServiceWorld();
  const node = world.node('node1', { activeMs: 10, idleMs: 100 });
  return { world, node, log: node.logs.log(MAINLOG, ...subscribers) };
}

describe('an aggregator', () => {
  test('[LOG-09] writes lines, and the node hears of them after that', () => {
    const { world, log } = worldOf('master');
    log.append('one', 'two\n', 'three\n\n');
    const manager = new Manager(world);
    expect(manager.lines).toBe('one\ntwo\nthree\n');
    expect(log.subscribers.get('master')).toEqual({ segment: 0, marker: 3 });
    expect(manager.row).toMatchObject({
      node: 'node1',
      log: 'mainlog',
      subscriber: 'master',
      state: 'pulling',
      position: '00000000:00000003',
      records: 3,
    });
    world.clock.runFor(3_000);
    expect(manager.row.state).toBe('idle');
  });

  test('[LOG-17] takes its own name before master, and makes none', () => {
    const { world, log } = worldOf('master', 'mgr');
    const manager = new Manager(world);
    expect(manager.row.subscriber).toBe('mgr');
    log.subscribers.delete('mgr');
    log.subscribers.delete('master');
    log.append('nobody wants it');
    world.clock.runFor(20_000);
    expect([...log.subscribers]).toEqual([]);
    expect(manager.row).toMatchObject({ state: 'refused', text: 'the subscriber mgr was removed' });
  });

  test('[LOG-16] pulls nothing from a node whose list is empty, and something as soon as it is not', () => {
    const { world, log } = worldOf('master');
    log.append('one');
    const off = new Map([['node1' as NodeName, []]]);
    const manager = new Manager(world, 'mgr', { subscribers: off });
    expect(manager.row).toMatchObject({ state: 'off', log: '*' });
    expect(manager.lines).toBe('');
    manager.change({ subscribers: new Map([['node1' as NodeName, ['master']]]) });
    expect(manager.lines).toBe('one\n');
    manager.change({ subscribers: off });
    log.append('two');
    world.clock.runFor(20_000);
    expect(manager.lines).toBe('one\n');
  });

  test('[LOG-23] puts a session on hold for 5 s when too much waits for the disk', () => {
    const { world, log } = worldOf('master');
    const manager = new Manager(world, 'mgr', { outstandingMax: 10 });
    manager.disk.delayMs = () => 400;
    log.append(...Array.from({ length: 20 }, (_, index) => `line ${index}`));
    world.clock.runFor(200);
    expect(manager.row.state).toBe('held');
    log.append('after');
    world.clock.runFor(4_000);
    expect(manager.lines).not.toContain('after');
    world.clock.runFor(4_000);
    expect(manager.lines.split('\n')).toHaveLength(22);
  });

  test.each(['full', 'readOnly'] as const)(
    '[LOG-24] a disk that is %s acknowledges nothing, says so, and goes on when it is not',
    (trouble) => {
      const { world, log } = worldOf('master');
      const manager = new Manager(world);
      manager.disk[trouble] = true;
      log.append('one', 'two');
      world.clock.runFor(8_000);
      expect(log.subscribers.get('master')).toEqual({ segment: 0, marker: 0 });
      expect(manager.core.problem).not.toBe('');
      expect(manager.row.state).toBe('failed');
      expect(manager.told.filter(({ event }) => event === 'logs.disk')).toHaveLength(1);
      manager.disk[trouble] = false;
      world.clock.runFor(6_000);
      expect(manager.lines).toBe('one\ntwo\n');
      expect(manager.core.problem).toBe('');
      expect(log.subscribers.get('master')).toEqual({ segment: 0, marker: 2 });
    },
  );

  test('two with names of their own get every line each; with one name the second is told that it is busy', () => {
    const { world, log } = worldOf('one', 'two');
    log.append('line');
    const names = { subscribersDefault: ['one'] };
    const first = new Manager(world, 'mgr1', names);
    const second = new Manager(world, 'mgr2', { subscribersDefault: ['two'] });
    const third = new Manager(world, 'mgr3', names);
    expect([first.lines, second.lines, third.lines]).toEqual(['line\n', 'line\n', '']);
    expect(third.row).toMatchObject({ state: 'refused', text: expect.stringContaining('mgr1') });
  });

  test('[LOG-22] an offset that was moved back by hand is followed, and lines are read again', () => {
    const { world, node, log } = worldOf('master');
    log.append('one', 'two');
    const manager = new Manager(world);
    world.clock.runFor(3_000);
    for (const { id } of node.service.jobs(world.clock.nowMs())) node.abort(id);
    log.subscribers.set('master', { segment: 0, marker: 1 });
    world.clock.runFor(59_000);
    expect(manager.lines).toBe('one\ntwo\n');
    world.clock.runFor(3_000);
    expect(manager.lines).toBe('one\ntwo\ntwo\n');
    expect(manager.told.map(({ event }) => event)).toContain('logs.offset_changed');
  });

  test('a node that cannot be reached is said to be so, and tried again and again', () => {
    const world = new LogServiceWorld();
    const manager = new Manager(world);
    expect(manager.row).toMatchObject({ state: 'unreachable', log: '*' });
    const node = world.node('node1', { activeMs: 10, idleMs: 100 });
    node.logs.log(MAINLOG, 'master').append('at last');
    world.clock.runFor(8_000);
    expect(manager.lines).toBe('at last\n');
  });

  test('hostile names of logs stay in the directory', () => {
    const world = new LogServiceWorld();
    const node = world.node('node1', {
      activeMs: 10,
      idleMs: 100,
      logs: new Map([['../../etc/cron', MAINLOG]]),
    });
    node.logs.log(MAINLOG, 'master').append('* * * * * root');
    const manager = new Manager(world);
    expect(manager.disk.paths).toEqual(['/aggregated/%2E.%2F..%2Fetc%2Fcron/node1']);
  });
});
