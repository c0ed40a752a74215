/** The demo supervisor with real child processes that stand in for the cluster programs. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBusKeys } from '../../../server/adapters/bus-keys.ts';
import { must } from '../../../server/base/assert.ts';
import { vipPlan } from '../../../server/cluster/duravip-plan.ts';
import { checkConfig } from '../../../server/daemons/check-config.ts';
import { readConfiguration } from '../../../server/daemons/configuration.ts';
import {
  configurationFiles,
  searchPath,
  startFile,
} from '../../../server/daemons/demo/demo-configuration.ts';
import type { DemoFile } from '../../../server/daemons/demo/demo-folder.ts';
import { DemoSupervisor } from '../../../server/daemons/demo/demo-supervisor.ts';
import { type DemoOptions, type LiveDemo, runDemo } from '../../../server/daemons/demo/demo-up.ts';
import type { ProcessPlan } from '../../../server/daemons/demo/supervised-process.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { until } from '../../support/until.ts';

const PROGRAMS = fileURLToPath(new URL('../../support/stub-programs', import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'muster-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Running = {
  readonly demo: LiveDemo;
  readonly lines: readonly string[];
  /** Ends it and waits. */
  readonly stop: () => Promise<void>;
};

async function start(options: Partial<DemoOptions> = {}): Promise<Running> {
  const lines: string[] = [];
  const stopper = new AbortController();
  const whole = {
    folder,
    port: undefined,
    nodes: 2,
    programs: PROGRAMS,
    origins: [],
    servers: [],
    traffic: false,
    ...options,
  };
  let ended: Promise<void> = Promise.resolve();
  const demo = await new Promise<LiveDemo>((resolve, reject) => {
    ended = runDemo(whole, {
      say: (line) => lines.push(line),
      live: resolve,
      stop: stopper.signal,
      kill: new AbortController().signal,
    });
    ended.catch(reject);
  });
  const stop = async (): Promise<void> => {
    stopper.abort();
    await ended;
  };
  return { demo, lines, stop };
}

/** A process that ends only when asked to. */
function sleeper(name: string): ProcessPlan {
  const script = path.join(folder, `${name}.mjs`);
  writeFileSync(script, "setInterval(() => {}, 1000);\nprocess.on('SIGTERM', () => process.exit(0));\n");
  const logFile = path.join(folder, `${name}.log`);
  return {
    name,
    kind: name,
    control: null,
    script,
    args: [],
    env: {},
    folder,
    logFile,
    whenReady: async () => undefined,
  };
}

