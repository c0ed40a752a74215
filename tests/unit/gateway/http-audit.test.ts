/** The audit log as a promise: nothing is changed that could not be written down, and refusals are written down too. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuditRecord, auditReply, tokenCreateReply } from '../../../server/wire/http.ts';
import { codeOf, Machine, openWorld, PASSWORD, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

let world: World;
let storePath: string;
let admin: Page;

beforeEach(async () => {
  storePath = join(mkdtempSync(join(tmpdir(), 'muster-audit-')), 'store.db');
  world = await openWorld({ clock: new HandClock(), storePath });
  admin = await Page.signedIn(world.gateway, 'admin');
});
afterEach(async () => world.close());

async function records(): Promise<readonly AuditRecord[]> {
  return auditReply.parse((await admin.get('/api/audit?limit=500')).body).records;
}

/** As a disk that is full for this one table. */
function breakAudit(broken: boolean): void {
  const database = new Database(storePath);
  database.exec(
    broken
      ? "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END"
      : 'DROP TRIGGER broken',
  );
  database.close();
}

describe('while the audit log cannot be written', () => {
  test('nothing of accounts and tokens is changed', async () => {
    const made = await admin.post('/api/tokens', { label: 'backup', scope: 'read' });
    const { token, secret } = tokenCreateReply.parse(made.body);
    const machine = new Machine(world.gateway, secret);
    const accountsBefore = (await admin.get('/api/accounts')).text;
    breakAudit(true);
    const attempts = [
      await admin.post('/api/accounts', { name: 'zoe', password: PASSWORD, role: 'admin' }),
      await admin.request('PATCH', '/api/accounts/viewer', { role: 'admin' }),
      await admin.request('DELETE', '/api/accounts/operator'),
      await admin.post('/api/tokens', { label: 'more', scope: 'admin' }),
      await admin.request('DELETE', `/api/tokens/${token.id}`),
    ];
    breakAudit(false);
    expect(attempts.map(({ status }) => status)).toEqual([500, 500, 500, 500, 500]);
    expect((await admin.get('/api/accounts')).text).toBe(accountsBefore);
    expect(await world.store.tokens.all()).toMatchObject([{ id: token.id, revokedMs: null }]);
    expect((await machine.get('/api/jobs')).status).toBe(200);
  });

  test('no command goes out', async () => {
    breakAudit(true);
    expect((await admin.command({ command: 'version' })).status).toBe(500);
    breakAudit(false);
    expect(world.cluster.observer.sent).toEqual([]);
  });
});

describe('what somebody may not do', () => {
  test('is recorded when it would have changed something', async () => {
    const viewer = await Page.signedIn(world.gateway, 'viewer');
    expect(codeOf(await viewer.post('/api/accounts', {}))).toBe('forbidden');
    expect(codeOf(await viewer.request('DELETE', '/api/members/labrat-1'))).toBe('forbidden');
    expect((await records()).filter(({ actor }) => actor === 'viewer')).toMatchObject([
      { action: 'access', result: 'refused', detail: expect.stringContaining('DELETE /api/members/:id') },
      { action: 'access', role: 'viewer', detail: 'POST /api/accounts: not open to the role viewer' },
      { action: 'signIn' },
    ]);
  });

  test('is recorded for a page without its CSRF token as well, and reads are not', async () => {
    const viewer = await Page.signedIn(world.gateway, 'viewer');
    viewer.csrf = 'wrong';
    expect(codeOf(await viewer.command({ command: 'version' }))).toBe('csrf');
    expect(codeOf(await viewer.get('/api/accounts'))).toBe('forbidden');
    const all = (await records()).filter(({ action }) => action === 'access');
    expect(all).toMatchObject([{ actor: 'viewer', detail: expect.stringContaining('POST /api/commands') }]);
  });

  test('an admin who removes what somebody else shared is recorded', async () => {
    const viewer = await Page.signedIn(world.gateway, 'viewer');
    const saved = { label: 'mine', command: 'version', target: { kind: 'all' }, shared: true };
    const { id } = (await viewer.post('/api/saved-commands', saved)).body as { id: string };
    expect((await admin.request('DELETE', `/api/saved-commands/${id}`)).status).toBe(204);
    expect((await records())[0]).toMatchObject({
      actor: 'admin',
      action: 'savedCommand',
      detail: 'remove "mine" of viewer',
    });
  });
});
