/** Checks of loggers and of the logs that a node publishes: where lines go, and whether they are the same place (LOG-04). */

import { logDirectory, parseLogDestination } from '../model/log-destination.ts';
import { LOG_KINDS } from '../model/log-line.ts';
import { type DiagnosticSink, shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';

const LOGGERS = ['ec_logger', 'bounce_logger', 'custom_logger'] as const;

/** Logs of one node that are published; `logs` takes no more. */
export const PUBLISHED_LOGS_MAX = 64;

export function checkLogs(generation: Generation, sink: DiagnosticSink): void {
  checkPublished(generation, checkDestinations(generation, sink), sink);
}

/** @returns the directories that loggers write to. */
function checkDestinations(generation: Generation, sink: DiagnosticSink): ReadonlySet<string> {
  const written = new Set<string>();
  for (const scope of LOGGERS.flatMap((name) => generation.scopes([], name))) {
    for (const log of LOG_KINDS) {
      const option = scope.options.get(log);
      if (option?.value.kind !== 'scalar' || option.value.text.trim() === '') continue;
      const parsed = parseLogDestination(option.value.text);
      if (!parsed.ok) {
        sink.add('CONF_BAD_VALUE', option.value.at, `${log}: ${parsed.error}`, DESTINATION_HINT);
      } else if (parsed.value.kind === 'other') {
        const message = `${log}: nothing is written to ${shown(parsed.value.scheme)}:// here`;
        sink.add('CONF_KEPT_OPTION', option.value.at, message, DESTINATION_HINT);
      } else if (parsed.value.kind === 'stream') written.add(parsed.value.directory);
    }
  }
  return written;
}

const DESTINATION_HINT =
  'write /path, cluster:///directory=>subscriber or cluster:///directory?subscribers=a,b';

/** Only what the file says itself: the documented five logs are published wherever a logger writes them. */
function checkPublished(generation: Generation, written: ReadonlySet<string>, sink: DiagnosticSink): void {
  const logs = generation.scope(['cluster'])?.options.get('logs')?.value;
  if (logs?.kind !== 'dict') return;
  let published = 0;
  for (const item of logs.items) {
    if (item.kind !== 'option' || item.value.kind !== 'scalar') continue;
    const { name, value } = item;
    const path = value.text.trim();
    published += 1;
    if (published > PUBLISHED_LOGS_MAX) {
      const message = `the log '${shown(name)}' is not published: ${PUBLISHED_LOGS_MAX} logs are the most`;
      sink.add('CONF_LOG_UNWRITTEN', item.at, message);
    } else if (!path.startsWith('/')) {
      const message = `the log '${shown(name)}' is not published: its path is not absolute`;
      sink.add('CONF_LOG_UNWRITTEN', value.at, message, 'write the directory that a logger names');
    } else if (!written.has(logDirectory(path))) {
      const message = `the log '${shown(name)}' is published from ${shown(path)}, where no logger writes`;
      const hint = `for example: ec_logger "ec_logger_cluster" { mainlog = "cluster://${shown(path)}=>master" }`;
      sink.add('CONF_LOG_UNWRITTEN', value.at, message, hint);
    }
  }
}
