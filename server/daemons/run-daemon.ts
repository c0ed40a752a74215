/**
 * What the programs ecnode, eccmgr and msgcd have in common: flags, configuration, log, exit code. Exit code 2 means that the
 * configuration has errors, all of which are on standard error, and that nothing was started.
 */

import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { jsonLogger } from '../adapters/json-logger.ts';
import { monotonicClock } from '../adapters/monotonic-clock.ts';
import { ClusterError } from '../base/errors.ts';
import type { Logger } from '../base/ports.ts';
import { VERSION } from '../base/version.ts';
import { otherSpelling, resolveNodeName, resolveSubcluster } from '../cluster/identity.ts';
import type { LiveConfigurationApi } from '../conf/live-api.ts';
import { type BannerProgram, renderBanner } from '../console/banner.ts';
import { readConfiguration } from './configuration.ts';
import type { DaemonEnvironment } from './daemon-environment.ts';
import { EXIT_CODES, type Lifecycle, runUntilStopped } from './lifecycle.ts';

/** Documented flags of the programs (momentum.md 10.4): those with a value, then those without. */
const VALUE_FLAGS = ['c', 'g', 's', 'e'] as const;
const SWITCHES = ['n', 'v', 'D', 'd', 'V', 'x', 'h'] as const;
/** Read for compatibility and without effect. */
const WITHOUT_EFFECT = ['e', 'n', 'd', 'x'] as const;

export type DaemonFlags = Readonly<Partial<Record<(typeof VALUE_FLAGS)[number], string>>> & {
  /** Number of `-v`. */
  readonly verbosity: number;
  readonly given: ReadonlySet<string>;
};

export type DaemonProgram = {
  readonly name: 'ecnode' | 'eccmgr' | 'msgcd';
  readonly banner: BannerProgram;
  /** Looked for along the search path when `-c` is absent. */
  readonly configurationFile: string;
  readonly start: (
    lifecycle: Lifecycle,
    parts: {
      readonly config: LiveConfigurationApi;
      readonly environment: DaemonEnvironment;
      readonly flags: DaemonFlags;
      readonly logger: Logger;
    },
  ) => Promise<void>;
};

export type DaemonCaller = {
  /** Without program and script. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
};

/** @returns the exit code. */
export async function runDaemon(program: DaemonProgram, caller: DaemonCaller): Promise<number> {
  const { complain, print } = caller;
  const flags = readFlags(caller.args);
  if (typeof flags === 'string') {
    complain(`${program.name}: ${flags}\n${usage(program)}`);
    return EXIT_CODES.failed;
  }
  if (flags.given.has('h') || flags.given.has('V')) {
    const version = renderBanner({ program: program.banner, version: VERSION });
    print(flags.given.has('h') ? usage(program) : version);
    return EXIT_CODES.ok;
  }
  const environment = environmentOf(caller);
  const nodeName = resolveNodeName(undefined, environment);
  if (!nodeName.ok) {
    complain(`${program.name}: EC_NODE_NAME: ${nodeName.error}`);
    return EXIT_CODES.failed;
  }
  const { goLive, text } = readConfiguration({
    file: flags.c ?? program.configurationFile,
    searchPath: environment.searchPath,
    nodeName: nodeName.value,
    subcluster: resolveSubcluster(environment),
  });
  if (text !== '') complain(text);
  if (goLive === undefined) return EXIT_CODES.configuration;
  const logger = jsonLogger({ program: program.name, level: flags.verbosity > 0 ? 'debug' : 'info' });
  const spelling = otherSpelling(environment);
  if (spelling !== undefined) logger.warn('name.normalised', spelling);
  for (const flag of WITHOUT_EFFECT.filter((name) => flags.given.has(name))) {
    logger.warn('flag.without_effect', { flag: `-${flag}` });
  }
  try {
    const config = goLive(monotonicClock().wallMs());
    await runUntilStopped(logger, (lifecycle) =>
      program.start(lifecycle, { config, environment, flags, logger }),
    );
    return EXIT_CODES.ok;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    complain(`${program.name}: ${error.message}`);
    return EXIT_CODES.failed;
  }
}

function environmentOf({ env, pid }: DaemonCaller): DaemonEnvironment {
  return {
    nodeName: env['EC_NODE_NAME'],
    subcluster: env['EC_SUB_CLUSTER'],
    searchPath: env['EC_CONF_SEARCH_PATH'],
    hostname: hostname(),
    pid,
    seed: randomInt(0, 2 ** 32),
  };
}

function usage({ name, configurationFile }: DaemonProgram): string {
  return [
    `Usage: ${name} [-c FILE]${name === 'eccmgr' ? ' [-g GROUP] [-s HOST:PORT]' : ''} [-D] [-v] [-V]`,
    `  -c FILE   configuration; ${configurationFile} on the search path when absent`,
    ...(name === 'eccmgr'
      ? ['  -g GROUP  cluster group, instead of the configured one', '  -s SERVER bus server to use']
      : []),
    '  -D        stay in the foreground, which it always does',
    '  -v        log more',
    '  -V        print the version and end',
  ].join('\n');
}

/** The error is one line. */
function readFlags(args: readonly string[]): DaemonFlags | string {
  const options = {
    ...Object.fromEntries(VALUE_FLAGS.map((short) => [short, { type: 'string' as const, short }])),
    ...Object.fromEntries(
      SWITCHES.map((short) => [short, { type: 'boolean' as const, short, multiple: true as const }]),
    ),
  };
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    const text = (name: string): string | undefined => {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    };
    const texts = VALUE_FLAGS.flatMap((name) => {
      const value = text(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const verbose = values['v'];
    return {
      ...Object.fromEntries(texts),
      verbosity: Array.isArray(verbose) ? verbose.length : 0,
      given: new Set(Object.keys(values)),
    };
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}
