/**
 * A small cluster of real processes for tests: generated configuration in a temporary folder, loopback addresses of
 * its own, programs run from source. Every wait is bounded; `stop` leaves nothing behind.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConsoleClient } from '../../server/daemons/console-client.ts';
import { inCheckout } from './checkout.ts';
import { until } from './until.ts';

const ROOT = inCheckout('.');
/** Sources are compiled while other tests run. */
const START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 10_000;
const ANSWER_LIMIT_MS = 10_000;

/** `hub1`: a dedicated msgc_server. */
export type ProcessName = 'manager' | `node${number}` | `hub${number}`;
export type Program = 'ecnode' | 'eccmgr' | 'msgcd';
export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export class RealProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #errors = '';

  /** @param bundles folder with bundles of the programs, which start sooner than their sources. */
  constructor(
    program: Program,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    bundles?: string,
  ) {
    const source = ['--import', 'tsx', path.join(ROOT, 'server/bin', `${program}.ts`)];
    const script = bundles === undefined ? source : [path.join(bundles, `${program}.mjs`)];
    this.child = spawn(process.execPath, [...script, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stderr?.on('data', (data: Buffer) => {
      this.#errors += data.toString('utf8');
    });
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Everything on standard error so far. */
  get errors(): string {
    return this.#errors;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Log records of one event so far, oldest first. */
  logged(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#errors.split('\n').flatMap((line) => {
      if (!line.includes(`"event":"${event}"`)) return [];
      return [JSON.parse(line).fields ?? {}];
    });
  }

  async ready(): Promise<void> {
    await until(() => {
      if (!this.isRunning) throw new Error(`it ended: ${this.#errors}`);
      return this.#errors.includes('"event":"ready"');
    }, START_LIMIT_MS);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_LIMIT_MS);
    const ended = await this.ended;
    clearTimeout(timer);
    return ended;
  }
}

export class ClusterProcesses {
  readonly folder: string;
  /** Where bundles of the programs are; undefined: their sources run. */
  bundles: string | undefined;
  readonly #network: string;
  readonly #ports: { readonly bus: number; readonly cluster: number };
  readonly #running = new Map<ProcessName, RealProcess>();

  private constructor(folder: string, ports: { readonly bus: number; readonly cluster: number }) {
    this.folder = folder;
    this.#ports = ports;
    // Addresses of its own, so that clusters of several test runs do not meet.
    this.#network = `127.${64 + (process.pid % 64)}.${Math.floor(ports.bus / 256) % 256}`;
  }

  /** Writes the configuration of a manager, so many nodes and dedicated servers; starts nothing. */
  static async create(nodes: number, hubs = 0): Promise<ClusterProcesses> {
    const folder = mkdtempSync(path.join(tmpdir(), 'muster-'));
    const cluster = new ClusterProcesses(folder, { bus: await freePort(), cluster: await freePort() });
    cluster.#writeConfiguration(nodes, hubs);
    return cluster;
  }

  address(name: ProcessName): string {
    const [, kind = '', number = '0'] = /^(\D+)(\d*)$/.exec(name) ?? [];
    return `${this.#network}.${(kind === 'hub' ? 100 : 10) + Number(number)}`;
  }

  clusterAddress(name: ProcessName): string {
    return `${this.address(name)}:${this.#ports.cluster}`;
  }

  get busPort(): number {
    return this.#ports.bus;
  }

  control(name: ProcessName): string {
    return path.join(this.folder, name);
  }

  spool(name: ProcessName): string {
    return path.join(this.folder, `spool-${name}`);
  }

