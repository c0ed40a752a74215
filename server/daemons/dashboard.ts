/** `muster dashboard`: the dashboard of a cluster, from its arguments to its last byte. Composition only. */

import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { jsonLogger } from '../adapters/json-logger.ts';
import { monotonicClock } from '../adapters/monotonic-clock.ts';
import { openSqliteStore } from '../adapters/sql-store.ts';
import { ClusterError } from '../base/errors.ts';
import type { Logger } from '../base/ports.ts';
import { VERSION } from '../base/version.ts';
import { createGateway } from '../gateway/gateway.ts';
import { PASSWORD_COST, REQUESTS_PER_MINUTE } from '../gateway/options.ts';
import { createDashboardBus } from './dashboard-bus.ts';
import { DASHBOARD_HELP, type DashboardOptions, parseDashboardOptions } from './dashboard-options.ts';
import { DashboardRehearsal, type SupervisorChannel } from './dashboard-rehearsal.ts';
import { EXIT_CODES, type Lifecycle, runUntilStopped } from './lifecycle.ts';

export type DashboardCaller = {
  /** After `dashboard`. */
  readonly args: readonly string[];
  readonly pid: number;
  /** Folder of the program, absolute. */
  readonly programs: string;
  /** To the supervisor of a demo cluster; undefined without one. */
  readonly supervisor: (SupervisorChannel & { readonly onGone: (listener: () => void) => void }) | undefined;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
};

/** @returns the exit code. */
export async function runDashboard(caller: DashboardCaller): Promise<number> {
  const { args, print, complain } = caller;
  if (args.includes('--help')) {
    print(DASHBOARD_HELP);
    return EXIT_CODES.ok;
  }
  const options = parseDashboardOptions(args);
  if (!options.ok) {
    complain(`${options.error}\nmuster dashboard --help names the options.`);
    return EXIT_CODES.configuration;
  }
  const logger = jsonLogger({ program: 'dashboard', level: 'info' });
  try {
    await runUntilStopped(logger, (lifecycle) =>
      start(lifecycle, { options: options.value, caller, logger }),
    );
    return EXIT_CODES.ok;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    complain(`muster dashboard: ${error.message}`);
    return EXIT_CODES.failed;
  }
}

type StartParts = {
  readonly options: DashboardOptions;
  readonly caller: DashboardCaller;
  readonly logger: Logger;
};

/** @throws ClusterError STORE_UNAVAILABLE, PORT_IN_USE, LISTEN_FAILED */
async function start(lifecycle: Lifecycle, { options, caller, logger }: StartParts): Promise<void> {
  const { supervisor } = caller;
  supervisor?.onGone(() => lifecycle.requestStop('the supervisor is gone'));
  const rehearsal = supervisor === undefined ? undefined : new DashboardRehearsal(supervisor);
  const clock = monotonicClock();
  const store = await openSqliteStore(path.join(options.dataFolder, 'dashboard.db'));
  lifecycle.add('store', () => store.close());
  const { clusterName, environment, clusterGroup, controlGroup } = options;
  const bus = createDashboardBus({
    clock,
    logger,
    servers: options.servers,
    keyFile: options.busKeyFile,
    seed: randomInt(0, 2 ** 32),
    pid: caller.pid,
    version: VERSION,
    clusterGroup,
    controlGroup,
    cluster: { name: clusterName, environment, build: VERSION },
  });
  lifecycle.add('bus', () => bus.stop());
  const gateway = await createGateway({
    observer: bus.observer,
    store,
    clock,
    logger,
    rehearsal,
    options: {
      host: options.host,
      port: options.port,
      clusterName,
      environment,
      build: VERSION,
      siteDirectory: siteFolder(options, caller.programs, logger),
      publicOrigins: options.origins,
      trustedProxies: options.trustedProxies,
      metricsToken: options.metricsToken,
      passwordCost: PASSWORD_COST,
      requestsPerMinute: REQUESTS_PER_MINUTE,
    },
  });
  lifecycle.add('gateway', () => gateway.stop());
  if (rehearsal !== undefined) await gateway.seedAccounts(await rehearsal.accounts());
  bus.start();
  const { url, setupCode } = await gateway.start();
  if (setupCode !== undefined) {
    caller.print(`Set-up code for the first account: ${setupCode}`);
    supervisor?.send({ type: 'setupCode', code: setupCode });
  }
  supervisor?.send({ type: 'ready', url });
  caller.print(`ready ${url}`);
  logger.info('ready', { url, version: VERSION });
}

/** Bundled programs stand in `dist/`, sources in `server/bin/`; the pages are exported to `out/` at the top. */
function siteFolder(options: DashboardOptions, programs: string, logger: Logger): string | undefined {
  const places = options.site === undefined ? ['../out', '../../out'] : [options.site];
  const found = places.map((place) => path.resolve(programs, place)).find((place) => existsSync(place));
  if (found === undefined) logger.warn('site.missing', { places });
  return found;
}
