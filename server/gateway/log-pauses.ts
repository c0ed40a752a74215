/**
 * Who does not want to hear of which subscriber for a while: kept on disk, in the audit log, told to every page, and over
 * by itself. A pause changes nothing on the nodes.
 */

import type { Clock, Logger, Timer } from '../base/ports.ts';
import type { ModelChange, Observer } from '../cluster/observer-api.ts';
import { LOG_PAUSES_MAX, type LogPauseRow } from '../wire/logs.ts';
import { ApiProblem } from './api-problem.ts';
import type { Actor, AuditLog } from './audit-log.ts';
import type { Metrics } from './metrics.ts';
import type { LogStore } from './store-port.ts';

/** The wall clock may be set: what ends is looked for again at least so often. */
const LOOK_EVERY_MS = 60_000;

export type LogPauseParts = {
  readonly observer: Observer;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  /** Of the collection `logPauses`. */
  readonly onRows: (changes: readonly ModelChange[]) => void;
};

export type SubscriberName = { readonly node: string; readonly log: string; readonly subscriber: string };

export class LogPauses {
  readonly #parts: LogPauseParts;
  readonly #rows: Map<string, LogPauseRow>;
  #timer: Timer | undefined;
  #work: Promise<void> = Promise.resolve();

  static async load(parts: LogPauseParts): Promise<LogPauses> {
    return new LogPauses(parts, await parts.store.pauses());
  }

  private constructor(parts: LogPauseParts, kept: readonly LogPauseRow[]) {
    this.#parts = parts;
    this.#rows = new Map(kept.map((row) => [row.id, row]));
    this.#endDue();
  }

  rows(): Readonly<Record<string, LogPauseRow>> {
    return Object.fromEntries(this.#rows);
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#work;
  }

  /** Anew where it is paused already. @throws ApiProblem `not_found`, `conflict` */
  async pause(
    name: SubscriberName,
    ask: { readonly forS: number; readonly reason: string },
    actor: Actor,
  ): Promise<LogPauseRow> {
    const { audit, store, clock } = this.#parts;
    const id = pauseId(name);
    if (!this.#known(name)) throw new ApiProblem('not_found', 'there is no such subscriber');
    if (!this.#rows.has(id) && this.#rows.size >= LOG_PAUSES_MAX) {
      throw new ApiProblem('conflict', `at most ${LOG_PAUSES_MAX} are paused: end some first`);
    }
    const row = { id, untilMs: clock.wallMs() + ask.forS * 1_000, by: actor.name, reason: ask.reason };
    const words = `pause alerts of ${wordsOf(name)} for ${ask.forS} s`;
    const detail = ask.reason === '' ? words : `${words}: ${ask.reason}`;
    await audit.attempt(
      { actor, action: 'logPause', targets: [name.node], detail },
      () => store.savePause(row),
      () => true,
    );
    this.#rows.set(id, row);
    this.#parts.onRows([{ c: 'logPauses', k: id, row }]);
    this.#endDue();
    return row;
  }

  /** @throws ApiProblem `not_found` */
  async end(name: SubscriberName, actor: Actor): Promise<void> {
    const { audit, store } = this.#parts;
    const id = pauseId(name);
    if (!this.#rows.has(id)) throw new ApiProblem('not_found', 'it is not paused');
    const detail = `end the pause of alerts of ${wordsOf(name)}`;
    await audit.attempt(
      { actor, action: 'logPause', targets: [name.node], detail },
      () => store.dropPause(id),
      () => true,
    );
    this.#forget(id);
  }

  #known({ node, log, subscriber }: SubscriberName): boolean {
    const row = this.#parts.observer.model().logs[`${node}/${log}`];
    return row?.subscribers.some(({ name }) => name === subscriber) === true;
  }

  #forget(id: string): void {
    this.#rows.delete(id);
    this.#parts.onRows([{ c: 'logPauses', k: id, row: null }]);
  }

  #endDue(): void {
    const { clock, store } = this.#parts;
    this.#timer?.cancel();
    const nowMs = clock.wallMs();
    for (const { id, untilMs } of [...this.#rows.values()]) {
      if (untilMs > nowMs) continue;
      this.#forget(id);
      this.#write(() => store.dropPause(id));
    }
    if (this.#rows.size === 0) return;
    const next = Math.min(...[...this.#rows.values()].map(({ untilMs }) => untilMs)) - nowMs;
    this.#timer = clock.at(clock.nowMs() + Math.min(next, LOOK_EVERY_MS), () => this.#endDue());
  }

  #write(write: () => Promise<void>): void {
    const { metrics, logger } = this.#parts;
    this.#work = this.#work.then(write).catch((error: unknown) => {
      metrics.storeFailures.inc();
      logger.error('store.failed', { what: 'logPause', reason: String(error) });
    });
  }
}

function pauseId({ node, log, subscriber }: SubscriberName): string {
  return `${node}/${log}/${subscriber}`;
}

function wordsOf({ node, log, subscriber }: SubscriberName): string {
  return `${subscriber} of ${log} on ${node}`;
}
