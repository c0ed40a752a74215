/**
 * What the gateway keeps: accounts, sessions, tokens, the audit log, jobs, approvals, what accounts saved and prefer, operations on
 * DuraVIPs and who had them, and whose lag nobody wants to hear of. A method returns after the data is on disk. One
 * contract suite runs against every implementation; the policies (hashing, expiry, roles) stay in the gateway.
 */

import type { OwnerCause } from '../wire/duravip.ts';
import type { ApiToken, Approval, Job, Preferences, Role, SavedCommand } from '../wire/http.ts';
import type { LogPauseRow } from '../wire/logs.ts';
import type { AuditEntry } from './audit-chain.ts';
import type { KeptOperation } from './vip-operation.ts';

export type StoredAccount = {
  /** Unique; `accountKey(name)`. */
  readonly key: string;
  readonly name: string;
  readonly role: Role;
  /** argon2id in its own text form. */
  readonly passwordHash: string;
  readonly createdMs: number;
  readonly lastSignInMs: number | null;
};

export type AccountChange = { readonly role?: Role | undefined; readonly passwordHash?: string | undefined };

export type StoredSession = {
  /** SHA-256 of the cookie's value, in hex. */
  readonly id: string;
  readonly account: string;
  readonly csrf: string;
  readonly createdMs: number;
  readonly seenMs: number;
  readonly sourceAddress: string;
};

/** A session with the account as it is now, so that a changed role counts at once. */
export type SessionWithAccount = StoredSession & { readonly name: string; readonly role: Role };

export type IdempotencyKey = {
  /** Account and the header's value; unique. */
  readonly key: string;
  readonly bodyHash: string;
  readonly createdMs: number;
};

/** The whole text of one node's reply. */
export type ReplyText = { readonly node: string; readonly text: string };

/** A job, and those whole texts of it that are new. */
export type ChangedJob = { readonly job: Job; readonly texts: readonly ReplyText[] };

/** Given the newest entry, makes the next one; called inside the transaction that appends it. */
export type NextAuditEntry = (previous: Pick<AuditEntry, 'seq' | 'hash'> | undefined) => AuditEntry;

export type BeginOutcome =
  | { readonly kind: 'begun'; readonly entry: AuditEntry }
  /** The key was used before, for this job and body. */
  | { readonly kind: 'repeated'; readonly job: string; readonly bodyHash: string };

export type AuditPage = {
  readonly openings: readonly AuditEntry[];
  readonly completions: readonly AuditEntry[];
};

/** A token as kept: its secret only as SHA-256 in hex. */
export type StoredToken = ApiToken & { readonly secretHash: string };

export interface TokenStore {
  /** Newest first. */
  all(): Promise<readonly StoredToken[]>;
  /** Those of the ids that are kept, revoked and expired ones as well. */
  some(ids: readonly string[]): Promise<readonly StoredToken[]>;
  /** @returns false if `liveMax` tokens are neither revoked nor expired at `nowMs`. */
  create(token: StoredToken, liveMax: number, nowMs: number): Promise<boolean>;
  /** @returns false if there is none that is not revoked. */
  revoke(id: string, atMs: number): Promise<boolean>;
  used(id: string, atMs: number, from: string): Promise<void>;
  /** Forgets what ended before the moment, and of what ended later all but the newest `keptMax`. */
  dropEnded(beforeMs: number, keptMax: number, nowMs: number): Promise<void>;
}

/** An approval as kept; what only the present state of the cluster tells is left out. */
export type StoredApproval = Omit<Approval, 'nodesNow'> & {
  readonly timeoutMs: number;
  readonly requestedFrom: string;
  /** The command here is not the one that was asked for: a secret in it was left out. */
  readonly redacted: boolean;
};

export interface DeskStore {
  /** Oldest first. */
  approvals(): Promise<readonly StoredApproval[]>;
  saveApproval(approval: StoredApproval): Promise<void>;
  dropApproval(id: string): Promise<void>;

  /** The account's own and all shared ones, oldest first. */
  savedCommands(account: string): Promise<readonly (SavedCommand & { readonly account: string })[]>;
  savedCommand(id: string): Promise<(SavedCommand & { readonly account: string }) | undefined>;
  /** @returns false if the account has `ownMax` already. */
  saveCommand(account: string, saved: SavedCommand, ownMax: number): Promise<boolean>;
  dropSavedCommand(id: string): Promise<void>;

  /** Undefined while nothing was chosen. */
  preferences(account: string): Promise<Preferences | undefined>;
  savePreferences(account: string, preferences: Preferences): Promise<void>;
}

/** Who had an address from a moment on, and who else said so then. */
export type OwnershipEvent = {
  readonly address: string;
  readonly atMs: number;
  readonly owner: string | null;
  readonly cause: OwnerCause | null;
  /** Who asked for it, of an operator's move. */
  readonly by: string | null;
  /** Nodes that said they had it as well. */
  readonly claims: readonly string[];
};

