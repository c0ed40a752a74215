/** An aggregator's session to a real node over TCP, in this process: what it hears. Acknowledges what comes, if told so. */

import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { TcpStreams } from '../../server/adapters/tcp-streams.ts';
import { type Driver, drive } from '../../server/base/core.ts';
import type { ServiceKeys } from '../../server/logs/service-keys.ts';
import { LogSession } from '../../server/logs/session.ts';
import type {
  LogOpen,
  LogSessionEvent,
  LogSessionInput,
  LogSessionRequest,
} from '../../server/logs/session-api.ts';
import type { NodeName } from '../../server/model/names.ts';

type Heard<T extends LogSessionEvent['type']> = Extract<LogSessionEvent, { type: T }>;

export class RealLogSession {
  readonly events: LogSessionEvent[] = [];
  /** Answers records by a checkpoint at once. */
  greedy = true;
  readonly #driver: Driver<LogSessionInput>;
  readonly #streams: TcpStreams;

  /** @param address of the ECCluster_Listener, `127.0.0.1:4802`. */
  constructor(address: string, called: { node: string; from: string; keys?: ServiceKeys | undefined }) {
    const [host = '', port] = address.split(':');
    const session = new LogSession({
      conn: 1,
      host,
      port: Number(port),
      node: called.node as NodeName,
      from: called.from,
      keys: called.keys,
      bindAddress: undefined,
      dialTimeoutMs: 10_000,
    });
    this.#driver = drive(session, monotonicClock(), (effect) => {
      if (effect.type === 'event') this.#hear(effect.event);
      else this.#streams.perform(effect);
    });
    this.#streams = new TcpStreams((input) => this.#driver.give({ type: 'stream', input }));
    this.#driver.give({ type: 'start' });
  }

  request(request: LogSessionRequest): void {
    this.#driver.give({ type: 'request', request });
  }

  open(log: string, more: Partial<LogOpen> & { readonly ref?: number } = {}): void {
    const { ref = 1, ...open } = more;
    this.request({ type: 'open', ref, log, subscribers: ['master'], known: undefined, ...open });
  }

  /** Drops the connection without a word. */
  cut(): void {
    this.#driver.stop();
    this.#streams.stop();
  }

  heard<T extends LogSessionEvent['type']>(type: T): readonly Heard<T>[] {
    return this.events.flatMap((event) => (event.type === type ? [event as Heard<T>] : []));
  }

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
