/**
 * The life of a daemon: one way to start, one way to stop, signals, exit codes. SIGTERM, SIGINT and the console
 * command `shutdown` take the same path; what was opened is closed in reverse order, each step within a limit. A
 * second signal ends the process at once, unless it comes so soon that a terminal and a launcher sent one each.
 *
 * Readiness: when everything works, the daemon writes one JSON line with the event `ready` to standard error, and its
 * control listener, opened last, accepts.
 */

import type { Logger } from '../base/ports.ts';

/** Exit codes of every daemon. */
export const EXIT_CODES = { ok: 0, failed: 1, configuration: 2, interrupted: 130 } as const;
/** Each step of stopping may take so long, where it does not say otherwise; then the next one is taken. */
export const STOP_STEP_MS = 3_000;

/** Signals closer together than this count as one. */
export const SAME_SIGNAL_MS = 500;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

type Step = { readonly name: string; readonly close: () => Promise<void> | void; readonly limitMs: number };

export class Lifecycle {
  readonly #logger: Logger;
  readonly #steps: Step[] = [];
  #stop: (reason: string) => void = () => undefined;
  /** Resolves with the reason once somebody wants the daemon to stop. */
  readonly stopping: Promise<string>;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.stopping = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** To be closed when the daemon stops, before whatever was added earlier. */
  add(name: string, close: Step['close'], limitMs = STOP_STEP_MS): void {
    this.#steps.push({ name, close, limitMs });
  }

  /** Asks for a stop; only the first reason counts. */
  requestStop(reason: string): void {
    this.#stop(reason);
  }

  /** Closes everything, last opened first. */
  async close(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const outcome = await withLimit(step.close, step.limitMs).catch((error: unknown) => error);
      if (outcome !== undefined) this.#logger.warn('stop.step', { step: step.name, outcome });
    }
  }
}

/**
 * Starts a daemon, waits until it is asked to stop, and closes what `start` has added to the lifecycle.
 * @throws whatever `start` throws, after closing what it had opened.
 */
export async function runUntilStopped(
  logger: Logger,
  start: (lifecycle: Lifecycle) => Promise<void>,
): Promise<void> {
  const lifecycle = new Lifecycle(logger);
  let firstAtMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    firstAtMs ??= nowMs;
    if (nowMs - firstAtMs > SAME_SIGNAL_MS) process.exit(EXIT_CODES.interrupted);
    lifecycle.requestStop(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await start(lifecycle);
    const reason = await lifecycle.stopping;
    logger.info('stopping', { reason });
  } finally {
    await lifecycle.close();
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
  logger.info('stopped');
}

async function withLimit(close: Step['close'], limitMs: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not done within ${limitMs} ms`), limitMs);
  });
  try {
    return await Promise.race([Promise.resolve(close()).then(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
