/**
 * A client of the bus as a process of its own: does what it is told on standard input, one JSON line each, and writes
 * everything it asked for and heard to standard output, in order, one JSON line each (records.ts).
 */

import { createInterface } from 'node:readline';
import { readBusKeys } from '../../server/adapters/bus-keys.ts';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { TcpStreams } from '../../server/adapters/tcp-streams.ts';
import { drive } from '../../server/base/core.ts';
import { Prng } from '../../server/base/prng.ts';
import { BUS_CLUSTER_NAME } from '../../server/cluster/cluster-process.ts';
import type { GroupName, PrivateName } from '../../server/model/names.ts';
import { MsgcClient, type MsgcClientEffect, type MsgcClientInput } from '../../server/msgc/client.ts';
import type { BusEvent, BusRequest, Service } from '../../server/msgc/client-api.ts';
import { clientOptions } from '../../server/msgc/options.ts';
import { type ClientArguments, type ClientOrder, RESTS, recordLine } from './records.ts';

/** A text is followed by one blank and so many of these. */
const FILL = '.';
const GROUPS_CHANGED = 0.01;
const SAFE_SHARE = 0.3;
const SEVERAL_SHARE = 0.05;

class BusClientProcess {
  readonly #session: string;
  readonly #prng: Prng;
  readonly #groups: readonly GroupName[];
  readonly #joined = new Set<GroupName>();
  readonly #give: (input: MsgcClientInput) => void;
  #name: PrivateName | undefined;
  #sent: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ session, groups, servers, keyFile, seed, sentBefore }: ClientArguments) {
    const clock = monotonicClock();
    const secrets = readBusKeys(keyFile);
    if (!secrets.ok) throw new Error(secrets.error);
    this.#session = session;
    this.#prng = new Prng(seed);
    this.#groups = groups as GroupName[];
    this.#sent = sentBefore;
    const core = new MsgcClient({
      sessions: [session],
      cluster: BUS_CLUSTER_NAME,
      instance: clock.wallMs(),
      options: clientOptions({
        servers,
        secrets: secrets.value,
        keepaliveIntervalMs: 500,
        idleTimeoutMs: 2_000,
        reconnectIntervalMs: 500,
      }),
      seed,
      nowMs: clock.nowMs(),
    });
    const driver = drive<MsgcClientInput, MsgcClientEffect>(core, clock, (effect) => {
      if (effect.type === 'event') this.#heard(effect.event);
      else streams.perform(effect);
    });
    const streams = new TcpStreams((input) => driver.give(input));
    this.#give = (input) => driver.give(input);
    for (const group of this.#groups) this.#join(group);
  }

  obey(order: ClientOrder): void {
    switch (order.do) {
      case 'work':
        clearInterval(this.#timer);
        this.#timer = setInterval(() => this.#work(order.burst), order.everyMs);
        return;
      case 'rest':
        clearInterval(this.#timer);
        for (const group of this.#groups) if (!this.#joined.has(group)) this.#join(group);
        process.stdout.write(`${RESTS}\n`);
        return;
      case 'publish':
        for (let left = order.count; left > 0; left -= 1) {
          this.#publish([order.group as GroupName], order.service, order.bytes);
        }
        return;
    }
  }

  #work(burst: number): void {
    const prng = this.#prng;
    const group = prng.pick(this.#groups);
    if (prng.chance(GROUPS_CHANGED)) {
      if (this.#joined.has(group)) this.#leave(group);
      else this.#join(group);
      return;
    }
    const several = prng.chance(SEVERAL_SHARE);
    const groups = several ? [group, ...this.#groups.filter((one) => one !== group)] : [group];
    for (let left = 1 + prng.below(burst); left > 0; left -= 1) {
      this.#publish(groups, prng.chance(SAFE_SHARE) ? 'safe' : 'agreed', 0);
    }
  }

  #publish(groups: readonly GroupName[], service: Service, bytes: number): void {
    if (this.#name === undefined) return;
    this.#sent += 1;
    const text = `${this.#name} ${this.#sent}${groups.length > 1 ? ' several' : ''}`;
    const payload = Buffer.from(bytes === 0 ? text : `${text} ${FILL.repeat(bytes)}`);
    this.#request({ type: 'publish', session: this.#session, groups, service, kind: 7, payload });
  }

  #join(group: GroupName): void {
    this.#joined.add(group);
    this.#request({ type: 'join', session: this.#session, group, capabilities: Buffer.from('c') });
  }

  #leave(group: GroupName): void {
    this.#joined.delete(group);
    this.#request({ type: 'leave', session: this.#session, group });
  }

  #request(request: BusRequest): void {
    process.stdout.write(recordLine({ type: 'request', request }));
    this.#give({ type: 'request', request });
  }

  #heard(event: BusEvent): void {
    if (event.type === 'busConnected') this.#name = event.privateNames.get(this.#session);
    if (event.type === 'busLost') this.#name = undefined;
    process.stdout.write(recordLine({ type: 'event', event }));
  }
}

const client = new BusClientProcess(JSON.parse(process.argv[2] ?? '{}'));
const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => client.obey(JSON.parse(line)));
// Whoever gives the orders is gone.
orders.on('close', () => process.exit(0));
