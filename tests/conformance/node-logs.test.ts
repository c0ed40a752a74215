/** Durable logs of a real node: what its loggers write, what its console says of them, and what others hear. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DiskStore } from '../../server/adapters/file-store.ts';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { openLog } from '../../server/jlog/log.ts';
import { logVerdict } from '../../server/wire/log-verdict.ts';
import type { LogReview, LogTail } from '../../server/wire/logs.ts';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { RealBusClient } from '../support/real-bus-client.ts';
import { until } from '../support/until.ts';
import { watchThrough } from '../support/watching-dashboard.ts';

const LIMIT_MS = 240_000;
const BEGIN = '00000000:00000000';

let cluster: ClusterProcesses;
const place = (log: string): string => path.join(cluster.folder, 'logs', log);

/** Records of a log, as any reader sees them. */
function linesOf(log: string): readonly string[] {
  const opened = openLog(new DiskStore(), place(log));
  if (!opened.ok) return [];
  const read = opened.value.readFrom({ segment: 0, marker: 0 }, { records: 10_000, bytes: 1e8 });
  if (!read.ok) throw read.error;
  expect(read.value.gaps).toEqual([]);
  return read.value.records.map(({ data }) => Buffer.from(data).toString());
}

function writeLoggers(more: readonly string[] = []): void {
  cluster.write('conf/node1/node-local.conf', [
    `msgcserver_listener { listen "${cluster.address('node1')}:${cluster.busPort}" { } }`,
    `msgc_client { server = ( "${cluster.address('node1')}:${cluster.busPort}" ) }`,
    `Control_Listener { Listen "${cluster.control('node1')}" { } }`,
    `ECCluster_Listener { Listen "${cluster.clusterAddress('node1')}" { } }`,
    'ec_logger "ec_logger_cluster" {',
    `  mainlog = "cluster://${place('mainlog')}=>master"`,
    `  acctlog = "jlog://${place('acctlog')}?subscribers=master,archive"`,
    `  paniclog = "cluster://${place('paniclog')}=>master"`,
    '  heartbeat = 1',
    '}',
    `bounce_logger "b" { bouncelog = "${path.join(cluster.folder, 'bouncelog.txt')}" heartbeat = 1 }`,
    'cluster {',
    `  nodeaddr = "${cluster.address('node1')}"`,
    '  log_group = "ec_panics"',
    '  logs = [',
    ...['mainlog', 'acctlog', 'paniclog', 'nobody'].map((log) => `    ${log} = "${place(log)}"`),
    '  ]',
    '}',
    ...more,
  ]);
}

