/**
 * Local accounts: sign-in with lock-out, the first account by set-up code, and management by admins. Says the same to
 * a wrong name and a wrong password, after the same work (LG-3). Every attempt that is decided leaves an audit record.
 */

import type { Clock } from '../base/ports.ts';
import type { Role } from '../wire/http.ts';
import { ApiProblem } from './api-problem.ts';
import type { Actor, AuditLog } from './audit-log.ts';
import { ACCOUNT_LOCKOUT, Lockout, SOURCE_LOCKOUT } from './lockout.ts';
import type { Metrics } from './metrics.ts';
import { sourceKey } from './networks.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { newSetupCode, sameSecret } from './secrets.ts';
import { accountKey, type Store, type StoredAccount } from './store-port.ts';

/** Sign-ins that may wait for the one that is being verified. */
export const SIGN_INS_WAITING_MAX = 32;
export const SIGN_IN_REFUSED = 'name or password is wrong';

export type NewAccount = { readonly name: string; readonly password: string; readonly role: Role };

export type AccountParts = {
  readonly store: Store;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
};

export class Accounts {
  readonly #parts: AccountParts;
  readonly #accountLockout = new Lockout(ACCOUNT_LOCKOUT);
  readonly #sourceLockout = new Lockout(SOURCE_LOCKOUT);
  #setupCode: string | undefined;
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: AccountParts) {
    this.#parts = parts;
  }

  async setupNeeded(): Promise<boolean> {
    return (await this.#parts.store.accounts()).length === 0;
  }

  /** A code for the first account; undefined if there are accounts. A new one for every start. */
  async offerSetup(): Promise<string | undefined> {
    this.#setupCode = (await this.setupNeeded()) ? newSetupCode() : undefined;
    return this.#setupCode;
  }

  /**
   * @returns the account.
   * @throws ApiProblem `unauthenticated`, `locked`, or `rate_limited` if too many wait.
   */
  async signIn(name: string, password: string, source: string): Promise<StoredAccount> {
    return await this.#inTurn(async () => {
      const actor: Actor = { name: name.slice(0, 64), role: '', sourceAddress: source };
      const key = accountKey(name);
      this.#refuseLocked(key, source);
      const account = await this.#parts.store.account(key);
      if (!(await this.#parts.hasher.verify(account?.passwordHash, password)) || account === undefined) {
        const locks = this.#countFailure(key, source);
        await this.#record(actor, 'signIn', 'refused', locks ? 'locked after too many attempts' : '');
        throw new ApiProblem('unauthenticated', SIGN_IN_REFUSED);
      }
      this.#accountLockout.succeeded(key);
      await this.#parts.store.recordSignIn(key, this.#parts.clock.wallMs());
      await this.#record({ name: account.name, role: account.role, sourceAddress: source }, 'signIn', 'done');
      return account;
    });
  }

  /** @throws ApiProblem `setup_done`, `unauthenticated` for a wrong code, or `locked`. */
  async setUp(
    given: { readonly code: string; readonly name: string; readonly password: string },
    source: string,
  ) {
    return await this.#inTurn(async () => {
      const actor: Actor = { name: given.name, role: '', sourceAddress: source };
      const code = this.#setupCode;
      if (code === undefined) throw new ApiProblem('setup_done', 'the first account exists already');
      this.#refuseLocked('', source);
      if (!sameSecret(given.code.trim().toUpperCase(), code)) {
        this.#countFailure('', source);
        await this.#record(actor, 'setup', 'refused', 'wrong set-up code');
        throw new ApiProblem('unauthenticated', 'the set-up code is wrong');
      }
      const account = await this.#newAccount({ ...given, role: 'admin' });
      if (!(await this.#parts.store.createAccount(account, true))) {
        this.#setupCode = undefined;
        throw new ApiProblem('setup_done', 'the first account exists already');
      }
      this.#setupCode = undefined;
      await this.#record({ ...actor, role: 'admin' }, 'setup', 'done', `created admin ${account.name}`);
      return account;
    });
  }

  /** Accounts that the supervisor of a demo cluster hands out: made, or given the password and role it names. */
  async seed(accounts: readonly NewAccount[]): Promise<void> {
    const actor: Actor = { name: 'supervisor', role: '', sourceAddress: '' };
    for (const wanted of accounts) {
      const old = await this.#parts.store.account(accountKey(wanted.name));
      const same =
        old?.role === wanted.role && (await this.#parts.hasher.verify(old.passwordHash, wanted.password));
      if (same) continue;
      const account = await this.#newAccount(wanted);
      if (old === undefined) await this.#parts.store.createAccount(account, false);
      else await this.#parts.store.changeAccount(account.key, account);
      await this.#record(actor, 'account', 'done', `seeded ${wanted.role} ${wanted.name}`);
    }
    if (accounts.length > 0) this.#setupCode = undefined;
  }

  async list(): Promise<readonly StoredAccount[]> {
    return await this.#parts.store.accounts();
  }

  async create(wanted: NewAccount, actor: Actor): Promise<StoredAccount> {
    const account = await this.#newAccount(wanted);
    const { audit, store } = this.#parts;
    const created = await audit.attempt(
      { actor, action: 'account', detail: `create ${wanted.role} ${wanted.name}` },
      async () => await store.createAccount(account, false),
      (done) => done,
    );
    if (!created) throw new ApiProblem('conflict', `the account ${wanted.name} exists already`);
    return account;
  }

  /** @throws ApiProblem `not_found`, or `conflict` for the last admin. */
  async change(
    name: string,
    change: { readonly role?: Role | undefined; readonly password?: string | undefined },
    actor: Actor,
  ): Promise<StoredAccount> {
    const { password, role } = change;
    const passwordHash = password === undefined ? undefined : await this.#parts.hasher.hash(password);
    const key = accountKey(name);
    const what = [role === undefined ? '' : `role ${role}`, password === undefined ? '' : 'new password'];
    const detail = `change ${name}: ${what.filter((part) => part !== '').join(', ')}`;
    const { audit, store } = this.#parts;
    const outcome = await audit.attempt(
      { actor, action: 'account', detail },
      async () => await store.changeAccount(key, { role, passwordHash }),
      (done) => done === 'changed',
    );
    refuseOutcome(outcome, name);
    const account = await this.#parts.store.account(key);
    if (account === undefined) throw missing(name);
    return account;
  }

  /** Ends the account's sessions as well. @throws ApiProblem `not_found`, or `conflict` for the last admin. */
  async remove(name: string, actor: Actor): Promise<void> {
    const { audit, store } = this.#parts;
    const outcome = await audit.attempt(
      { actor, action: 'account', detail: `remove ${name}` },
      async () => await store.removeAccount(accountKey(name)),
      (done) => done === 'removed',
    );
    refuseOutcome(outcome, name);
  }

  async #newAccount(wanted: NewAccount): Promise<StoredAccount> {
    return {
      key: accountKey(wanted.name),
      name: wanted.name,
      role: wanted.role,
      passwordHash: await this.#parts.hasher.hash(wanted.password),
      createdMs: this.#parts.clock.wallMs(),
      lastSignInMs: null,
    };
  }

  #refuseLocked(key: string, source: string): void {
    const nowMs = this.#parts.clock.nowMs();
    const retryAfterMs = Math.max(
      this.#accountLockout.lockedForMs(key, nowMs),
      this.#sourceLockout.lockedForMs(sourceKey(source), nowMs),
    );
    if (retryAfterMs === 0) return;
    this.#parts.metrics.authFailures.inc({ reason: 'locked' });
    throw new ApiProblem('locked', 'too many attempts: wait before the next one', {
      retryAfterMs: Math.ceil(retryAfterMs),
    });
  }

  /** @returns true if this failure locked the account or the source. */
  #countFailure(key: string, source: string): boolean {
    const nowMs = this.#parts.clock.nowMs();
    this.#parts.metrics.authFailures.inc({ reason: 'password' });
    const accountLocks = this.#accountLockout.failed(key, nowMs);
    const sourceLocks = this.#sourceLockout.failed(sourceKey(source), nowMs);
    return accountLocks || sourceLocks;
  }

  async #record(actor: Actor, action: string, result: 'done' | 'refused', detail = ''): Promise<void> {
    await this.#parts.audit.record({ actor, action, result, detail });
  }

  /** One after the other, so that parallel guesses cannot outrun the lock-out. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= SIGN_INS_WAITING_MAX)
      throw new ApiProblem('rate_limited', 'too many sign-ins at once');
    this.#waiting += 1;
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined); // the one who waits for `mine` hears of it
    try {
      return await mine;
    } finally {
      this.#waiting -= 1;
    }
  }
}

function missing(name: string): ApiProblem {
  return new ApiProblem('not_found', `there is no account ${name}`);
}

function refuseOutcome(outcome: 'changed' | 'removed' | 'missing' | 'lastAdmin', name: string): void {
  if (outcome === 'missing') throw missing(name);
  if (outcome === 'lastAdmin')
    throw new ApiProblem('conflict', 'the last admin cannot be removed or demoted');
}
