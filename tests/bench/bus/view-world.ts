/** Three servers with a client each that lose servers and clients and get them back; told in times of group views. */

import { setTimeout as wait } from 'node:timers/promises';
import { must } from '../../../server/base/assert.ts';
import { BenchProcess } from './bench-process.ts';
import { sharedNowMs } from './meter.ts';
import type { Endpoint, Sending } from './orders.ts';
import { endpointsOf } from './world.ts';

export const SERVERS = 3;
/** The documented default. */
const MAX_BACKLOG = 5_000;
/** Before a fault, so that faults do not all meet the same moment of the heartbeats. */
const CALM_MS = 100;
const SPREAD_MS = 97;
const STEP_MS = 37;
/** How long a silent server stays silent after the others have noticed. */
const SILENT_MS = 200;

/** Milliseconds of each client that was asked, after the fault or its end. */
export type Times = readonly number[];

export class ViewWorld {
  readonly #endpoints: readonly Endpoint[];
  readonly #silenceMs: number | undefined;
  readonly #servers: BenchProcess[] = [];
  readonly #clients: BenchProcess[] = [];
  #round = 0;

  private constructor(endpoints: readonly Endpoint[], silenceMs: number | undefined) {
    this.#endpoints = endpoints;
    this.#silenceMs = silenceMs;
  }

  static async start(silenceMs: number | undefined): Promise<ViewWorld> {
    const world = new ViewWorld(await endpointsOf(SERVERS), silenceMs);
    const startedMs = sharedNowMs();
    for (let index = 0; index < SERVERS; index += 1) {
      await world.#serve(index);
      await world.#connect(index);
    }
    await world.#seen(SERVERS, startedMs);
    return world;
  }

  /** Kills a server, then starts it again. */
  async killServer(victim: number): Promise<{ readonly lost: Times; readonly back: Times }> {
    await this.#calm();
    const killedMs = sharedNowMs();
    this.#server(victim).signal('SIGKILL');
    const lost = await this.#seen(SERVERS - 1, killedMs, victim);
    await this.#server(victim).kill();
    return { lost, back: await this.#restart(victim) };
  }

  /** The same while the clients of the others send. */
  async killServerUnder(victim: number, load: Sending): Promise<Times> {
    const others = this.#clients.filter((_, index) => index !== victim);
    for (const client of others) client.tell({ do: 'send', ...load });
    await wait(load.forMs / 2);
    const killedMs = sharedNowMs();
    this.#server(victim).signal('SIGKILL');
    const lost = await this.#seen(SERVERS - 1, killedMs, victim);
    await Promise.all(others.map((client) => client.hear('sent')));
    await this.#server(victim).kill();
    await this.#restart(victim);
    return lost;
  }

  /** Stops a process where it stands, its connections stay open; then lets it go on. */
  async silenceServer(victim: number): Promise<{ readonly lost: Times; readonly back: Times }> {
    await this.#calm();
    const stoppedMs = sharedNowMs();
    this.#server(victim).signal('SIGSTOP');
    const lost = await this.#seen(SERVERS - 1, stoppedMs, victim);
    await wait(SILENT_MS);
    const continuedMs = sharedNowMs();
    this.#server(victim).signal('SIGCONT');
    return { lost, back: await this.#seen(SERVERS, continuedMs) };
  }

  async leaveServer(victim: number): Promise<Times> {
    await this.#calm();
    const leftMs = sharedNowMs();
    this.#server(victim).tell({ do: 'leave' });
    const lost = await this.#seen(SERVERS - 1, leftMs, victim);
    await this.#server(victim).stop();
    await this.#restart(victim);
    return lost;
  }

  async killClient(victim: number): Promise<Times> {
    await this.#calm();
    const killedMs = sharedNowMs();
    const client = must(this.#clients[victim], 'a client for each server');
    client.signal('SIGKILL');
    const lost = await this.#seen(SERVERS - 1, killedMs, victim);
    await client.kill();
    const backMs = sharedNowMs();
    await this.#connect(victim);
    await this.#seen(SERVERS, backMs);
    return lost;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clients, ...this.#servers].map((child) => child.kill()));
  }

  #server(index: number): BenchProcess {
    return must(this.#servers[index], 'a server of this world');
  }

  async #calm(): Promise<void> {
    this.#round += 1;
    await wait(CALM_MS + ((this.#round * STEP_MS) % SPREAD_MS));
  }

  /** @returns the moment at which the server, a process that runs already, is told to serve. */
  async #serve(index: number): Promise<number> {
    const child = await started();
    this.#servers[index] = child;
    const me = must(this.#endpoints[index], 'an address for each server');
    const servedMs = sharedNowMs();
    child.tell({
      do: 'serve',
      wiring: 'bus',
      me,
      peers: this.#endpoints,
      maxBacklog: MAX_BACKLOG,
      silenceMs: this.#silenceMs,
    });
    return servedMs;
  }

  async #connect(index: number): Promise<void> {
    const child = await started();
    this.#clients[index] = child;
    const server = must(this.#endpoints[index], 'an address for each server');
    const session = `c${index}`;
    child.tell({ do: 'connect', wiring: 'bus', session, server, maxBacklog: MAX_BACKLOG, steady: false });
  }

  /** @returns when the servers have one view again; their clients follow when they dial again. */
  async #restart(index: number): Promise<Times> {
    const servedMs = await this.#serve(index);
    const all = this.#seen(SERVERS, servedMs);
    const views = await Promise.all(
      this.#servers.map((server) =>
        server.hear('ready', ({ members, atMs }) => members === SERVERS && atMs >= servedMs),
      ),
    );
    await all;
    return views.map(({ atMs }) => atMs - servedMs);
  }

  /** When each client has a group view of so many members; not asked is that of a server that is away. */
  async #seen(members: number, sinceMs: number, except?: number): Promise<Times> {
    const asked = this.#clients.filter((_, index) => index !== except);
    const views = await Promise.all(
      asked.map((client) => client.hear('ready', (news) => news.members === members && news.atMs >= sinceMs)),
    );
    return views.map(({ atMs }) => atMs - sinceMs);
  }
}

/** A process that has loaded its program. */
async function started(): Promise<BenchProcess> {
  const child = new BenchProcess();
  child.tell({ do: 'reset' });
  await child.hear('reset');
  return child;
}
