/** A host with floating addresses as a process in a network namespace, and what can be seen of it from outside. */

import { execFileSync, spawnSync } from 'node:child_process';
import type { HostEffect, HostInput, HostPolicy, HostReport, LocalVip } from '../../server/duravip/api.ts';
import { type IpAddress, parseIp } from '../../server/model/ip.ts';
import { NetProcess } from '../support/net-process.ts';
import { until } from '../support/until.ts';

export type HostRunArguments = {
  readonly vips: readonly LocalVip[];
  readonly policy: HostPolicy;
  /** Of a guard; undefined for none. */
  readonly patienceMs?: number | undefined;
  /** Its id; undefined for that of the test. */
  readonly user?: number | undefined;
};

export type HostRunRecord =
  | { readonly type: 'ready' }
  | { readonly type: 'dropped'; readonly text: string }
  | { readonly type: 'guard'; readonly pid: number | undefined }
  | { readonly type: 'effect'; readonly effect: Exclude<HostEffect, { type: 'do' }> };

const POLICY: HostPolicy = {
  ifCheckMs: 30_000,
  ifDownLimitMs: 4_000,
  arpAllHosts: true,
  hook: undefined,
  hookTimeoutMs: 5_000,
};
const START_LIMIT_MS = 60_000;

export function ipOf(text: string): IpAddress {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

export function vipOn(text: string, interfaceName = 'eth0'): LocalVip {
  return {
    address: ipOf(text),
    names: [text],
    services: ['multivip'],
    preference: undefined,
    follows: undefined,
    refused: undefined,
    interface: interfaceName,
    prefix: text.includes(':') ? 128 : 32,
  };
}

export type HostProcessParts = {
  readonly namespace: string;
  readonly vips: readonly LocalVip[];
  readonly policy?: Partial<HostPolicy>;
  readonly patienceMs?: number;
  readonly user?: number;
};

export class HostProcess {
  readonly reports: HostReport[] = [];
  readonly happened: string[] = [];
  readonly drops: string[] = [];
  /** Addresses of which it says that the network was told. */
  readonly toldOf: string[] = [];
  /** Pid of its guard. */
  guard: number | undefined;
  readonly #process: NetProcess;
  readonly #namespace: string;
  #ready = false;

  constructor({ namespace, vips, policy = {}, patienceMs, user }: HostProcessParts) {
    const args: HostRunArguments = { vips, policy: { ...POLICY, ...policy }, patienceMs, user };
    this.#namespace = namespace;
    this.#process = new NetProcess({
      script: 'tests/netns/host-run.ts',
      args: [JSON.stringify(args)],
      namespace,
      onLine: (line) => this.#took(JSON.parse(line) as HostRunRecord),
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  get errors(): string {
    return this.#process.errors;
  }

  async ready(): Promise<this> {
    await until(() => this.#ready, START_LIMIT_MS);
    return this;
  }

  give(input: HostInput): void {
    this.#process.tell(input);
  }

  want(parts: {
    acquire?: readonly string[];
    release?: readonly string[];
    announce?: readonly string[];
  }): void {
    const { acquire = [], release = [], announce = [] } = parts;
    this.give({
      type: 'want',
      acquire: acquire.map(ipOf),
      release: release.map(ipOf),
      announce: announce.map(ipOf),
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** `up`, `down`, or `failed: …`; undefined as long as nothing was said. */
  said(text: string): string | undefined {
    const report = this.reports.findLast(({ address }) => address === text);
    return report?.state === 'failed' ? `failed: ${report.text}` : report?.state;
  }

  /** Whether the system has the address. */
  has(text: string): boolean {
    return addressesIn(this.#namespace).includes(text);
  }

  async end(): Promise<void> {
    await this.#process.end('SIGKILL');
  }

  #took(record: HostRunRecord): void {
    if (record.type === 'ready') this.#ready = true;
    if (record.type === 'dropped') this.drops.push(record.text);
    if (record.type === 'guard') this.guard = record.pid;
    if (record.type !== 'effect') return;
    if (record.effect.type === 'announced') this.toldOf.push(...record.effect.addresses);
    if (record.effect.type === 'report') this.reports.push(...record.effect.reports);
    if (record.effect.type === 'happened') this.happened.push(record.effect.text);
  }
}

export function ipIn(namespace: string, ...args: readonly string[]): string {
  return execFileSync('ip', ['-n', namespace, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

export function addressesIn(namespace: string): readonly string[] {
  const links = JSON.parse(ipIn(namespace, '-j', 'addr', 'show')) as {
    readonly addr_info?: readonly { readonly local?: string }[];
  }[];
  return links.flatMap(({ addr_info = [] }) => addr_info.map(({ local = '' }) => local));
}

/** The MAC under which a host of a namespace knows an address; undefined for none. */
export function macIn(namespace: string, address: string): string | undefined {
  const { stdout } = spawnSync('ip', ['-n', namespace, 'neigh', 'show', 'to', address], { encoding: 'utf8' });
  return /lladdr (\S+)/.exec(stdout)?.[1];
}
