/** What the gateway may expect of any store. Registered for each implementation. */

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../server/adapters/sql-store.ts';
import { CHAIN_START, nextEntry, verifyChain } from '../../server/gateway/audit-chain.ts';
import type { Store, StoredAccount, StoredSession } from '../../server/gateway/store-port.ts';
import { JOB_TEXT_VIEW_CHARACTERS, type Job, type Role } from '../../server/wire/http.ts';

const account = (key: string, role: Role): StoredAccount => ({
  key,
  name: key.toUpperCase(),
  role,
  passwordHash: 'hash',
  createdMs: 1_700_000_000_000,
  lastSignInMs: null,
});
const session = (id: string, owner: string): StoredSession => ({
  id,
  account: owner,
  csrf: `csrf of ${id}`,
  createdMs: 1_700_000_000_000,
  seenMs: 1_700_000_000_500,
  sourceAddress: '::1',
});
const job = (id: string): Job => ({
  id,
  command: 'version',
  redacted: false,
  class: 'R',
  target: { kind: 'nodes', names: ['a'] },
  actor: 'ana',
  sentMs: 5,
  timeoutMs: 1_000,
  state: 'running',
  replies: [],
});
const opening = (actor: string) => ({
  atMs: 1,
  actor,
  role: 'admin',
  sourceAddress: '::1',
  action: 'command',
  class: 'R' as const,
  command: 'version',
  targets: ['all'],
  result: 'pending' as const,
  detail: '',
  perNode: {},
  completedMs: null,
  job: null,
  approvedBy: null,
});

type Implementation = {
  readonly name: string;
  readonly open: (folder: string) => Promise<Store>;
};
const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'SQLite', open: (folder) => openSqliteStore(join(folder, 'deep', 'store.db')) },
];

