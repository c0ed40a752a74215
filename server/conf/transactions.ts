/**
 * The open transactions of the consoles of one process, at most one per session. Each works on its own copy of the
 * tree; nothing of it is live before its commit. Knows nothing of what a valid configuration is.
 */

import { err, ok, type Result } from '../base/result.ts';
import type { Generation } from './generation.ts';

export const TRANSACTIONS_MAX = 64;
/** `set` and `unset` of one transaction. */
export const TRANSACTION_COMMANDS_MAX = 1_000;
/** Without a command; sessions of other nodes may end without a word. */
export const TRANSACTION_IDLE_MS_MAX = 3_600_000;

export type Transaction = {
  readonly session: string;
  readonly beganWallMs: number;
  /** Live when it began. */
  readonly base: Generation;
  readonly baseNumber: number;
  /** What the session sees. */
  draft: Generation;
  /** As they can be typed again, without secrets. */
  readonly commands: string[];
  lastWallMs: number;
};

export class Transactions {
  readonly #open = new Map<string, Transaction>();

  of(session: string): Transaction | undefined {
    return this.#open.get(session);
  }

  begin(transaction: Transaction): Result<void, string> {
    const before = this.#open.get(transaction.session);
    if (before !== undefined)
      return err('A transaction is open already: config commit or config rollback ends it');
    if (this.#open.size >= TRANSACTIONS_MAX) {
      return err(`${TRANSACTIONS_MAX} transactions are open; try again when one of them has ended`);
    }
    this.#open.set(transaction.session, transaction);
    return ok(undefined);
  }

  end(session: string): void {
    this.#open.delete(session);
  }

  /** Drops what nobody used for long. */
  expire(nowWallMs: number): void {
    for (const { session, lastWallMs } of this.#open.values()) {
      if (nowWallMs - lastWallMs >= TRANSACTION_IDLE_MS_MAX) this.#open.delete(session);
    }
  }
}