function demoFile(): DemoFile {
  return JSON.parse(readFileSync(path.join(folder, 'demo.json'), 'utf8'));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function pidOf(name: string): number {
  const pid = demoFile().processes.find((entry) => entry.name === name)?.pid;
  if (typeof pid !== 'number') throw new Error(`${name} does not run`);
  return pid;
}

/** Of the process that was started last under this name. */
function argumentsOf(name: string): readonly string[] {
  const lines = readFileSync(path.join(folder, 'log', `${name}.log`), 'utf8')
    .trimEnd()
    .split('\n');
  return JSON.parse(lines.findLast((line) => line.startsWith('[')) ?? '[]');
}

describe('a demo cluster', () => {
  test('names its processes for automation, in a private file, and leaves none behind', async () => {
    const { demo, stop } = await start();
    const { url, accounts, processes, vips } = demoFile();
    expect(url).toBe(demo.url);
    expect(accounts.map(({ role }) => role)).toEqual(['viewer', 'operator', 'admin']);
    expect(processes.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'manager eccmgr',
      'node1 ecnode',
      'node2 ecnode',
      'dashboard muster',
    ]);
    expect(processes[3]?.control).toBeNull();
    expect(vips).toHaveLength(18);
    expect(vips[0]).toEqual({ address: '127.0.5.1', smtpPort: expect.any(Number) });
    expect(new Set(vips.map(({ smtpPort }) => smtpPort)).size).toBe(1);
    expect(statSync(path.join(folder, 'demo.json')).mode & 0o777).toBe(0o600);
    const pids = processes.map(({ pid }) => pid ?? 0);
    expect(pids.every(isAlive)).toBe(true);
    await stop();
    expect(pids.some(isAlive)).toBe(false);
    expect(statSync(path.join(folder, 'demo.json'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('has mail made for it, to every floating address, and a sink that takes it', async () => {
    const { stop } = await start({ traffic: true });
    const { processes, vips } = demoFile();
    expect(processes.slice(-2).map(({ name, kind, control }) => ({ name, kind, control }))).toEqual([
      { name: 'sink', kind: 'muster', control: null },
      { name: 'traffic', kind: 'muster', control: null },
    ]);
    await stop();
    const { sinkPort } = JSON.parse(readFileSync(path.join(folder, 'demo-state.json'), 'utf8'));
    expect(argumentsOf('sink')).toEqual(['demo-sink', `--listen=127.0.0.9:${sinkPort}`]);
    const [command, ...rest] = argumentsOf('traffic');
    expect(command).toBe('demo-traffic');
    expect(rest.filter((one) => one.startsWith('--to='))).toEqual(
      vips.map(({ address, smtpPort }) => `--to=${address}:${smtpPort}`),
    );
    expect(rest.filter((one) => one.startsWith('--source=')).length).toBeGreaterThan(2);
  });

  test('keeps its ports, accounts and edited files from start to start', async () => {
    const first = await start();
    await first.stop();
    const edited = path.join(folder, 'conf/node1/node-local.conf');
    writeFileSync(edited, `${readFileSync(edited, 'utf8')}# mine\n`);
    const second = await start({ nodes: undefined });
    expect(second.demo).toEqual(first.demo);
    await second.stop();
    expect(readFileSync(edited, 'utf8')).toMatch(/# mine\n$/);
  });

  test('a changed number of nodes changes the generated peers, not an edited file', async () => {
    await (await start({ nodes: 1 })).stop();
    const peers = path.join(folder, 'conf/global/msgc_server.conf');
    await (await start({ nodes: 2 })).stop();
    expect(readFileSync(peers, 'utf8')).toContain('node2 =');
    writeFileSync(peers, `${readFileSync(peers, 'utf8')}# mine\n`);
    const third = await start({ nodes: 3 });
    await third.stop();
    expect(third.lines.join('\n')).toContain('msgc_server.conf was edited');
    expect(readFileSync(peers, 'utf8')).not.toContain('node3 =');
  });

  test('has a key for its bus, made once and private, also on a folder from before there were keys', async () => {
    const key = path.join(folder, 'conf/global/msgc.key');
    const first = await start();
    await first.stop();
    const made = readFileSync(key, 'utf8');
    expect(readBusKeys(key).ok).toBe(true);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(argumentsOf('dashboard')).toContain(`--bus-key-file=${key}`);
    await (await start()).stop();
    expect(readFileSync(key, 'utf8')).toBe(made);
    rmSync(key);
    await (await start()).stop();
    expect(readFileSync(key, 'utf8')).not.toBe(made);
    expect(readBusKeys(key).ok).toBe(true);
  });

  test('gives the dashboard the key that the edited configuration names, and none where it names none', async () => {
    await (await start()).stop();
    const file = path.join(folder, 'conf/global/msgc_server.conf');
    const text = readFileSync(file, 'utf8');
    const other = path.join(folder, 'other.key');
    writeFileSync(file, text.replace(/auth_key_file = .*/, `auth_key_file = "${other}"`));
    await (await start()).stop();
    expect(argumentsOf('dashboard')).toContain(`--bus-key-file=${other}`);
    writeFileSync(file, text.replace(/auth_key_file = .*/, ''));
    await (await start()).stop();
    expect(argumentsOf('dashboard').filter((one) => one.startsWith('--bus-key-file'))).toEqual([]);
  });

  test('gives a folder from before there were floating addresses a port for their listeners', async () => {
    await (await start()).stop();
    const file = path.join(folder, 'demo-state.json');
    const { smtpPort: _, sinkPort: __, ...older } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify(older));
    await (await start()).stop();
    const { smtpPort, sinkPort } = JSON.parse(readFileSync(file, 'utf8'));
    expect(smtpPort).toBeGreaterThan(0);
    expect(sinkPort).toBeGreaterThan(0);
    const duravip = readFileSync(path.join(folder, 'conf/default/duravip.conf'), 'utf8');
    expect(duravip).toContain(`Listen "127.0.5.1:${smtpPort}" {`);
  });

  test('a second start on the same folder is refused', async () => {
    const { stop } = await start();
    await expect(start()).rejects.toThrow(`A demo cluster already runs on ${folder}.`);
    await stop();
  });

  test('a port in use is named', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen({ host: '127.0.0.1', port: 0 }, () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    await expect(start({ port })).rejects.toThrow(`Port ${port} for the pages`);
    server.close();
  });

  test('a process that ends at its start ends the start, with what it said', async () => {
    await (await start()).stop();
    const own = path.join(folder, 'conf/node2/node-local.conf');
    writeFileSync(own, `${readFileSync(own, 'utf8')}# end_at_start\n`);
    await expect(start()).rejects.toThrow('node2 ended while starting');
  });

  test('a killed node stays ended, a killed dashboard comes back', async () => {
    const { lines, stop } = await start();
    const before = pidOf('dashboard');
    process.kill(pidOf('node1'), 'SIGKILL');
    process.kill(before, 'SIGKILL');
    await until(() => lines.includes('node1 ended: SIGKILL') && pidOf('dashboard') !== before);
    expect(demoFile().processes.find(({ name }) => name === 'node1')?.pid).toBeNull();
    await stop();
  });

  test('a paused process ends with the others', async () => {
    const { stop } = await start();
    const pid = pidOf('node1');
    process.kill(pid, 'SIGSTOP');
    await stop();
    expect(isAlive(pid)).toBe(false);
  });

  test('a restart that is under way when everything stops starts nothing', async () => {
    const supervisor: DemoSupervisor = new DemoSupervisor([sleeper('one')], 'none', {
      say: () => undefined,
      changed: () => undefined,
      message: () => undefined,
    });
    await supervisor.startAll();
    const restarted = supervisor.act('one', 'restart');
    await supervisor.stopAll();
    expect(await restarted).toBe('The demo cluster is stopping.');
    expect(supervisor.processes[0]?.pid).toBeUndefined();
  });

  test('an unusable state file is refused with its name', async () => {
    writeFileSync(path.join(folder, 'demo-state.json'), '{');
    await expect(start()).rejects.toThrow('demo-state.json is damaged');
    chmodSync(folder, 0o700);
  });
});

describe('the configuration of a demo cluster', () => {
  test('is valid also where all share one address', async () => {
    const { stop } = await start({ nodes: 2 });
    await stop();
    const stateFile = path.join(folder, 'demo-state.json');
    const state = JSON.parse(readFileSync(stateFile, 'utf8'));
    for (const [name, text] of configurationFiles({ ...state, oneAddress: true }, folder)) {
      writeFileSync(path.join(folder, name), text);
    }
    const env = { EC_NODE_NAME: 'node2', EC_CONF_SEARCH_PATH: searchPath(folder) };
    const file = path.join(folder, 'conf/default/ecelerity.conf');
    expect(checkConfig(file, env)).toEqual({ valid: true, text: 'Configuration valid' });
  });

  test('has floating addresses that every node can have: two preferences, one that follows, a listener on each', async () => {
    const { stop } = await start({ nodes: 3 });
    await stop();
    const { generation } = readConfiguration({
      file: path.join(folder, 'conf/default/ecelerity.conf'),
      searchPath: searchPath(folder),
      nodeName: 'node1',
      subcluster: 'default',
    });
    const { vips, problems, host } = vipPlan(must(generation, 'a configuration'), {
      nodeName: 'node1' as NodeName,
      nodeAddress: '127.0.0.11',
      hostAddresses: [],
      networks: [{ address: '127.0.0.0' as IpAddress, bits: 8 }],
    });
    expect([vips.length, problems, host]).toEqual([18, [], 'loopback']);
    expect(vips.flatMap(({ preference }) => preference ?? [])).toEqual(['node1', 'node2']);
    expect(vips.filter(({ follows }) => follows !== undefined)).toMatchObject([
      { address: '127.0.5.30', follows: '127.0.5.1', names: [] },
    ]);
    expect(vips[0]).toMatchObject({
      names: ['receipts-1', 'receipts-2', 'resets'],
      services: ['multivip', 'ESMTP_Listener'],
      interface: 'lo',
      prefix: 32,
    });
    expect(vips.every(({ services }) => services.includes('ESMTP_Listener'))).toBe(true);
    expect(vips.every(({ refused }) => refused === undefined)).toBe(true);
  });

  test('is valid for every node and for the manager', async () => {
    const { stop } = await start({ nodes: 3 });
    await stop();
    for (const name of ['manager', 'node1', 'node3']) {
      const file = path.join(
        folder,
        startFile(name, () => false),
      );
      const env = { EC_NODE_NAME: name, EC_CONF_SEARCH_PATH: searchPath(folder) };
      expect(checkConfig(file, env)).toEqual({ valid: true, text: 'Configuration valid' });
    }
  });
});
