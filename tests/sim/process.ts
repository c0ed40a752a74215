/** One simulated process: a core behind the real drive loop, that can be paused, slowed and killed. */

import { type Core, type DeadlineReached, type Driver, drive } from '../../server/base/core.ts';
import type { Clock, Timer } from '../../server/base/ports.ts';
import type { StreamEffect, StreamInput } from '../../server/base/stream-io.ts';
import type { DriftingClock } from '../../server/memory/drifting-clock.ts';
import type { MemoryEndpoint } from '../../server/memory/memory-endpoint.ts';
import type { MemoryNetwork } from '../../server/memory/memory-network.ts';

export class SimProcess<Input, Effect> {
  readonly endpoint: MemoryEndpoint;
  readonly #driver: Driver<Input | StreamInput>;
  readonly #clock: DriftingClock;
  /** What the clock showed when it stopped. */
  #stoodAtMs: number | undefined = undefined;
  #held: (() => void)[] | undefined = undefined;
  #alive = true;

  constructor(parts: {
    readonly core: Core<Input | StreamInput | DeadlineReached, Effect | StreamEffect>;
    readonly network: MemoryNetwork;
    readonly clock: DriftingClock;
    readonly host: string;
    readonly port?: number;
    /** Effects that are not of a stream. */
    readonly perform: (effect: Exclude<Effect, StreamEffect>) => void;
    readonly isStream: (effect: Effect | StreamEffect) => effect is StreamEffect;
  }) {
    this.#clock = parts.clock;
    this.endpoint = parts.network.endpoint({
      host: parts.host,
      ...(parts.port === undefined ? {} : { port: parts.port }),
      give: (input) => this.give(input),
    });
    const clock: Clock = {
      nowMs: () => this.#clock.nowMs(),
      wallMs: () => this.#clock.wallMs(),
      at: (dueMs, callback) => this.#at(dueMs, callback),
    };
    this.#driver = drive<Input | StreamInput, Effect | StreamEffect>(parts.core, clock, (effect) => {
      if (parts.isStream(effect)) this.endpoint.perform(effect);
      else parts.perform(effect as Exclude<Effect, StreamEffect>);
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#held !== undefined;
  }

  give(input: Input | StreamInput): void {
    this.#run(() => this.#driver.give(input));
  }

  /** SIGSTOP: facts queue up, timers do not fire. `stands`: the machine is suspended, and its clock with it. */
  pause(clock: 'runs' | 'stands' = 'runs'): void {
    if (!this.#alive || this.paused) return;
    this.#held = [];
    if (clock === 'stands') this.#stoodAtMs = this.#clock.nowMs();
    this.endpoint.stall(true);
  }

  /** SIGCONT: everything that waited happens at once, late. */
  proceed(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    if (this.#stoodAtMs !== undefined) this.#clock.resumeFrom(this.#stoodAtMs);
    this.#stoodAtMs = undefined;
    this.endpoint.stall(false);
    for (const callback of held) this.#run(callback);
  }

  /** The clock of the process jumps ahead. */
  jump(byMs: number): void {
    if (!this.paused) this.#clock.jump(byMs);
  }

  /** SIGKILL. */
  kill(network: MemoryNetwork): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#held = undefined;
    this.#driver.stop();
    network.crash(this.endpoint);
  }

  #run(callback: () => void): void {
    if (!this.#alive) return;
    if (this.#held === undefined) callback();
    else this.#held.push(callback);
  }

  #at(dueMs: number, callback: () => void): Timer {
    return this.#clock.at(dueMs, () => this.#run(callback));
  }
}
