/**
 * Hosts on one switch, made of network namespaces: a bridge in a namespace of its own and a veth pair for each host.
 * Needs Linux, root and iproute2, nothing else: what a host must not reach is a neighbour with a wrong link address, so
 * that packets leave and nobody takes them, in one direction and without an answer, as in a broken network.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { isAlive } from './net-process.ts';

const PREFIX = 'muster';
const BRIDGE = 'br0';
/** A name that only namespaces of these tests have, with the pid of who made them. */
const OWN_NAME = /^muster-(\d+)-/;
const SUBNET = '10.219.77';
const BRIDGE_HOST = 100;

export type NetHost = {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  readonly linkAddress: string;
};

/** Why there cannot be namespaces here; undefined when there can. */
export function namespacesMissing(): string | undefined {
  if (process.platform !== 'linux') return `network namespaces are Linux; this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  const name = `${PREFIX}-${process.pid}-probe`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.error !== undefined) return 'there is no program ip (Debian: apt-get install iproute2)';
  if (made.status !== 0) return `ip netns add: ${made.stderr.trim()}`;
  try {
    const veth = spawnSync('ip', ['-n', name, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1'], {
      encoding: 'utf8',
    });
    const bridge = spawnSync('ip', ['-n', name, 'link', 'add', BRIDGE, 'type', 'bridge'], {
      encoding: 'utf8',
    });
    if (veth.status !== 0) return `no veth pairs: ${veth.stderr.trim()}`;
    if (bridge.status !== 0) return `no bridge: ${bridge.stderr.trim()}`;
    return undefined;
  } finally {
    ip('netns', 'del', name);
  }
}

/** Removes what a run that crashed has left behind. */
export function sweepNamespaces(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ');
    const pid = OWN_NAME.exec(name)?.[1];
    if (pid === undefined || Number(pid) === process.pid || isAlive(Number(pid))) continue;
    endProcessesIn(name);
    ip('netns', 'del', name);
  }
}

export type NamespacesParts = {
  /** Hosts find one another by asking, as on any network; then `cut`, `join` and `lose` are not to be had. */
  readonly asking?: boolean;
};

export class Namespaces {
  readonly hosts: readonly NetHost[];
  /** The switch, where a proxy can stand between hosts. */
  readonly bridge: NetHost;
  readonly #asking: boolean;
  #removed = false;
  readonly #onExit = (): void => this.remove();

  /** @param names of the hosts, a letter each. @throws Error when the system refuses. */
  constructor(names: readonly string[], { asking = false }: NamespacesParts = {}) {
    this.#asking = asking;
    sweepNamespaces();
    const place = (name: string, number: number): NetHost => ({
      name,
      namespace: `${PREFIX}-${process.pid}-${name}`,
      address: `${SUBNET}.${number}`,
      linkAddress: linkAddressOf(`${SUBNET}.${number}`),
    });
    this.hosts = names.map((name, index) => place(name, index + 1));
    this.bridge = place('switch', BRIDGE_HOST);
    process.once('exit', this.#onExit);
    try {
      this.#make();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  host(name: string): NetHost {
    const host = this.hosts.find((one) => one.name === name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  /** The cable of a host: `down` as if it were pulled out. */
  setLink(name: string, state: 'up' | 'down'): void {
    const { namespace } = this.host(name);
    ip('-n', namespace, 'link', 'set', 'eth0', state);
    // A link that goes down forgets whom it knew.
    if (state === 'up') this.#acquaint(name);
  }

  /** Nothing passes from one host to another; the other direction is untouched. */
  cut(from: string, to: string): void {
    this.#neighbour(this.host(from).namespace, this.host(to).address, WRONG_LINK_ADDRESS, 'eth0');
  }

  join(from: string, to: string): void {
    this.#reach(this.host(from).namespace, this.host(to), 'eth0');
  }

  /**
   * Drops packets from one host to another in bursts: for a while all, for a while none, again and again.
   * @param bursts how long each burst and each pause behind it takes, in milliseconds
   */
  async lose(
    from: string,
    to: string,
    bursts: readonly { readonly lostMs: number; readonly passedMs: number }[],
  ): Promise<void> {
    const { namespace } = this.host(from);
    const { address } = this.host(to);
    const batch = spawn('ip', ['-n', namespace, '-batch', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
    batch.stdin.on('error', () => undefined);
    const closed = once(batch, 'close');
    const set = (linkAddress: string): void => {
      batch.stdin.write(`neigh replace ${address} lladdr ${linkAddress} dev eth0 nud permanent\n`);
    };
    for (const { lostMs, passedMs } of bursts) {
      set(WRONG_LINK_ADDRESS);
      await pass(lostMs);
      set(linkAddressOf(address));
      await pass(passedMs);
    }
    batch.stdin.end();
    await closed;
  }

  /** Every cable in, every way open. */
  heal(): void {
    for (const { name } of this.hosts) this.setLink(name, 'up');
  }

  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    process.removeListener('exit', this.#onExit);
    for (const { namespace } of [...this.hosts, this.bridge]) {
      endProcessesIn(namespace);
      spawnSync('ip', ['netns', 'del', namespace]);
    }
  }

  #make(): void {
    const { namespace: hub, address } = this.bridge;
    ip('netns', 'add', hub);
    ip('-n', hub, 'link', 'add', BRIDGE, 'address', linkAddressOf(address), 'type', 'bridge');
    ip('-n', hub, 'addr', 'add', `${address}/24`, 'dev', BRIDGE);
    for (const device of ['lo', BRIDGE]) ip('-n', hub, 'link', 'set', device, 'up');
    for (const { name, namespace, address: own } of this.hosts) {
      ip('netns', 'add', namespace);
      const cable = ['link', 'add', `to-${name}`, 'type', 'veth', 'peer', 'name', 'eth0'];
      ip('-n', hub, ...cable, 'address', linkAddressOf(own), 'netns', namespace);
      ip('-n', hub, 'link', 'set', `to-${name}`, 'master', BRIDGE);
      ip('-n', hub, 'link', 'set', `to-${name}`, 'up');
      ip('-n', namespace, 'addr', 'add', `${own}/24`, 'dev', 'eth0');
      for (const device of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', device, 'up');
    }
    for (const { name, address: own } of this.hosts) {
      this.#acquaint(name);
      if (!this.#asking) this.#neighbour(hub, own, linkAddressOf(own), BRIDGE);
    }
  }

  #acquaint(name: string): void {
    if (this.#asking) return;
    const { namespace } = this.host(name);
    for (const other of this.#others(name)) this.#reach(namespace, other, 'eth0');
  }

  #others(name: string): readonly NetHost[] {
    return [...this.hosts.filter((one) => one.name !== name), this.bridge];
  }

  #reach(namespace: string, { address }: NetHost, device: string): void {
    this.#neighbour(namespace, address, linkAddressOf(address), device);
  }

  #neighbour(namespace: string, address: string, linkAddress: string, device: string): void {
    const to = ['neigh', 'replace', address, 'lladdr', linkAddress, 'dev', device, 'nud', 'permanent'];
    ip('-n', namespace, ...to);
  }
}

/** Of nobody on the switch. */
const WRONG_LINK_ADDRESS = '02:00:00:00:ff:ff';

function linkAddressOf(address: string): string {
  const host = Number(address.slice(address.lastIndexOf('.') + 1));
  return `02:00:00:00:00:${host.toString(16).padStart(2, '0')}`;
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Only what runs in this namespace, which nobody else knows. */
function endProcessesIn(namespace: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });
  for (const pid of (stdout ?? '').split('\n').filter((text) => text !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // it ended meanwhile
    }
  }
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
