/**
 * The gateway's store over SQL: embedded SQLite in one file (WAL, every commit on disk before it is acknowledged).
 * Translates between rows and the port; decides nothing. Queries are dialect-neutral, opening is not.
 */

import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, Migrator, SqliteDialect, type Transaction } from 'kysely';
import Database from 'libsql';
import { ClusterError } from '../base/errors.ts';
import type { AuditEntry } from '../gateway/audit-chain.ts';
import type {
  AccountChange,
  AuditPage,
  BeginOutcome,
  ChangedJob,
  DeskStore,
  IdempotencyKey,
  LogStore,
  NextAuditEntry,
  SessionWithAccount,
  Store,
  StoredAccount,
  StoredSession,
  TokenStore,
  VipStore,
} from '../gateway/store-port.ts';
import { type Job, role } from '../wire/http.ts';
import { SqlDesk } from './sql-desk.ts';
import { jobContent, readJobs, readReplyText, writeJob } from './sql-jobs.ts';
import { SqlLogs } from './sql-logs.ts';
import {
  type AccountTable,
  type AuditTable,
  type IdempotencyTable,
  STORE_MIGRATIONS,
  type Tables,
} from './sql-schema.ts';
import { SqlTokens } from './sql-tokens.ts';
import { SqlVips } from './sql-vips.ts';

type Access = Kysely<Tables> | Transaction<Tables>;

/** Ids in one query; SQLite binds at most 32,766 values. */
const IDS_IN_ONE_QUERY_MAX = 500;
const BUSY_TIMEOUT_MS = 5_000;

/**
 * @param path of the database file; its directory is made if it is missing.
 * @throws ClusterError STORE_UNAVAILABLE
 */
export async function openSqliteStore(path: string): Promise<Store> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600)); // the files beside it get the same permissions
    const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
    const { error } = await new Migrator({ db, provider: STORE_MIGRATIONS }).migrateToLatest();
    if (error !== undefined) throw error;
    return new SqlStore(db);
  } catch (cause) {
    throw new ClusterError('STORE_UNAVAILABLE', { path, reason: textOf(cause) }, { cause });
  }
}

