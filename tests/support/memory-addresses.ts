/** The addresses of one machine in memory: does what a host core commands, a millisecond later, unless it is `broken`. */

import type { Clock } from '../../server/base/ports.ts';
import type {
  HostAdapter,
  HostCommand,
  HostFact,
  Neighbour,
  PlacedAddress,
} from '../../server/duravip/api.ts';
import type { IpAddress } from '../../server/model/ip.ts';

const TAKES_MS = 1;

export class MemoryAddresses implements HostAdapter {
  readonly placed = new Map<IpAddress, PlacedAddress>();
  /** What its own system knows. */
  neighbours: readonly Neighbour[] = [];
  /** What its system says of every address that is added; undefined: it adds them. */
  broken: string | undefined;
  /** All commands, in order. */
  readonly commands: HostCommand[] = [];
  readonly #clock: Clock;
  readonly #give: (fact: HostFact) => void;
  #closed = false;

  constructor(clock: Clock, give: (fact: HostFact) => void) {
    this.#clock = clock;
    this.#give = give;
  }

  perform(command: HostCommand): void {
    this.commands.push(command);
    this.#clock.at(this.#clock.nowMs() + TAKES_MS, () => {
      if (!this.#closed) this.#do(command);
    });
  }

  /** As a guard does when its process is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.placed.clear();
  }

  #do(command: HostCommand): void {
    switch (command.type) {
      case 'survey':
        this.#give({
          type: 'surveyed',
          id: command.id,
          addresses: [...this.placed.values()],
          interfaces: [{ name: 'lo', up: true, networks: [] }],
        });
        return;
      case 'change':
        for (const { address } of command.remove) this.placed.delete(address);
        this.#give({ type: 'changed', id: command.id, failed: this.#add(command.add) });
        return;
      case 'readNeighbours':
        this.#give({ type: 'neighbours', id: command.id, entries: this.neighbours });
        return;
      case 'hook':
        this.#give({ type: 'hooked', id: command.id, problem: undefined });
        return;
      case 'announce':
        if (command.hosts.length === 0) this.#give({ type: 'announced', addresses: [command.address] });
        return;
    }
  }

  #add(places: readonly PlacedAddress[]): Extract<HostFact, { type: 'changed' }>['failed'] {
    const { broken } = this;
    if (broken !== undefined) return places.map(({ address }) => ({ address, text: broken }));
    for (const place of places) this.placed.set(place.address, place);
    return [];
  }
}
