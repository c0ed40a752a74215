/**
 * Tells neighbours whose an address is, without raw sockets: the entry of a target is set to *failed*, then a datagram
 * leaves from the address, and the kernel's own question for the target carries the address as its sender. IPv4 asks by
 * broadcast, so every neighbour that knows the address learns (one that changed its entry within the last second only
 * if it is the target, hence the repetitions of vip.md 4.6). IPv6 asks the target alone: routers and known neighbours
 * are told one by one. Both were seen to correct a peer's stale entry; see tests/netns/host-addresses.test.ts.
 */

import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { bytesOf, type IpAddress, isIpv6, type Network, networkHolds, parseIp } from '../model/ip.ts';
import type { IpBatch } from './ip-batch.ts';

/** Nobody answers there, as a rule. */
const DISCARD_PORT = 9;
/** Targets of one network that nobody is known to have, so that several addresses are told at once. */
const NOBODIES_MAX = 32;
const GATEWAYS_MAX = 4;
/** IPv6 has no broadcast: so many neighbours stand for the network. */
const NEIGHBOURS_FOR_NETWORK_MAX = 16;
/** Told with one call of the kernel each, then sent at once. */
const AT_ONCE_MAX = 64;
/** More than the announcer gives in 30 s: what comes beyond is dropped and said. */
const WAITING_MAX = 100_000;

/** What is known of an interface when an address there is announced. */
export type Surroundings = {
  readonly networks: readonly Network[];
  readonly gateways: readonly IpAddress[];
  /** Last confirmed first. */
  readonly neighbours: readonly IpAddress[];
  /** Addresses that are no targets: this host's, and entries that a person wrote. */
  readonly untouchable: ReadonlySet<IpAddress>;
};

export type IpAnnouncerParts = {
  readonly batch: IpBatch;
  readonly surroundings: (interfaceName: string) => Surroundings;
  readonly onProblem: (address: IpAddress, text: string) => void;
  /** The network was told of these. */
  readonly onAnnounced: (addresses: readonly IpAddress[]) => void;
};

type Seen = {
  readonly around: Surroundings;
  readonly nobodies: readonly IpAddress[];
  readonly arpAnnounce: number;
};

type Telling = {
  readonly address: IpAddress;
  readonly interface: string;
  readonly target: IpAddress;
  /** The first one for the network. */
  readonly announces: boolean;
};

export class IpAnnouncer {
  readonly #parts: IpAnnouncerParts;
  #waiting: Telling[] = [];
  #running: Promise<void> | undefined;
  /** By interface, until the end of the turn: what is announced at once sees the same. */
  readonly #seen = new Map<string, Seen>();
  #nextNobody = 0;
  #closed = false;

  constructor(parts: IpAnnouncerParts) {
    this.#parts = parts;
  }

