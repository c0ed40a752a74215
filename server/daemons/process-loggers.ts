/**
 * The loggers of a running process: gives lines to the files and durable logs that its configuration names, all lines
 * of one turn of the event loop in one write for each log; writes heartbeats; and keeps what the process says at level
 * error as its paniclog. A disk that refuses holds up nobody.
 */

import { DiskStore } from '../adapters/file-store.ts';
import { cleanFields } from '../adapters/json-logger.ts';
import { writeAtTurnEnd } from '../adapters/turn-end.ts';
import type { Clock, LogFields, Logger, LogLevel, Timer } from '../base/ports.ts';
import { type LogStreamNews, LogStreams, type WrittenSoFar } from '../cluster/log-streams.ts';
import { heartbeatLine, type LoggerOutput, type LoggerPlan, loggerPlans } from '../cluster/logger-plan.ts';
import { PanicLog } from '../cluster/panic-log.ts';
import type { ProcessLogs } from '../cluster/process-logs.ts';
import type { Generation } from '../conf/generation.ts';
import type { FileStore } from '../jlog/api.ts';
import { createLog } from '../jlog/log.ts';
import { openWriter } from '../jlog/writer.ts';
import type { LogKind, LogLine } from '../model/log-line.ts';
import type { Lifecycle } from './lifecycle.ts';
import { PlainLogs } from './plain-logs.ts';

export type ProcessLoggersParts = {
  readonly clock: Clock;
  /** Where this process says everything. */
  readonly logger: Logger;
  readonly store: FileStore;
};

/** Opens the loggers of a process that starts; the lifecycle closes them. What does not work is in the log. */
export function openLoggers(
  lifecycle: Lifecycle,
  parts: { readonly clock: Clock; readonly logger: Logger; readonly generation: Generation },
): ProcessLoggers {
  const loggers = new ProcessLoggers({ ...parts, store: new DiskStore() });
  const onCrash = (error: Error): void => loggers.crashed(error);
  process.on('uncaughtExceptionMonitor', onCrash);
  lifecycle.add('loggers', () => {
    process.off('uncaughtExceptionMonitor', onCrash);
    return loggers.close();
  });
  loggers.follow(parts.generation);
  return loggers;
}

type Beat = { readonly output: LoggerOutput; readonly everyMs: number; dueMs: number };

export class ProcessLoggers implements ProcessLogs {
  readonly panics = new PanicLog(localTime);
  /** Says what it is told in the log of the process, in its paniclog as well. */
  readonly logger: Logger;
  readonly #clock: Clock;
  readonly #plain: PlainLogs;
  readonly #streams: LogStreams;
  #plans: readonly LoggerPlan[] = [];
  #outputs = new Map<LogKind, readonly LoggerOutput[]>();
  #beats: readonly Beat[] = [];
  #timer: Timer | undefined;
  #flushing = false;
  #closed = false;

  constructor({ clock, logger, store }: ProcessLoggersParts) {
    this.#clock = clock;
    this.logger = this.#heard(logger);
    this.#plain = new PlainLogs(this.logger);
    const tell = (news: LogStreamNews): void => this.#tell(news);
    const wake = (): void => this.#arm();
    this.#streams = new LogStreams({ store, createLog, openWriter, tell, wake });
  }