describe.each(IMPLEMENTATIONS)('store: $name', ({ open }) => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-store-'));
    store = await open(folder);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function reopen(): Promise<void> {
    await store.close();
    store = await open(folder);
  }

  test('an account is what was stored, also after opening again', async () => {
    expect(await store.createAccount(account('ana', 'admin'), true)).toBe(true);
    await store.recordSignIn('ana', 1_700_000_000_001);
    await reopen();
    expect(await store.account('ana')).toEqual({
      ...account('ana', 'admin'),
      lastSignInMs: 1_700_000_000_001,
    });
    expect(await store.account('ben')).toBeUndefined();
  });

  test('a name is taken once, and the first account is first only once', async () => {
    await store.createAccount(account('ana', 'admin'), true);
    expect(await store.createAccount(account('ana', 'viewer'), false)).toBe(false);
    expect(await store.createAccount(account('ben', 'admin'), true)).toBe(false);
    expect(await store.accounts()).toHaveLength(1);
  });

  test('two first accounts at once: one is made', async () => {
    const made = await Promise.all([
      store.createAccount(account('ana', 'admin'), true),
      store.createAccount(account('ben', 'admin'), true),
    ]);
    expect(made.filter(Boolean)).toHaveLength(1);
  });

  test('the last admin keeps role and account, whoever asks at the same time', async () => {
    await store.createAccount(account('ana', 'admin'), false);
    await store.createAccount(account('ben', 'admin'), false);
    const both = await Promise.all([
      store.changeAccount('ana', { role: 'viewer' }),
      store.removeAccount('ben'),
      store.removeAccount('ana'),
    ]);
    expect(both).toEqual(['changed', 'lastAdmin', 'removed']);
    expect(await store.changeAccount('ben', { role: 'operator' })).toBe('lastAdmin');
    expect(await store.changeAccount('ben', { role: 'admin', passwordHash: 'new' })).toBe('changed');
    expect((await store.account('ben'))?.passwordHash).toBe('new');
    expect(await store.changeAccount('nobody', { role: 'admin' })).toBe('missing');
    expect(await store.removeAccount('nobody')).toBe('missing');
  });

  test('a session carries the name and the role of now', async () => {
    await store.createAccount(account('ana', 'admin'), false);
    await store.createAccount(account('ben', 'viewer'), false);
    await store.createSession(session('s1', 'ben'));
    expect(await store.session('s1')).toEqual({ ...session('s1', 'ben'), name: 'BEN', role: 'viewer' });
    await store.changeAccount('ben', { role: 'operator' });
    await store.touchSession('s1', 1_700_000_009_000);
    expect(await store.session('s1')).toMatchObject({ role: 'operator', seenMs: 1_700_000_009_000 });
  });

  test('sessions end one by one, by account, by age, and with their account', async () => {
    await store.createAccount(account('ana', 'admin'), false);
    await store.createAccount(account('ben', 'viewer'), false);
    for (const id of ['s1', 's2', 's3']) await store.createSession(session(id, 'ben'));
    await store.createSession({ ...session('old', 'ana'), createdMs: 5 });
    await store.createSession(session('s5', 'ana'));
    const left = async () =>
      (await store.sessions(['s1', 's2', 's3', 'old', 's5'])).map(({ id }) => id).sort();
    await store.endSession('s1');
    expect(await left()).toEqual(['old', 's2', 's3', 's5']);
    await store.endSessionsOf('ben', 's3');
    expect(await left()).toEqual(['old', 's3', 's5']);
    await store.dropSessions(6);
    expect(await left()).toEqual(['s3', 's5']);
    await store.removeAccount('ben');
    expect(await left()).toEqual(['s5']);
  });

  test('more sessions than fit one query are all found', async () => {
    await store.createAccount(account('ana', 'admin'), false);
    await store.createSession(session('s1', 'ana'));
    const ids = Array.from({ length: 1_200 }, (_, n) => `none ${n}`);
    expect(await store.sessions([...ids, 's1'])).toHaveLength(1);
    expect(await store.sessions([])).toEqual([]);
  });

  test('audit entries form one chain even when they are appended at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        store.appendAudit((previous) => nextEntry(previous, undefined, opening(`actor ${n}`))),
      ),
    );
    await reopen();
    const entries = await store.auditEntries(0, 100);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(verifyChain({ seq: 0, hash: CHAIN_START }, entries).ok).toBe(true);
    expect((await store.auditEntries(18, 100)).map(({ seq }) => seq)).toEqual([19, 20]);
    expect(await store.auditEntries(0, 3)).toHaveLength(3);
  });

  test('audit pages go backwards, by actor if asked, each opening with its completion', async () => {
    for (const actor of ['ana', 'ben', 'ana']) {
      await store.appendAudit((previous) => nextEntry(previous, undefined, opening(actor)));
    }
    const done = { result: 'done' as const, detail: '', perNode: {}, completedMs: 9, targets: [] };
    await store.appendAudit((previous) => nextEntry(previous, 1, done));
    const all = await store.auditPage({ beforeRecord: undefined, limit: 10, actor: undefined });
    expect(all.openings.map(({ record }) => record)).toEqual([3, 2, 1]);
    expect(all.completions.map(({ record }) => record)).toEqual([1]);
    const older = await store.auditPage({ beforeRecord: 3, limit: 1, actor: undefined });
    expect(older.openings.map(({ record }) => record)).toEqual([2]);
    const own = await store.auditPage({ beforeRecord: undefined, limit: 10, actor: 'ben' });
    expect(own.openings.map(({ record }) => record)).toEqual([2]);
  });

  test('a command begins once for a key: record, job and key together or nothing', async () => {
    const begin = (id: string) =>
      store.beginCommand({
        idempotency: { key: 'k', bodyHash: 'h', createdMs: 5 },
        job: job(id),
        audit: (previous) => nextEntry(previous, undefined, opening('ana')),
      });
    const outcomes = await Promise.all([begin('j1'), begin('j2')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['begun', 'repeated']);
    expect(outcomes[1]).toMatchObject({ job: 'j1', bodyHash: 'h' });
    expect(await store.auditEntries(0, 10)).toHaveLength(1);
    expect((await store.jobs(10)).map(({ id }) => id)).toEqual(['j1']);
    expect(await store.usedIdempotencyKey('k')).toEqual({ job: 'j1', bodyHash: 'h' });
  });

  test('an abandoned command leaves its key free; old keys are forgotten', async () => {
    const begin = (id: string, key: string, createdMs: number) =>
      store.beginCommand({
        idempotency: { key, bodyHash: 'h', createdMs },
        job: job(id),
        audit: (previous) => nextEntry(previous, undefined, opening('ana')),
      });
    await begin('j1', 'k1', 5);
    await store.abandonCommand('j1');
    expect(await store.usedIdempotencyKey('k1')).toBeUndefined();
    expect(await store.jobs(10)).toEqual([]);
    await begin('j2', 'k2', 5);
    await begin('j3', 'k3', 6);
    await store.dropIdempotencyKeys(6);
    expect(await store.usedIdempotencyKey('k2')).toBeUndefined();
    expect(await store.usedIdempotencyKey('k3')).toBeDefined();
  });

  test('a job comes back with its texts cut for view; the download is whole', async () => {
    await store.beginCommand({
      idempotency: { key: 'k', bodyHash: 'h', createdMs: 5 },
      job: job('j1'),
      audit: (previous) => nextEntry(previous, undefined, opening('ana')),
    });
    const text = `${'x'.repeat(JOB_TEXT_VIEW_CHARACTERS)}\u0000end é`;
    const reply = {
      node: 'a',
      state: 'answered' as const,
      tookMs: 3,
      late: false,
      ok: true,
      bytes: 1,
      hash: 'h',
      text: null,
      truncated: true,
    };
    const notKept = { ...reply, node: 'b', truncated: false };
    const silent = { ...notKept, node: 'c', state: 'silent' as const };
    await store.saveJobs([
      {
        job: { ...job('j1'), state: 'done', replies: [reply, notKept, silent] },
        texts: [
          { node: 'a', text: 'earlier' },
          { node: 'a', text },
        ],
      },
    ]);
    await reopen();
    const [found] = await store.jobs(10);
    expect(found?.state).toBe('done');
    expect(found?.replies[0]?.text).toBe('x'.repeat(JOB_TEXT_VIEW_CHARACTERS));
    expect(found?.replies[1]).toMatchObject({ text: null, truncated: true });
    expect(found?.replies[2]).toMatchObject({ text: null, truncated: false });
    expect(await store.replyText('j1', 'a')).toBe(text);
    expect(await store.replyText('j1', 'b')).toBeUndefined();
    await store.dropJob('j1');
    expect(await store.jobs(10)).toEqual([]);
    expect(await store.replyText('j1', 'a')).toBeUndefined();
  });

  test('the newest jobs come back, oldest of them first', async () => {
    for (const id of ['j1', 'j2', 'j3']) {
      await store.beginCommand({
        idempotency: { key: id, bodyHash: 'h', createdMs: 5 },
        job: job(id),
        audit: (previous) => nextEntry(previous, undefined, opening('ana')),
      });
    }
    expect((await store.jobs(2)).map(({ id }) => id)).toEqual(['j2', 'j3']);
  });
});

describe('SQLite file', () => {
  test('commits reach the disk before they are acknowledged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-store-'));
    const path = join(folder, 'store.db');
    const store = await openSqliteStore(path);
    const other = new Database(path);
    expect(other.pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    other.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('nobody else may read it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-store-'));
    const store = await openSqliteStore(join(folder, 'store.db'));
    await store.createAccount(account('ana', 'admin'), true);
    const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('a path that is no file is an operating error with its reason', async () => {
    await expect(openSqliteStore(tmpdir())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
