/**
 * API tokens: made by admins for machines, shown once, kept as a hash, judged anew for every request. A token never
 * may more than who made it may now, and ends with that account. A bad token of any kind gets one and the same
 * answer; only the audit log says what was wrong with it.
 */

import type { Clock } from '../base/ports.ts';
import { type ApiToken, ROLES, type Role, type TokenScope } from '../wire/http.ts';
import { ApiProblem, badField } from './api-problem.ts';
import type { Actor, AuditLog } from './audit-log.ts';
import { Lockout, SOURCE_LOCKOUT } from './lockout.ts';
import type { Metrics } from './metrics.ts';
import { Networks, sourceKey } from './networks.ts';
import { newSecret, newTokenId, sameSecret, sha256 } from './secrets.ts';
import type { SignedIn } from './sessions.ts';
import { accountKey, type Store, type StoredAccount, type StoredToken } from './store-port.ts';

/** Tokens that are neither revoked nor expired. */
export const TOKENS_LIVE_MAX = 500;
/** Revoked and expired ones, so that the audit log can be read: the newest, and none for longer than this. */
export const TOKENS_ENDED_MAX = 1_000;
export const TOKENS_ENDED_KEPT_MS = 30 * 86_400_000;
/** The last use is written down at most this often. */
export const TOKEN_USE_WRITTEN_MS = 60_000;
export const TOKEN_REFUSED = 'the token is not accepted';

const DAY_MS = 86_400_000;
const FORM = /^muster_([0-9a-f]{12})_([\w-]{43})$/;
/** Hash of nothing, compared with when there is no such token: the same work for every refusal. */
const NO_HASH = '0'.repeat(64);
const SESSION_PREFIX = 'token ';

/** What a token may is what this role may, except where a person is meant (`Rule.tokens`). */
export const SCOPE_ROLES: Readonly<Record<TokenScope, Role>> = {
  read: 'viewer',
  command: 'operator',
  admin: 'admin',
};

export type WantedToken = {
  readonly label: string;
  readonly scope: TokenScope;
  readonly subclusters: readonly string[];
  readonly networks: readonly string[];
  readonly days: number;
};

export class ApiTokens {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #metrics: Metrics;
  /** Bounds what bad tokens write into the audit log; good tokens of the same source are never in its way. */
  readonly #failures = new Lockout(SOURCE_LOCKOUT);

  constructor(parts: {
    readonly store: Store;
    readonly clock: Clock;
    readonly audit: AuditLog;
    readonly metrics: Metrics;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#audit = parts.audit;
    this.#metrics = parts.metrics;
  }

  async list(): Promise<readonly ApiToken[]> {
    return (await this.#store.tokens.all()).map(shown);
  }

  /** @throws ApiProblem `bad_request` for a text that is no network, `conflict` if there are too many tokens. */
  async create(wanted: WantedToken, actor: Actor): Promise<{ token: ApiToken; secret: string }> {
    const networks = Networks.parse(wanted.networks);
    if (!networks.ok) throw badField(`networks.${networks.error}`, 'is no network such as 10.0.0.0/8');
    const nowMs = this.#clock.wallMs();
    const id = newTokenId();
    const secret = newSecret();
    const token: StoredToken = {
      id,
      prefix: `muster_${id}`,
      label: wanted.label,
      scope: wanted.scope,
      subclusters: [...wanted.subclusters],
      networks: [...wanted.networks],
      createdBy: actor.name,
      createdMs: nowMs,
      expiresMs: nowMs + wanted.days * DAY_MS,
      revokedMs: null,
      lastUsedMs: null,
      lastUsedFrom: null,
      secretHash: sha256(secret),
    };
    const created = await this.#attempt(actor, `create ${describe(token)}`, async () => {
      await this.#store.tokens.dropEnded(nowMs - TOKENS_ENDED_KEPT_MS, TOKENS_ENDED_MAX, nowMs);
      return await this.#store.tokens.create(token, TOKENS_LIVE_MAX, nowMs);
    });
    if (!created) throw new ApiProblem('conflict', `there are ${TOKENS_LIVE_MAX} tokens: revoke some first`);
    return { token: shown(token), secret: `${token.prefix}_${secret}` };
  }

