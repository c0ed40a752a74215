/** Sessions on the server: a random cookie value, kept as its hash; the account's role is read anew each time. */

import type { Clock } from '../base/ports.ts';
import type { Role } from '../wire/http.ts';
import { newSecret, sha256 } from './secrets.ts';
import { mustTouch, SESSION_ABSOLUTE_MS, sessionAlive } from './session-policy.ts';
import type { SessionWithAccount, Store } from './store-port.ts';

/** Somebody with a live session, or a machine with a good API token. */
export type SignedIn = {
  readonly session: string;
  readonly account: string;
  readonly name: string;
  readonly role: Role;
  /** Undefined for a token. */
  readonly csrf: string | undefined;
  /** Present for a token. */
  readonly token?: TokenLimits;
};

export type TokenLimits = {
  readonly id: string;
  /** Commands only to these; empty for all. */
  readonly subclusters: readonly string[];
};

export class Sessions {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @returns the cookie's value, which is kept nowhere, and the new session. */
  async begin(account: { readonly key: string; readonly name: string; readonly role: Role }, source: string) {
    const nowMs = this.#clock.wallMs();
    const cookie = newSecret();
    const session = { id: sha256(cookie), csrf: newSecret() };
    await this.#store.dropSessions(nowMs - SESSION_ABSOLUTE_MS);
    await this.#store.createSession({
      ...session,
      account: account.key,
      createdMs: nowMs,
      seenMs: nowMs,
      sourceAddress: source,
    });
    const signedIn: SignedIn = {
      session: session.id,
      account: account.key,
      name: account.name,
      role: account.role,
      csrf: session.csrf,
    };
    return { cookie, signedIn };
  }

  /** @param activity true if a person asked; false leaves the idle time running. */
  async find(cookie: string, activity: boolean): Promise<SignedIn | undefined> {
    const found = await this.#store.session(sha256(cookie));
    const nowMs = this.#clock.wallMs();
    if (found === undefined || !sessionAlive(found, found.role, nowMs)) return undefined;
    if (activity && mustTouch(found, nowMs)) await this.#store.touchSession(found.id, nowMs);
    return signedInOf(found);
  }

  /** The ones of these sessions that are still alive, by id. */
  async alive(ids: readonly string[]): Promise<ReadonlyMap<string, SignedIn>> {
    const nowMs = this.#clock.wallMs();
    const found = await this.#store.sessions(ids);
    return new Map(
      found
        .filter((session) => sessionAlive(session, session.role, nowMs))
        .map((session) => [session.id, signedInOf(session)]),
    );
  }

  async end(id: string): Promise<void> {
    await this.#store.endSession(id);
  }

  async endAllOf(account: string, exceptId: string | undefined): Promise<void> {
    await this.#store.endSessionsOf(account, exceptId);
  }
}

function signedInOf(found: SessionWithAccount): SignedIn {
  return {
    session: found.id,
    account: found.account,
    name: found.name,
    role: found.role,
    csrf: found.csrf,
  };
}
