/**
 * Who is at the other end of a control connection and what they may do: authentication, authorisation and the lines of
 * account that both leave (momentum.md 7.1, 7.4). One ControlAccess per process, one AccessSession per connection. Pure
 * but for its ports; the configuration is read anew for every command.
 */

import type { Generation } from '../conf/generation.ts';
import {
  ACCESS_FILE_BYTES_MAX,
  findPassword,
  parseAccessUri,
  type ReadAccessFile,
  rolesOf,
} from './access-files.ts';
import { type AccessPeer, type AccessPolicy, accessPolicy } from './access-policy.ts';
import { type AccountPlace, authenticationLine, authorizationLine } from './accounting.ts';
import type { CommandReply, CommandSource } from './api.ts';
import { AttemptBrake } from './attempt-brake.ts';
import { Authorization, NOT_AUTHORIZED } from './authorization.ts';
import {
  type DigestResponse,
  digestValue,
  encodeChallenge,
  equalInConstantTime,
  md5Allowed,
  passwordHash,
  readResponse,
} from './digest-md5.ts';
import { done, failed } from './replies.ts';

export const AUTHORIZATION_REQUIRED = 'Authorization required for console session';
/** Answer to a proof that holds; existing clients look for this word. */
export const AUTHORIZED = 'authorized';
export const AUTHENTICATION_FAILED = 'Authentication failed';
/** Name of whoever uses a Unix socket: the runtime cannot ask the system for the peer's name. */
export const LOCAL_USER = 'local';
/** Failed proofs on one connection, after which it is closed. */
export const ATTEMPTS_MAX = 3;
/** How long a challenge may be answered; it is good for one answer. */
export const CHALLENGE_MS = 60_000;

export type AccessPorts = {
  readonly generation: () => Generation;
  readonly readFile: ReadAccessFile;
  /** A random text that nobody can guess, from letters and digits. */
  readonly nonce: () => string;
};

export type AccessConnection = AccessPeer & {
  /** `address:port`; empty for a Unix socket. */
  readonly peer: string;
  readonly session: string;
};

export type AccessTime = { readonly nowMs: number; readonly wallMs: number };

export type AccessVerdict =
  | { readonly type: 'run'; readonly source: CommandSource }
  | {
      readonly type: 'reply';
      readonly reply: CommandReply;
      /** The answer must not be sent earlier; monotonic. */
      readonly notBeforeMs: number;
      /** The connection ends after the answer. */
      readonly close: boolean;
    };

export type AccessDecision = {
  readonly verdict: AccessVerdict;
  /** Lines for the acctlog. */
  readonly accounts: readonly string[];
  /** What the operator must repair, for the log. Free of secrets. */
  readonly problems: readonly string[];
};

export class ControlAccess {
  readonly #ports: AccessPorts;
  readonly #brake = new AttemptBrake();
  readonly #authorization = new Authorization();

  constructor(ports: AccessPorts) {
    this.#ports = ports;
  }

  open(connection: AccessConnection): AccessSession {
    const parts = { ports: this.#ports, brake: this.#brake, authorization: this.#authorization };
    return new AccessSession(connection, parts);
  }
}

type Parts = {
  readonly ports: AccessPorts;
  readonly brake: AttemptBrake;
  readonly authorization: Authorization;
};
type Challenge = { readonly nonce: string; readonly realm: string; readonly untilMs: number };

export class AccessSession {
  readonly #connection: AccessConnection;
  readonly #parts: Parts;
  #challenge: Challenge | undefined;
  /** Who has proved it. */
  #user: string | undefined;
  #failures = 0;

