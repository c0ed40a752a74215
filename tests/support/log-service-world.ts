/** Nodes with a log file service and aggregators' sessions on a network in memory, on virtual time. */

import { createHmac } from 'node:crypto';
import { type Driver, drive } from '../../server/base/core.ts';
import { Prng } from '../../server/base/prng.ts';
import { LogService } from '../../server/logs/service.ts';
import type {
  LogServiceEffect,
  LogServiceInput,
  LogServiceNews,
  LogServiceOptions,
} from '../../server/logs/service-api.ts';
import type { ServiceKeys } from '../../server/logs/service-keys.ts';
import { LogSession } from '../../server/logs/session.ts';
import type {
  LogOpen,
  LogSessionEvent,
  LogSessionInput,
  LogSessionOptions,
  LogSessionRequest,
} from '../../server/logs/session-api.ts';
import type { MemoryEndpoint } from '../../server/memory/memory-endpoint.ts';
import { MemoryLogs } from '../../server/memory/memory-logs.ts';
import { MemoryNetwork } from '../../server/memory/memory-network.ts';
import { VirtualClock } from '../../server/memory/virtual-clock.ts';
import type { LogPosition } from '../../server/model/log-position.ts';
import type { NodeName } from '../../server/model/names.ts';

export const LOG_PORT = 4802;
export const MAINLOG = '/logs/mainlog';

export function keysOf(...secrets: readonly string[]): ServiceKeys {
  let nonces = 0;
  return {
    keys: secrets.map((secret) => ({
      id: `id of ${secret}`,
      mac: (data) => createHmac('sha256', secret).update(data).digest(),
    })),
    nonce: () => {
      nonces += 1;
      return createHmac('sha256', secrets.join()).update(`${nonces}`).digest();
    },
  };
}

export class ServedNode {
  readonly service: LogService;
  readonly logs: MemoryLogs;
  readonly news: LogServiceNews[] = [];
  readonly endpoint: MemoryEndpoint;
  options: LogServiceOptions;
  readonly #driver: Driver<LogServiceInput>;

  constructor(world: LogServiceWorld, name: string, options: Partial<LogServiceOptions>) {
    const logs = new Map([['mainlog', MAINLOG]]);
    this.options = { keys: undefined, activeMs: 1_000, idleMs: 10_000, logs, ...options };
    this.logs = new MemoryLogs(world.clock, (fact) => this.give({ type: 'logsFact', fact }));
    this.service = new LogService({ node: name, version: '0.2.0' }, this.options);
    this.#driver = drive(this.service, world.clock, (effect) => this.#perform(effect));
    this.endpoint = world.network.endpoint({
      host: name,
      port: LOG_PORT,
      give: (input) => this.give({ type: 'stream', input }),
    });
  }

  give(input: LogServiceInput): void {
    this.#driver.give(input);
  }

  change(options: Partial<LogServiceOptions>): void {
    this.options = { ...this.options, ...options };
    this.give({ type: 'optionsChanged', options: this.options });
  }

  /** As `cluster abort` does. */
  abort(id: number): boolean {
    const found = this.service.abort(id, 'admin');
    for (const effect of this.service.take()) this.#perform(effect);
    return found;
  }

  told<T extends LogServiceNews['type']>(type: T): readonly Extract<LogServiceNews, { type: T }>[] {
    return this.news.flatMap((one) =>
      one.type === type ? [one as Extract<LogServiceNews, { type: T }>] : [],
    );
  }

  #perform(effect: LogServiceEffect): void {
    if (effect.type === 'stream') this.endpoint.perform(effect.effect);
    else if (effect.type === 'logs') this.logs.perform(effect.command);
    else if (effect.type === 'told') this.news.push(effect.what);
  }
}

type Heard<T extends LogSessionEvent['type']> = Extract<LogSessionEvent, { type: T }>;

export class Caller {
  readonly events: LogSessionEvent[] = [];
  readonly endpoint: MemoryEndpoint;
  readonly session: LogSession;
  readonly #driver: Driver<LogSessionInput>;
  readonly #world: LogServiceWorld;
  /** Answers records by a checkpoint at once. */
  greedy = true;

  constructor(world: LogServiceWorld, host: string, options: Partial<LogSessionOptions>) {
    this.#world = world;
    this.session = new LogSession({
      conn: 1,
      host: 'node1',
      port: LOG_PORT,
      node: 'node1' as NodeName,
      from: host,
      keys: undefined,
      bindAddress: undefined,
      dialTimeoutMs: 2_000,
      ...options,
    });
    this.#driver = drive(this.session, world.clock, (effect) => {
      if (effect.type === 'event') this.#hear(effect.event);
      else this.endpoint.perform(effect);
    });
    this.endpoint = world.network.endpoint({
      host,
      give: (input) => this.#driver.give({ type: 'stream', input }),
    });
    this.#driver.give({ type: 'start' });
  }

  request(request: LogSessionRequest): void {
    this.#driver.give({ type: 'request', request });
  }

  /** Opens a job of the main log and lets the answer come. */
  open(open: Partial<LogOpen> & { readonly ref?: number } = {}): void {
    const { ref = 1, ...more } = open;
    const whole = { log: 'mainlog', subscribers: ['master'], known: undefined, ...more };
    this.request({ type: 'open', ref, ...whole });
    this.#world.clock.runFor(100);
  }

  checkpoint(position: LogPosition, ref = 1): void {
    this.request({ type: 'checkpoint', ref, position });
  }

  stop(): void {
    this.#driver.give({ type: 'stop' });
  }

  heard<T extends LogSessionEvent['type']>(type: T): readonly Heard<T>[] {
    return this.events.flatMap((event) => (event.type === type ? [event as Heard<T>] : []));
  }

  /** Messages of the records that came, as text. */
  lines(ref = 1): readonly string[] {
    return this.heard('records').flatMap((event) =>
      event.ref === ref ? event.records.map(({ data }) => data.toString('utf8')) : [],
    );
  }

  #hear(event: LogSessionEvent): void {
    this.events.push(event);
    if (event.type !== 'records' || !this.greedy) return;
    const { ref, upTo: position } = event;
    this.#driver.give({ type: 'request', request: { type: 'checkpoint', ref, position } });
  }
}

export class LogServiceWorld {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock, new Prng(6));

  node(name = 'node1', options: Partial<LogServiceOptions> = {}): ServedNode {
    return new ServedNode(this, name, options);
  }

  /** A session that has dialled and shaken hands, as far as that goes. */
  caller(host = 'mgr', options: Partial<LogSessionOptions> = {}): Caller {
    const caller = new Caller(this, host, options);
    this.clock.runFor(100);
    return caller;
  }
}
