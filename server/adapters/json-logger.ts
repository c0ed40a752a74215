/**
 * The Logger port as one JSON line per record on standard error. Values of fields that carry secrets are replaced
 * by name, long texts are cut and nesting is bounded, because fields often hold what a peer sent.
 */

import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';
import type { LogFields, Logger, LogLevel } from '../base/ports.ts';

/** Characters of one text value. */
export const LOG_TEXT_CHARACTERS_MAX = 2_048;
/** Entries of one list or record, and levels of nesting. */
export const LOG_ENTRIES_MAX = 64;
export const LOG_DEPTH_MAX = 4;

const SECRET_NAMES = new Set([
  'password',
  'passwd',
  'passphrase',
  'secret',
  'sharedkey',
  'authkey',
  'privatekey',
  'token',
  'ticket',
  'csrf',
  'cookie',
  'setcookie',
  'authorization',
  'setupcode',
  'credentials',
]);

export type JsonLogger = Logger & { readonly setLevel: (level: LogLevel) => void };

export type JsonLoggerOptions = {
  /** Name of the program, in each record as `program`. */
  readonly program: string;
  readonly level: LogLevel;
  /** Standard error when absent. */
  readonly stream?: DestinationStream;
};

export function jsonLogger(options: JsonLoggerOptions): JsonLogger {
  const logger = pino(
    {
      level: options.level,
      base: { program: options.program, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'event',
      formatters: { level: (label) => ({ level: label }) },
    },
    options.stream ?? destination({ fd: 2, sync: true }),
  );
  const write = (level: LogLevel, event: string, fields: LogFields | undefined): void => {
    if (!logger.isLevelEnabled(level)) return;
    // Under one key, so that no field can imitate `event`, `level` or `time`.
    logger[level](fields === undefined ? {} : { fields: cleanFields(fields) }, event);
  };
  return {
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
    setLevel: (level) => {
      logger.level = level;
    },
  };
}

/** Fields as they may be shown: bounded, and without secrets. */
export function cleanFields(fields: LogFields | undefined): LogFields | undefined {
  return fields === undefined ? undefined : (clean(fields, 0) as LogFields);
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return cleanError(value, depth);
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (depth >= LOG_DEPTH_MAX) return '<deeper>';
  if (value instanceof Set || Array.isArray(value)) {
    return [...value].slice(0, LOG_ENTRIES_MAX).map((entry) => clean(entry, depth + 1));
  }
  const entries: Iterable<[string, unknown]> = value instanceof Map ? value : Object.entries(value);
  const record: Record<string, unknown> = {};
  for (const [name, entry] of [...entries].slice(0, LOG_ENTRIES_MAX)) {
    const key = cut(String(name));
    record[key] = isSecret(key) ? '<redacted>' : clean(entry, depth + 1);
  }
  return record;
}

function cleanError(error: Error, depth: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return {
    name: error.name,
    message: cut(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: cut(error.stack) }),
    ...(error.cause === undefined || depth >= LOG_DEPTH_MAX ? {} : { cause: clean(error.cause, depth + 1) }),
  };
}

function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replaceAll(/[_-]/g, ''));
}

function cut(text: string): string {
  if (text.length <= LOG_TEXT_CHARACTERS_MAX) return text;
  return `${text.slice(0, LOG_TEXT_CHARACTERS_MAX)}<cut ${text.length - LOG_TEXT_CHARACTERS_MAX}>`;
}
