/** A manager of the simulation: the aggregator over a disk in memory. */

import { type Driver, drive } from '../../../server/base/core.ts';
import type { Prng } from '../../../server/base/prng.ts';
import { decodeJournal } from '../../../server/logs/aggregation-journal.ts';
import {
  Aggregator,
  type AggregatorInput,
  type AggregatorOptions,
  type PresentSource,
} from '../../../server/logs/aggregator.ts';
import { type LocalTime, parseLogPath } from '../../../server/logs/log-path.ts';
import { LogSession } from '../../../server/logs/session.ts';
import type { MemoryEndpoint } from '../../../server/memory/memory-endpoint.ts';
import { MemoryLogDisk } from '../../../server/memory/memory-log-disk.ts';
import type { LogPosition } from '../../../server/model/log-position.ts';
import type { NodeName } from '../../../server/model/names.ts';
import type { LogsRecipe } from './recipe.ts';
import type { SimLog, SimNode } from './sim-node.ts';
import { LOG_PORT } from './sim-node.ts';
import type { LogsWorld } from './world.ts';

export type Told = { readonly event: string; readonly fields: Readonly<Record<string, unknown>> };

export class SimManager {
  readonly name: string;
  readonly disk: MemoryLogDisk;
  readonly told: Told[] = [];
  readonly #world: LogsWorld;
  readonly #recipe: LogsRecipe;
  readonly #prng: Prng;
  #running: { readonly driver: Driver<AggregatorInput>; readonly endpoint: MemoryEndpoint } | undefined;
  /** Changes with every start. */
  #life = 0;

  constructor(world: LogsWorld, name: string, recipe: LogsRecipe, prng: Prng) {
    this.#world = world;
    this.name = name;
    this.#recipe = recipe;
    this.#prng = prng;
    this.disk = new MemoryLogDisk({ clock: world.clock, prng: prng.fork() });
    this.disk.delayMs = (chance) => chance.between(0.05, recipe.diskMs);
  }

  get runs(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    if (this.#running !== undefined) return;
    this.#life += 1;
    const { clock, network } = this.#world;
    const core = new Aggregator({
      name: this.name as NodeName,
      options: this.#options(),
      createSession: (options) => new LogSession(options),
      keys: undefined,
      localTime,
      seed: this.#life,
    });
    const driver: Driver<AggregatorInput> = drive(core, clock, (effect) => {
      if (effect.type === 'stream') endpoint.perform(effect.effect);
      else if (effect.type === 'disk') this.disk.perform(effect.operation);
      else this.told.push(effect);
    });
    const endpoint: MemoryEndpoint = network.endpoint({
      host: this.name,
      give: (input) => driver.give({ type: 'stream', input }),
    });
    this.disk.attach((result) => driver.give({ type: 'disk', result }));
    this.#running = { driver, endpoint };
    driver.give({ type: 'start' });
    this.meet();
  }

  /** Sees the nodes that run. */
  meet(): void {
    const sources = this.#world.nodes
      .filter(({ serves }) => serves)
      .map(({ name }): PresentSource => {
        return {
          node: name as NodeName,
          subcluster: 'default',
          host: name,
          port: LOG_PORT,
          since: this.#world.livesOf(name),
        };
      });
    this.#running?.driver.give({ type: 'sources', sources });
  }

  crash(): void {
    if (this.#running === undefined) return;
    this.#running.driver.stop();
    this.disk.crash(this.#recipe.powerFails && this.#prng.chance(0.5));
    this.#world.network.crash(this.#running.endpoint);
    this.#running = undefined;
  }

  /** Breaks its connections, some of them. */
  cut(): void {
    const { endpoint } = this.#running ?? {};
    for (const conn of [...(endpoint?.ends.keys() ?? [])]) {
      if (endpoint !== undefined && this.#prng.chance(0.7))
        this.#world.network.breakConnection(endpoint, conn);
    }
  }

  /** What its journal says of a log; undefined when it says nothing. */
  durableOf(node: SimNode, log: SimLog): LogPosition | undefined {
    const journal = decodeJournal(this.disk.journal ?? Buffer.alloc(0));
    if (!journal.ok) return undefined;
    for (const mark of journal.value.state.streams) {
      if (mark.node === node.name && mark.log === log.key) return mark.durable;
    }
    return undefined;
  }

  /** The file holds nothing but what counts. */
  isClean(path: string): boolean {
    const journal = decodeJournal(this.disk.journal ?? Buffer.alloc(0));
    const mark = journal.ok ? journal.value.state.files.get(path) : undefined;
    return mark === undefined || mark.size === this.disk.content(path)?.length;
  }

  #options(): AggregatorOptions {
    const logfile = parseLogPath(this.#recipe.logfile);
    if (!logfile.ok) throw new Error(logfile.error);
    return {
      logfile: logfile.value,
      fileMode: 0o640,
      dirMode: 0o755,
      maxOpen: this.#recipe.maxOpen,
      maxIdleMs: this.#recipe.maxIdleMs,
      outstandingMax: this.#recipe.outstandingMax,
      subscribers: new Map(),
      subscribersDefault: [this.name, 'master'],
    };
  }
}

/** UTC, and nothing finer than seconds matters. */
function localTime(ms: number): LocalTime {
  const seconds = Math.floor(ms / 1_000);
  return {
    year: 2026,
    month: 1,
    day: 1 + (Math.floor(seconds / 86_400) % 28),
    hour: Math.floor(seconds / 3_600) % 24,
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    weekday: 0,
    dayOfYear: 1,
  };
}
