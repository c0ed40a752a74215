/**
 * Connects a dashboard to the bus for real and gives the gateway its observer. Nothing is retried here: the client
 * core dials again by itself for as long as it lives.
 */

import { randomInt } from 'node:crypto';
import { TcpStreams } from '../adapters/tcp-streams.ts';
import { unreachable } from '../base/assert.ts';
import { drive } from '../base/core.ts';
import type { Clock, Logger } from '../base/ports.ts';
import { VERSION } from '../base/version.ts';
import { DashboardBus, type DashboardBusEffect } from '../cluster/dashboard-bus.ts';
import { ClusterObserver } from '../cluster/observer.ts';
import { WallClock } from '../cluster/wall-clock.ts';
import { GROUPS, type GroupName } from '../model/names.ts';
import { clientOptions } from '../msgc/options.ts';
import type { Row } from '../wire/live.ts';

const WALL_READ_INTERVAL_MS = 5_000;
/** Time for the last bytes to leave when stopping. */
const STOP_WAIT_MS = 200;
/** A dashboard looks for its bus more eagerly than a node: people watch. */
const RECONNECT_INTERVAL_MS = 1_000;

export type ObserverLinkOptions = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pid: number;
  /** Bus servers, tried in order (R19). */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** The row of the cluster but for its leader. */
  readonly cluster: Omit<Row<'cluster'>, 'leader'>;
  /** Default `ec_cluster`. */
  readonly clusterGroup?: GroupName;
  /** Default `ec_console`. */
  readonly controlGroup?: GroupName;
};

export type ObserverLink = {
  readonly observer: ClusterObserver;
  /** Leaves the bus, so that others see the cause `leave`. */
  readonly stop: () => Promise<void>;
};

export function startObserver(options: ObserverLinkOptions): ObserverLink {
  const { clock, logger, pid, cluster } = options;
  const nowMs = clock.nowMs();
  const startedWallMs = clock.wallMs();
  const bus = new DashboardBus({
    observer: {
      pid,
      version: VERSION,
      startedWallMs,
      clusterGroup: options.clusterGroup ?? GROUPS.cluster,
      controlGroup: options.controlGroup ?? GROUPS.control,
      cluster,
      wall: new WallClock({ wallMs: startedWallMs, nowMs }),
    },
    client: clientOptions({ servers: options.servers, reconnectIntervalMs: RECONNECT_INTERVAL_MS }),
    seed: randomInt(0, 2 ** 32),
    nowMs,
  });
  const perform = (effect: DashboardBusEffect): void => {
    switch (effect.type) {
      case 'stream':
        streams.perform(effect.effect);
        break;
      case 'tell':
        observer.tell(effect.event);
        break;
      case 'log':
        logger[effect.level](effect.event, effect.fields);
        break;
      default:
        unreachable(effect);
    }
  };
  const driver = drive(bus, clock, perform);
  const streams = new TcpStreams((input) => driver.give({ type: 'stream', input }));
  const observer = new ClusterObserver({
    core: bus.observer,
    clock,
    give: (input) => driver.give({ type: 'observer', input }),
  });
  const wallTimer = setInterval(() => {
    driver.give({ type: 'observer', input: { type: 'wallClock', wallMs: clock.wallMs() } });
  }, WALL_READ_INTERVAL_MS);
  driver.give({ type: 'observer', input: { type: 'start' } });
  const stop = async (): Promise<void> => {
    clearInterval(wallTimer);
    driver.give({ type: 'stop' });
    await new Promise((resolve) => setTimeout(resolve, STOP_WAIT_MS));
    driver.stop();
    streams.stop();
  };
  return { observer, stop };
}
