/** A node of the simulation: a disk with a log for each key, a process that writes them and one that serves them. */

import { PublishedLogs } from '../../../server/adapters/published-logs.ts';
import { type Driver, drive } from '../../../server/base/core.ts';
import type { Prng } from '../../../server/base/prng.ts';
import type { JournalWriter } from '../../../server/jlog/api.ts';
import { createLog, openLog } from '../../../server/jlog/log.ts';
import { openWriter } from '../../../server/jlog/writer.ts';
import { LogService } from '../../../server/logs/service.ts';
import type { LogServiceInput } from '../../../server/logs/service-api.ts';
import type { MemoryEndpoint } from '../../../server/memory/memory-endpoint.ts';
import { Killed, MemoryDisk, type MemoryStore } from '../../../server/memory/memory-store.ts';
import type { LogPosition } from '../../../server/model/log-position.ts';
import type { LogsRecipe } from './recipe.ts';
import type { LogsWorld } from './world.ts';

export const LOG_PORT = 4802;
const PADDING_MAX = 120;
/** A part of what a process writes as it dies. */
const SHARES = [0, 0.3, 0.7, 1];

export class SimLog {
  readonly key: string;
  readonly path: string;
  /** `node1/mainlog` */
  readonly name: string;
  next = 1;
  /** Numbers that the writer was told are written; with `synced` only those that survive a loss of power. */
  readonly acknowledged = new Set<number>();
  writer: JournalWriter | undefined;

  constructor(node: string, key: string) {
    this.key = key;
    this.path = `/logs/${key}`;
    this.name = `${node}/${key}`;
  }
}

export class SimNode {
  readonly name: string;
  readonly disk = new MemoryDisk();
  readonly logs: readonly SimLog[];
  readonly #world: LogsWorld;
  readonly #recipe: LogsRecipe;
  readonly #prng: Prng;
  #writing: MemoryStore | undefined;
  /** The writer dies in one of its next writes. */
  #deadly = false;
  #serving: { readonly store: MemoryStore; readonly stop: () => void } | undefined;

  constructor(world: LogsWorld, name: string, recipe: LogsRecipe, prng: Prng) {
    this.#world = world;
    this.name = name;
    this.#recipe = recipe;
    this.#prng = prng;
    this.logs = recipe.logs.map((key) => new SimLog(name, key));
    const store = this.disk.process();
    for (const { path } of this.logs) {
      createLog(store, path, { unitBytes: recipe.unitBytes, subscribers: recipe.managers });
      store.syncDirectory(path, () => undefined);
    }
    this.#finishSyncs();
    this.disk.kill(store);
    for (const log of this.logs) this.#syncAll(log);
  }

  get serves(): boolean {
    return this.#serving !== undefined;
  }

  /** Starts what does not run. */
  start(): void {
    this.#startWriter();
    this.#startService();
  }

  /** Appends some lines to a log, if the writer runs; it may die within. */
  write(log: SimLog, count: number): void {
    this.#startWriter();
    const { writer } = log;
    if (writer === undefined) return;
    const first = log.next;
    log.next += count;
    const lines = Array.from({ length: count }, (_, index) =>
      this.#world.lines.write(log.name, first + index, this.#prng.below(PADDING_MAX)),
    );
    const timeUs = this.#world.clock.wallMs() * 1_000;
    this.#dying(() => {
      // Only a writer is torn: a checkpoint is eight bytes, which no kernel tears.
      if (this.#deadly) this.disk.killAfter(this.#prng.below(3), this.#prng.pick(SHARES));
      const { messages } = writer.append(lines, timeUs);
      this.disk.killAfter(Number.POSITIVE_INFINITY, 1);
      const told = (): void => {
        for (let number = first; number < first + messages; number += 1) log.acknowledged.add(number);
      };
      if (!this.#recipe.powerFails) told();
      else writer.flush((error) => error === undefined && told());
    });
    this.#syncSoon();
  }

  /** The writer dies, now or in one of its next writes. */
  killWriter(): void {
    if (this.#writing === undefined) return;
    if (this.#prng.chance(0.5)) this.#deadly = true;
    else {
      this.disk.kill(this.#writing);
      this.#forgetWriter();
    }
  }

  killService(): void {
    this.#serving?.stop();
    this.#serving = undefined;
  }

  losePower(): void {
    this.killService();
    this.#forgetWriter();
    this.disk.losePower(this.#prng);
  }

  /** Where the checkpoint of a subscriber stands. */
  checkpointOf(log: SimLog, subscriber: string): LogPosition | undefined {
    const store = this.disk.process();
    const opened = openLog(store, log.path);
    const found = opened.ok ? opened.value.subscribers() : opened;
    this.disk.kill(store);
    return found.ok ? found.value.find(({ name }) => name === subscriber)?.position : undefined;
  }

  #startWriter(): void {
    if (this.#writing !== undefined && this.disk.isAlive(this.#writing.processId)) return;
    this.#forgetWriter();
    const store = this.disk.process();
    this.#writing = store;
    this.#dying(() => {
      for (const log of this.logs) {
        const opened = openWriter(store, log.path);
        if (opened.ok) log.writer = opened.value;
      }
    });
    this.#syncSoon();
  }

  #startService(): void {
    if (this.#serving !== undefined) return;
    const { clock, network } = this.#world;
    const store = this.disk.process();
    const service = new LogService(
      { node: this.name, version: '0.2.0' },
      {
        keys: undefined,
        activeMs: this.#recipe.activeMs,
        idleMs: this.#recipe.idleMs,
        logs: new Map(this.logs.map(({ key, path }) => [key, path])),
      },
    );
    const published = new PublishedLogs({
      store,
      openLog,
      give: (fact) => driver.give({ type: 'logsFact', fact }),
      later: (turn) => {
        clock.at(clock.nowMs() + 0.1, () => this.#alive(store, turn));
      },
    });
    const driver: Driver<LogServiceInput> = drive(service, clock, (effect) => {
      if (effect.type === 'stream') endpoint.perform(effect.effect);
      else if (effect.type === 'logs') published.perform(effect.command);
    });
    const endpoint: MemoryEndpoint = network.endpoint({
      host: this.name,
      port: LOG_PORT,
      give: (input) => driver.give({ type: 'stream', input }),
    });
    const stop = (): void => {
      driver.stop();
      this.disk.kill(store);
      network.crash(endpoint);
    };
    this.#serving = { store, stop };
  }

  #alive(store: MemoryStore, turn: () => void): void {
    if (!this.disk.isAlive(store.processId)) return;
    try {
      turn();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.killService();
    }
    // It may have died after the last thing that it wrote.
    if (!this.disk.isAlive(store.processId)) this.killService();
    else if (this.disk.syncsOpen > 0) this.#syncSoon();
  }

  #dying(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.#forgetWriter();
    }
  }

  #forgetWriter(): void {
    this.#deadly = false;
    this.disk.killAfter(Number.POSITIVE_INFINITY, 1);
    this.#writing = undefined;
    for (const log of this.logs) log.writer = undefined;
  }

  #syncSoon(): void {
    const { clock } = this.#world;
    clock.at(clock.nowMs() + this.#prng.between(0.2, 8), () => this.#finishSyncs());
  }

  #finishSyncs(): void {
    while (this.disk.syncsOpen > 0) this.disk.finishSync();
  }

  /** What a log begins with was made long ago. */
  #syncAll({ path }: SimLog): void {
    for (const [name, bytes] of this.disk.files(path)) this.disk.put(`${path}/${name}`, bytes);
  }
}
