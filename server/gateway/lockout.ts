/**
 * Counts failed attempts by key (an account's name, a source address) and locks the key for a growing time. Pure.
 * Unknown names count like known ones, so that a lock tells nothing about who exists.
 */

export type LockoutOptions = {
  /** Failures within `windowMs` that lock. */
  readonly failuresMax: number;
  readonly windowMs: number;
  /** Doubled with each further lock within `windowMs`, up to `lockMaxMs`. */
  readonly lockMs: number;
  readonly lockMaxMs: number;
};

export const ACCOUNT_LOCKOUT: LockoutOptions = {
  failuresMax: 5,
  windowMs: 15 * 60_000,
  lockMs: 30_000,
  lockMaxMs: 15 * 60_000,
};
/** Wider than for an account: many people may sit behind one address. */
export const SOURCE_LOCKOUT: LockoutOptions = { ...ACCOUNT_LOCKOUT, failuresMax: 20 };

/** Keys remembered; the one that was quiet for longest is forgotten first. */
export const LOCKOUT_KEYS_MAX = 10_000;

type Entry = {
  readonly failures: number;
  readonly locks: number;
  readonly lockedToMs: number;
  readonly lastMs: number;
};

export class Lockout {
  readonly #options: LockoutOptions;
  /** In order of the last failure. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: LockoutOptions) {
    this.#options = options;
  }

  /** Milliseconds until the key may try again; 0 if it may now. */
  lockedForMs(key: string, nowMs: number): number {
    const entry = this.#entries.get(key);
    return entry === undefined ? 0 : Math.max(0, entry.lockedToMs - nowMs);
  }

  /** @returns true if this failure locked the key. */
  failed(key: string, nowMs: number): boolean {
    const { failuresMax, windowMs, lockMs, lockMaxMs } = this.#options;
    const old = this.#entries.get(key);
    const fresh = old === undefined || nowMs - Math.max(old.lastMs, old.lockedToMs) > windowMs;
    const failures = (fresh ? 0 : old.failures) + 1;
    const locks = fresh ? 0 : old.locks;
    const locking = failures >= failuresMax;
    this.#entries.delete(key);
    this.#entries.set(key, {
      failures: locking ? 0 : failures,
      locks: locking ? locks + 1 : locks,
      lockedToMs: locking ? nowMs + Math.min(lockMaxMs, lockMs * 2 ** locks) : 0,
      lastMs: nowMs,
    });
    this.#forgetOldest();
    return locking;
  }

  succeeded(key: string): void {
    this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  #forgetOldest(): void {
    if (this.#entries.size <= LOCKOUT_KEYS_MAX) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