  announce(address: IpAddress, interfaceName: string, hosts: readonly IpAddress[]): void {
    if (this.#closed) return;
    const seen = this.#look(interfaceName);
    const targets = hosts.length > 0 ? hosts : this.#targetsFor(address, seen);
    const problem = problemOf(address, interfaceName, targets, seen);
    if (problem !== undefined) this.#parts.onProblem(address, problem);
    const room = WAITING_MAX - this.#waiting.length;
    if (room < targets.length)
      this.#parts.onProblem(address, `${targets.length - room} announcements dropped`);
    let announces = hosts.length === 0;
    for (const target of targets.slice(0, Math.max(0, room))) {
      if (seen.around.untouchable.has(target)) continue;
      this.#waiting.push({ address, interface: interfaceName, target, announces });
      announces = false;
    }
    if (this.#waiting.length > 0) this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting = [];
    await this.#running;
  }

  #look(name: string): Seen {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const around = this.#parts.surroundings(name);
    const seen = { around, nobodies: nobodiesOf(around), arpAnnounce: arpAnnounceOn(name) };
    if (this.#seen.size === 0) queueMicrotask(() => this.#seen.clear());
    this.#seen.set(name, seen);
    return seen;
  }

  async #run(): Promise<void> {
    // What is said in the same turn goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#tellSome();
    this.#running = undefined;
  }

  /** As many of the first as have targets of their own: the kernel asks once for a target. */
  async #tellSome(): Promise<void> {
    const targets = new Set<IpAddress>();
    const now: Telling[] = [];
    const later: Telling[] = [];
    let at = 0;
    for (; at < this.#waiting.length && now.length < AT_ONCE_MAX && later.length < AT_ONCE_MAX; at += 1) {
      const telling = this.#waiting[at];
      if (telling === undefined) break;
      (targets.has(telling.target) ? later : now).push(telling);
      targets.add(telling.target);
    }
    this.#waiting = [...later, ...this.#waiting.slice(at)];
    const lines = now.map((one) => `neigh replace ${one.target} dev ${one.interface} nud failed`);
    const failures = await this.#parts.batch.run(lines);
    const sendable = now.filter((one, index) => {
      const text = failures.get(index);
      if (text !== undefined) this.#parts.onProblem(one.address, text);
      return text === undefined;
    });
    const sent = await Promise.all(
      [...byAddress(sendable)].map(async ([address, tellings]) => {
        const isOut = await this.#send(address, tellings);
        return isOut && tellings.some(({ announces }) => announces) ? [address] : [];
      }),
    );
    const announced = sent.flat();
    if (announced.length > 0 && !this.#closed) this.#parts.onAnnounced(announced);
  }

  /** @returns whether nothing went wrong. */
  async #send(address: IpAddress, tellings: readonly Telling[]): Promise<boolean> {
    const socket = createSocket(isIpv6(address) ? 'udp6' : 'udp4');
    const problem = await sendAll(socket, address, tellings);
    socket.close();
    if (problem !== undefined && !this.#closed) this.#parts.onProblem(address, problem);
    return problem === undefined;
  }

  #targetsFor(address: IpAddress, { around, nobodies }: Seen): readonly IpAddress[] {
    const isV6 = isIpv6(address);
    const gateways = around.gateways.filter((one) => isIpv6(one) === isV6).slice(0, GATEWAYS_MAX);
    if (isV6) {
      const known = around.neighbours.filter((one) => isIpv6(one)).slice(0, NEIGHBOURS_FOR_NETWORK_MAX);
      return [...new Set([...gateways, ...known])];
    }
    const nobody = nobodies[this.#nextNobody % Math.max(1, nobodies.length)];
    this.#nextNobody += 1;
    return nobody === undefined ? gateways : [nobody, ...gateways];
  }
}

/** Why not everybody is told. IPv6 without neighbours is well: nobody has a wrong entry then. */
function problemOf(
  address: IpAddress,
  name: string,
  targets: readonly IpAddress[],
  { arpAnnounce }: Seen,
): string | undefined {
  if (isIpv6(address)) return undefined;
  if (targets.length === 0) return `${name} has no network and no gateway to announce it to`;
  // The kernel would not ask with this address as sender.
  return arpAnnounce < 2 ? undefined : `arp_announce is ${arpAnnounce} on ${name}: set it to 0 or 1`;
}

/** The stricter of the two that hold for an interface. */
function arpAnnounceOn(name: string): number {
  return Math.max(...['all', name].map(arpAnnounce));
}

function arpAnnounce(name: string): number {
  try {
    return Number(readFileSync(`/proc/sys/net/ipv4/conf/${name}/arp_announce`, 'utf8'));
  } catch {
    // The interface is gone, or this system has no such setting.
    return 0;
  }
}

/** Addresses from the top of the first network that nobody known has. */
function nobodiesOf({ networks, neighbours, gateways, untouchable }: Surroundings): readonly IpAddress[] {
  const taken = new Set([...neighbours, ...gateways, ...untouchable]);
  const network = networks.find(({ address, bits }) => !isIpv6(address) && bits <= 30);
  if (network === undefined) return [];
  const found: IpAddress[] = [];
  const size = 2 ** (32 - network.bits);
  const first = Buffer.from(bytesOf(network.address)).readUInt32BE();
  for (let number = size - 2; number > 0 && number > size - 256 && found.length < NOBODIES_MAX; number -= 1) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(first + number);
    const parsed = parseIp([...bytes].join('.'));
    if (parsed.ok && !taken.has(parsed.value) && networkHolds(network, parsed.value))
      found.push(parsed.value);
  }
  return found;
}

function byAddress(tellings: readonly Telling[]): ReadonlyMap<IpAddress, readonly Telling[]> {
  const found = new Map<IpAddress, Telling[]>();
  for (const one of tellings) {
    const same = found.get(one.address);
    if (same === undefined) found.set(one.address, [one]);
    else same.push(one);
  }
  return found;
}

/** @returns the first thing that went wrong. */
function sendAll(
  socket: Socket,
  address: IpAddress,
  tellings: readonly Telling[],
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let problem: string | undefined;
    let left = tellings.length;
    // Answers such as "port unreachable" come here; they are as good as any.
    socket.on('error', (error) => resolve(error.message));
    socket.bind({ address, port: 0, exclusive: true }, () => {
      for (const { target, interface: name } of tellings) {
        const host = target.startsWith('fe80:') ? `${target}%${name}` : target;
        socket.send(Buffer.alloc(0), DISCARD_PORT, host, (error) => {
          if (error !== null) problem ??= error.message;
          left -= 1;
          if (left === 0) resolve(problem);
        });
      }
    });
  });
}
