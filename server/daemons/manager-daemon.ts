/** The program eccmgr: the cluster manager, from its configuration file to its last byte. Composition only. */

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { LogFiles } from '../adapters/log-files.ts';
import { monotonicClock } from '../adapters/monotonic-clock.ts';
import { StateFile } from '../adapters/state-file.ts';
import { ClusterError } from '../base/errors.ts';
import type { Logger } from '../base/ports.ts';
import { ok, type Result } from '../base/result.ts';
import { VERSION } from '../base/version.ts';
import { aggregationJournalPath, aggregationPlan } from '../cluster/aggregation-plan.ts';
import { resolveNodeName } from '../cluster/identity.ts';
import { createManager, type ManagerOptions } from '../cluster/manager.ts';
import { type BusOptions, clusterOptions, controlCachePath } from '../cluster/process-options.ts';
import { WallClock } from '../cluster/wall-clock.ts';
import { parseEndpoint } from '../conf/addresses.ts';
import type { Generation } from '../conf/generation.ts';
import type { LiveConfigurationApi } from '../conf/live-api.ts';
import { ResultsBuffer } from '../console/results.ts';
import { type GroupName, parseGroupName } from '../model/names.ts';
import { busWithKeys } from './bus-with-keys.ts';
import type { DaemonEnvironment } from './daemon-environment.ts';
import type { Lifecycle } from './lifecycle.ts';
import { localTime } from './local-time.ts';
import { processFacts } from './machine-facts.ts';
import { hostProcess } from './process-host.ts';
import { openLoggers } from './process-loggers.ts';
import { doubtsOf, orRefused } from './refusals.ts';

/** Flags that change what the configuration says (momentum.md 10.4). */
export type ManagerFlags = {
  /** `-g`: the cluster group. */
  readonly group: string | undefined;
  /** `-s`: the bus server to use. */
  readonly server: string | undefined;
};

/** @throws ClusterError with one line for people when something needed cannot be had. */
export async function startManager(
  lifecycle: Lifecycle,
  parts: {
    readonly config: LiveConfigurationApi;
    readonly environment: DaemonEnvironment;
    readonly flags: ManagerFlags;
    readonly logger: Logger;
  },
): Promise<void> {
  const { config, environment, flags } = parts;
  const { generation } = config;
  const group =
    flags.group === undefined ? undefined : orRefused('OPTIONS_REFUSED', parseGroupName(flags.group));
  const server = flags.server === undefined ? undefined : serverFlag(flags.server);
  const clusterOf = (live: Generation) =>
    mapped(clusterOptions(live), (options) => withGroup(options, group));
  const busOf = (live: Generation) => mapped(busWithKeys(live), (options) => withServer(options, server));
  const cluster = orRefused('OPTIONS_REFUSED', clusterOf(generation));
  const name = orRefused('IDENTITY_REFUSED', resolveNodeName(undefined, environment));
  const bus = orRefused('OPTIONS_REFUSED', busOf(generation));
  const aggregationOf = (live: Generation) => aggregationPlan(live, name);
  const aggregation = orRefused('OPTIONS_REFUSED', aggregationOf(generation));
  const clock = monotonicClock();
  const loggers = openLoggers(lifecycle, { clock, logger: parts.logger, generation });
  const { logger } = loggers;
  const file = await resultsFile(generation, logger);
  const results = await loadResults(file, clock.wallMs(), logger);
  const nowMs = clock.nowMs();
  const startedWallMs = clock.wallMs();
  const process = createManager({
    name,
    version: VERSION,
    pid: environment.pid,
    startedWallMs,
    config,
    bus,
    cluster,
    busOptions: busOf,
    clusterOptions: clusterOf,
    facts: processFacts,
    aggregation: { aggregation, aggregationOptions: aggregationOf, localTime },
    logs: loggers,
    results,
    wall: new WallClock({ wallMs: startedWallMs, nowMs }),
    seed: environment.seed,
    nowMs,
  });
  lifecycle.add('results', () => file.settled());
  const control = await hostProcess(lifecycle, {
    clock,
    logger,
    loggers,
    process,
    config,
    doubts: doubtsOf(name, busOf),
    logFiles: (give) => new LogFiles({ journalPath: aggregationJournalPath(generation), give }),
    persistResults: () => file.save(() => results.save()),
  });
  logger.info('ready', { node: name, control, version: VERSION });
}

async function resultsFile(generation: Generation, logger: Logger): Promise<StateFile> {
  const place = controlCachePath(generation);
  try {
    await mkdir(path.dirname(place), { recursive: true });
  } catch (cause) {
    // Not fatal here: loading or saving says what is wrong with the place.
    logger.warn('results.folder', { path: path.dirname(place), cause });
  }
  return new StateFile({
    path: place,
    mode: 0o640,
    onError: (error) => logger.error('results.not_saved', { error }),
  });
}

/** A damaged file is set aside, and the manager starts with nothing in its buffer. */
async function loadResults(file: StateFile, wallMs: number, logger: Logger): Promise<ResultsBuffer> {
  const text = await file.load();
  if (text === undefined) return new ResultsBuffer();
  const loaded = ResultsBuffer.load(text, wallMs);
  if (loaded.ok) return loaded.value;
  logger.error('results.damaged', { reason: loaded.error, kept: await file.setAside(wallMs) });
  return new ResultsBuffer();
}

type Endpoint = { readonly host: string; readonly port: number };

function serverFlag(server: string): Endpoint {
  const endpoint = parseEndpoint(server.includes(':') ? server : `127.0.0.1:${server}`);
  if (!endpoint.ok) throw new ClusterError('OPTIONS_REFUSED', { reason: `-s: ${endpoint.error}` });
  return endpoint.value;
}

function withServer(bus: BusOptions, server: Endpoint | undefined): BusOptions {
  return server === undefined ? bus : { ...bus, client: { ...bus.client, servers: [server] } };
}

function withGroup(
  { clusterGroup, controlGroup }: ManagerOptions,
  group: GroupName | undefined,
): ManagerOptions {
  return { clusterGroup: group ?? clusterGroup, controlGroup };
}

function mapped<T, U, E>(result: Result<T, E>, map: (value: T) => U): Result<U, E> {
  return result.ok ? ok(map(result.value)) : result;
}
