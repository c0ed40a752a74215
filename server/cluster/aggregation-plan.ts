/** What a generation means for the aggregation of a manager: the scope `Logs` (LOG-14 to LOG-17). */

import { err, ok, type Result } from '../base/result.ts';
import type { Generation } from '../conf/generation.ts';
import type { AggregatorOptions } from '../logs/aggregator.ts';
import { parseLogPath } from '../logs/log-path.ts';
import { OPEN_SUBSCRIBERS_MAX } from '../logs/session-api.ts';
import { type NodeName, parseNodeName } from '../model/names.ts';
import { controlCachePath } from './process-options.ts';

/** Tried after the own name (LOG-17). */
const SUBSCRIBER_OF_ALL = 'master';
/** LOG-23. */
const OUTSTANDING_DEFAULT = 65_536;
const LOGS = ['Logs'];
const LOG_JOB = [{ name: 'ThreadPool', instance: 'log_job' }];

/** @returns an error for people where the options cannot be used. */
export function aggregationPlan(
  generation: Generation,
  manager: NodeName,
): Result<AggregatorOptions, string> {
  const logfile = parseLogPath(generation.getString(LOGS, 'logfile') ?? '');
  if (!logfile.ok) return err(`Logs.${logfile.error}`);
  const subscribers = subscribersOf(generation, manager);
  for (const [node, names] of subscribers) {
    if (names.length > OPEN_SUBSCRIBERS_MAX) {
      return err(`Logs: Subscriber of ${node}: at most ${OPEN_SUBSCRIBERS_MAX} names`);
    }
  }
  const outstanding = generation.getInteger(LOG_JOB, 'backlog') ?? OUTSTANDING_DEFAULT;
  return ok({
    logfile: logfile.value,
    fileMode: generation.getPermissions(LOGS, 'file_mode') ?? 0o640,
    dirMode: generation.getPermissions(LOGS, 'dir_mode') ?? 0o755,
    maxOpen: generation.getInteger(LOGS, 'max_open') ?? 128,
    maxIdleMs: (generation.getInteger(LOGS, 'max_idle') ?? 10) * 1_000,
    outstandingMax: Math.max(1, outstanding),
    subscribers,
    subscribersDefault: [...new Set([manager, SUBSCRIBER_OF_ALL])],
  });
}

/** The journal lies beside the results buffer: both belong to this one manager, and survive it. */
export function aggregationJournalPath(generation: Generation): string {
  return `${controlCachePath(generation)}.aggregation`;
}

function subscribersOf(generation: Generation, manager: NodeName): ReadonlyMap<NodeName, readonly string[]> {
  const found = new Map<NodeName, readonly string[]>();
  for (const instance of generation.instances(LOGS, 'Manager')) {
    if (!isName(instance, manager)) continue;
    const own = [...LOGS, { name: 'Manager', instance }];
    for (const node of generation.instances(own, 'Node')) {
      const place = [...own, { name: 'Node', instance: node }];
      const name = parseNodeName(node);
      if (!name.ok || !generation.isSet(place, 'Subscriber')) continue;
      const names = generation.getStrings(place, 'Subscriber').filter((one) => one !== '');
      found.set(name.value, [...new Set(names)]);
    }
  }
  return found;
}

function isName(text: string, name: NodeName): boolean {
  const parsed = parseNodeName(text);
  return parsed.ok && parsed.value === name;
}