describe('a node with durable logs', { timeout: LIMIT_MS }, () => {
  beforeAll(async () => {
    cluster = await ClusterProcesses.create(1);
    writeLoggers();
    await cluster.start('node1');
  }, LIMIT_MS);
  afterAll(() => cluster?.stop(), LIMIT_MS);

  test('[LOG-04] says at its start which published log nobody writes', () => {
    const said = cluster.process('node1').errors;
    expect(said).toMatch(
      /node-local\.conf:\d+:\d+: .*the log 'nobody' is published from .*where no logger writes/,
    );
    expect(said).not.toContain("the log 'mainlog'");
  });

  test('[LOG-01] [LOG-02] [LOG-18] [LOG-19] [LOG-25] makes each directory with its subscribers', () => {
    const checkpoint = (name: string): string => `cp.${Buffer.from(name).toString('hex')}`;
    expect(readdirSync(place('mainlog'))).toEqual(
      expect.arrayContaining(['metastore', checkpoint('master')]),
    );
    expect(readdirSync(place('acctlog'))).toEqual(
      expect.arrayContaining([checkpoint('archive'), checkpoint('master')]),
    );
  });

  test('[CON-10] [LOG-03] writes acctlog lines and heartbeats in their documented formats', async () => {
    await cluster.ask('node1', 'cluster nodename');
    const account = await until(() => {
      const found = linesOf('acctlog');
      return found.length > 0 ? found : undefined;
    });
    for (const line of account) expect(line).toMatch(/^\d{10}@[NZ]@[^@]+@@[^@]+@-?[01](?:@|$)/);
    const beats = await until(() => {
      const found = linesOf('mainlog');
      return found.length > 1 ? found : undefined;
    });
    for (const beat of beats) expect(beat).toMatch(/^\d{10}@@@@M1$/);
  });

  test('[CMD-21] [LOG-13] `cluster show logs` says literally what lies on the disk', async () => {
    const text = await cluster.ask('node1', 'cluster show logs');
    expect(text).toMatch(
      new RegExp(
        `^mainlog\\n\\t\\[on disk: \\d+ bytes\\]\\n\\t\\[subscriber: 'master' @ ${BEGIN}\\]\\n` +
          `acctlog\\n\\t\\[on disk: \\d+ bytes\\]\\n\\t\\[subscriber: 'archive' @ ${BEGIN}\\]\\n` +
          `\\t\\[subscriber: 'master' @ ${BEGIN}\\]\\n` +
          `paniclog\\n\\t\\[on disk: \\d+ bytes\\]\\n\\t\\[subscriber: 'master' @ ${BEGIN}\\]\\n` +
          'nobody\\n\\t\\[on disk: 0 bytes\\]$',
      ),
    );
    const xml = await cluster.ask('node1', 'xml cluster show logs');
    expect(xml).toContain(`<Subscriber name="archive" position="${BEGIN}"/>`);
  });

  test('shows who reads how far behind, moves and removes subscribers, and says why not', async () => {
    expect(await cluster.ask('node1', 'cluster logs subscribers mainlog')).toMatch(
      /^mainlog\n\t\[subscriber: 'master' @ 00000000:00000000, \d+ records, \d+ bytes unread, oldest \d+ s, never read\]$/,
    );
    expect(await cluster.ask('node1', 'cluster logs subscribers x')).toContain('x is not published here');
    expect(await cluster.ask('node1', 'cluster logs add mainlog late end')).toMatch(
      /^mainlog: subscriber 'late' added at /,
    );
    expect(
      await cluster.ask('node1', 'cluster logs reset mainlog master +1 from 00000000:00000009'),
    ).toContain('it is at 00000000:00000000 and not at 00000000:00000009');
    expect(await cluster.ask('node1', `cluster logs reset mainlog master +1 from ${BEGIN}`)).toBe(
      `mainlog: subscriber 'master' moved from ${BEGIN} to 00000000:00000001: 1 records are left out`,
    );
    expect(await cluster.ask('node1', 'cluster logs reset mainlog master sideways')).toContain(
      'neither begin, end',
    );
    expect(await cluster.ask('node1', 'cluster logs remove mainlog late')).toBe(
      "mainlog: subscriber 'late' removed, 0 segments deleted",
    );
    expect(await cluster.ask('node1', 'cluster logs remove mainlog late')).toContain('no subscriber late');
  });

  test('[CON-24] reopens logs, of all loggers or of one', async () => {
    expect(await cluster.ask('node1', 'reopen logs')).toBe('Reopened 4 logs');
    expect(await cluster.ask('node1', 'ec_logger:ec_logger_cluster reopen logs')).toBe('Reopened 3 logs');
    expect(await cluster.ask('node1', 'ec_logger:none reopen logs')).toContain('No logger ec_logger:none');
    const before = linesOf('mainlog').length;
    await until(() => (linesOf('mainlog').length > before ? true : undefined));
  });

  test('a dashboard has a row for each log, reviews an offset and reads the tail', async () => {
    const bus = watchThrough(cluster, 'node1');
    try {
      const row = await until(() => bus.observer.model().logs['node1/mainlog']);
      expect(row).toMatchObject({ node: 'node1', path: place('mainlog'), state: 'ok', gaps: 0 });
      const [master] = row.subscribers;
      expect(master).toMatchObject({ name: 'master', position: '00000000:00000001', unknown: null });
      expect(row.disk?.totalBytes).toBeGreaterThan(0);
      expect(bus.observer.model().logs['node1/nobody']).toMatchObject({
        state: 'missing',
        onDiskBytes: null,
      });
      const moment = { nowMs: monotonicClock().wallMs(), present: true };
      if (master !== undefined) expect(logVerdict(row, master, moment).kind).not.toBe('idle');
      const replies = new Map<string, string>();
      const end = bus.observer.subscribe((event) => {
        if (event.type === 'reply') replies.set(event.request, event.text);
      });
      const about = { node: 'node1', log: 'mainlog', subscriber: 'master', to: { kind: 'end' } };
      expect(bus.observer.query('r', 'node1', 'logReview', JSON.stringify(about)).ok).toBe(true);
      const review: LogReview = JSON.parse(await until(() => replies.get('r')));
      expect(review).toMatchObject({ before: '00000000:00000001', replayed: { records: 0 }, refusal: null });
      expect(review.lost?.records).toBeGreaterThan(0);
      bus.observer.query('t', 'node1', 'logTail', JSON.stringify({ node: 'node1', log: 'mainlog' }));
      const tail: LogTail = JSON.parse(await until(() => replies.get('t')));
      expect(tail.records.at(-1)?.text).toMatch(/^\d{10}@@@@M1$/);
      end();
    } finally {
      await bus.stop();
    }
  });

  test('[CLU-10] [LOG-24] a destination that cannot be written is told once, in paniclog and log_group, and nothing waits', async () => {
    const listener = new RealBusClient('ec_panics', {
      servers: [{ host: cluster.address('node1'), port: cluster.busPort }],
    });
    try {
      await until(() => (listener.members > 0 ? true : undefined));
      writeFileSync(path.join(cluster.folder, 'plain'), '');
      const bad = `cluster://${path.join(cluster.folder, 'plain/rejectlog')}=>master`;
      const reply = await cluster.ask('node1', `config set ec_logger ec_logger_cluster rejectlog "${bad}"`);
      expect(reply).toContain('Warning: cannot write to the log');
      const heard = await until(() => listener.heard.find((text) => text.includes('log.not_written')));
      expect(heard).toMatch(/^\d{10}:log\.not_written directory=/);
      await until(() => (linesOf('paniclog').includes(heard) ? true : undefined));
      expect(await cluster.ask('node1', 'paniclog')).toMatch(
        /^\[\w{3} \d\d \w{3} \d{4} \d\d:\d\d:\d\d\] \[error\] log\.not_written /m,
      );
      const before = linesOf('mainlog').length;
      await until(() => (linesOf('mainlog').length > before + 1 ? true : undefined));
      expect(cluster.process('node1').logged('log.not_written')).toHaveLength(1);
      const good = `cluster://${place('rejectlog')}=>master`;
      await cluster.ask('node1', `config set ec_logger ec_logger_cluster rejectlog "${good}"`);
      await until(() => (readdirSync(place('rejectlog')).includes('metastore') ? true : undefined));
    } finally {
      listener.close();
    }
  });

  test('[LOG-09] goes on behind its last line when it was killed, and a second writer is refused by name', async () => {
    const before = await until(() => {
      const lines = linesOf('mainlog');
      return lines.length > 2 ? lines : undefined;
    });
    await cluster.process('node1').end('SIGKILL');
    await cluster.start('node1');
    const after = await until(() => {
      const lines = linesOf('mainlog');
      return lines.length > before.length + 1 ? lines : undefined;
    });
    expect(after.slice(0, before.length)).toEqual(before);
    mkdirSync(path.join(cluster.folder, 'conf/manager'), { recursive: true });
    cluster.write('conf/manager/node-local.conf', [
      `msgcserver_listener { listen "${cluster.address('manager')}:${cluster.busPort}" { } }`,
      `msgc_client { server = ( "${cluster.address('manager')}:${cluster.busPort}" ) }`,
      `Control_Listener { Listen "${cluster.control('manager')}" { } }`,
      `ec_logger "same" { mainlog = "cluster://${place('mainlog')}=>master" }`,
    ]);
    await cluster.start('manager');
    const [refused] = await until(() => {
      const told = cluster.process('manager').logged('log.not_written');
      return told.length > 0 ? told : undefined;
    });
    expect(refused?.['reason']).toContain('has another writer');
    expect(await cluster.ask('manager', 'paniclog')).toContain('has another writer');
  });
});
