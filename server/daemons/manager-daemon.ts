/** The program eccmgr: the cluster manager, from its configuration file to its last byte. Composition only. */

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { monotonicClock } from '../adapters/monotonic-clock.ts';
import { StateFile } from '../adapters/state-file.ts';
import { ClusterError } from '../base/errors.ts';
import type { Logger } from '../base/ports.ts';
import { VERSION } from '../base/version.ts';
import { resolveNodeName } from '../cluster/identity.ts';
import { createManager } from '../cluster/manager.ts';
import {
  type BusOptions,
  busOptions,
  CONTROL_LISTEN_DEFAULT,
  clusterOptions,
  controlCachePath,
  listenPlans,
  MSGC_LISTEN_DEFAULT,
} from '../cluster/process-options.ts';
import { WallClock } from '../cluster/wall-clock.ts';
import { parseEndpoint } from '../conf/addresses.ts';
import type { Generation } from '../conf/generation.ts';
import { ResultsBuffer } from '../console/results.ts';
import { parseGroupName } from '../model/names.ts';
import type { DaemonEnvironment } from './daemon-environment.ts';
import type { Lifecycle } from './lifecycle.ts';
import { hostProcess } from './process-host.ts';
import { orRefused, warnWithoutSelf } from './refusals.ts';

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
    readonly generation: Generation;
    readonly environment: DaemonEnvironment;
    readonly flags: ManagerFlags;
    readonly logger: Logger;
  },
): Promise<void> {
  const { generation, environment, flags, logger } = parts;
  const configured = orRefused('OPTIONS_REFUSED', clusterOptions(generation));
  const clusterGroup =
    flags.group === undefined
      ? configured.clusterGroup
      : orRefused('OPTIONS_REFUSED', parseGroupName(flags.group));
  const name = orRefused('IDENTITY_REFUSED', resolveNodeName(undefined, environment));
  const bus = withServer(orRefused('OPTIONS_REFUSED', busOptions(generation)), flags.server);
  warnWithoutSelf(bus, name, logger);
  const clock = monotonicClock();
  const file = await resultsFile(generation, logger);
  const results = await loadResults(file, clock.wallMs(), logger);
  const nowMs = clock.nowMs();
  const startedWallMs = clock.wallMs();
  const process = createManager({
    name,
    version: VERSION,
    pid: environment.pid,
    startedWallMs,
    generation,
    bus,
    cluster: { clusterGroup, controlGroup: configured.controlGroup },
    results,
    wall: new WallClock({ wallMs: startedWallMs, nowMs }),
    seed: environment.seed,
    nowMs,
  });
  lifecycle.add('results', () => file.settled());
  const control = await hostProcess(lifecycle, {
    clock,
    logger,
    process,
    busListens: listenPlans(generation, 'msgcserver_listener', MSGC_LISTEN_DEFAULT),
    controlListens: listenPlans(generation, 'Control_Listener', CONTROL_LISTEN_DEFAULT),
    generation: () => generation,
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

function withServer(bus: BusOptions, server: string | undefined): BusOptions {
  if (server === undefined) return bus;
  const endpoint = parseEndpoint(server.includes(':') ? server : `127.0.0.1:${server}`);
  if (!endpoint.ok) throw new ClusterError('OPTIONS_REFUSED', { reason: `-s: ${endpoint.error}` });
  return { ...bus, client: { ...bus.client, servers: [endpoint.value] } };
}
