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

  announced(addresses: readonly IpAddress[]): void {
    this.#effects.push({ type: 'announced', addresses });
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
  #known: ReadonlyMap<string, { readonly upSinceMs: number | undefined }> = new Map();

  set(interfaces: readonly { readonly name: string; readonly up: boolean }[], nowMs: number): void {
    const before = this.#known;
    this.#known = new Map(
      interfaces.map(({ name, up }) => [
        name,
        { upSinceMs: up ? (before.get(name)?.upSinceMs ?? nowMs) : undefined },
      ]),
    );
  }

  /** Why no address can be used there; undefined when one can. */
  problemOf(name: string): string | undefined {
    const found = this.#known.get(name);
    if (found === undefined) return `there is no interface ${name}`;
    return found.upSinceMs === undefined ? `interface ${name} is down` : undefined;
  }

  upSinceMs(name: string): number | undefined {
    return this.#known.get(name)?.upSinceMs;
  }
}

/**
 * Addresses that failed for their interface. They are well again once it has been up for a while: a node whose cable was
 * out is alone when it is in again, and would claim what the others serve.
 */
export class Stranded {
  readonly #interfaceOf = new Map<IpAddress, string>();
  /** Some of them wait for an interface that is up. */
  waits = false;

  add(address: IpAddress, interfaceName: string): void {
    this.#interfaceOf.set(address, interfaceName);
  }

  delete(address: IpAddress): void {
    this.#interfaceOf.delete(address);
  }

  /** Takes out those whose interface has been up for so long. */
  takeWell(interfaces: KnownInterfaces, upForMs: number, nowMs: number): readonly IpAddress[] {
    this.waits = false;
    const well: IpAddress[] = [];
    for (const [address, name] of this.#interfaceOf) {
      const sinceMs = interfaces.upSinceMs(name);
      if (sinceMs === undefined) continue;
      if (nowMs - sinceMs >= upForMs) well.push(address);
      else this.waits = true;
    }
    for (const address of well) this.#interfaceOf.delete(address);
    return well;
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