  /** At once: the next request with it is refused. @throws ApiProblem `not_found` */
  async revoke(id: string, actor: Actor): Promise<void> {
    const [token] = await this.#store.tokens.some([id]);
    const what = token === undefined ? `token ${id.slice(0, 64)}` : describe(token);
    const revoked = await this.#attempt(
      actor,
      `revoke ${what}`,
      async () => await this.#store.tokens.revoke(id, this.#clock.wallMs()),
    );
    if (!revoked) throw new ApiProblem('not_found', 'there is no such token that is not revoked');
  }

  /** Those that this account made: it is gone. */
  async revokeAllOf(account: string, actor: Actor): Promise<void> {
    for (const { id, createdBy, revokedMs } of await this.#store.tokens.all()) {
      if (revokedMs === null && accountKey(createdBy) === accountKey(account)) await this.revoke(id, actor);
    }
  }

  /**
   * @param text what follows `Bearer`. @param what the request, for the audit log.
   * @throws ApiProblem `unauthenticated` with one text for every cause, or `rate_limited` after many of them.
   */
  async admit(text: string, source: string, what: string): Promise<SignedIn> {
    const [, id = '', secret = ''] = FORM.exec(text) ?? [];
    const [token] = await this.#store.tokens.some([id]);
    const known = sameSecret(sha256(secret), token?.secretHash ?? NO_HASH) ? token : undefined;
    const nowMs = this.#clock.wallMs();
    const maker = await this.#store.account(accountKey(token?.createdBy ?? ''));
    const role = known === undefined ? undefined : roleOf(known, maker);
    const objection =
      known === undefined
        ? unknownBecause(id, token)
        : (endedBecause(known, nowMs) ?? foreignBecause(known, source));
    if (known !== undefined && role !== undefined && objection === undefined) {
      await this.#use(known, nowMs, source);
      return signedInOf(known, role);
    }
    const name = known === undefined ? 'token' : nameOf(known);
    throw await this.#refuse(
      { name, role: '', sourceAddress: source },
      `${what}: ${objection ?? 'token of an account that is gone'}`,
    );
  }

  /** A good token that asked for more than its scope. */
  async outOfScope(caller: SignedIn, source: string, what: string): Promise<void> {
    const actor = { name: caller.name, role: caller.role, sourceAddress: source };
    await this.#refused(actor, `${what}: out of scope`);
  }

  /** As `Sessions.alive`, for the sockets of tokens. */
  async alive(sessions: readonly string[]): Promise<ReadonlyMap<string, SignedIn>> {
    const nowMs = this.#clock.wallMs();
    const ids = sessions.filter(isTokenSession).map((session) => session.slice(SESSION_PREFIX.length));
    if (ids.length === 0) return new Map();
    const makers = new Map((await this.#store.accounts()).map((account) => [account.key, account]));
    const alive = new Map<string, SignedIn>();
    for (const token of await this.#store.tokens.some(ids)) {
      const role = roleOf(token, makers.get(accountKey(token.createdBy)));
      if (role === undefined || endedBecause(token, nowMs) !== undefined) continue;
      alive.set(`${SESSION_PREFIX}${token.id}`, signedInOf(token, role));
    }
    return alive;
  }

  async #use(token: StoredToken, nowMs: number, source: string): Promise<void> {
    // A clock that jumped backwards writes as well: the last use is never in the future for long.
    const sinceMs = token.lastUsedMs === null ? undefined : Math.abs(nowMs - token.lastUsedMs);
    if (sinceMs !== undefined && sinceMs < TOKEN_USE_WRITTEN_MS) return;
    await this.#store.tokens.used(token.id, nowMs, source);
  }

  async #refuse(actor: Actor, detail: string): Promise<ApiProblem> {
    this.#metrics.authFailures.inc({ reason: 'token' });
    const nowMs = this.#clock.nowMs();
    const source = sourceKey(actor.sourceAddress);
    if (this.#failures.lockedForMs(source, nowMs) > 0) {
      return new ApiProblem('rate_limited', 'too many tokens that are not accepted: wait a moment');
    }
    const locks = this.#failures.failed(source, nowMs);
    await this.#refused(actor, locks ? `${detail}; more of this source are not recorded` : detail);
    return new ApiProblem('unauthenticated', TOKEN_REFUSED);
  }

  async #attempt(actor: Actor, detail: string, deed: () => Promise<boolean>): Promise<boolean> {
    return await this.#audit.attempt({ actor, action: 'token', detail }, deed, (done) => done);
  }

  async #refused(actor: Actor, detail: string): Promise<void> {
    await this.#audit.record({ actor, action: 'token', result: 'refused', detail });
  }
}

export function isTokenSession(session: string): boolean {
  return session.startsWith(SESSION_PREFIX);
}

/** What follows `Bearer`; undefined for any other header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer(?:\s+(.*))?$/is
    .exec(authorization ?? '')
    ?.slice(1, 2)
    .map((text) => text ?? '')[0];
}

/**
 * The lesser of what the scope allows and what the maker may now; undefined if the maker is gone. An account that was
 * made after the token is another one of the same name.
 */
function roleOf(token: StoredToken, maker: StoredAccount | undefined): Role | undefined {
  if (maker === undefined || maker.createdMs > token.createdMs) return undefined;
  const wanted = SCOPE_ROLES[token.scope];
  return ROLES.indexOf(maker.role) < ROLES.indexOf(wanted) ? maker.role : wanted;
}

function signedInOf(token: StoredToken, role: Role): SignedIn {
  const name = nameOf(token);
  return {
    session: `${SESSION_PREFIX}${token.id}`,
    account: name,
    name,
    role,
    csrf: undefined,
    token: { id: token.id, subclusters: token.subclusters },
  };
}

/** No account can have this name: theirs have no colon. */
function nameOf(token: StoredToken): string {
  return `token:${token.id}`;
}

function unknownBecause(id: string, token: StoredToken | undefined): string {
  if (id === '') return 'malformed token';
  return token === undefined ? 'unknown token' : `wrong secret for ${token.prefix}`;
}

function endedBecause({ revokedMs, expiresMs }: StoredToken, nowMs: number): string | undefined {
  if (revokedMs !== null) return 'revoked token';
  return nowMs >= expiresMs ? 'expired token' : undefined;
}

function foreignBecause(token: StoredToken, source: string): string | undefined {
  if (token.networks.length === 0) return undefined;
  const networks = Networks.parse(token.networks);
  return networks.ok && networks.value.includes(source) ? undefined : 'token from a foreign network';
}

function describe({ prefix, scope, label }: ApiToken): string {
  return `${scope} token ${prefix} "${label}"`;
}

function shown({ secretHash: _secret, ...token }: StoredToken): ApiToken {
  return token;
}
