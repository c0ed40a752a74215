import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SIGN_INS_WAITING_MAX } from '../../../server/gateway/accounts.ts';
import { ACCOUNT_LOCKOUT } from '../../../server/gateway/lockout.ts';
import { SESSION_ABSOLUTE_MS, SESSION_IDLE_MS } from '../../../server/gateway/session-policy.ts';
import { sessionReply } from '../../../server/wire/http.ts';
import { codeOf, openWorld, PASSWORD, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

let clock: HandClock;
let world: World;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({ clock });
});
afterEach(async () => world.close());

describe('session', () => {
  test('nobody gets a reply that says so and fits the contract', async () => {
    const answer = await new Page(world.gateway).get('/api/session');
    expect(answer.status).toBe(200);
    expect(sessionReply.parse(answer.body)).toMatchObject({ account: null, csrf: null, setupNeeded: false });
  });

  test('a sign-in sets a cookie that scripts cannot read and the body has the CSRF token', async () => {
    const answer = await new Page(world.gateway).signIn('operator', PASSWORD);
    expect(sessionReply.parse(answer.body)).toMatchObject({
      account: { name: 'operator', role: 'operator' },
    });
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/^muster-4880=/);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Lax');
    expect(cookie).toContain('Path=/');
  });

  test('behind https the cookie is Secure and bound to the host', async () => {
    const secure = await openWorld({ clock, options: { publicOrigins: ['https://muster.example.org'] } });
    const page = new Page(secure.gateway);
    const answer = await page.post(
      '/api/session',
      { name: 'viewer', password: PASSWORD },
      { origin: 'https://muster.example.org' },
    );
    expect(String(answer.headers['set-cookie'])).toMatch(/^__Host-muster=.*Secure/);
    expect(answer.headers['strict-transport-security']).toBeDefined();
    await secure.close();
  });

  test('the store has no cookie and no password, only hashes', async () => {
    const page = await Page.signedIn(world.gateway, 'viewer');
    const value = page.cookie?.split('=')[1] ?? '';
    expect(await world.store.session(value)).toBeUndefined();
    expect((await world.store.account('viewer'))?.passwordHash).toMatch(/^\$argon2id\$/);
  });

  test('a sign-in ends the session it replaces', async () => {
    const page = await Page.signedIn(world.gateway, 'viewer');
    const old = page.cookie;
    await page.signIn('viewer', PASSWORD);
    expect(page.cookie).not.toBe(old);
    const fresh = page.cookie;
    page.cookie = old;
    expect((await page.get('/api/jobs')).status).toBe(401);
    page.cookie = fresh;
    expect((await page.get('/api/jobs')).status).toBe(200);
  });

  test('a sign-out ends the session on the server', async () => {
    const page = await Page.signedIn(world.gateway, 'viewer');
    expect((await page.request('DELETE', '/api/session')).status).toBe(204);
    expect((await page.get('/api/jobs')).status).toBe(401);
  });

  test('idle sessions end, requests of pages on their own do not keep them alive', async () => {
    const page = await Page.signedIn(world.gateway, 'operator');
    clock.advance(SESSION_IDLE_MS.operator - 1_000);
    expect((await page.post('/api/live-ticket', {})).status).toBe(200);
    expect((await page.get('/api/approvals')).status).toBe(200);
    expect((await page.get('/api/members/nobody/options')).status).toBe(404);
    clock.advance(2_000);
    expect((await page.get('/api/jobs')).status).toBe(401);
  });

  test('[LG-5] a page whose session expired hears so, signs in where it stands, and sends what it had', async () => {
    const page = await Page.signedIn(world.gateway, 'operator');
    clock.advance(SESSION_IDLE_MS.operator);
    const draft = { command: 'cluster duravip debug on' };
    const refused = await page.command(draft, 'the-key-of-the-draft');
    expect([refused.status, codeOf(refused)]).toEqual([401, 'unauthenticated']);
    expect((await page.get('/api/session')).body).toMatchObject({ account: null, csrf: null });
    const before = page.csrf;
    expect((await page.signIn('operator', PASSWORD)).status).toBe(200);
    expect(page.csrf).not.toBe(before);
    expect((await page.command(draft, 'the-key-of-the-draft')).status).toBe(202);
    expect(world.cluster.observer.sent).toHaveLength(1);
  });

  test('activity keeps a session alive until its absolute end', async () => {
    const page = await Page.signedIn(world.gateway, 'admin');
    const steps = SESSION_ABSOLUTE_MS / (SESSION_IDLE_MS.admin / 2) - 1;
    for (let n = 0; n < steps; n += 1) {
      clock.advance(SESSION_IDLE_MS.admin / 2);
      expect((await page.get('/api/jobs')).status).toBe(200);
    }
    clock.advance(SESSION_IDLE_MS.admin / 2);
    expect((await page.get('/api/jobs')).status).toBe(401);
  });
});

