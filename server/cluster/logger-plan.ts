/**
 * What the loggers of a configuration write, and where to (momentum.md 6.2): `ec_logger`, `bounce_logger` and
 * `custom_logger`, each with its destinations and its heartbeat, and the logs that a node publishes (LOG-04).
 */

import { PUBLISHED_LOGS_MAX } from '../conf/check-logs.ts';
import type { Generation } from '../conf/generation.ts';
import type { ScopePath } from '../conf/scope-path.ts';
import type { ScopeNode } from '../conf/scope-tree.ts';
import { type LogDestination, logDirectory, parseLogDestination } from '../model/log-destination.ts';
import type { LogKind } from '../model/log-line.ts';

export type LoggerOutput = {
  readonly log: LogKind;
  readonly destination: Exclude<LogDestination, { kind: 'other' }>;
};

export type LoggerPlan = {
  /** `ec_logger`, as documented. */
  readonly kind: string;
  /** Undefined where the scope has no name of its own. */
  readonly instance: string | undefined;
  readonly outputs: readonly LoggerOutput[];
  /** Its log that carries heartbeats, if it is written. */
  readonly heartbeat: { readonly output: LoggerOutput; readonly everyMs: number } | undefined;
};

const KINDS: readonly (readonly [kind: string, logs: readonly LogKind[], heartbeat: LogKind | undefined])[] =
  [
    ['ec_logger', ['mainlog', 'rejectlog', 'paniclog', 'acctlog'], 'mainlog'],
    ['bounce_logger', ['bouncelog'], 'bouncelog'],
    ['custom_logger', ['permanent_failure_logfile'], undefined],
  ];
const HEARTBEAT_DEFAULT_S = 60;

/** Loggers that are enabled, in order of the configuration; what is malformed was refused before. */
export function loggerPlans(generation: Generation): readonly LoggerPlan[] {
  return KINDS.flatMap(([kind, logs, beating]) =>
    generation.scopes([], kind).flatMap((scope) => {
      const path = pathOf(scope);
      if (generation.getBoolean(path, 'enabled') === false) return [];
      const outputs = logs.flatMap((log) => outputOf(generation, path, log));
      const output = outputs.find(({ log }) => log === beating);
      const everyS = generation.getInteger(path, 'heartbeat') ?? HEARTBEAT_DEFAULT_S;
      const heartbeat = output === undefined || everyS <= 0 ? undefined : { output, everyMs: everyS * 1_000 };
      return [{ kind, instance: scope.instance, outputs, heartbeat }];
    }),
  );
}

/** Log keys and the directories that they publish, as far as these are paths. */
export function publishedLogs(generation: Generation): ReadonlyMap<string, string> {
  const pairs = [...(generation.getDictionary(['cluster'], 'logs') ?? [])].flatMap(
    ([key, path]): [string, string][] => {
      const absolute = path.trim();
      return absolute.startsWith('/') ? [[key, logDirectory(absolute)]] : [];
    },
  );
  return new Map(pairs.slice(0, PUBLISHED_LOGS_MAX));
}

/** `1251222268@@@@M1`: this process is there and may write more (R3:modules.ec_logger). */
export function heartbeatLine(atWallMs: number): string {
  return `${Math.floor(atWallMs / 1_000)}@@@@M1`;
}

function outputOf(generation: Generation, path: ScopePath, log: LogKind): readonly LoggerOutput[] {
  const text = generation.isSet(path, log) ? generation.getString(path, log) : undefined;
  if (text === undefined || text.trim() === '') return [];
  const parsed = parseLogDestination(text);
  if (!parsed.ok || parsed.value.kind === 'other') return [];
  return [{ log, destination: parsed.value }];
}

function pathOf({ name, instance }: ScopeNode): ScopePath {
  return [instance === undefined ? name : { name, instance }];
}
