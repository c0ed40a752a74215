/** What the gateway may expect of any store: tokens, approvals, and what accounts keep on their desk. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../server/adapters/sql-store.ts';
import type { Store, StoredAccount, StoredApproval, StoredToken } from '../../server/gateway/store-port.ts';
import type { Preferences, Role, SavedCommand } from '../../server/wire/http.ts';

const account = (key: string, role: Role): StoredAccount => ({
  key,
  name: key.toUpperCase(),
  role,
  passwordHash: 'hash',
  createdMs: 1,
  lastSignInMs: null,
});
const token = (id: string): StoredToken => ({
  id,
  prefix: `muster_${id}`,
  label: 'backup',
  scope: 'read',
  subclusters: [],
  networks: [],
  createdBy: 'ana',
  createdMs: 1,
  expiresMs: 1_000,
  revokedMs: null,
  lastUsedMs: null,
  lastUsedFrom: null,
  secretHash: `hash of ${id}`,
});
const approval = (id: string): StoredApproval => ({
  id,
  command: 'shutdown',
  class: 'W3',
  target: { kind: 'all' },
  nodesThen: ['a'],
  reason: 'why not',
  requestedBy: 'ben',
  requestedFrom: '::1',
  requestedMs: 1,
  expiresMs: 2,
  timeoutMs: 1_000,
  state: 'waiting',
  decidedBy: null,
  decidedMs: null,
  note: '',
  job: null,
  redacted: false,
});
const saved = (id: string, shared: boolean): SavedCommand => ({
  id,
  label: 'the nodes',
  command: 'cluster membership',
  target: { kind: 'subcluster', name: 'west' },
  shared,
  owner: 'Ana',
  createdMs: 1,
});
const PREFERENCES: Preferences = {
  zone: 'Europe/Berlin',
  announcements: 'all',
  density: 'compact',
  shortcuts: false,
};

const IMPLEMENTATIONS = [
  { name: 'SQLite', open: (folder: string) => openSqliteStore(join(folder, 'store.db')) },
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

  test('a token is what was stored, also after opening again; uses and revocation change it', async () => {
    const one: StoredToken = { ...token('a'), subclusters: ['west'], networks: ['10.0.0.0/8'] };
    expect(await store.tokens.create(one, 10, 0)).toBe(true);
    await store.tokens.used('a', 70, '::1');
    expect(await store.tokens.revoke('a', 80)).toBe(true);
    expect(await store.tokens.revoke('a', 90)).toBe(false);
    expect(await store.tokens.revoke('none', 90)).toBe(false);
    await reopen();
    const kept = { ...one, lastUsedMs: 70, lastUsedFrom: '::1', revokedMs: 80 };
    expect(await store.tokens.some(['a', 'none'])).toEqual([kept]);
    expect(await store.tokens.some([])).toEqual([]);
    expect(await store.tokens.all()).toEqual([kept]);
  });

  test('living tokens are bounded, whoever makes them at the same time; ended ones are dropped by age and number', async () => {
    const made = await Promise.all(['a', 'b', 'c'].map((id) => store.tokens.create(token(id), 2, 0)));
    expect(made.filter(Boolean)).toHaveLength(2);
    expect(await store.tokens.create(token('d'), 2, token('d').expiresMs)).toBe(true);
    for (const [index, { id }] of (await store.tokens.all()).entries())
      await store.tokens.revoke(id, index + 1);
    await store.tokens.dropEnded(2, 9, 100);
    expect((await store.tokens.all()).map(({ revokedMs }) => revokedMs).sort()).toEqual([2, 3]);
    await store.tokens.dropEnded(0, 1, 100);
    expect((await store.tokens.all()).map(({ revokedMs }) => revokedMs)).toEqual([3]);
  });

  test('approvals come back in the order they were asked for, each in its newest form', async () => {
    await store.desk.saveApproval(approval('a'));
    await store.desk.saveApproval(approval('b'));
    const decided: StoredApproval = { ...approval('a'), state: 'denied', decidedBy: 'eve', decidedMs: 9 };
    await store.desk.saveApproval(decided);
    await reopen();
    expect(await store.desk.approvals()).toEqual([decided, approval('b')]);
    await store.desk.dropApproval('a');
    expect(await store.desk.approvals()).toEqual([approval('b')]);
  });

  test("saved commands are their account's, or shared; preferences are of one account; both go with it", async () => {
    await store.createAccount(account('ana', 'admin'), false);
    await store.createAccount(account('ben', 'viewer'), false);
    expect(await store.desk.saveCommand('ana', saved('a', false), 2)).toBe(true);
    expect(await store.desk.saveCommand('ben', saved('b', true), 2)).toBe(true);
    expect(await store.desk.saveCommand('ben', saved('c', false), 2)).toBe(true);
    expect(await store.desk.saveCommand('ben', saved('d', false), 2)).toBe(false);
    await store.desk.savePreferences('ben', PREFERENCES);
    await store.desk.savePreferences('ben', { ...PREFERENCES, zone: 'UTC' });
    await reopen();
    expect((await store.desk.savedCommands('ana')).map(({ id, account: of }) => [id, of])).toEqual([
      ['a', 'ana'],
      ['b', 'ben'],
    ]);
    expect(await store.desk.savedCommand('c')).toEqual({ ...saved('c', false), account: 'ben' });
    expect(await store.desk.preferences('ben')).toEqual({ ...PREFERENCES, zone: 'UTC' });
    expect(await store.desk.preferences('ana')).toBeUndefined();
    await store.desk.dropSavedCommand('a');
    await store.removeAccount('ben');
    expect(await store.desk.savedCommands('ana')).toEqual([]);
    expect(await store.desk.savedCommand('c')).toBeUndefined();
    expect(await store.desk.preferences('ben')).toBeUndefined();
  });
});
