/** The host core under random orders, faults and delays: whatever happens, what is there becomes what is wanted. */

import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import type { LocalVip } from '../../../server/duravip/api.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import { HostMachine, ip, vipOf } from './host-machine.ts';

const SEEDS = 300;
const STEPS = 120;
const ALL = Array.from({ length: 6 }, (_, index) => `10.0.0.${index + 1}`);

/** One host and its machine, and what is wanted of it by now. */
class RandomRun {
  readonly machine: HostMachine;
  readonly #prng: Prng;
  readonly #wanted = new Set<string>();
  #vips: readonly LocalVip[];

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    this.#vips = ALL.map((text) => vipOf(text));
    const hook = this.#prng.chance(0.5) ? ['/bin/follow'] : undefined;
    this.machine = new HostMachine(this.#vips, { hook });
    this.machine.interfaces.set('eth1', { up: true });
    for (const text of ALL) {
      if (this.#prng.chance(0.3)) this.machine.place({ address: ip(text), prefix: 32, interface: 'eth0' });
    }
    this.machine.give({ type: 'start' });
  }

  step(): void {
    const { machine } = this;
    const text = this.#prng.pick(ALL);
    const address = ip(text);
    const acts: readonly (() => void)[] = [
      () => this.#acquire(text),
      () => this.#acquire(text),
      () => this.#release(text),
      () => machine.takeAway(address),
      () => machine.place({ address, prefix: this.#prng.pick([24, 32]), interface: 'eth0' }),
      () => this.#prng.pick([() => machine.refusals.set(address, 'no'), () => machine.refusals.clear()])(),
      () => this.#prng.pick([() => machine.stuck.add(address), () => machine.stuck.clear()])(),
      () => machine.interfaces.set('eth0', { up: this.#prng.chance(0.7) }),
      () => machine.give({ type: 'fact', fact: { type: 'linkChanged' } }),
      () => this.#drop(),
      () => this.#configure(),
      () => this.#endHook(),
      () => {
        machine.slow = true;
      },
      () => machine.answer(),
      () => machine.run(this.#prng.between(0, 3_000)),
    ];
    this.#prng.pick(acts)();
  }

  /** Faults end; a member releases what failed, and wants it anew. */
  heal(): void {
    const { machine } = this;
    machine.refusals.clear();
    machine.stuck.clear();
    machine.interfaces.set('eth0', { up: true });
    machine.answer();
    machine.run(40_000);
    this.#vips = ALL.map((text) => vipOf(text));
    machine.give({ type: 'vipsChanged', vips: this.#vips });
    const again = [...this.#wanted];
    machine.want({ release: again });
    machine.run(10_000);
    machine.want({ acquire: again });
    machine.run(40_000);
  }

  get wanted(): readonly string[] {
    return [...this.#wanted].sort();
  }

  get placed(): readonly IpAddress[] {
    return [...this.machine.placed.values()].map(({ address }) => address).sort();
  }

  #acquire(text: string): void {
    if (!this.#vips.some(({ address }) => address === text)) return;
    this.#wanted.add(text);
    this.machine.want({ acquire: [text] });
  }

  #release(text: string): void {
    this.#wanted.delete(text);
    this.machine.want({ release: [text] });
  }

  #drop(): void {
    if (!this.#prng.chance(0.2)) return;
    this.machine.placed.clear();
    this.#wanted.clear();
    this.machine.give({ type: 'fact', fact: { type: 'dropped', text: 'x' } });
  }

  #configure(): void {
    this.#vips = ALL.filter(() => this.#prng.chance(0.8)).map((text) =>
      vipOf(text, { interface: this.#prng.pick(['eth0', 'eth1']), prefix: this.#prng.pick([24, 32]) }),
    );
    for (const text of this.#wanted)
      if (!this.#vips.some(({ address }) => address === text)) this.#wanted.delete(text);
    this.machine.give({ type: 'vipsChanged', vips: this.#vips });
  }

  #endHook(): void {
    const id = this.machine.openHooks.shift();
    if (id !== undefined)
      this.machine.give({ type: 'fact', fact: { type: 'hooked', id, problem: undefined } });
  }
}

describe('random', () => {
  test(`${SEEDS} seeds of ${STEPS} steps each end with exactly what is wanted`, { timeout: 60_000 }, () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const run = new RandomRun(seed);
      for (let step = 0; step < STEPS; step += 1) run.step();
      run.heal();
      const { machine } = run;
      expect({ seed, placed: run.placed }).toEqual({ seed, placed: run.wanted });
      const up = ALL.filter((text) => machine.lastReport(text) === 'up');
      expect({ seed, up }).toEqual({ seed, up: run.wanted });
      expect({ seed, nowhere: machine.servedNowhere }).toEqual({ seed, nowhere: [] });
      machine.give({ type: 'stop' });
      expect({ seed, placed: run.placed }).toEqual({ seed, placed: [] });
    }
  });
});
