/** API tokens: shown once, limited, judged for every request, and one answer for every bad one. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  TOKEN_USE_WRITTEN_MS,
  TOKENS_ENDED_KEPT_MS,
  TOKENS_LIVE_MAX,
} from '../../../server/gateway/api-tokens.ts';
import { SOURCE_LOCKOUT } from '../../../server/gateway/lockout.ts';
import {
  type ApiToken,
  type AuditRecord,
  auditReply,
  tokenCreateReply,
  tokenListReply,
} from '../../../server/wire/http.ts';
import {
  type Answer,
  codeOf,
  Machine,
  ORIGIN,
  openWorld,
  Page,
  type World,
} from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

const DAY_MS = 86_400_000;

let clock: HandClock;
let world: World;
let admin: Page;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({ clock });
  admin = await Page.signedIn(world.gateway, 'admin');
});
afterEach(async () => world.close());

async function make(
  wanted: Readonly<Record<string, unknown>> = {},
): Promise<{ token: ApiToken; secret: string }> {
  const answer = await admin.post('/api/tokens', { label: 'backup', scope: 'read', ...wanted });
  expect(answer.status).toBe(201);
  return tokenCreateReply.parse(answer.body);
}

async function listed(): Promise<readonly ApiToken[]> {
  return tokenListReply.parse((await admin.get('/api/tokens')).body).tokens;
}

async function tokenRecords(): Promise<readonly AuditRecord[]> {
  // The session may have ended meanwhile: clocks move by days here.
  const reader = await Page.signedIn(world.gateway, 'admin');
  const { records } = auditReply.parse((await reader.get('/api/audit?limit=500')).body);
  return records.filter(({ action }) => action === 'token');
}

describe('[ST-1] a token', () => {
  test('is shown once and kept as a hash; the list never holds it', async () => {
    const { token, secret } = await make({ days: 30, networks: ['127.0.0.0/8'], subclusters: ['default'] });
    expect(secret).toMatch(/^muster_[0-9a-f]{12}_[\w-]{43}$/);
    expect(secret.startsWith(token.prefix)).toBe(true);
    const text = (await admin.get('/api/tokens')).text;
    expect(text).toContain(token.prefix);
    expect(text).not.toContain(secret.slice(token.prefix.length));
    expect((await listed())[0]).toMatchObject({
      label: 'backup',
      createdBy: 'admin',
      expiresMs: clock.wallMs() + 30 * DAY_MS,
      lastUsedMs: null,
    });
    expect(JSON.stringify(await world.store.tokens.all())).not.toContain(
      secret.slice(token.prefix.length + 1),
    );
    expect(await tokenRecords()).toMatchObject([
      { actor: 'admin', result: 'done', detail: `create read token ${token.prefix} "backup"` },
    ]);
  });

  test('lives 90 days unless said otherwise, and ends on the millisecond', async () => {
    const { token, secret } = await make();
    expect(token.expiresMs - token.createdMs).toBe(90 * DAY_MS);
    const machine = new Machine(world.gateway, secret);
    clock.advance(90 * DAY_MS - 1);
    expect((await machine.get('/api/jobs')).status).toBe(200);
    clock.advance(1);
    expect((await machine.get('/api/jobs')).status).toBe(401);
  });

  test('says when and from where it was used last, written once a minute', async () => {
    const { secret } = await make();
    const usedMs = clock.wallMs();
    await new Machine(world.gateway, secret, '192.0.2.1').get('/api/jobs');
    clock.advance(TOKEN_USE_WRITTEN_MS - 1);
    await new Machine(world.gateway, secret, '192.0.2.2').get('/api/jobs');
    expect(await listed()).toMatchObject([{ lastUsedMs: usedMs, lastUsedFrom: '192.0.2.1' }]);
    clock.advance(1);
    await new Machine(world.gateway, secret, '192.0.2.2').get('/api/jobs');
    expect(await listed()).toMatchObject([{ lastUsedMs: clock.wallMs(), lastUsedFrom: '192.0.2.2' }]);
  });

  test('writes without Origin and CSRF token, in its own name', async () => {
    const machine = await Machine.of(world.gateway, admin, { scope: 'command' });
    const sent = await machine.command({ command: 'cluster duravip debug on' });
    expect(sent.status).toBe(202);
    const [token] = await listed();
    expect(sent.body).toMatchObject({ actor: `token:${token?.id}` });
    expect((await machine.request('POST', '/api/live-ticket')).status).toBe(200);
    expect((await machine.get('/api/session')).body).toMatchObject({
      account: { name: `token:${token?.id}`, role: 'operator' },
      csrf: null,
    });
    const foreign = await machine.request('GET', '/api/jobs', undefined, {
      origin: 'https://elsewhere.example',
    });
    expect(codeOf(foreign)).toBe('origin');
    expect((await machine.request('GET', '/api/jobs', undefined, { origin: ORIGIN })).status).toBe(200);
  });

  test('is judged alone, whatever cookie comes with it', async () => {
    const { token, secret } = await make();
    const both = { authorization: `Bearer ${secret}` };
    expect(codeOf(await admin.request('GET', '/api/accounts', undefined, both))).toBe('forbidden');
    expect((await admin.get('/api/accounts')).status).toBe(200);
    await admin.request('DELETE', `/api/tokens/${token.id}`);
    expect(codeOf(await admin.request('GET', '/api/jobs', undefined, both))).toBe('unauthenticated');
  });

  test('sends commands only to its subclusters', async () => {
    const { observer } = world.cluster;
    const machine = await Machine.of(world.gateway, admin, { scope: 'command', subclusters: ['default'] });
    const other = observer.model().members['labrat-3'];
    if (other !== undefined) observer.set('members', 'labrat-3', { ...other, subcluster: 'west' });
    const statusOf = async (target: unknown) =>
      (await machine.command({ command: 'version', target })).status;
    expect(await statusOf({ kind: 'subcluster', name: 'default' })).toBe(202);
    expect(await statusOf({ kind: 'nodes', names: ['labrat-1', 'labrat-2'] })).toBe(202);
    expect(await statusOf({ kind: 'nodes', names: ['labrat-1', 'labrat-3'] })).toBe(403);
    expect(await statusOf({ kind: 'subcluster', name: 'west' })).toBe(403);
    expect(await statusOf({ kind: 'all' })).toBe(403);
    // Who is not known here may be known to the bus.
    expect(await statusOf({ kind: 'nodes', names: ['labrat-9'] })).toBe(403);
    expect(observer.sent).toHaveLength(2);
  });

  test('cannot make another one, nor ask for approval', async () => {
    const machine = await Machine.of(world.gateway, admin, { scope: 'admin' });
    expect(codeOf(await machine.request('POST', '/api/tokens', { label: 'x', scope: 'read' }))).toBe(
      'forbidden',
    );
    const ask = { command: 'shutdown', target: { kind: 'all' }, reason: 'x' };
    expect(codeOf(await machine.request('POST', '/api/approvals', ask))).toBe('forbidden');
  });
});

describe('a token and the admin who made it', () => {
  const PASSWORD_OF_ZOE = 'correct horse battery';
  let zoe: Page;

  beforeEach(async () => {
    await admin.post('/api/accounts', { name: 'zoe', password: PASSWORD_OF_ZOE, role: 'admin' });
    zoe = new Page(world.gateway);
    await zoe.signIn('zoe', PASSWORD_OF_ZOE);
  });

  test('may never more than that person may now', async () => {
    const rules = await Machine.of(world.gateway, zoe, { scope: 'admin' });
    const reads = await Machine.of(world.gateway, zoe, { scope: 'read' });
    expect((await rules.get('/api/accounts')).status).toBe(200);
    await admin.request('PATCH', '/api/accounts/zoe', { role: 'operator' });
    expect(codeOf(await rules.get('/api/accounts'))).toBe('forbidden');
    expect((await rules.get('/api/session')).body).toMatchObject({ account: { role: 'operator' } });
    const shutdown = { command: 'shutdown', target: { kind: 'nodes', names: ['labrat-1'] } };
    expect((await rules.command({ ...shutdown, typedName: 'labrat-1' })).status).toBe(403);
    expect((await reads.get('/api/session')).body).toMatchObject({ account: { role: 'viewer' } });
    await admin.request('PATCH', '/api/accounts/zoe', { role: 'admin' });
    expect((await rules.get('/api/accounts')).status).toBe(200);
    expect((await reads.get('/api/accounts')).status).toBe(403);
  });

  test('ends with the account, and stays ended when somebody else gets the name', async () => {
    const machine = await Machine.of(world.gateway, zoe, { scope: 'read' });
    await admin.request('DELETE', '/api/accounts/zoe');
    const answer = await machine.get('/api/jobs');
    expect([answer.status, answer.text]).toEqual([
      401,
      '{"code":"unauthenticated","message":"the token is not accepted"}',
    ]);
    expect((await listed())[0]).toMatchObject({ createdBy: 'zoe', revokedMs: clock.wallMs() });
    expect((await tokenRecords()).map(({ actor, result }) => [actor, result])).toContainEqual([
      'admin',
      'done',
    ]);
    clock.advance(1);
    await admin.post('/api/accounts', { name: 'ZOE', password: PASSWORD_OF_ZOE, role: 'admin' });
    expect((await machine.get('/api/jobs')).status).toBe(401);
  });

  test('is not revived by an account of the same name, even where nothing revoked it', async () => {
    const machine = await Machine.of(world.gateway, zoe, { scope: 'admin' });
    await world.store.removeAccount('zoe');
    expect((await machine.get('/api/jobs')).status).toBe(401);
    clock.advance(1);
    await admin.post('/api/accounts', { name: 'zoe', password: PASSWORD_OF_ZOE, role: 'admin' });
    expect((await machine.get('/api/jobs')).status).toBe(401);
    expect((await tokenRecords())[0]?.detail).toBe('GET /api/jobs: token of an account that is gone');
  });

  test('makes and takes over no account: that would outlive it', async () => {
    const machine = await Machine.of(world.gateway, admin, { scope: 'admin' });
    const mallory = { name: 'mallory', password: 'a long enough password', role: 'admin' };
    expect(codeOf(await machine.request('POST', '/api/accounts', mallory))).toBe('forbidden');
    const taken = { password: 'a long enough password' };
    expect(codeOf(await machine.request('PATCH', '/api/accounts/admin', taken))).toBe('forbidden');
  });
});

describe('a bad token', () => {
  async function everyBadAnswer(): Promise<readonly Answer[]> {
    const good = await make();
    const revoked = await make();
    await admin.request('DELETE', `/api/tokens/${revoked.token.id}`);
    const expired = await make({ days: 1 });
    const foreign = await make({ networks: ['10.0.0.0/8', '2001:db8::/32'] });
    clock.advance(DAY_MS);
    const unknown = `muster_000000000000_${'x'.repeat(43)}`;
    const wrong = `${good.secret.slice(0, -1)}${good.secret.endsWith('A') ? 'B' : 'A'}`;
    const texts = [unknown, wrong, revoked.secret, expired.secret, foreign.secret, 'not a token', ''];
    return await Promise.all(texts.map((text) => new Machine(world.gateway, text).get('/api/jobs')));
  }

  test('of any kind gets the same answer, and a record that says which', async () => {
    const answers = await everyBadAnswer();
    for (const { status, text } of answers) {
      expect([status, text]).toEqual([
        401,
        '{"code":"unauthenticated","message":"the token is not accepted"}',
      ]);
    }
    const headers = answers.map(({ headers: { date: _date, ...rest } }) => {
      return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('x-ratelimit')));
    });
    expect(new Set(headers.map((all) => JSON.stringify(all))).size).toBe(1);
    const refused = (await tokenRecords()).filter(({ result }) => result === 'refused');
    expect(refused.map(({ detail }) => detail.replace(/_\w+$/, '_…')).sort()).toEqual([
      'GET /api/jobs: expired token',
      'GET /api/jobs: malformed token',
      'GET /api/jobs: malformed token',
      'GET /api/jobs: revoked token',
      'GET /api/jobs: token from a foreign network',
      'GET /api/jobs: unknown token',
      'GET /api/jobs: wrong secret for muster_…',
    ]);
    expect(refused.every(({ sourceAddress }) => sourceAddress === '127.0.0.1')).toBe(true);
  });

  test('of a network that is allowed is good, also through IPv6', async () => {
    const { secret } = await make({ networks: ['10.0.0.0/8', '2001:db8::/32'] });
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::7']) {
      expect((await new Machine(world.gateway, secret, address).get('/api/jobs')).status).toBe(200);
    }
    expect((await new Machine(world.gateway, secret, '2001:db9::7').get('/api/jobs')).status).toBe(401);
  });

  test('that asks for more than its scope is 403, with a record', async () => {
    const machine = await Machine.of(world.gateway, admin, { scope: 'read' });
    expect(codeOf(await machine.get('/api/accounts'))).toBe('forbidden');
    expect((await tokenRecords())[0]).toMatchObject({
      actor: expect.stringMatching(/^token:[0-9a-f]{12}$/),
      role: 'viewer',
      result: 'refused',
      detail: 'GET /api/accounts: out of scope',
    });
    expect((await machine.command({ command: 'shutdown', typedName: 'demo' })).status).toBe(403);
  });

  test('again and again is recorded up to a bound; good ones of the same source go on', async () => {
    const { secret } = await make();
    const bad = new Machine(world.gateway, 'nothing', '192.0.2.9');
    const codes: unknown[] = [];
    for (let n = 0; n <= SOURCE_LOCKOUT.failuresMax; n += 1) codes.push(codeOf(await bad.get('/api/jobs')));
    expect(codes.slice(0, -1).every((code) => code === 'unauthenticated')).toBe(true);
    expect(codes.at(-1)).toBe('rate_limited');
    expect((await new Machine(world.gateway, secret, '192.0.2.9').get('/api/jobs')).status).toBe(200);
    const refused = (await tokenRecords()).filter(({ result }) => result === 'refused');
    expect(refused).toHaveLength(SOURCE_LOCKOUT.failuresMax);
    expect(refused[0]?.detail).toContain('more of this source are not recorded');
  });
});

test('a host that changes its IPv6 address with every attempt fills no log', async () => {
  for (let n = 1; n <= SOURCE_LOCKOUT.failuresMax * 2; n += 1) {
    await new Machine(world.gateway, 'nothing', `2001:db8:0:7::${n.toString(16)}`).get('/api/jobs');
  }
  const elsewhere = new Machine(world.gateway, 'nothing', '2001:db8:0:8::1');
  expect(codeOf(await elsewhere.get('/api/jobs'))).toBe('unauthenticated');
  const refused = (await tokenRecords()).filter(({ result }) => result === 'refused');
  expect(refused).toHaveLength(SOURCE_LOCKOUT.failuresMax + 1);
});

describe('the list of tokens', () => {
  test('a revoked one stays for 30 days, and cannot be revoked twice', async () => {
    const { token } = await make();
    expect((await admin.request('DELETE', `/api/tokens/${token.id}`)).status).toBe(204);
    expect((await admin.request('DELETE', `/api/tokens/${token.id}`)).status).toBe(404);
    expect((await admin.request('DELETE', '/api/tokens/none')).status).toBe(404);
    expect((await listed())[0]).toMatchObject({ id: token.id, revokedMs: clock.wallMs() });
    clock.advance(TOKENS_ENDED_KEPT_MS);
    admin = await Page.signedIn(world.gateway, 'admin');
    await make({ label: 'next' });
    expect((await listed()).map(({ label }) => label)).toEqual(['next', 'backup']);
    clock.advance(1);
    await make({ label: 'last' });
    expect((await listed()).map(({ label }) => label).sort()).toEqual(['last', 'next']);
  });

  test(`holds at most ${TOKENS_LIVE_MAX} that live; ended ones make room`, async () => {
    const { token } = await make();
    const [stored] = await world.store.tokens.all();
    for (let n = 1; n < TOKENS_LIVE_MAX; n += 1) {
      const id = String(n).padStart(12, '0');
      if (stored !== undefined) await world.store.tokens.create({ ...stored, id }, TOKENS_LIVE_MAX, 0);
    }
    const refused = await admin.post('/api/tokens', { label: 'one more', scope: 'read' });
    expect([refused.status, codeOf(refused)]).toEqual([409, 'conflict']);
    await admin.request('DELETE', `/api/tokens/${token.id}`);
    await make({ label: 'one more' });
  });

  test.each([
    [{ networks: ['10.0.0.0/8', '10.0.0.0/33'] }, 'networks.1'],
    [{ networks: ['any'] }, 'networks.0'],
    [{ days: 0 }, 'days'],
    [{ days: 367 }, 'days'],
    [{ label: '  ' }, 'label'],
    [{ scope: 'root' }, 'scope'],
  ])('refuses %j, naming the field', async (change, path) => {
    const answer = await admin.post('/api/tokens', { label: 'backup', scope: 'read', ...change });
    expect([answer.status, answer.body]).toMatchObject([400, { details: [{ path }] }]);
    expect(await listed()).toEqual([]);
  });
});

describe('/metrics', () => {
  test('from elsewhere takes an API token of any scope', async () => {
    const { secret } = await make();
    expect((await new Machine(world.gateway, secret, '192.0.2.1').get('/metrics')).status).toBe(200);
    expect((await new Machine(world.gateway, 'nothing', '192.0.2.1').get('/metrics')).status).toBe(401);
  });
});
