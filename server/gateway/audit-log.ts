/** Writes and reads the audit log: one record for each attempt, opened before the deed and completed after it. */

import type { Clock } from '../base/ports.ts';
import type { AuditRecord, CommandClass } from '../wire/http.ts';
import {
  type AuditCompletion,
  type AuditOpening,
  CHAIN_START,
  type ChainState,
  mergeRecord,
  nextEntry,
  verifyChain,
} from './audit-chain.ts';
import type { NextAuditEntry, Store } from './store-port.ts';

/** Logs up to this length are verified whole each time; longer ones from the last verified entry on. */
export const FULL_VERIFY_ENTRIES_MAX = 5_000;
/** Longer logs are verified whole this often. */
export const FULL_VERIFY_INTERVAL_MS = 3_600_000;
const VERIFY_BATCH = 500;

export type Actor = {
  readonly name: string;
  /** Role at that time; empty for nobody. */
  readonly role: string;
  readonly sourceAddress: string;
};

export type AuditFields = {
  readonly actor: Actor;
  readonly action: string;
  readonly result: AuditRecord['result'];
  readonly class?: CommandClass;
  readonly command?: string;
  readonly targets?: readonly string[];
  readonly detail?: string;
  readonly job?: string;
  /** Who approved, where the actor alone was not allowed. */
  readonly approvedBy?: string;
};

export type AuditOutcome = Omit<AuditCompletion, 'completedMs'>;

export class AuditLog {
  readonly #store: Store;
  readonly #clock: Clock;
  #verified: ChainState = { seq: 0, hash: CHAIN_START };
  #fullVerifyMs = Number.NEGATIVE_INFINITY;
  #bad: number | undefined;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** A record that is complete at once. On disk when the promise resolves. */
  async record(fields: AuditFields): Promise<void> {
    await this.#store.appendAudit(this.opening(fields));
  }

  /** A record that is completed later. On disk when the promise resolves. @returns its number for `complete`. */
  async open(fields: Omit<AuditFields, 'result'>): Promise<number> {
    return (await this.#store.appendAudit(this.opening({ ...fields, result: 'pending' }))).record;
  }

  /** For stores that write the opening together with something else. */
  opening(fields: AuditFields): NextAuditEntry {
    const atMs = this.#clock.wallMs();
    const content: AuditOpening = {
      atMs,
      actor: fields.actor.name,
      role: fields.actor.role,
      sourceAddress: fields.actor.sourceAddress,
      action: fields.action,
      class: fields.class ?? null,
      command: fields.command ?? null,
      targets: [...(fields.targets ?? [])],
      result: fields.result,
      detail: fields.detail ?? '',
      perNode: {},
      completedMs: fields.result === 'pending' ? null : atMs,
      job: fields.job ?? null,
      approvedBy: fields.approvedBy ?? null,
    };
    return (previous) => nextEntry(previous, undefined, content);
  }

  /**
   * A deed that is not a command: written down before it is done, completed after it.
   * @param good what the deed gives when it was done; anything else is a refusal.
   */
  async attempt<T>(
    fields: Omit<AuditFields, 'result'>,
    deed: () => Promise<T>,
    good: (outcome: T) => boolean,
  ): Promise<T> {
    const record = await this.open(fields);
    const { detail = '', targets = [] } = fields;
    const complete = async (result: AuditOutcome['result']): Promise<void> =>
      this.complete(record, { result, detail, perNode: {}, targets: [...targets] });
    let outcome: T;
    try {
      outcome = await deed();
    } catch (error) {
      await complete('failed');
      throw error;
    }
    await complete(good(outcome) ? 'done' : 'refused');
    return outcome;
  }

  async complete(record: number, outcome: AuditOutcome): Promise<void> {
    const content: AuditCompletion = { ...outcome, completedMs: this.#clock.wallMs() };
    await this.#store.appendAudit((previous) => nextEntry(previous, record, content));
  }

  /** Newest first. @param actor undefined for everybody's. */
  async page(ask: {
    readonly beforeRecord: number | undefined;
    readonly limit: number;
    readonly actor: string | undefined;
  }): Promise<readonly AuditRecord[]> {
    const { openings, completions } = await this.#store.auditPage(ask);
    const byRecord = new Map(completions.map((entry) => [entry.record, entry]));
    return openings
      .map((opening) => mergeRecord(opening, byRecord.get(opening.record)))
      .filter((record) => record !== undefined);
  }

  /** Number of the first entry that does not fit, as far as the log was read; undefined while all fit. */
  async firstBad(): Promise<number | undefined> {
    const nowMs = this.#clock.nowMs();
    const whole =
      this.#verified.seq <= FULL_VERIFY_ENTRIES_MAX || nowMs - this.#fullVerifyMs > FULL_VERIFY_INTERVAL_MS;
    if (whole) this.#fullVerifyMs = nowMs;
    let state: ChainState = whole ? { seq: 0, hash: CHAIN_START } : this.#verified;
    for (;;) {
      const entries = await this.#store.auditEntries(state.seq, VERIFY_BATCH);
      const outcome = verifyChain(state, entries);
      if (!outcome.ok) {
        this.#bad = outcome.badSeq;
        return this.#bad;
      }
      state = outcome.state;
      if (entries.length < VERIFY_BATCH) break;
    }
    this.#verified = state;
    if (whole) this.#bad = undefined;
    return this.#bad;
  }
}
