/** The log file service of a real node over TCP: what is published, replayed, acknowledged, aborted. */

import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newKeyFile, readBusKeys } from '../../server/adapters/bus-keys.ts';
import { DiskStore } from '../../server/adapters/file-store.ts';
import { must } from '../../server/base/assert.ts';
import type { JournalWriter } from '../../server/jlog/api.ts';
import { createLog, openLog } from '../../server/jlog/log.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import type { LogPosition } from '../../server/model/log-position.ts';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { RealLogSession } from '../support/real-log-session.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 120_000;
/** The machine may have much else to do. */
const soon = <T>(ask: () => T | undefined | false): Promise<T> => until(ask, 60_000);
const SEGMENT_BYTES = 64 * 1024;
/** Long enough that no round comes by itself in a test. */
const NEVER_S = 3_600;
const WRITTEN_US = 1_767_225_600_000_000;

describe('the log file service of a node', { timeout: LIMIT_MS }, () => {
  let cluster: ClusterProcesses;
  const store = new DiskStore();
  const sessions: RealLogSession[] = [];
  const writers = new Map<string, JournalWriter>();
  const directory = (log: string): string => path.join(cluster.folder, 'logs', `${log}.cluster`);
  const keyFile = (): string => path.join(cluster.folder, 'bus.key');

  function make(log: string, ...subscribers: readonly string[]): void {
    const made = createLog(store, directory(log), { unitBytes: SEGMENT_BYTES, subscribers });
    if (!made.ok) throw made.error;
    const writer = openWriter(store, directory(log));
    if (!writer.ok) throw writer.error;
    writers.set(log, writer.value);
  }
  function append(log: string, ...lines: readonly string[]): void {
    const appended = must(writers.get(log), log).append(lines, WRITTEN_US);
    if (appended.error !== undefined) throw appended.error;
  }
  function standing(log: string, subscriber = 'master'): LogPosition | undefined {
    const opened = openLog(store, directory(log));
    const found = opened.ok ? opened.value.subscribers() : opened;
    if (!found.ok) throw found.error;
    return found.value.find(({ name }) => name === subscriber)?.position;
  }
  const segments = (log: string): number =>
    readdirSync(directory(log)).filter((name) => /^[0-9a-f]{8}$/.test(name)).length;
  /** A connection on which the handshake is done. */
  async function call(from: string): Promise<RealLogSession> {
    const keys = readBusKeys(keyFile());
    if (!keys.ok) throw new Error(keys.error);
    const called = { node: 'node1', from, keys: keys.value };
    const session = new RealLogSession(cluster.clusterAddress('node1'), called);
    sessions.push(session);
    await soon(() => session.heard('ready').length > 0);
    return session;
  }
  const set = async (option: string, value: string): Promise<void> => {
    expect(await cluster.ask('node1', `config set cluster ${option} ${value}`)).toContain(`${option} = `);
  };

  beforeAll(async () => {
    cluster = await ClusterProcesses.create(1);
    writeFileSync(keyFile(), newKeyFile(), { mode: 0o600 });
    const published = ['mainlog', 'acctlog', 'bouncelog', 'paniclog', 'rejectlog'];
    appendFileSync(
      path.join(cluster.folder, 'conf/node1/node-local.conf'),
      [
        `msgc_server { auth_key_file = "${keyFile()}" }`,
        'cluster {',
        `  logs = [ ${published.map((log) => `${log} = "${directory(log)}"`).join(' ')} ]`,
        `  log_idle_interval = ${NEVER_S}`,
        '}\n',
      ].join('\n'),
    );
    await cluster.start('node1');
  }, LIMIT_MS);
  afterAll(async () => {
    for (const session of sessions) session.cut();
    await cluster.stop();
  }, LIMIT_MS);

  test('[LOG-04] [LOG-05] the five logs are published by their keys; others are not', async () => {
    make('mainlog', 'master', 'backup');
    make('secret', 'master');
    const mgr = await call('mgr');
    mgr.request({ type: 'list' });
    mgr.open('secret');
    const [list] = await soon(() => (mgr.heard('logs').length > 0 ? mgr.heard('logs') : undefined));
    const names = list?.logs.map(({ log, subscribers }) => [log, subscribers.map(({ name }) => name)]);
    expect(Object.fromEntries(names ?? [])).toEqual({
      mainlog: ['backup', 'master'],
      acctlog: [],
      bouncelog: [],
      paniclog: [],
      rejectlog: [],
    });
    const [refused] = await soon(() => (mgr.heard('refused').length > 0 ? mgr.heard('refused') : undefined));
    expect(refused).toMatchObject({ code: 'unknownLog' });
    mgr.cut();
  });

  test('[LOG-06] [LOG-07] [LOG-09] a replay begins at the checkpoint, and segments go once they are acknowledged', async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(150)}`);
    append('mainlog', ...lines);
    const before = segments('mainlog');
    expect(before).toBeGreaterThan(4);
    const first = await call('mgr');
    first.greedy = false;
    first.open('mainlog', { subscribers: ['mgr', 'master'] });
    await soon(() => first.lines().length === lines.length);
    expect(first.lines()).toEqual(lines);
    // Nothing of it is acknowledged: nothing is deleted, and all of it comes again.
    expect(segments('mainlog')).toBe(before);
    first.cut();
    const second = await call('mgr');
    second.open('mainlog');
    await soon(() => second.lines().length === lines.length);
    const last = second.heard('records').at(-1)?.upTo;
    await soon(() => second.heard('checkpointed').at(-1)?.position.marker === last?.marker);
    expect(standing('mainlog')).toEqual(last);
    // The other subscriber still needs them.
    expect(segments('mainlog')).toBe(before);
    second.open('mainlog', { ref: 2, subscribers: ['backup'] });
    await soon(() => segments('mainlog') === 1);
    expect(second.lines(2)).toEqual(lines);
    second.cut();
  });

  test('[LOG-10] [LOG-11] intervals that are changed at run time hold at once, for jobs that sleep as well', async () => {
    const mgr = await call('mgr');
    mgr.open('mainlog');
    await soon(() => mgr.heard('opened').length > 0);
    await cluster.askUntil('node1', 'cluster logs jobs', (text) => text.includes('[sleeping, '));
    append('mainlog', 'while it sleeps');
    expect(mgr.lines()).toEqual([]);
    await set('log_idle_interval', '1');
    await soon(() => mgr.lines().length > 0);
    expect(mgr.lines()).toEqual(['while it sleeps']);
    // A round with records is followed by the next one after log_active_interval.
    await set('log_idle_interval', String(NEVER_S));
    append('mainlog', 'soon after');
    await set('log_active_interval', '0');
    await set('log_idle_interval', '1');
    await soon(() => mgr.lines().length > 1);
    expect(mgr.lines()).toEqual(['while it sleeps', 'soon after']);
    mgr.cut();
  });

  test('[LOG-23] a held job sends nothing before its time', async () => {
    await set('log_idle_interval', '1');
    const mgr = await call('mgr');
    mgr.open('mainlog');
    await soon(() => mgr.heard('opened').length > 0);
    mgr.request({ type: 'hold', ref: 1, ms: 60_000 });
    await cluster.askUntil('node1', 'cluster logs jobs', (text) => text.includes('[held, '));
    append('mainlog', 'held back');
    await cluster.ask('node1', 'cluster nodename');
    expect(mgr.lines()).toEqual([]);
    mgr.request({ type: 'hold', ref: 1, ms: 0 });
    await soon(() => mgr.lines().length > 0);
    expect(mgr.lines()).toEqual(['held back']);
    mgr.cut();
  });

  test('[LOG-12] [CMD-02] jobs have ids, and cluster abort stops one of them', async () => {
    await set('log_idle_interval', '1');
    const mgr = await call('mgr');
    mgr.open('mainlog');
    mgr.open('mainlog', { ref: 2, subscribers: ['backup'] });
    await soon(() => mgr.heard('opened').length === 2);
    const jobOf = (ref: number): number | undefined =>
      mgr.heard('opened').find((one) => one.ref === ref)?.job;
    const [one, two] = [jobOf(1), jobOf(2)];
    const shown = await cluster.ask('node1', 'cluster logs jobs');
    expect(shown).toMatch(
      new RegExp(`^job ${one}: mainlog\\n\\t\\[subscriber: 'master' @ [0-9a-f:]{17}\\]`, 'm'),
    );
    expect(shown).toMatch(new RegExp(`^job ${two}: mainlog\\n\\t\\[subscriber: 'backup' @ `, 'm'));
    expect(await cluster.ask('node1', `cluster abort ${one}`)).toBe(
      `Aborted job ${one}: mainlog to mgr, subscriber 'master'`,
    );
    await soon(() => mgr.heard('ended').length > 0);
    expect(mgr.heard('ended')).toMatchObject([{ ref: 1, reason: 'aborted' }]);
    const checkpoint = standing('mainlog');
    append('mainlog', 'after the abort');
    await soon(() => mgr.lines(2).includes('after the abort'));
    expect(mgr.lines(1)).not.toContain('after the abort');
    expect(standing('mainlog')).toEqual(checkpoint);
    expect(await cluster.ask('node1', `cluster abort ${one}`)).toBe(`Error: Unknown job: ${one}`);
    expect(await cluster.ask('node1', 'cluster abort all')).toBe('Error: Unknown job: all');
    expect(await cluster.ask('node1', 'xml cluster logs jobs')).toContain(`<Job id="${two}" log="mainlog"`);
    mgr.cut();
    await cluster.askUntil('node1', 'cluster logs jobs', (text) => text === 'No jobs');
  });

  test('[LOG-04] a log that is published no more ends its jobs at once', async () => {
    const mgr = await call('mgr');
    mgr.request({ type: 'list' });
    mgr.open('mainlog');
    await soon(() => mgr.heard('opened').length > 0 && mgr.heard('logs').length > 0);
    await set('logs', `[ other = "${directory('mainlog')}" ]`);
    await soon(() => mgr.heard('ended').length > 0 && mgr.heard('logs').length > 1);
    expect(mgr.heard('ended')).toMatchObject([{ reason: 'unpublished' }]);
    expect(
      mgr
        .heard('logs')
        .at(-1)
        ?.logs.map(({ log }) => log),
    ).toEqual(['other']);
    await set('logs', `[ mainlog = "${directory('mainlog')}" ]`);
    mgr.cut();
  });

  test('[CLU-12] connections outlive config reload, and strangers do not outlive 3 s', async () => {
    const mgr = await call('mgr');
    const [host = '', port] = cluster.clusterAddress('node1').split(':');
    const stranger = connect(Number(port), host);
    const ended = new Promise((resolve) => stranger.once('close', resolve));
    stranger.resume();
    const keyless = new RealLogSession(cluster.clusterAddress('node1'), { node: 'node1', from: 'mgr' });
    expect(await cluster.ask('node1', 'config reload')).toBe('OK');
    await soon(() => keyless.heard('closed').length > 0);
    expect(keyless.heard('closed')).toMatchObject([{ reason: 'noKey' }]);
    await ended;
    mgr.request({ type: 'list' });
    await soon(() => mgr.heard('logs').length > 0);
    expect(mgr.heard('closed')).toEqual([]);
    expect(
      cluster
        .process('node1')
        .logged('logs.turned_away')
        .map(({ reason }) => reason),
    ).toEqual(expect.arrayContaining(['slow', 'noKey']));
    mgr.cut();
  });

  test('[LOG-09] [LOG-06] a node that is killed while it sends loses and repeats nothing that is known', async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `again ${index}`);
    const mgr = await call('mgr');
    mgr.open('mainlog');
    append('mainlog', ...lines);
    await soon(() => mgr.lines().length > 0);
    const durable = must(mgr.heard('records').at(-1), 'records').upTo;
    const confirmed =
      mgr.heard('checkpointed').at(-1)?.position ?? must(mgr.heard('opened')[0], 'opened').start;
    await cluster.process('node1').end('SIGKILL');
    const taken = mgr.lines();
    await cluster.start('node1');
    const again = await call('mgr');
    again.open('mainlog', { known: { subscriber: 'master', durable, confirmed } });
    const wanted = lines.length - taken.filter((line) => line.startsWith('again')).length;
    await soon(() => again.heard('opened').length > 0 && again.lines().length === wanted);
    expect([...taken, ...again.lines()].slice(-lines.length)).toEqual(lines);
  });
});
