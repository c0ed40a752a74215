/**
 * The dashboard's place on the bus, for real: drives the bus client and the observer with sockets and the clock, each
 * one's effects being the other one's input. Composition only.
 */

import { readBusKeys } from '../adapters/bus-keys.ts';
import { TcpStreams } from '../adapters/tcp-streams.ts';
import { unreachable } from '../base/assert.ts';
import { type Driver, drive } from '../base/core.ts';
import type { Clock, Logger } from '../base/ports.ts';
import type { StreamInput } from '../base/stream-io.ts';
import { BUS_CLUSTER_NAME } from '../cluster/cluster-process.ts';
import { ClusterObserver } from '../cluster/observer.ts';
import {
  dashboardSession,
  ObserverCore,
  type ObserverEffect,
  type ObserverInput,
  type ObserverOptions,
} from '../cluster/observer-core.ts';
import { busLog } from '../cluster/process-log.ts';
import { WallClock } from '../cluster/wall-clock.ts';
import type { BusSecrets } from '../msgc/auth.ts';
import { MsgcClient, type MsgcClientEffect, type MsgcClientInput } from '../msgc/client.ts';
import { clientOptions } from '../msgc/options.ts';
import { WALL_READ_INTERVAL_MS } from './process-host.ts';

/** How long a stop waits for the goodbye to leave. */
export const GOODBYE_WAIT_MS = 500;

/** People watch: a bus that is cut off without a word must show within 3 s, and its return soon (ui.md FR-1). */
export const WATCHED_CONNECTION = {
  keepaliveIntervalMs: 500,
  idleTimeoutMs: 2_500,
  reconnectIntervalMs: 1_000,
  connectTimeoutMs: 2_500,
} as const;

export type DashboardBusOptions = Omit<ObserverOptions, 'wall' | 'startedWallMs'> & {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tried in order (R19). */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** Keys that servers are shown, read again when one refuses this client; undefined without any. */
  readonly keyFile: string | undefined;
  /** Random; seeds the jitter of waits. */
  readonly seed: number;
};

export type DashboardBus = {
  readonly observer: ClusterObserver;
  readonly start: () => void;
  /** Leaves the bus so that others see the cause `leave`. */
  readonly stop: () => Promise<void>;
};

export function createDashboardBus(options: DashboardBusOptions): DashboardBus {
  const { clock, logger, servers, keyFile, seed } = options;
  const clientWith = (secrets: BusSecrets | undefined) =>
    clientOptions({ ...WATCHED_CONNECTION, servers, secrets });
  const keys = keyFile === undefined ? undefined : readBusKeys(keyFile);
  if (keys?.ok === false) logger.error('bus.no_key', { reason: keys.error });
  if (keyFile === undefined) logger.warn('bus.without_authentication');
  const nowMs = clock.nowMs();
  const startedWallMs = clock.wallMs();
  const wall = new WallClock({ wallMs: startedWallMs, nowMs });
  const core = new ObserverCore({ ...options, startedWallMs, wall }, nowMs);
  const client = new MsgcClient({
    sessions: [dashboardSession(options.pid)],
    cluster: BUS_CLUSTER_NAME,
    instance: Math.round(startedWallMs * 1_000),
    options: clientWith(keys?.ok ? keys.value : undefined),
    seed,
    nowMs,
  });
  const observer = new ClusterObserver({ core, clock, give: (input) => observerDriver.give(input) });
  const connections = new OpenConnections();
  const streams = new TcpStreams((input) => {
    connections.note(input);
    clientDriver.give(input);
  });
  const observerDriver: Driver<ObserverInput> = drive(core, clock, (effect: ObserverEffect) => {
    switch (effect.type) {
      case 'bus':
        clientDriver.give({ type: 'request', request: effect.request });
        return;
      case 'tell':
        observer.tell(effect.event);
        return;
      default:
        unreachable(effect);
    }
  });
  const clientDriver: Driver<MsgcClientInput> = drive(client, clock, (effect: MsgcClientEffect) => {
    if (effect.type !== 'event') {
      streams.perform(effect);
      return;
    }
    const record = busLog(effect.event);
    if (record !== undefined) logger[record.level](record.event, record.fields);
    observerDriver.give({ type: 'bus', event: effect.event });
    if (effect.event.type === 'busRefused') readKeysAgain();
  });
  /** Keys are changed while everybody runs; whoever is refused may only have the ones of yesterday. */
  const readKeysAgain = (): void => {
    const fresh = keyFile === undefined ? undefined : readBusKeys(keyFile);
    if (fresh?.ok) clientDriver.give({ type: 'optionsChanged', options: clientWith(fresh.value) });
    else if (fresh !== undefined) logger.error('bus.no_key', { reason: fresh.error });
  };
  let wallTimer: NodeJS.Timeout | undefined;
  return {
    observer,
    start: () => {
      const read = (): void => observerDriver.give({ type: 'wallClock', wallMs: clock.wallMs() });
      wallTimer = setInterval(read, WALL_READ_INTERVAL_MS);
      observerDriver.give({ type: 'start' });
    },
    stop: async () => {
      clearInterval(wallTimer);
      clientDriver.give({ type: 'leave' });
      await connections.allClosed(GOODBYE_WAIT_MS);
      observerDriver.stop();
      clientDriver.stop();
      streams.stop();
    },
  };
}

/** Which connections of one adapter are open, so that a stop can wait for the last bytes. */
class OpenConnections {
  readonly #open = new Set<number>();
  #whenEmpty: () => void = () => undefined;

  note(input: StreamInput): void {
    if (input.type === 'connected') this.#open.add(input.conn);
    if (input.type === 'closed') this.#open.delete(input.conn);
    if (this.#open.size === 0) this.#whenEmpty();
  }

  /** Resolves when none is open, at the latest after `limitMs`. */
  async allClosed(limitMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#whenEmpty = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
