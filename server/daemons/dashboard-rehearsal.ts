/** The dashboard's end of the channel to the supervisor of a demo cluster (R22). */

import type { NewAccount } from '../gateway/accounts.ts';
import type { Rehearsal } from '../gateway/options.ts';
import type { Row } from '../wire/live.ts';
import { type ToDashboard, type ToSupervisor, toDashboard } from './rehearsal-ipc.ts';

/** A restart may take as long as an orderly stop. */
export const ANSWER_WAIT_MS = 15_000;
/** Asked and not yet answered. */
export const ASKED_MAX = 100;
/** How long a start waits for the demo accounts. */
export const ACCOUNTS_WAIT_MS = 2_000;

type Outcome = Awaited<ReturnType<Rehearsal['act']>>;
type Rows = readonly Row<'rehearsal'>[];

export type SupervisorChannel = {
  readonly send: (message: ToSupervisor) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
};

export class DashboardRehearsal implements Rehearsal {
  readonly #send: SupervisorChannel['send'];
  readonly #listeners = new Set<(rows: Rows) => void>();
  readonly #asked = new Map<string, (outcome: Outcome) => void>();
  #rows: Rows = [];
  #lastId = 0;
  #accountsCame: (accounts: readonly NewAccount[]) => void = () => undefined;
  readonly #accounts: Promise<readonly NewAccount[]>;

  constructor(channel: SupervisorChannel) {
    this.#send = channel.send;
    this.#accounts = new Promise((resolve) => {
      this.#accountsCame = resolve;
    });
    channel.onMessage((message) => {
      const parsed = toDashboard.safeParse(message);
      if (parsed.success) this.#hear(parsed.data);
    });
  }

  /** The demo accounts; none if the supervisor names none in time. */
  async accounts(): Promise<readonly NewAccount[]> {
    const late = new Promise<readonly NewAccount[]>((resolve) => {
      setTimeout(() => resolve([]), ACCOUNTS_WAIT_MS).unref();
    });
    return await Promise.race([this.#accounts, late]);
  }

  rows(): Rows {
    return this.#rows;
  }

  subscribe(listener: (rows: Rows) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async act(process: string, action: 'kill' | 'restart' | 'pause' | 'resume'): Promise<Outcome> {
    if (this.#asked.size >= ASKED_MAX) return { ok: false, detail: 'Too much is asked at once.' };
    this.#lastId += 1;
    const id = String(this.#lastId);
    const answered = new Promise<Outcome>((resolve) => this.#asked.set(id, resolve));
    const timer = setTimeout(
      () => this.#asked.get(id)?.({ ok: false, detail: 'The supervisor did not answer.' }),
      ANSWER_WAIT_MS,
    );
    this.#send({ type: 'rehearsal', id, process, action });
    const outcome = await answered;
    clearTimeout(timer);
    this.#asked.delete(id);
    return outcome;
  }

  #hear(message: ToDashboard): void {
    switch (message.type) {
      case 'accounts':
        this.#accountsCame(message.accounts);
        return;
      case 'rehearsalState':
        this.#rows = message.rows;
        for (const listener of this.#listeners) listener(message.rows);
        return;
      case 'rehearsalDone':
        this.#asked.get(message.id)?.({ ok: message.ok, detail: message.detail });
        return;
    }
  }
}