describe('[LG-3] lock-out and no enumeration', () => {
  test('a wrong name and a wrong password get the same answer', async () => {
    const page = new Page(world.gateway);
    const wrongName = await page.signIn('nobody', PASSWORD);
    const wrongPassword = await page.signIn('viewer', 'not the password');
    expect(wrongName.status).toBe(401);
    expect(wrongName.body).toEqual(wrongPassword.body);
  });

  test.each(['viewer', 'nobody'])('%s is locked after the same number of failures', async (name) => {
    const page = new Page(world.gateway);
    for (let n = 0; n < ACCOUNT_LOCKOUT.failuresMax; n += 1) {
      expect((await page.signIn(name, 'wrong')).status).toBe(401);
    }
    const locked = await page.signIn(name, PASSWORD);
    expect(locked.status).toBe(423);
    expect(locked.body).toMatchObject({ code: 'locked', details: { retryAfterMs: ACCOUNT_LOCKOUT.lockMs } });
    clock.advance(ACCOUNT_LOCKOUT.lockMs);
    expect((await page.signIn(name, PASSWORD)).status).toBe(name === 'viewer' ? 200 : 401);
  });

  test('guesses in parallel do not outrun the lock', async () => {
    const page = new Page(world.gateway);
    const answers = await Promise.all(Array.from({ length: 20 }, () => page.signIn('viewer', 'wrong')));
    const decided = answers.filter(({ status }) => status === 401);
    expect(decided).toHaveLength(ACCOUNT_LOCKOUT.failuresMax);
  });

  test('sign-ins that wait for each other are bounded', async () => {
    const page = new Page(world.gateway);
    const tries = Array.from({ length: SIGN_INS_WAITING_MAX + 1 }, (_, n) =>
      page.signIn(`name-${n}`, 'wrong'),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });

  test('a source that tries many names is locked', async () => {
    const page = new Page(world.gateway);
    for (let n = 0; n < 20; n += 1) await page.signIn(`name-${n}`, 'wrong');
    expect((await page.signIn('viewer', PASSWORD)).status).toBe(423);
  });
});

describe('first account', () => {
  test('the set-up code makes one admin, once', async () => {
    const fresh = await openWorld({ clock, accounts: [], options: { port: 0 } });
    const { setupCode, url } = await fresh.gateway.start();
    const page = new Page(fresh.gateway);
    expect((await page.get('/api/session')).body).toMatchObject({ setupNeeded: true });
    const body = { code: setupCode, name: 'root', password: PASSWORD };
    const origin = { origin: url };
    expect((await page.post('/api/setup', { ...body, code: 'AAAA-AAAA-AAAA-AAAA' }, origin)).status).toBe(
      401,
    );
    const answer = await page.post('/api/setup', body, origin);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ account: { name: 'root', role: 'admin' }, setupNeeded: false });
    expect(codeOf(await page.post('/api/setup', body, origin))).toBe('setup_done');
    await fresh.close();
  });

  test('with accounts there is no code', async () => {
    const settled = await openWorld({ clock, options: { port: 0 } });
    const { setupCode, url } = await settled.gateway.start();
    expect(setupCode).toBeUndefined();
    const body = { code: '', name: 'root', password: PASSWORD };
    const answer = await new Page(settled.gateway).post('/api/setup', body, { origin: url });
    expect(codeOf(answer)).toBe('setup_done');
    await settled.close();
  });
});

describe('accounts', () => {
  test('an admin creates, changes and removes; names are one however they are typed', async () => {
    const admin = await Page.signedIn(world.gateway, 'admin');
    const created = await admin.post('/api/accounts', { name: 'Zoë', password: PASSWORD, role: 'viewer' });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ name: 'Zoë', role: 'viewer', lastSignInMs: null });
    const again = await admin.post('/api/accounts', { name: 'ZOË', password: PASSWORD, role: 'viewer' });
    expect(codeOf(again)).toBe('conflict');
    const zoe = new Page(world.gateway);
    expect((await zoe.signIn('zoë', PASSWORD)).status).toBe(200);
    const path = `/api/accounts/${encodeURIComponent('Zoë')}`;
    expect((await admin.request('PATCH', path, { role: 'operator' })).body).toMatchObject({
      role: 'operator',
    });
    expect((await zoe.get('/api/session')).body).toMatchObject({ account: { role: 'operator' } });
    expect((await admin.request('DELETE', path)).status).toBe(204);
    expect((await zoe.get('/api/jobs')).status).toBe(401);
    expect((await admin.request('DELETE', path)).status).toBe(404);
  });

  test('a new password ends the sessions of the old one', async () => {
    const admin = await Page.signedIn(world.gateway, 'admin');
    const viewer = await Page.signedIn(world.gateway, 'viewer');
    await admin.request('PATCH', '/api/accounts/viewer', { password: 'another long password' });
    expect((await viewer.get('/api/jobs')).status).toBe(401);
    expect((await viewer.signIn('viewer', 'another long password')).status).toBe(200);
  });

  test('the last admin cannot be demoted or removed, also not by themselves', async () => {
    const admin = await Page.signedIn(world.gateway, 'admin');
    expect(codeOf(await admin.request('PATCH', '/api/accounts/admin', { role: 'viewer' }))).toBe('conflict');
    expect(codeOf(await admin.request('DELETE', '/api/accounts/admin'))).toBe('conflict');
    expect((await admin.get('/api/accounts')).status).toBe(200);
  });

  test('no answer ever holds a password hash', async () => {
    const admin = await Page.signedIn(world.gateway, 'admin');
    expect((await admin.get('/api/accounts')).text).not.toContain('argon2');
  });
});
