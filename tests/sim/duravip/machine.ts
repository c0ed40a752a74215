/**
 * One simulated machine: interfaces, addresses as Linux keeps them, and the guard that holds the addresses of the daemon
 * (vip.md 4.7). It outlives the processes on it. Does what a host core commands, late, now and then not at all, and is
 * touched behind its back.
 */

import { unreachable } from '../../../server/base/assert.ts';
import type { Prng } from '../../../server/base/prng.ts';
import type { HostCommand, HostFact, PlacedAddress } from '../../../server/duravip/api.ts';
import type { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import type { IpAddress, Network } from '../../../server/model/ip.ts';

const NETWORKS: readonly Network[] = [
  { address: '10.0.0.0' as IpAddress, bits: 24 },
  { address: 'fd00::' as IpAddress, bits: 64 },
];
export const INTERFACES = ['eth0', 'eth1'] as const;

/** The guard reads the end of its pipe, and `ip` removes everything. */
const GUARD_DROPS_MS = 5;
const HOOK_MS = 3;
const SURVEY_MS = 0.3;
/** The kernel tells of what changed. */
const MONITOR_MS = 1;

export type MachineChange = 'up' | 'down' | 'told';

export type MachineParts = {
  readonly clock: VirtualClock;
  readonly prng: Prng;
  /** An address began or ceased to answer on the network, or neighbours were told of it. */
  readonly changed: (address: IpAddress, what: MachineChange) => void;
  /** Whether the system tells of changes at once; else a survey finds them. */
  readonly monitored: boolean;
};

export class Machine {
  readonly #parts: MachineParts;
  readonly #placed = new Map<IpAddress, PlacedAddress>();
  readonly #downInterfaces = new Set<string>();
  readonly #refusing = new Set<IpAddress>();
  #refusesAll = false;
  /** What each change takes beside the usual. */
  slowMs = 0;
  /** One command after the other, as through a pipe. */
  #busyUntilMs = 0;
  #give: ((fact: HostFact) => void) | undefined;
  /** Grows with each daemon and each drop: what was commanded before is not done any more. */
  #life = 0;
  /** Commands that were not answered yet. */
  readonly #pending = new Set<number>();
  /** Addresses that commands will remove. */
  readonly #removing = new Set<IpAddress>();

  constructor(parts: MachineParts) {
    this.#parts = parts;
  }

  /** When the last change that was asked for is or was done. */
  changesUntilMs = 0;

  /** When the last command that it has will be done. */
  get busyUntilMs(): number {
    return this.#busyUntilMs;
  }

  /** Those that answer on the network. */
  get up(): readonly IpAddress[] {
    return [...this.#placed.values()]
      .filter((one) => !this.#downInterfaces.has(one.interface))
      .map(({ address }) => address);
  }

  isUp(address: IpAddress): boolean {
    const placed = this.#placed.get(address);
    return placed !== undefined && !this.#downInterfaces.has(placed.interface);
  }

  /** It was commanded to remove the address, and did not yet. */
  removing(address: IpAddress): boolean {
    return this.#removing.has(address);
  }

  /** A daemon with a guard of its own. */
  attach(give: (fact: HostFact) => void): void {
    this.#life += 1;
    this.#removing.clear();
    this.#pending.clear();
    this.#busyUntilMs = 0;
    this.#give = give;
  }

  /** The daemon is gone, and the guard sees it. */
  detach(): void {
    this.#life += 1;
    this.#removing.clear();
    this.#give = undefined;
    const life = this.#life;
    this.#later(this.#parts.prng.between(0.5, GUARD_DROPS_MS), () => {
      if (life === this.#life) this.#dropAll();
    });
  }

  /** The guard heard nothing of the daemon for too long. */
  drop(): void {
    this.#life += 1;
    this.#removing.clear();
    this.#busyUntilMs = 0;
    this.#dropAll();
    this.#give?.({ type: 'dropped', text: 'the daemon was not heard' });
    for (const id of this.#pending) this.#give?.({ type: 'impossible', id, text: 'the guard let go' });
    this.#pending.clear();
  }

  do(command: HostCommand): void {
    if (command.type !== 'announce') this.#pending.add(command.id);
    switch (command.type) {
      case 'survey':
        this.#inTurn(SURVEY_MS, () => this.#answer(command.id, this.#surveyed(command.id)));
        return;
      case 'change':
        this.#change(command);
        return;
      case 'announce':
        if (this.isUp(command.address)) this.#parts.changed(command.address, 'told');
        return;
      case 'readNeighbours':
        this.#inTurn(SURVEY_MS, () =>
          this.#answer(command.id, { type: 'neighbours', id: command.id, entries: [] }),
        );
        return;
      case 'hook':
        this.#inTurn(HOOK_MS, () =>
          this.#answer(command.id, { type: 'hooked', id: command.id, problem: undefined }),
        );
        return;
      default:
        unreachable(command);
    }
  }

  refuse(address: IpAddress | 'all', refused: boolean): void {
    if (address === 'all') this.#refusesAll = refused;
    else if (refused) this.#refusing.add(address);
    else this.#refusing.delete(address);
  }

  link(name: string, up: boolean): void {
    const before = new Set(this.up);
    if (up) this.#downInterfaces.delete(name);
    else this.#downInterfaces.add(name);
    const after = new Set(this.up);
    for (const address of before) if (!after.has(address)) this.#parts.changed(address, 'down');
    for (const address of after) if (!before.has(address)) this.#parts.changed(address, 'up');
    this.#monitor();
  }

  removeByHand(address: IpAddress): void {
    this.#remove(address);
    this.#monitor();
  }

  addByHand(placed: PlacedAddress): void {
    this.#add(placed);
    this.#monitor();
  }

  /** Nothing is slow, refused or down any more. */
  heal(): void {
    this.slowMs = 0;
    this.#refusing.clear();
    this.#refusesAll = false;
    for (const name of INTERFACES) this.link(name, true);
  }

  #change({ id, remove, add }: Extract<HostCommand, { type: 'change' }>): void {
    if (remove.length > 0) {
      for (const { address } of remove) this.#removing.add(address);
      this.#inTurn(this.#changeMs(), () => {
        for (const { address } of remove) {
          this.#removing.delete(address);
          this.#remove(address);
        }
      });
    }
    this.#inTurn(add.length > 0 ? this.#changeMs() : 0, () => {
      const failed: { readonly address: IpAddress; readonly text: string }[] = [];
      for (const placed of add) {
        const { address } = placed;
        if (this.#refusesAll || this.#refusing.has(address))
          failed.push({ address, text: 'RTNETLINK answers: Operation not permitted' });
        else this.#add(placed);
      }
      this.#answer(id, { type: 'changed', id, failed });
    });
    this.changesUntilMs = this.#busyUntilMs;
  }

  #answer(id: number, fact: HostFact): void {
    this.#pending.delete(id);
    this.#give?.(fact);
  }

  #changeMs(): number {
    return this.#parts.prng.between(0.3, 2) + this.slowMs;
  }

  #surveyed(id: number): HostFact {
    return {
      type: 'surveyed',
      id,
      addresses: [...this.#placed.values()],
      interfaces: INTERFACES.map((name) => ({
        name,
        up: !this.#downInterfaces.has(name),
        networks: NETWORKS,
      })),
    };
  }

  #add(placed: PlacedAddress): void {
    const before = this.isUp(placed.address);
    this.#placed.set(placed.address, placed);
    if (!before && this.isUp(placed.address)) this.#parts.changed(placed.address, 'up');
  }

  #remove(address: IpAddress): void {
    const before = this.isUp(address);
    this.#placed.delete(address);
    if (before) this.#parts.changed(address, 'down');
  }

  #dropAll(): void {
    for (const address of [...this.#placed.keys()]) this.#remove(address);
  }

  #monitor(): void {
    if (this.#parts.monitored) this.#inTurn(MONITOR_MS, () => this.#give?.({ type: 'linkChanged' }));
  }

  #inTurn(takesMs: number, callback: () => void): void {
    const life = this.#life;
    this.#busyUntilMs = Math.max(this.#busyUntilMs, this.#parts.clock.nowMs()) + takesMs;
    this.#parts.clock.at(this.#busyUntilMs, () => {
      if (life === this.#life) callback();
    });
  }

  #later(afterMs: number, callback: () => void): void {
    this.#parts.clock.at(this.#parts.clock.nowMs() + afterMs, callback);
  }
}