class SqlStore implements Store {
  readonly tokens: TokenStore;
  readonly desk: DeskStore;
  readonly vips: VipStore;
  readonly logs: LogStore;
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
    this.tokens = new SqlTokens(db);
    this.desk = new SqlDesk(db);
    this.vips = new SqlVips(db);
    this.logs = new SqlLogs(db);
  }

  async accounts(): Promise<readonly StoredAccount[]> {
    const rows = await this.#db.selectFrom('account').selectAll().orderBy('key').execute();
    return rows.map(accountOf);
  }

  async account(key: string): Promise<StoredAccount | undefined> {
    const row = await this.#db.selectFrom('account').selectAll().where('key', '=', key).executeTakeFirst();
    return row === undefined ? undefined : accountOf(row);
  }

  async createAccount(account: StoredAccount, onlyFirst: boolean): Promise<boolean> {
    return await this.#db.transaction().execute(async (tx) => {
      const taken = onlyFirst
        ? await tx.selectFrom('account').select('key').limit(1).executeTakeFirst()
        : await tx.selectFrom('account').select('key').where('key', '=', account.key).executeTakeFirst();
      if (taken !== undefined) return false;
      await tx.insertInto('account').values(accountRow(account)).execute();
      return true;
    });
  }

  async changeAccount(key: string, change: AccountChange): Promise<'changed' | 'missing' | 'lastAdmin'> {
    return await this.#db.transaction().execute(async (tx) => {
      const old = await tx.selectFrom('account').select('role').where('key', '=', key).executeTakeFirst();
      if (old === undefined) return 'missing';
      const demotes = change.role !== undefined && change.role !== 'admin' && old.role === 'admin';
      if (demotes && (await adminCount(tx)) === 1) return 'lastAdmin';
      const { role: newRole, passwordHash } = change;
      if (newRole !== undefined) {
        await tx.updateTable('account').set({ role: newRole }).where('key', '=', key).execute();
      }
      if (passwordHash !== undefined) {
        await tx.updateTable('account').set({ password_hash: passwordHash }).where('key', '=', key).execute();
      }
      return 'changed';
    });
  }

  async removeAccount(key: string): Promise<'removed' | 'missing' | 'lastAdmin'> {
    return await this.#db.transaction().execute(async (tx) => {
      const old = await tx.selectFrom('account').select('role').where('key', '=', key).executeTakeFirst();
      if (old === undefined) return 'missing';
      if (old.role === 'admin' && (await adminCount(tx)) === 1) return 'lastAdmin';
      await tx.deleteFrom('session').where('account', '=', key).execute();
      await tx.deleteFrom('saved_command').where('account', '=', key).execute();
      await tx.deleteFrom('preference').where('account', '=', key).execute();
      await tx.deleteFrom('account').where('key', '=', key).execute();
      return 'removed';
    });
  }

  async recordSignIn(key: string, atMs: number): Promise<void> {
    await this.#db.updateTable('account').set({ last_sign_in_ms: atMs }).where('key', '=', key).execute();
  }

  async createSession(session: StoredSession): Promise<void> {
    await this.#db
      .insertInto('session')
      .values({
        id: session.id,
        account: session.account,
        csrf: session.csrf,
        created_ms: session.createdMs,
        seen_ms: session.seenMs,
        source_address: session.sourceAddress,
      })
      .execute();
  }

  async session(id: string): Promise<SessionWithAccount | undefined> {
    return (await this.sessions([id]))[0];
  }

  async sessions(ids: readonly string[]): Promise<readonly SessionWithAccount[]> {
    const found: SessionWithAccount[] = [];
    for (let at = 0; at < ids.length; at += IDS_IN_ONE_QUERY_MAX) {
      const rows = await this.#db
        .selectFrom('session')
        .innerJoin('account', 'account.key', 'session.account')
        .selectAll('session')
        .select(['account.name', 'account.role'])
        .where('session.id', 'in', ids.slice(at, at + IDS_IN_ONE_QUERY_MAX))
        .execute();
      for (const row of rows) {
        found.push({
          id: row.id,
          account: row.account,
          csrf: row.csrf,
          createdMs: Number(row.created_ms),
          seenMs: Number(row.seen_ms),
          sourceAddress: row.source_address,
          name: row.name,
          role: role.parse(row.role),
        });
      }
    }
    return found;
  }

  async touchSession(id: string, seenMs: number): Promise<void> {
    await this.#db.updateTable('session').set({ seen_ms: seenMs }).where('id', '=', id).execute();
  }

  async endSession(id: string): Promise<void> {
    await this.#db.deleteFrom('session').where('id', '=', id).execute();
  }

  async endSessionsOf(account: string, exceptId: string | undefined): Promise<void> {
    const ending = this.#db.deleteFrom('session').where('account', '=', account);
    await (exceptId === undefined ? ending : ending.where('id', '!=', exceptId)).execute();
  }

  async dropSessions(createdBeforeMs: number): Promise<void> {
    await this.#db.deleteFrom('session').where('created_ms', '<', createdBeforeMs).execute();
  }

  async appendAudit(next: NextAuditEntry): Promise<AuditEntry> {
    return await this.#db.transaction().execute((tx) => append(tx, next));
  }

  async auditEntries(afterSeq: number, limit: number): Promise<readonly AuditEntry[]> {
    const rows = await this.#db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map(auditOf);
  }

  async auditPage(ask: {
    readonly beforeRecord: number | undefined;
    readonly limit: number;
    readonly actor: string | undefined;
  }): Promise<AuditPage> {
    let query = this.#db.selectFrom('audit').selectAll().where('kind', '=', 'opened');
    if (ask.actor !== undefined) query = query.where('actor', '=', ask.actor);
    if (ask.beforeRecord !== undefined) query = query.where('record', '<', ask.beforeRecord);
    const openings = await query.orderBy('record', 'desc').limit(ask.limit).execute();
    const records = openings.map(({ record }) => record);
    const completions =
      records.length === 0
        ? []
        : await this.#db
            .selectFrom('audit')
            .selectAll()
            .where('kind', '=', 'completed')
            .where('record', 'in', records)
            .execute();
    return { openings: openings.map(auditOf), completions: completions.map(auditOf) };
  }

  async usedIdempotencyKey(key: string): Promise<{ job: string; bodyHash: string } | undefined> {
    const used = await usedKey(this.#db, key);
    return used === undefined ? undefined : { job: used.job, bodyHash: used.body_hash };
  }

  async beginCommand(ask: {
    readonly idempotency: IdempotencyKey;
    readonly job: Job;
    readonly audit: NextAuditEntry;
  }): Promise<BeginOutcome> {
    const { idempotency, job, audit } = ask;
    return await this.#db.transaction().execute(async (tx) => {
      const used = await usedKey(tx, idempotency.key);
      if (used !== undefined) return { kind: 'repeated', job: used.job, bodyHash: used.body_hash };
      const entry = await append(tx, audit);
      await tx
        .insertInto('job')
        .values({ id: job.id, content: jobContent(job) })
        .execute();
      await tx
        .insertInto('idempotency')
        .values({
          key: idempotency.key,
          body_hash: idempotency.bodyHash,
          job: job.id,
          created_ms: idempotency.createdMs,
        })
        .execute();
      return { kind: 'begun', entry };
    });
  }

  async abandonCommand(jobId: string): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom('idempotency').where('job', '=', jobId).execute();
      await tx.deleteFrom('job').where('id', '=', jobId).execute();
    });
  }

  async saveJobs(jobs: readonly ChangedJob[]): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      for (const { job, texts } of jobs) await writeJob(tx, job, texts);
    });
  }

  async jobs(limit: number): Promise<readonly Job[]> {
    return await readJobs(this.#db, limit);
  }

  async dropJob(id: string): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom('reply_text').where('job', '=', id).execute();
      await tx.deleteFrom('job').where('id', '=', id).execute();
    });
  }

  async replyText(job: string, node: string): Promise<string | undefined> {
    return await readReplyText(this.#db, job, node);
  }

  async dropIdempotencyKeys(createdBeforeMs: number): Promise<void> {
    await this.#db.deleteFrom('idempotency').where('created_ms', '<', createdBeforeMs).execute();
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

async function append(db: Access, next: NextAuditEntry): Promise<AuditEntry> {
  const previous = await db
    .selectFrom('audit')
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const entry = next(previous === undefined ? undefined : { ...previous, seq: Number(previous.seq) });
  await db.insertInto('audit').values(entry).execute();
  return entry;
}

async function usedKey(db: Access, key: string): Promise<IdempotencyTable | undefined> {
  return await db.selectFrom('idempotency').selectAll().where('key', '=', key).executeTakeFirst();
}

async function adminCount(db: Access): Promise<number> {
  const { count } = await db
    .selectFrom('account')
    .select((all) => all.fn.countAll<number>().as('count'))
    .where('role', '=', 'admin')
    .executeTakeFirstOrThrow();
  return Number(count);
}

function accountOf(row: AccountTable): StoredAccount {
  return {
    key: row.key,
    name: row.name,
    role: role.parse(row.role),
    passwordHash: row.password_hash,
    createdMs: Number(row.created_ms),
    lastSignInMs: row.last_sign_in_ms === null ? null : Number(row.last_sign_in_ms),
  };
}

function accountRow(account: StoredAccount): AccountTable {
  return {
    key: account.key,
    name: account.name,
    role: account.role,
    password_hash: account.passwordHash,
    created_ms: account.createdMs,
    last_sign_in_ms: account.lastSignInMs,
  };
}

function auditOf(row: AuditTable): AuditEntry {
  return {
    seq: Number(row.seq),
    record: Number(row.record),
    kind: row.kind === 'completed' ? 'completed' : 'opened',
    actor: row.actor,
    content: row.content,
    hash: row.hash,
  };
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
