/** A client of a real bus server, in this process: what it hears, and whether anything went wrong for it. */

import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { TcpStreams } from '../../server/adapters/tcp-streams.ts';
import { type Driver, drive } from '../../server/base/core.ts';
import { BUS_CLUSTER_NAME } from '../../server/cluster/cluster-process.ts';
import type { GroupName } from '../../server/model/names.ts';
import { MsgcClient, type MsgcClientEffect, type MsgcClientInput } from '../../server/msgc/client.ts';
import type { BusEvent } from '../../server/msgc/client-api.ts';
import { clientOptions, type MsgcClientOptions } from '../../server/msgc/options.ts';

let started = 0;

export class RealBusClient {
  /** Texts in the order in which they were heard. */
  readonly heard: string[] = [];
  readonly events: BusEvent[] = [];
  readonly #session: string;
  readonly #group: GroupName;
  readonly #driver: Driver<MsgcClientInput>;
  readonly #streams: TcpStreams;

  /** Joins the group at once. */
  constructor(group: string, options: Partial<MsgcClientOptions>) {
    started += 1;
    this.#session = `t${started}-${process.pid}`;
    this.#group = group as GroupName;
    const clock = monotonicClock();
    const core = new MsgcClient({
      sessions: [this.#session],
      cluster: BUS_CLUSTER_NAME,
      instance: Math.round(clock.wallMs() * 1_000) + started,
      options: clientOptions(options),
      seed: started,
      nowMs: clock.nowMs(),
    });
    this.#driver = drive<MsgcClientInput, MsgcClientEffect>(core, clock, (effect) => {
      if (effect.type === 'event') this.#on(effect.event);
      else this.#streams.perform(effect);
    });
    this.#streams = new TcpStreams((input) => this.#driver.give(input));
    const request = { type: 'join', session: this.#session, group: this.#group } as const;
    this.#driver.give({ type: 'request', request: { ...request, capabilities: Buffer.alloc(0) } });
  }

  /** Members of the group in its last view. */
  get members(): number {
    const view = this.events.findLast((event) => event.type === 'view');
    return view?.type === 'view' ? view.view.members.length : 0;
  }

  /** Connections that were lost and messages that were refused. */
  get mishaps(): readonly string[] {
    return this.events.flatMap((event) =>
      event.type === 'busLost' || event.type === 'requestRefused' ? [`${event.type} ${event.reason}`] : [],
    );
  }

  publish(text: string): void {
    const [session, groups] = [this.#session, [this.#group]];
    const message = { service: 'agreed', kind: 1, payload: Buffer.from(text) } as const;
    this.#driver.give({ type: 'request', request: { type: 'publish', session, groups, ...message } });
  }

  close(): void {
    this.#driver.stop();
    this.#streams.stop();
  }

  #on(event: BusEvent): void {
    if (event.type === 'message') this.heard.push(event.payload.toString());
    else this.events.push(event);
  }
}
