/** A host core with a machine that models addresses as Linux does, driven on a clock of the test. */

import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import type {
  HostCommand,
  HostEffect,
  HostFact,
  HostInput,
  HostPolicy,
  HostReport,
  LocalVip,
  Neighbour,
  PlacedAddress,
} from '../../../server/duravip/api.ts';
import { VipHost } from '../../../server/duravip/host.ts';
import { type IpAddress, parseIp, parseNetwork } from '../../../server/model/ip.ts';

export const POLICY: HostPolicy = {
  ifCheckMs: 30_000,
  ifDownLimitMs: 4_000,
  arpAllHosts: true,
  hook: undefined,
  hookTimeoutMs: 5_000,
};

export function ip(text: string): IpAddress {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

export function vipOf(text: string, parts: Partial<LocalVip> = {}): LocalVip {
  const address = ip(text);
  return {
    address,
    names: [`b-${text}`],
    services: ['multivip'],
    preference: undefined,
    follows: undefined,
    refused: undefined,
    interface: 'eth0',
    prefix: text.includes(':') ? 128 : 32,
    ...parts,
  };
}

export const keyOf = ({ address, prefix, interface: name }: PlacedAddress): string =>
  `${address}/${prefix} ${name}`;

export class HostMachine {
  readonly host: VipHost;
  nowMs = 0;
  /** What is on the interfaces, by `address/prefix interface`. */
  readonly placed = new Map<string, PlacedAddress>();
  readonly interfaces = new Map([['eth0', { up: true }]]);
  networks = ['10.0.0.0/8', 'fd00::/8'];
  kernelNeighbours: readonly Neighbour[] = [];
  /** By address: adding it is refused with this text. */
  readonly refusals = new Map<IpAddress, string>();
  readonly stuck = new Set<IpAddress>();
  /** Facts are held back while true. */
  slow = false;
  /** `ip` is missing. */
  broken: string | undefined;
  /** Hooks end by hand. */
  readonly openHooks: number[] = [];
  /** Everything that was ever said or done, one line each. */
  readonly log: string[] = [];
  /** Places that the host added and did not remove. */
  readonly added = new Map<IpAddress, Set<string>>();
  /** Services that ran although the host had added their address nowhere. */
  readonly servedNowhere: IpAddress[] = [];
  readonly reports: HostReport[] = [];
  readonly announced: {
    readonly atMs: number;
    readonly address: IpAddress;
    readonly hosts: readonly IpAddress[];
  }[] = [];
  readonly said: Neighbour[] = [];
  /** What the host says that the network was told of. */
  readonly toldOf: IpAddress[] = [];
  readonly surveysAtMs: number[] = [];
  readonly commands: HostCommand[] = [];
  #held: HostFact[] = [];

  constructor(
    vips: readonly LocalVip[],
    policy: Partial<HostPolicy> = {},
    leftovers: readonly PlacedAddress[] = [],
  ) {
    for (const place of leftovers) this.place(place);
    this.host = new VipHost({ vips, policy: { ...POLICY, ...policy }, nowMs: 0 });
  }

  place(place: PlacedAddress): void {
    this.placed.set(keyOf(place), place);
  }

  /** Behind the back of the host. */
  takeAway(address: IpAddress): void {
    for (const [key, place] of this.placed) if (place.address === address) this.placed.delete(key);
  }

  has(text: string): boolean {
    return [...this.placed.values()].some(({ address }) => address === text);
  }

  give(input: HostInput): void {
    this.#perform(this.host.step(input, this.nowMs));
  }

  want(parts: {
    acquire?: readonly string[];
    release?: readonly string[];
    announce?: readonly string[];
  }): void {
    const { acquire = [], release = [], announce = [] } = parts;
    this.give({
      type: 'want',
      acquire: acquire.map(ip),
      release: release.map(ip),
      announce: announce.map(ip),
    });
  }

  /** Gives every deadline that comes by then. */
  run(forMs: number): void {
    const endMs = this.nowMs + forMs;
    for (let steps = 0; steps < 200_000; steps += 1) {
      const dueMs = this.host.deadlineMs ?? Number.POSITIVE_INFINITY;
      if (dueMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.#perform(this.host.step(DEADLINE_REACHED, this.nowMs));
    }
    this.nowMs = endMs;
  }

  /** What was held back arrives. */
  answer(): void {
    this.slow = false;
    const held = this.#held;
    this.#held = [];
    for (const fact of held) this.give({ type: 'fact', fact });
  }

  lastReport(text: string): string | undefined {
    const report = this.reports.findLast(({ address }) => address === text);
    return report?.state === 'failed' ? `failed: ${report.text}` : report?.state;
  }

  #perform(effects: readonly HostEffect[]): void {
    const facts: HostFact[] = [];
    for (const effect of effects) {
      if (effect.type === 'do') facts.push(...this.#do(effect.command));
      if (effect.type === 'service' && effect.run) this.#serves(effect.address);
      if (effect.type === 'service')
        this.log.push(`service ${effect.run ? 'run' : 'stop'} ${effect.address}`);
      if (effect.type === 'happened') this.log.push(`${effect.bad ? 'bad' : 'good'} ${effect.text}`);
      if (effect.type === 'neighbours') this.said.push(...effect.entries);
      if (effect.type === 'announced') this.toldOf.push(...effect.addresses);
      if (effect.type !== 'report') continue;
      this.reports.push(...effect.reports);
      for (const report of effect.reports) this.log.push(`${report.state} ${report.address}`);
    }
    if (this.slow) this.#held.push(...facts);
    else for (const fact of facts) this.give({ type: 'fact', fact });
  }

  #serves(address: IpAddress): void {
    if ((this.added.get(address)?.size ?? 0) === 0) this.servedNowhere.push(address);
  }

  #do(command: HostCommand): readonly HostFact[] {
    this.commands.push(command);
    switch (command.type) {
      case 'survey':
        this.surveysAtMs.push(this.nowMs);
        return [this.broken === undefined ? this.#survey(command.id) : this.#impossible(command.id)];
      case 'change':
        return [this.broken === undefined ? this.#change(command) : this.#impossible(command.id)];
      case 'announce':
        this.announced.push({ atMs: this.nowMs, address: command.address, hosts: command.hosts });
        return [];
      case 'readNeighbours':
        return [{ type: 'neighbours', id: command.id, entries: this.kernelNeighbours }];
      case 'hook':
        this.log.push(`hook ${command.event} ${command.address}`);
        this.openHooks.push(command.id);
        return [];
    }
  }

  #impossible(id: number): HostFact {
    return { type: 'impossible', id, text: this.broken ?? '' };
  }

  #survey(id: number): HostFact {
    const networks = this.networks.map((text) => {
      const parsed = parseNetwork(text);
      if (!parsed.ok) throw new Error(parsed.error);
      return parsed.value;
    });
    return {
      type: 'surveyed',
      id,
      addresses: [...this.placed.values()],
      interfaces: [...this.interfaces].map(([name, { up }]) => ({ name, up, networks })),
    };
  }

  #change({ id, remove, add }: Extract<HostCommand, { type: 'change' }>): HostFact {
    const failed: { readonly address: IpAddress; readonly text: string }[] = [];
    for (const place of remove) {
      if (!this.stuck.has(place.address)) this.added.get(place.address)?.delete(keyOf(place));
      if (this.stuck.has(place.address)) failed.push({ address: place.address, text: 'Device busy' });
      else if (this.placed.delete(keyOf(place))) this.log.push(`remove ${place.address}`);
    }
    for (const place of add) {
      const refusal = this.refusals.get(place.address);
      if (refusal !== undefined) failed.push({ address: place.address, text: refusal });
      else if (!this.interfaces.has(place.interface)) {
        failed.push({ address: place.address, text: `Cannot find device "${place.interface}"` });
      } else {
        this.place(place);
        this.added.set(place.address, (this.added.get(place.address) ?? new Set()).add(keyOf(place)));
        this.log.push(`add ${place.address}`);
      }
    }
    return { type: 'changed', id, failed };
  }
}
