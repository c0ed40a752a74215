/**
 * Option tables of the loggers that the documents name (momentum.md 6.2, 6.5, 7.1). What of mail they write is decided
 * by further options of the wider product, which are kept.
 */

import type { OptionEntry, ScopeTable } from '../../base/option-table.ts';
import { option } from './option-entry.ts';

const LOGGERS = 'momentum.md 6.2';
const SAMPLE_22 = 'sample of 2.2';
const MODULE = 'momentum.md 8.1';

/** What every module has. */
const MODULE_OPTIONS: readonly OptionEntry[] = [
  option('enabled', 'bool', 'true', MODULE),
  option('debug_level', 'level', 'ERROR', MODULE, { kept: true }),
];

/** A file, or a stream `cluster://path=>subscriber`. */
const log = (name: string, source: string): OptionEntry => option(name, 'string', undefined, source);

/** Seconds between two lines that say that this process may write more; 0: none. */
const HEARTBEAT = option('heartbeat', 'int', '60', 'R3:modules.ec_logger; momentum.md 6.5', {
  unit: 's',
  min: 0,
  max: 86_400,
});

export const LOGGER_TABLES: readonly ScopeTable[] = [
  {
    path: ['ec_logger'],
    instance: 'optional',
    open: true,
    options: [
      ...MODULE_OPTIONS,
      log('acctlog', 'momentum.md 7.1'),
      log('mainlog', LOGGERS),
      log('paniclog', LOGGERS),
      log('rejectlog', LOGGERS),
      HEARTBEAT,
      option('log_transient_failures', 'bool', undefined, SAMPLE_22, { kept: true }),
    ],
  },
  {
    path: ['bounce_logger'],
    instance: 'optional',
    open: true,
    options: [...MODULE_OPTIONS, log('bouncelog', LOGGERS), HEARTBEAT],
  },
  {
    path: ['custom_logger'],
    instance: 'optional',
    open: true,
    options: [
      ...MODULE_OPTIONS,
      log('permanent_failure_logfile', SAMPLE_22),
      option('permanent_failure_format', 'string', undefined, SAMPLE_22, { kept: true }),
    ],
  },
  { path: ['as_logger'], instance: 'optional', kept: true, options: MODULE_OPTIONS },
];