  constructor(connection: AccessConnection, parts: Parts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  /** Lines of account for the connection itself: a Unix socket authenticates its user by being opened. */
  opened({ wallMs }: AccessTime): readonly string[] {
    if (this.#connection.via === 'tcp') return [];
    const ok = !this.#policy().alwaysDeny;
    return [authenticationLine(wallMs, this.#place(), { user: LOCAL_USER, ok })];
  }

  decide(command: string, time: AccessTime): AccessDecision {
    const line = command.trim();
    const policy = this.#policy();
    // Everything that begins so: what follows may be a password, and must not get into the account of commands.
    const auth = /^auth(?:\s+(\S+)(?:\s+(.*))?)?$/is.exec(line);
    if (auth !== null) return this.#authenticate(policy, auth[1]?.toUpperCase() ?? '', auth[2], time);
    const user = this.#identity(policy);
    if (user === undefined) return refuse(AUTHORIZATION_REQUIRED, time);
    return this.#authorize(policy, user, line, time);
  }

  /** Undefined while nobody has proved who they are, where that is needed. */
  #identity({ alwaysDeny, alwaysAllow, authentication }: AccessPolicy): string | undefined {
    if (alwaysDeny) return undefined;
    if (this.#connection.via === 'unix') return LOCAL_USER;
    if (this.#user !== undefined) return this.#user;
    return authentication && !alwaysAllow ? undefined : this.#connection.peer;
  }

  #authorize(policy: AccessPolicy, user: string, command: string, time: AccessTime): AccessDecision {
    const { via, session } = this.#connection;
    const source = { user, via, session, roles: [] };
    if (!policy.authorization || command === '') {
      return { verdict: { type: 'run', source }, accounts: [], problems: [] };
    }
    const { roles, problem } = this.#roles(policy, user);
    const { authorization, ports } = this.#parts;
    const decision = authorization.decide(ports.generation(), { user, roles }, command);
    const problems = [...(problem === undefined ? [] : [problem]), ...decision.problems];
    const outcome = decision.outcome === 0 && problem !== undefined ? -1 : decision.outcome;
    const account = { user, outcome, command, role: decision.role };
    const accounts = [authorizationLine(time.wallMs, this.#place(), account)];
    if (outcome !== 1) return { ...refuse(NOT_AUTHORIZED, time), accounts, problems };
    return { verdict: { type: 'run', source: { ...source, roles } }, accounts, problems };
  }

  #roles(
    { rolesUri }: AccessPolicy,
    user: string,
  ): { readonly roles: readonly string[]; readonly problem: string | undefined } {
    if (rolesUri === undefined) return { roles: [], problem: undefined };
    const uri = parseAccessUri(rolesUri);
    const trouble = (reason: string) => ({
      roles: [],
      problem: `AuthorizationParameters ${rolesUri}: ${reason}`,
    });
    if (!uri.ok) return trouble(uri.error);
    if (uri.value.scheme !== 'groups') return trouble('roles come from groups://');
    const text = this.#parts.ports.readFile(uri.value.path, ACCESS_FILE_BYTES_MAX);
    return text.ok ? { roles: rolesOf(text.value, user), problem: undefined } : trouble(text.error);
  }

  #authenticate(
    policy: AccessPolicy,
    verb: string,
    argument: string | undefined,
    time: AccessTime,
  ): AccessDecision {
    if (verb === 'RESPONSE') return this.#prove(policy, argument ?? '', time);
    if (verb !== 'DIGEST-MD5' || argument !== undefined) {
      return refuse('Error: use auth DIGEST-MD5; no other mechanism is supported', time);
    }
    if (!md5Allowed()) return refuse('Error: this system does not allow MD5; use a Unix socket', time);
    const { digest } = policy;
    if (digest === undefined) return refuse('Error: no AuthDigestMD5Parameters are configured here', time);
    const uri = parseAccessUri(digest.uri);
    if (!uri.ok || uri.value.scheme === 'groups') {
      const reason = uri.ok ? 'groups:// holds no passwords' : uri.error;
      const decision = refuse(`Error: AuthDigestMD5Parameters: ${reason}; use digest://path`, time);
      return { ...decision, problems: [`AuthDigestMD5Parameters ${digest.uri}: ${reason}`] };
    }
    const nonce = this.#parts.ports.nonce();
    this.#challenge = { nonce, realm: digest.realm, untilMs: time.nowMs + CHALLENGE_MS };
    return answer(done(encodeChallenge({ realm: digest.realm, nonce })), time.nowMs);
  }

  #prove(policy: AccessPolicy, base64: string, time: AccessTime): AccessDecision {
    const { brake } = this.#parts;
    const address = this.#connection.address ?? '';
    const turnMs = brake.turnMs(address, time.nowMs);
    const challenge = this.#challenge;
    this.#challenge = undefined;
    this.#user = undefined;
    const response = readResponse(base64);
    const user = response.ok ? response.value.username : '';
    const checked =
      turnMs === undefined || !response.ok || challenge === undefined || time.nowMs > challenge.untilMs
        ? { ok: false, problem: undefined }
        : this.#check(policy, response.value, challenge);
    const ok = checked.ok && !policy.alwaysDeny;
    const accounts =
      policy.digest?.logAuthentication === true || this.#connection.via === 'unix'
        ? [authenticationLine(time.wallMs, this.#place(), { user, ok })]
        : [];
    const problems = checked.problem === undefined ? [] : [checked.problem];
    if (ok && turnMs !== undefined) {
      this.#user = user;
      return { ...answer(done(AUTHORIZED), turnMs), accounts, problems };
    }
    this.#failures += 1;
    const close = this.#failures >= ATTEMPTS_MAX || turnMs === undefined;
    const notBeforeMs = turnMs === undefined ? time.nowMs : brake.failed(address, time.nowMs);
    return { ...answer(failed(AUTHENTICATION_FAILED), notBeforeMs, close), accounts, problems };
  }

  /** Does the same work for a user that is not there. */
  #check(
    { digest }: AccessPolicy,
    response: DigestResponse,
    { nonce, realm }: Challenge,
  ): { readonly ok: boolean; readonly problem: string | undefined } {
    const uri = digest === undefined ? undefined : parseAccessUri(digest.uri);
    if (digest === undefined || uri?.ok !== true || uri.value.scheme === 'groups') {
      return { ok: false, problem: undefined };
    }
    const { scheme, path } = uri.value;
    const text = this.#parts.ports.readFile(path, ACCESS_FILE_BYTES_MAX);
    if (!text.ok) return { ok: false, problem: `AuthDigestMD5Parameters ${digest.uri}: ${text.error}` };
    const form = { scheme, storedCleartext: digest.storedCleartext };
    const stored = findPassword(text.value, { user: response.username, realm }, form);
    const hash =
      stored?.kind === 'hash'
        ? stored.value
        : passwordHash(response.username, realm, stored?.value ?? 'nobody has this one');
    const proved = equalInConstantTime(digestValue(response, hash), response.response);
    const ours = equalInConstantTime(response.nonce, nonce) && response.realm === realm;
    return { ok: proved && ours && stored !== undefined, problem: undefined };
  }

  #policy(): AccessPolicy {
    return accessPolicy(this.#parts.ports.generation(), this.#connection);
  }

  #place(): AccountPlace {
    return { listener: this.#connection.listener, peer: this.#connection.peer };
  }
}

function refuse(text: string, { nowMs }: AccessTime): AccessDecision {
  return answer(failed(text), nowMs);
}

function answer(reply: CommandReply, notBeforeMs: number, close = false): AccessDecision {
  return { verdict: { type: 'reply', reply, notBeforeMs, close }, accounts: [], problems: [] };
}
