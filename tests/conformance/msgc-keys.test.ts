/** Keys of the bus with real processes over TCP: who meets whom, what a wrong key shows, how keys are changed. */

import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newKeyFile } from '../../server/adapters/bus-keys.ts';
import { jsonLogger } from '../../server/adapters/json-logger.ts';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { createDashboardBus, type DashboardBus } from '../../server/daemons/dashboard-bus.ts';
import { GROUPS } from '../../server/model/names.ts';
import { ClusterProcesses, type ProcessName } from '../support/cluster-processes.ts';
import { until } from '../support/until.ts';

const NODES = ['node1', 'node2', 'node3'] as const;
const LIMIT_MS = 120_000;

describe('a cluster with keys', { timeout: LIMIT_MS }, () => {
  let cluster: ClusterProcesses;
  let dashboard: DashboardBus;
  const [common, strange] = [newKeyFile(), newKeyFile()];
  const keyFile = (name: string): string => path.join(cluster.folder, `${name}.key`);
  const writeKey = (name: string, text: string): void => writeFileSync(keyFile(name), text, { mode: 0o600 });
  const named = (text: string): readonly string[] =>
    [...text.matchAll(/Node Name: (node\d)/g)].map(([, name = '']) => name).sort();
  const sees = (name: ProcessName, ...nodes: readonly string[]): Promise<string> =>
    cluster.askUntil(name, 'cluster membership', (text) => named(text).join() === nodes.join());
  const nodesOnDashboard = (): number =>
    Object.values(dashboard.observer.model().members).filter(({ role }) => role === 'node').length;
  const figuresOf = (node: string) => dashboard.observer.bus().servers.find((one) => one.node === node);

  beforeAll(async () => {
    cluster = await ClusterProcesses.create(NODES.length);
    for (const name of NODES) {
      writeKey(name, name === 'node3' ? strange : common);
      const own = path.join(cluster.folder, `conf/${name}/node-local.conf`);
      appendFileSync(own, `msgc_server { auth_key_file = "${keyFile(name)}" }\n`);
    }
    await cluster.start(...NODES);
    writeKey('dashboard', strange);
    dashboard = createDashboardBus({
      clock: monotonicClock(),
      logger: jsonLogger({ program: 'dashboard', level: 'error' }),
      servers: [{ host: cluster.address('node1'), port: cluster.busPort }],
      keyFile: keyFile('dashboard'),
      seed: 1,
      pid: process.pid,
      version: '0',
      clusterGroup: GROUPS.cluster,
      controlGroup: GROUPS.control,
      cluster: {
        name: 'test',
        environment: { name: 'Test', pattern: 'solid', colour: '#000000' },
        build: '0',
      },
    });
    dashboard.start();
  }, LIMIT_MS);
  afterAll(async () => {
    await dashboard?.stop();
    await cluster?.stop();
  }, LIMIT_MS);

  test('those with the same key meet, and one with another key stays alone', async () => {
    await sees('node1', 'node1', 'node2');
    await sees('node2', 'node1', 'node2');
    await until(() => cluster.process('node3').logged('connection.refused').length > 2);
    await sees('node3', 'node3');
    for (const name of NODES) expect(cluster.process(name).logged('bus.without_authentication')).toEqual([]);
  });

  test('a dashboard with a wrong key hears nothing, and is there as soon as its file has the right one', async () => {
    await until(() =>
      cluster
        .process('node1')
        .logged('connection.refused')
        .some(({ reason }) => reason === 'wrong key'),
    );
    expect(nodesOnDashboard()).toBe(0);
    writeKey('dashboard', common);
    await until(() => nodesOnDashboard() === 2);
  });

  test('a wrong key is counted, and visible in the status of those who refused it', async () => {
    const figures = await until(() => {
      const known = figuresOf('node1');
      return (known?.refusals['wrong key'] ?? 0) > 0 && known;
    });
    expect(figures.authenticated).toBe(true);
    expect(figures.links.find(({ to }) => to === 'node2')).toMatchObject({ state: 'up', refused: 0 });
    const stranger = figures.links.find(({ to }) => to === 'node3');
    expect(stranger).toMatchObject({ state: 'refused', detail: 'refused: wrong key' });
    expect(stranger?.refused).toBeGreaterThan(0);
  });

  test('a file that cannot be used leaves the keys as they are, with a warning in the reply', async () => {
    chmodSync(keyFile('node1'), 0o644);
    const reply = await cluster.ask('node1', 'config reload');
    expect(reply).toContain(
      `msgc_server.auth_key_file: ${keyFile('node1')}: others may read or write it (mode 0644)`,
    );
    chmodSync(keyFile('node1'), 0o600);
    expect(await cluster.ask('node1', 'config reload')).toBe('OK');
    await sees('node1', 'node1', 'node2');
  });

  test('the right key by config reload lets the third one in', async () => {
    writeKey('node3', common);
    expect(await cluster.ask('node3', 'config reload')).toBe('OK');
    for (const name of NODES) await sees(name, ...NODES);
  });

  test('a start without a usable file is refused with what to do, and nothing is started', async () => {
    await cluster.process('node3').end('SIGTERM');
    writeKey('node3', 'short\n');
    const refused = cluster.spawn('node3');
    expect(await refused.ended).toEqual({ code: 1, signal: null });
    expect(refused.errors).toContain(
      `the configuration cannot be used: msgc_server.auth_key_file: ${keyFile('node3')}: line 1: a key has at least 32 characters`,
    );
    expect(refused.errors).not.toContain('"event":"ready"');
  });

  test('no key is in any log', () => {
    const keys = [common, strange].map((text) => text.split('\n')[1] ?? '');
    for (const name of NODES) {
      const { errors } = cluster.process(name);
      for (const key of keys) expect(errors.includes(key.slice(0, 12))).toBe(false);
    }
    expect(readFileSync(keyFile('node1'), 'utf8')).toContain(keys[0]);
  });
});
