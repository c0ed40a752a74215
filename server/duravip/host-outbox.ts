/** What a host core has to say at the end of a step, in order, and the hooks and changes that it waits for. */

import type { IpAddress } from '../model/ip.ts';
import type { HostCommand, HostEffect, HostPolicy, HostReport, PlacedAddress } from './api.ts';

/** A system may say a lot about one problem. */
const TEXT_MAX = 500;

export class Outbox {
  #effects: HostEffect[] = [];
  #reports: HostReport[] = [];

  command(command: HostCommand): void {
    this.#effects.push({ type: 'do', command });
  }

  service(address: IpAddress, run: boolean): void {
    this.#effects.push({ type: 'service', address, run });
  }

  report(report: HostReport): void {
    this.#reports.push(report);
  }

  happened(text: string, address: IpAddress | undefined, bad: boolean): void {
    this.#effects.push({ type: 'happened', text: text.slice(0, TEXT_MAX), address, bad });
  }

  neighbours(entries: Extract<HostEffect, { type: 'neighbours' }>['entries']): void {
    this.#effects.push({ type: 'neighbours', entries });
  }

  take(): readonly HostEffect[] {
    if (this.#reports.length > 0) this.#effects.push({ type: 'report', reports: this.#reports });
    const effects = this.#effects;
    this.#effects = [];
    this.#reports = [];
    return effects;
  }
}

type HookRun = { readonly address: IpAddress; readonly event: 'acquire' | 'release' };

/** The user's program that runs when an address comes or goes. */
export class HookRuns {
  readonly #out: Outbox;
  readonly #nextId: () => number;
  readonly #running = new Map<number, HookRun>();

  constructor(out: Outbox, nextId: () => number) {
    this.#out = out;
    this.#nextId = nextId;
  }

  has(id: number): boolean {
    return this.#running.has(id);
  }

  /** @returns undefined where no hook is configured. */
  run(event: HookRun['event'], address: IpAddress, policy: HostPolicy): number | undefined {
    if (policy.hook === undefined) return undefined;
    const id = this.#nextId();
    this.#running.set(id, { address, event });
    const { hook: program, hookTimeoutMs: limitMs } = policy;
    this.#out.command({ type: 'hook', id, program, limitMs, event, address });
    return id;
  }

  /** @returns whose hook it was. */
  ended(id: number, problem: string | undefined): IpAddress | undefined {
    const run = this.#running.get(id);
    this.#running.delete(id);
    if (run !== undefined && problem !== undefined)
      this.#out.happened(`hook ${run.event}: ${problem}`, run.address, true);
    return run?.address;
  }
}

/** Which interfaces there are, as the last survey found them. */
export class KnownInterfaces {
  #known: ReadonlyMap<string, { readonly up: boolean }> = new Map();

  set(interfaces: readonly { readonly name: string; readonly up: boolean }[]): void {
    this.#known = new Map(interfaces.map((one) => [one.name, one]));
  }

  /** Why no address can be used there; undefined when one can. */
  problemOf(name: string): string | undefined {
    const found = this.#known.get(name);
    if (found === undefined) return `there is no interface ${name}`;
    return found.up ? undefined : `interface ${name} is down`;
  }
}

export function placesByAddress(
  found: readonly PlacedAddress[],
  isKnown: (address: IpAddress) => boolean,
): ReadonlyMap<IpAddress, readonly PlacedAddress[]> {
  const places = new Map<IpAddress, readonly PlacedAddress[]>();
  for (const place of found) {
    const { address } = place;
    if (isKnown(address)) places.set(address, [...(places.get(address) ?? []), place]);
  }
  return places;
}