  process(name: ProcessName): RealProcess {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`${name} was not started`);
    return running;
  }

  /** Starts processes and waits until they are ready. */
  async start(...names: readonly ProcessName[]): Promise<void> {
    await Promise.all(names.map((name) => this.spawn(name).ready()));
  }

  spawn(name: ProcessName): RealProcess {
    const [program, file] = programOf(name);
    const env = {
      EC_NODE_NAME: name,
      EC_SUB_CLUSTER: name === 'node3' ? 'west' : 'default',
      EC_CONF_SEARCH_PATH: [
        this.folder,
        ...['global', '{NODENAME}', 'default'].map((part) => `${this.folder}/conf/${part}`),
      ].join(':'),
    };
    const started = new RealProcess(program, ['-c', file], env, this.bundles);
    this.#running.set(name, started);
    return started;
  }

  /** The reply to one console command. */
  async ask(name: ProcessName, command: string): Promise<string> {
    const address = this.control(name);
    const client = new ConsoleClient({
      endpoint: { kind: 'unix', path: address },
      address,
      answerTimeoutMs: ANSWER_LIMIT_MS,
    });
    try {
      return await client.ask(command);
    } finally {
      client.close();
    }
  }

  /** Asks until the reply fits. */
  askUntil(name: ProcessName, command: string, fits: (text: string) => boolean): Promise<string> {
    return until(async () => {
      const text = await this.ask(name, command);
      return fits(text) ? text || ' ' : undefined;
    });
  }

  /** Ends whatever still runs and removes the folder. */
  async stop(): Promise<void> {
    const running = [...this.#running.values()].filter((one) => one.isRunning);
    for (const one of running) one.child.kill('SIGCONT');
    await Promise.all(running.map((one) => one.end('SIGTERM')));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Peers as they stand in msgc_server.conf. */
  peers(names: readonly ProcessName[]): string {
    return names.map((name) => `    ${name} = "${this.address(name)}"`).join('\n');
  }

  #writeConfiguration(nodes: number, hubs: number): void {
    const names: readonly ProcessName[] = [
      'manager',
      ...Array.from({ length: nodes }, (_, index) => `node${index + 1}` as const),
      ...Array.from({ length: hubs }, (_, index) => `hub${index + 1}` as const),
    ];
    const { bus, cluster } = this.#ports;
    const peers = this.peers(names);
    this.write('conf/global/msgc_server.conf', [
      `msgc_server {\n  port = ${bus}\n  reconnect_interval = 1\n  peers = [\n${peers}\n  ]\n}`,
    ]);
    this.write('conf/default/ecelerity.conf', [
      'include "ecelerity-cluster.conf"',
      'include node-local.conf',
    ]);
    this.write('conf/default/ecelerity-cluster.conf', [
      'include "msgc_server.conf"',
      'cluster {',
      '  cluster_group = "ec_cluster"',
      '  control_group = "ec_console"',
      '  heartbeat_start_delay = 1',
      '  allow_loopback_nodeaddr = true',
      '}',
    ]);
    this.write('conf/default/eccluster.conf', [
      'include "msgc_server.conf"',
      `Logs { control_cache = "${this.folder}/cache/control.cache" }`,
      'include node-local.conf',
    ]);
    this.write('conf/default/msgcd.conf', ['include "msgc_server.conf"', 'include node-local.conf']);
    for (const name of names) {
      const address = this.address(name);
      this.write(`conf/${name}/node-local.conf`, [
        `msgcserver_listener { listen "${address}:${bus}" { } }`,
        `msgc_client { server = ( "${address}:${bus}" ) }`,
        `Control_Listener { Listen "${this.control(name)}" { } }`,
        ...(!name.startsWith('node')
          ? []
          : [
              `ECCluster_Listener { Listen "${address}:${cluster}" { } }`,
              `cluster { nodeaddr = "${address}" }`,
              `Hostname = "${name}"`,
              `SpoolBase = "${this.spool(name)}"`,
            ]),
      ]);
    }
  }

  /** Adds lines to a file of the configuration. */
  append(name: string, lines: readonly string[]): void {
    appendFileSync(path.join(this.folder, name), `${lines.join('\n')}\n`);
  }

  /** Writes a file of the configuration, by its name in the folder. */
  write(name: string, lines: readonly string[]): void {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${lines.join('\n')}\n`);
  }
}

function programOf(name: ProcessName): readonly [Program, string] {
  if (name === 'manager') return ['eccmgr', 'eccluster.conf'];
  return name.startsWith('hub') ? ['msgcd', 'msgcd.conf'] : ['ecnode', 'ecelerity.conf'];
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
