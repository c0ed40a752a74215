/** Ports that any room may need. An adapter implements each once for real, `memory/` once for tests and simulation. */

export type Timer = { readonly cancel: () => void };

/** Monotonic time for decisions, wall-clock time only for what people read. */
export interface Clock {
  /** Monotonic milliseconds with fraction; the zero point is arbitrary. */
  nowMs(): number;
  /** Wall clock, milliseconds since 1970 UTC. May jump. */
  wallMs(): number;
  /** Calls back once at or after `dueMs` on the monotonic scale. */
  at(dueMs: number, callback: () => void): Timer;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** An event name such as `link.closed` and fields. No prose, no secrets. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
