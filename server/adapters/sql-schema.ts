/** Tables of the store and the one ordered set of migrations. Plain types only, so that PostgreSQL takes them too. */

import type { Generated, Kysely, Migration, MigrationProvider } from 'kysely';

export type AccountTable = {
  key: string;
  name: string;
  role: string;
  password_hash: string;
  created_ms: number;
  last_sign_in_ms: number | null;
};
export type SessionTable = {
  id: string;
  account: string;
  csrf: string;
  created_ms: number;
  seen_ms: number;
  source_address: string;
};
export type AuditTable = {
  seq: number;
  record: number;
  kind: string;
  actor: string | null;
  content: string;
  hash: string;
};
export type JobTable = { position: Generated<number>; id: string; content: string };
/** Both as JSON strings: neither SQLite's driver nor PostgreSQL keeps a NUL in plain text. */
export type ReplyTextTable = { job: string; node: string; view: string; content: string };
export type IdempotencyTable = { key: string; body_hash: string; job: string; created_ms: number };

export type TokenTable = {
  id: string;
  secret_hash: string;
  created_ms: number;
  expires_ms: number;
  revoked_ms: number | null;
  last_used_ms: number | null;
  last_used_from: string | null;
  /** What never changes, as JSON. */
  content: string;
};
export type ApprovalTable = { position: Generated<number>; id: string; content: string };
export type SavedCommandTable = {
  position: Generated<number>;
  id: string;
  account: string;
  shared: number;
  content: string;
};
export type PreferenceTable = { account: string; content: string };

export type VipOperationTable = { position: Generated<number>; id: string; content: string };
export type VipOwnerTable = {
  seq: Generated<number>;
  at_ms: number;
  address: string;
  owner: string | null;
  cause: string | null;
  by_whom: string | null;
  /** A JSON list. */
  claims: string;
};
export type VipBlindTable = { position: Generated<number>; from_ms: number; to_ms: number | null };
/** Moments by name. */
export type VipMomentTable = { name: string; at_ms: number };

export type LogPauseTable = { id: string; content: string };

export type Tables = {
  account: AccountTable;
  session: SessionTable;
  audit: AuditTable;
  job: JobTable;
  reply_text: ReplyTextTable;
  idempotency: IdempotencyTable;
  token: TokenTable;
  approval: ApprovalTable;
  saved_command: SavedCommandTable;
  preference: PreferenceTable;
  vip_operation: VipOperationTable;
  vip_owner: VipOwnerTable;
  vip_blind: VipBlindTable;
  vip_moment: VipMomentTable;
  log_pause: LogPauseTable;
};

const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const schema = db.schema;
    await schema
      .createTable('account')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('created_ms', 'bigint', (column) => column.notNull())
      .addColumn('last_sign_in_ms', 'bigint')
      .execute();
    await schema
      .createTable('session')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('csrf', 'text', (column) => column.notNull())
      .addColumn('created_ms', 'bigint', (column) => column.notNull())
      .addColumn('seen_ms', 'bigint', (column) => column.notNull())
      .addColumn('source_address', 'text', (column) => column.notNull())
      .execute();
    await schema.createIndex('session_account').on('session').column('account').execute();
    await schema
      .createTable('audit')
      .addColumn('seq', 'bigint', (column) => column.primaryKey())
      .addColumn('record', 'bigint', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('actor', 'text')
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .execute();
    await schema.createIndex('audit_record').on('audit').columns(['kind', 'record']).execute();
    await schema.createIndex('audit_actor').on('audit').columns(['actor', 'record']).execute();
    await createJobTables(db);
  },
};

async function createJobTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('job')
    .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('content', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('reply_text')
    .addColumn('job', 'text', (column) => column.notNull())
    .addColumn('node', 'text', (column) => column.notNull())
    .addColumn('view', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('reply_text_key', ['job', 'node'])
    .execute();
  await db.schema
    .createTable('idempotency')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('body_hash', 'text', (column) => column.notNull())
    .addColumn('job', 'text', (column) => column.notNull())
    .addColumn('created_ms', 'bigint', (column) => column.notNull())
    .execute();
}

const second: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const schema = db.schema;
    await schema
      .createTable('token')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('secret_hash', 'text', (column) => column.notNull())
      .addColumn('created_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_ms', 'bigint', (column) => column.notNull())
      .addColumn('revoked_ms', 'bigint')
      .addColumn('last_used_ms', 'bigint')
      .addColumn('last_used_from', 'text')
      .addColumn('content', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('approval')
      .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('content', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('saved_command')
      .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('shared', 'integer', (column) => column.notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .execute();
    await schema.createIndex('saved_command_account').on('saved_command').column('account').execute();
    await schema
      .createTable('preference')
      .addColumn('account', 'text', (column) => column.primaryKey())
      .addColumn('content', 'text', (column) => column.notNull())
      .execute();
  },
};

const third: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const schema = db.schema;
    await schema
      .createTable('vip_operation')
      .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('content', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('vip_owner')
      .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('cause', 'text')
      .addColumn('by_whom', 'text')
      .addColumn('claims', 'text', (column) => column.notNull())
      .execute();
    // With `seq`, so that the last event of every address is found in the index alone.
    await schema
      .createIndex('vip_owner_address')
      .on('vip_owner')
      .columns(['address', 'at_ms', 'seq'])
      .execute();
    await schema.createIndex('vip_owner_at').on('vip_owner').column('at_ms').execute();
    await schema
      .createTable('vip_blind')
      .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('from_ms', 'bigint', (column) => column.notNull())
      .addColumn('to_ms', 'bigint')
      .execute();
    await schema
      .createTable('vip_moment')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .execute();
  },
};

const fourth: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('log_pause')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('content', 'text', (column) => column.notNull())
      .execute();
  },
};

/** In order of their names; a released one is never changed. */
export const STORE_MIGRATIONS: MigrationProvider = {
  getMigrations: async () => ({
    '0001_first': first,
    '0002_desk': second,
    '0003_duravip': third,
    '0004_logs': fourth,
  }),
};
