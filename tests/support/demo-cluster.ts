/**
 * A real demo cluster for tests: `muster up` on a data folder of its own, with a fault proxy between the dashboard
 * and the bus and another between browsers and the dashboard.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inCheckout } from './checkout.ts';
import { FaultProxy } from './fault-proxy.ts';
import { GatewayClient } from './gateway-client.ts';
import { until } from './until.ts';

export type DemoRole = 'viewer' | 'operator' | 'admin';
export type DemoFile = {
  readonly url: string;
  readonly accounts: readonly { readonly name: string; readonly password: string; readonly role: DemoRole }[];
  readonly processes: readonly {
    readonly name: string;
    readonly kind: string;
    readonly pid: number | null;
    readonly control: string | null;
  }[];
  /** Floating addresses, and where whoever has one greets. */
  readonly vips: readonly { readonly address: string; readonly smtpPort: number | null }[];
};

export type DemoShape = {
  readonly nodes?: number;
  /** With the mail that is made for a demo; most tests want quiet logs. */
  readonly traffic?: boolean;
};

const PROGRAM = inCheckout('dist/muster.mjs');
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const HEAL_POLL_MS = 100;

type Started = { readonly child: ChildProcess; readonly output: () => string };

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function spawnMuster(args: readonly string[]): Started {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data.toString('utf8');
    });
  }
  return { child, output: () => output };
}

export class DemoCluster {
  readonly folder: string;
  /** Between the dashboard and the bus. */
  readonly busProxy: FaultProxy;
  /** Between browsers and the dashboard. */
  readonly pageProxy: FaultProxy;
  readonly #nodes: number;
  readonly #traffic: boolean;
  #started: Started | undefined;

  private constructor(
    folder: string,
    { busProxy, pageProxy }: { readonly busProxy: FaultProxy; readonly pageProxy: FaultProxy },
    { nodes = 3, traffic = false }: DemoShape,
  ) {
    this.folder = folder;
    this.busProxy = busProxy;
    this.pageProxy = pageProxy;
    this.#nodes = nodes;
    this.#traffic = traffic;
  }

  static async start(shape: DemoShape = {}): Promise<DemoCluster> {
    const folder = mkdtempSync(path.join(tmpdir(), 'muster-demo-'));
    const proxies = { busProxy: await FaultProxy.start(), pageProxy: await FaultProxy.start() };
    const demo = new DemoCluster(folder, proxies, shape);
    await demo.up();
    return demo;
  }

  /** Starts `muster up`, again after `down`. */
  async up(): Promise<void> {
    const started = spawnMuster([
      'up',
      `--data=${this.folder}`,
      `--nodes=${this.#nodes}`,
      `--origin=${this.url}`,
      `--server=127.0.0.1:${this.busProxy.port}`,
      ...(this.#traffic ? [] : ['--no-traffic']),
    ]);
    this.#started = started;
    await until(async () => {
      this.#forward();
      if (started.child.exitCode !== null) throw new Error(`muster up ended:\n${started.output()}`);
      return /^ready http/m.test(started.output());
    }, START_LIMIT_MS);
  }

  /** The ports are chosen by the first start; the proxies forward as soon as they are known. */
  #forward(): void {
    try {
      const state = JSON.parse(readFileSync(path.join(this.folder, 'demo-state.json'), 'utf8'));
      this.busProxy.forwardTo('127.0.0.10', state.busPort);
      this.pageProxy.forwardTo('127.0.0.1', state.pagePort);
    } catch {
      // not written yet
    }
  }

  /** Where browsers go: through the proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.pageProxy.port}`;
  }

  /** The dashboard itself, past the proxy. */
  get directUrl(): string {
    return this.file.url;
  }

  get file(): DemoFile {
    return JSON.parse(readFileSync(path.join(this.folder, 'demo.json'), 'utf8'));
  }

  /** Everything that `muster up` printed. */
  get output(): string {
    return this.#started?.output() ?? '';
  }

  /** Process id of the supervisor. */
  get supervisorPid(): number {
    return this.#started?.child.pid ?? 0;
  }

  account(role: DemoRole): { readonly name: string; readonly password: string } {
    const found = this.file.accounts.find((account) => account.role === role);
    if (found === undefined) throw new Error(`the demo has an account with the role ${role}`);
    return found;
  }

  pid(name: string): number | undefined {
    return this.file.processes.find((process) => process.name === name)?.pid ?? undefined;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    const pid = this.pid(name);
    if (pid === undefined) throw new Error(`${name} runs`);
    process.kill(pid, signal);
  }

  async client(role: DemoRole): Promise<GatewayClient> {
    return GatewayClient.signIn(this.directUrl, this.account(role));
  }

  /** Port of every bus server; each has an address of its own. */
  get busPort(): number {
    return JSON.parse(readFileSync(path.join(this.folder, 'demo-state.json'), 'utf8')).busPort;
  }

  /**
   * Edits a process's own configuration file and restarts it.
   * @returns how to undo that
   */
  async reconfigure(name: string, edit: (text: string) => string): Promise<() => Promise<void>> {
    const file = path.join(this.folder, 'conf', name, 'node-local.conf');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, edit(before));
    await this.rehearse(name, 'restart');
    return async () => {
      writeFileSync(file, before);
      await this.rehearse(name, 'restart');
    };
  }

  /** What the rehearsal panel does. */
  async rehearse(name: string, action: 'kill' | 'restart' | 'pause' | 'resume'): Promise<void> {
    const client = await this.client('operator');
    const answer = await client.post('/api/rehearsal', { process: name, action });
    if (!answer.ok) throw new Error(`${action} ${name}: ${answer.status} ${await answer.text()}`);
    // A restarted dashboard may be gone already.
    await client.signOut().catch(() => undefined);
  }

  /** How many members are in this state, as the dashboard sees it now. */
  async members(state: string): Promise<number> {
    const metrics = await (await fetch(`${this.directUrl}/metrics`)).text();
    const [, count] = new RegExp(`^muster_members\\{state="${state}"\\} (\\d+)$`, 'm').exec(metrics) ?? [];
    return Number(count);
  }

  /** Undoes what a test did: proxies forward, processes run, and the dashboard sees every one of them. */
  async heal(): Promise<void> {
    this.busProxy.resume();
    this.pageProxy.resume();
    await until(async () => {
      if (await this.#run()) return true;
      await wait(HEAL_POLL_MS);
      return false;
    }, START_LIMIT_MS);
  }

  /** Starts what ended and wakes what sleeps. @returns whether the dashboard sees all of it */
  async #run(): Promise<boolean> {
    for (const { name, pid, control } of this.file.processes) {
      if (control === null) continue;
      if (pid === null) await this.rehearse(name, 'restart');
      else if (isAlive(pid)) process.kill(pid, 'SIGCONT');
    }
    const present = await this.members('present').catch(() => 0);
    return present === this.file.processes.length;
  }

  /** Ends `muster up` in order and waits. @returns its exit code */
  async down(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    const child = this.#started?.child;
    if (child === undefined) return null;
    child.kill(signal);
    try {
      await until(() => child.exitCode !== null || child.signalCode !== null, STOP_LIMIT_MS);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return child.exitCode;
  }

  async stop(): Promise<void> {
    if (this.#started?.child.exitCode === null) await this.down();
    await this.busProxy.stop();
    await this.pageProxy.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