/** The gateway saw nothing of the cluster; `toMs` null: still so. */
export type BlindInterval = { readonly fromMs: number; readonly toMs: number | null };

/** Operations on DuraVIPs and the history of ownership. Events of one address are in the order in which they were added. */
export interface VipStore {
  /** The newest ones, oldest first. */
  operations(limit: number): Promise<readonly KeptOperation[]>;
  saveOperation(operation: KeptOperation): Promise<void>;
  dropOperation(id: string): Promise<void>;

  addEvents(events: readonly OwnershipEvent[]): Promise<void>;
  /** Of these addresses: the last one at or before `fromMs`, and all until `toMs`; at most `limit`, the newest. */
  events(ask: {
    readonly addresses: readonly string[];
    readonly fromMs: number;
    readonly toMs: number;
    readonly limit: number;
  }): Promise<readonly OwnershipEvent[]>;
  /** The last one of every address at or before the moment. */
  eventsAt(atMs: number): Promise<readonly OwnershipEvent[]>;
  /** Oldest first, those that touch the span. */
  blind(fromMs: number, toMs: number): Promise<readonly BlindInterval[]>;
  beginBlind(fromMs: number): Promise<void>;
  /** Ends what is open. */
  endBlind(toMs: number): Promise<void>;
  /** The cluster was seen at that moment. */
  markSeen(atMs: number): Promise<void>;
  seenMs(): Promise<number | undefined>;
  /** Undefined while nothing was kept. Before it nothing is known. */
  keptSinceMs(): Promise<number | undefined>;
  /** Forgets what is older, and all but the newest `keptMax`; what was so at the new beginning stays. */
  dropEvents(beforeMs: number, keptMax: number): Promise<void>;
}

export interface LogStore {
  pauses(): Promise<readonly LogPauseRow[]>;
  savePause(pause: LogPauseRow): Promise<void>;
  dropPause(id: string): Promise<void>;
}

export interface Store {
  readonly logs: LogStore;
  readonly tokens: TokenStore;
  readonly desk: DeskStore;
  readonly vips: VipStore;

  accounts(): Promise<readonly StoredAccount[]>;
  account(key: string): Promise<StoredAccount | undefined>;
  /** @returns false if the key is taken, or `onlyFirst` and there is any account. */
  createAccount(account: StoredAccount, onlyFirst: boolean): Promise<boolean>;
  /** The last admin keeps the role (`lastAdmin`). */
  changeAccount(key: string, change: AccountChange): Promise<'changed' | 'missing' | 'lastAdmin'>;
  /** With its sessions, its saved commands and its preferences. */
  removeAccount(key: string): Promise<'removed' | 'missing' | 'lastAdmin'>;
  recordSignIn(key: string, atMs: number): Promise<void>;

  createSession(session: StoredSession): Promise<void>;
  session(id: string): Promise<SessionWithAccount | undefined>;
  /** Those of the ids that still exist. */
  sessions(ids: readonly string[]): Promise<readonly SessionWithAccount[]>;
  touchSession(id: string, seenMs: number): Promise<void>;
  endSession(id: string): Promise<void>;
  /** @param exceptId a session that stays; undefined for none. */
  endSessionsOf(account: string, exceptId: string | undefined): Promise<void>;
  /** Forgets sessions created before the moment. */
  dropSessions(createdBeforeMs: number): Promise<void>;

  appendAudit(next: NextAuditEntry): Promise<AuditEntry>;
  /** In order, after `seq`. */
  auditEntries(afterSeq: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Newest record first, records with an id below `beforeRecord`. @param actor undefined for all. */
  auditPage(ask: {
    readonly beforeRecord: number | undefined;
    readonly limit: number;
    readonly actor: string | undefined;
  }): Promise<AuditPage>;

  usedIdempotencyKey(key: string): Promise<{ readonly job: string; readonly bodyHash: string } | undefined>;
  /** Audit record, job and idempotency key together or, if the key was used, nothing. */
  beginCommand(ask: {
    readonly idempotency: IdempotencyKey;
    readonly job: Job;
    readonly audit: NextAuditEntry;
  }): Promise<BeginOutcome>;
  /** The command was not sent after all: forgets job and key. */
  abandonCommand(jobId: string): Promise<void>;
  /** Reply texts of `job` itself are not kept here, only those in `texts`, which may be longer. */
  saveJobs(jobs: readonly ChangedJob[]): Promise<void>;
  /** The newest ones, oldest first, with texts cut for view. */
  jobs(limit: number): Promise<readonly Job[]>;
  dropJob(id: string): Promise<void>;
  replyText(job: string, node: string): Promise<string | undefined>;
  /** Forgets idempotency keys created before the moment. */
  dropIdempotencyKeys(createdBeforeMs: number): Promise<void>;

  close(): Promise<void>;
}

/** One account however it is typed. */
export function accountKey(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
