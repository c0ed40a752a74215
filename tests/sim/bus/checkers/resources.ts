/** R1 while a schedule runs: queues of links, unsent batches and the bytes that servers keep stay within their bounds. */

import type { BusWorld } from '../world.ts';
import type { Violation } from './violation.ts';

/** Ends of mailboxes are submitted even while nothing else is taken. */
const DISCONNECTS_MAX = 200;

export class Resources {
  readonly violations: Violation[] = [];
  readonly #world: BusWorld;

  constructor(world: BusWorld) {
    this.#world = world;
  }

  /** Between two steps a link never holds more than `max_backlog`: the step that fills it closes it. */
  sample(): void {
    const { servers, clock, recipe } = this.#world;
    for (const { core, node } of servers.values()) {
      const { links, counters } = core.status(clock.nowMs());
      for (const { peer, backlog } of links) {
        if (backlog > recipe.maxBacklog) this.#report(`${node} queues ${backlog} messages for ${peer}`);
      }
      const queued = counters['queued_batches'] ?? 0;
      if (queued > 2 * recipe.ownBatches + DISCONNECTS_MAX) this.#report(`${node} queues ${queued} batches`);
    }
  }

  #report(what: string): void {
    this.violations.push({ invariant: 'R1', what });
  }
}