  /** The loggers of this generation write from now on. @returns what of it does not work, one line each for people. */
  follow(generation: Generation): readonly string[] {
    this.#plans = loggerPlans(generation);
    const outputs = new Map<LogKind, LoggerOutput[]>();
    for (const output of this.#plans.flatMap((plan) => plan.outputs)) {
      const same = outputs.get(output.log) ?? [];
      if (!same.some((other) => placeOf(other) === placeOf(output))) same.push(output);
      outputs.set(output.log, same);
    }
    this.#outputs = outputs;
    const wanted = directoriesOf(this.#plans);
    this.#streams.follow(wanted, this.#now());
    this.#followBeats();
    this.#arm();
    return [...wanted.keys()].flatMap((directory) => this.#streams.written(directory)?.problem ?? []);
  }

  write({ log, text }: LogLine): void {
    for (const output of this.#outputs.get(log) ?? []) this.#put(output, text);
  }

  written(directory: string): WrittenSoFar | undefined {
    return this.#streams.written(directory);
  }

  reopen(which?: { readonly kind: string; readonly instance: string | undefined }) {
    const plans = this.#plans.filter(
      ({ kind, instance }) =>
        which === undefined ||
        (kind === which.kind && instance?.toLowerCase() === which.instance?.toLowerCase()),
    );
    if (which !== undefined && plans.length === 0) return undefined;
    const directories = directoriesOf(plans);
    const problems = this.#streams.reopen(this.#now(), new Set(directories.keys()));
    return { logs: plans.flatMap(({ outputs }) => outputs).length, problems };
  }

  /** This process is about to end by a mistake of its own: its last line is written at once, as far as it is to a durable log. */
  crashed(error: unknown): void {
    this.logger.error('process.crashed', { error });
    this.#flush();
  }

  /** Writes what waits, and lets other writers in. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await new Promise<void>((resolve) => this.#streams.close(this.#now(), resolve));
    await this.#plain.settled();
  }

  #put({ destination }: LoggerOutput, text: string): void {
    if (this.#closed) return;
    if (destination.kind === 'file') {
      this.#plain.append(destination.path, text);
      return;
    }
    this.#streams.add(destination.directory, text);
    if (this.#flushing) return;
    this.#flushing = true;
    writeAtTurnEnd(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#closed) return;
    this.#streams.flush(this.#now());
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const due = [this.#streams.deadlineMs, ...this.#beats.map(({ dueMs }) => dueMs)].filter(
      (ms) => ms !== undefined,
    );
    if (due.length === 0 || this.#closed) return;
    this.#timer = this.#clock.at(Math.min(...due), () => {
      this.#timer = undefined;
      this.#beat();
      this.#flush();
    });
  }

  #followBeats(): void {
    const before = new Map(
      this.#beats.map((beat) => [`${placeOf(beat.output)} ${beat.everyMs}`, beat.dueMs]),
    );
    const nowMs = this.#clock.nowMs();
    this.#beats = this.#plans.flatMap(({ heartbeat }) => {
      if (heartbeat === undefined) return [];
      const { output, everyMs } = heartbeat;
      return [{ output, everyMs, dueMs: before.get(`${placeOf(output)} ${everyMs}`) ?? nowMs + everyMs }];
    });
  }

  #beat(): void {
    const nowMs = this.#clock.nowMs();
    for (const beat of this.#beats) {
      if (nowMs < beat.dueMs) continue;
      beat.dueMs = nowMs + beat.everyMs;
      this.#put(beat.output, heartbeatLine(this.#clock.wallMs()));
    }
  }

  #heard(logger: Logger): Logger {
    const say = (level: LogLevel) => (event: string, fields?: LogFields) => {
      logger[level](event, fields);
      if (level === 'debug') return;
      const atMs = this.#clock.wallMs();
      const text = this.panics.note(level, event, cleanFields(fields), atMs);
      if (text !== undefined) this.write({ log: 'paniclog', text, atMs });
    };
    return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  }

  #tell(news: LogStreamNews): void {
    const { type, ...fields } = news;
    if (type === 'failed') this.logger.error('log.not_written', fields);
    else if (type === 'trouble') this.logger.warn('log.trouble', fields);
    else this.logger.warn('log.written_again', fields);
  }

  #now(): { nowMs: number; wallUs: number } {
    return { nowMs: this.#clock.nowMs(), wallUs: Math.floor(this.#clock.wallMs() * 1_000) };
  }
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sun 30 Nov 2003 10:31:37`, as the console prints it (momentum.md 7.5). */
export function localTime(wallMs: number): string {
  const at = new Date(wallMs);
  const two = (part: number): string => String(part).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${DAYS[at.getDay()]} ${two(at.getDate())} ${MONTHS[at.getMonth()]} ${at.getFullYear()} ${time}`;
}

function placeOf({ destination }: LoggerOutput): string {
  return destination.kind === 'file' ? destination.path : `cluster://${destination.directory}`;
}

/** Several loggers may name one log: it gets the subscribers of all of them. */
function directoriesOf(plans: readonly LoggerPlan[]): ReadonlyMap<string, readonly string[]> {
  const directories = new Map<string, readonly string[]>();
  for (const { destination } of plans.flatMap(({ outputs }) => outputs)) {
    if (destination.kind !== 'stream') continue;
    const { directory, subscribers } = destination;
    directories.set(directory, [...new Set([...(directories.get(directory) ?? []), ...subscribers])]);
  }
  return directories;
}
