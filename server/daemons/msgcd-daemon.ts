/**
 * The program msgcd: a dedicated msgc_server (MSG-26), from its configuration file to its last byte. It has no
 * cluster module, no mail and no VIPs; its console is that of every program, without `cluster` commands.
 */

import { monotonicClock } from '../adapters/monotonic-clock.ts';
import type { Logger } from '../base/ports.ts';
import { ok } from '../base/result.ts';
import { VERSION } from '../base/version.ts';
import { createDedicated } from '../cluster/dedicated.ts';
import { resolveNodeName } from '../cluster/identity.ts';
import { withOwnServer } from '../cluster/own-server.ts';
import { clusterOptions } from '../cluster/process-options.ts';
import { WallClock } from '../cluster/wall-clock.ts';
import type { Generation } from '../conf/generation.ts';
import type { LiveConfigurationApi } from '../conf/live-api.ts';
import { busWithKeys } from './bus-with-keys.ts';
import type { DaemonEnvironment } from './daemon-environment.ts';
import type { Lifecycle } from './lifecycle.ts';
import { processFacts } from './machine-facts.ts';
import { hostProcess } from './process-host.ts';
import { openLoggers } from './process-loggers.ts';
import { doubtsOf, orRefused } from './refusals.ts';

/** @throws ClusterError with one line for people when something needed cannot be had. */
export async function startDedicated(
  lifecycle: Lifecycle,
  parts: {
    readonly config: LiveConfigurationApi;
    readonly environment: DaemonEnvironment;
    readonly logger: Logger;
  },
): Promise<void> {
  const { config, environment } = parts;
  const { generation } = config;
  const busOf = (live: Generation) => {
    const options = busWithKeys(live);
    return options.ok ? ok(withOwnServer(options.value, live)) : options;
  };
  const cluster = orRefused('OPTIONS_REFUSED', clusterOptions(generation));
  const bus = orRefused('OPTIONS_REFUSED', busOf(generation));
  const name = orRefused(
    'IDENTITY_REFUSED',
    resolveNodeName(generation.getString(['cluster'], 'nodename'), environment),
  );
  const clock = monotonicClock();
  const loggers = openLoggers(lifecycle, { clock, logger: parts.logger, generation });
  const { logger } = loggers;
  const nowMs = clock.nowMs();
  const startedWallMs = clock.wallMs();
  const process = createDedicated({
    name,
    version: VERSION,
    pid: environment.pid,
    startedWallMs,
    config,
    bus,
    busOptions: busOf,
    cluster,
    facts: processFacts,
    logs: loggers,
    wall: new WallClock({ wallMs: startedWallMs, nowMs }),
    seed: environment.seed,
    nowMs,
  });
  const control = await hostProcess(lifecycle, {
    clock,
    logger,
    loggers,
    process,
    config,
    doubts: doubtsOf(name, busOf),
    persistResults: () => undefined,
  });
  logger.info('ready', { node: name, control, version: VERSION });
}
