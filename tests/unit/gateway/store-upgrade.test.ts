/** A gateway that starts on the store of the release before: nothing is lost, and secrets of then are not shown. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { STORE_MIGRATIONS, type Tables } from '../../../server/adapters/sql-schema.ts';
import { nextEntry } from '../../../server/gateway/audit-chain.ts';
import { auditReply, jobListReply } from '../../../server/wire/http.ts';
import { Machine, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

const SECRET_COMMAND = 'config set http password hunter2';
/** As they were written then: without the fields that came later. */
const JOB = {
  id: 'job-of-then',
  command: SECRET_COMMAND,
  class: 'W2',
  target: { kind: 'all' },
  actor: 'admin',
  sentMs: 5,
  timeoutMs: 1_000,
  state: 'done',
  replies: [],
};
const RECORD = {
  atMs: 5,
  actor: 'admin',
  role: 'admin',
  sourceAddress: '::1',
  action: 'command',
  class: 'R' as const,
  command: 'version',
  targets: ['all'],
  result: 'done' as const,
  detail: '',
  perNode: {},
  completedMs: 6,
  job: null,
};

let world: World;

beforeEach(async () => {
  const storePath = join(mkdtempSync(join(tmpdir(), 'muster-upgrade-')), 'store.db');
  await storeOfVersionOne(storePath);
  world = await openWorld({ clock: new HandClock(), storePath });
});
afterEach(async () => world.close());

async function storeOfVersionOne(path: string): Promise<void> {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Database(path) }) });
  const provider = {
    getMigrations: async () => {
      const all = Object.entries(await STORE_MIGRATIONS.getMigrations());
      return Object.fromEntries(all.filter(([name]) => name === '0001_first'));
    },
  };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  expect(error).toBeUndefined();
  await db
    .insertInto('job')
    .values({ id: JOB.id, content: JSON.stringify(JOB) })
    .execute();
  const opened = nextEntry(undefined, undefined, { ...RECORD, approvedBy: null });
  // The hash is over the text as it was written.
  const { approvedBy: _later, ...content } = JSON.parse(opened.content) as Record<string, unknown>;
  const then = nextEntry(undefined, undefined, content as never);
  await db.insertInto('audit').values(then).execute();
  await db.destroy();
}

test('jobs and records of then are there, the chain holds, and a secret of then is left out', async () => {
  const admin = await Page.signedIn(world.gateway, 'admin');
  const { jobs } = jobListReply.parse((await admin.get('/api/jobs')).body);
  expect(jobs).toMatchObject([
    { id: JOB.id, command: 'config set http password ***', redacted: true, state: 'done' },
  ]);
  const { records, chainOk } = auditReply.parse((await admin.get('/api/audit?limit=500')).body);
  expect(chainOk).toBe(true);
  expect(records.at(-1)).toMatchObject({ id: 1, command: 'version', approvedBy: null });
});

test('what is new works on it: tokens, saved commands, preferences, history', async () => {
  const admin = await Page.signedIn(world.gateway, 'admin');
  const machine = await Machine.of(world.gateway, admin, { scope: 'read' });
  expect((await machine.get('/api/jobs')).status).toBe(200);
  const saved = { label: 'all', command: 'version', target: { kind: 'all' } };
  expect((await admin.post('/api/saved-commands', saved)).status).toBe(201);
  expect((await admin.request('PUT', '/api/preferences', { zone: 'UTC' })).status).toBe(200);
  expect((await admin.get('/api/duravip/at?ms=5')).body).toEqual({ atMs: 5, owners: [] });
});
