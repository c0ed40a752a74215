import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiError } from '../../../server/wire/http.ts';
import { codeOf, Machine, openWorld, PASSWORD, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

let clock: HandClock;
let world: World;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({ clock });
});
afterEach(async () => world.close());

const credentials = { name: 'admin', password: PASSWORD };

describe('writes', () => {
  test.each([
    ['a foreign origin', { origin: 'http://evil.example' }],
    ['no origin', { origin: '' }],
    ['the origin null', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:4881' }],
    ['a foreign page as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site as the browser says', { 'sec-fetch-site': 'same-site' }],
  ])('from %s are refused with 403', async (_what, headers) => {
    const answer = await new Page(world.gateway).post('/api/session', credentials, headers);
    expect([answer.status, codeOf(answer)]).toEqual([403, 'origin']);
  });

  test('from a page of ours, as the browser says, are taken', async () => {
    const headers = { 'sec-fetch-site': 'same-origin' };
    expect((await new Page(world.gateway).post('/api/session', credentials, headers)).status).toBe(200);
  });

  test.each([
    ['missing', ''],
    ['wrong', 'x'.repeat(43)],
  ])('with a CSRF token that is %s are refused', async (_what, token) => {
    const page = await Page.signedIn(world.gateway, 'admin');
    page.csrf = token;
    const answer = await page.post('/api/accounts', { name: 'x', password: PASSWORD, role: 'viewer' });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'csrf']);
  });

  test("with another session's CSRF token are refused", async () => {
    const page = await Page.signedIn(world.gateway, 'admin');
    page.csrf = (await Page.signedIn(world.gateway, 'admin')).csrf;
    expect(codeOf(await page.post('/api/live-ticket', {}))).toBe('csrf');
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'with the content type "%s" are refused',
    async (type) => {
      const answer = await new Page(world.gateway).post('/api/session', credentials, {
        'content-type': type,
      });
      expect([answer.status, codeOf(answer)]).toEqual([415, 'bad_request']);
    },
  );

  test('reads need no Origin, because browsers leave it out', async () => {
    expect((await new Page(world.gateway).get('/api/session')).status).toBe(200);
  });
});

describe('bodies that do not fit', () => {
  test.each([
    [{ command: '' }, 'command'],
    [{ command: 'x'.repeat(8_193) }, 'command'],
    [{ command: 'version', target: { kind: 'nodes', names: [''] } }, 'target.names.0'],
    [{ command: 'version', target: { kind: 'nodes', names: [] } }, 'target.names'],
    [{ command: 'version', target: { kind: 'galaxy' } }, 'target.kind'],
    [{ command: 'version', timeoutMs: 999 }, 'timeoutMs'],
    [{ command: 'version', timeoutMs: 120_001 }, 'timeoutMs'],
    [{ command: 'version', reason: 7 }, 'reason'],
  ])('%j gets 400 with the path %s', async (body, path) => {
    const page = await Page.signedIn(world.gateway, 'viewer');
    const answer = await page.command(body);
    expect(answer.status).toBe(400);
    const { code, details } = apiError.parse(answer.body);
    expect(code).toBe('bad_request');
    expect(details).toContainEqual(expect.objectContaining({ path }));
  });

  test('an idempotency key is asked for by its name', async () => {
    const page = await Page.signedIn(world.gateway, 'viewer');
    const answer = await page.post('/api/commands', { command: 'version', target: { kind: 'all' } });
    expect(answer.body).toMatchObject({
      code: 'bad_request',
      details: [{ path: 'headers.idempotency-key' }],
    });
  });

  test('a query that does not fit names its place', async () => {
    const page = await Page.signedIn(world.gateway, 'viewer');
    const answer = await page.get('/api/jobs?limit=0');
    expect(answer.body).toMatchObject({ code: 'bad_request', details: [{ path: 'querystring.limit' }] });
  });

  test.each([
    ['no JSON', '{"name":', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['nothing', '', 400],
    ['too large', JSON.stringify({ name: 'x'.repeat(70_000) }), 413],
    ['a planted prototype', '{"__proto__":{"role":"admin"},"name":1}', 400],
  ])('%s gets an error of the one shape', async (_what, body, status) => {
    const answer = await new Page(world.gateway).request('POST', '/api/session', body);
    expect(answer.status).toBe(status);
    expect(apiError.safeParse(answer.body).success).toBe(true);
  });

  test('an unknown path, and an unknown method, get 404 of the one shape', async () => {
    const page = new Page(world.gateway);
    for (const [method, url] of [
      ['GET', '/api/none'],
      ['POST', '/none'],
      ['PUT', '/api/session'],
      ['GET', '/none'],
      ['GET', '/%E0%A4%A'],
    ] as const) {
      const answer = await page.request(method, url);
      expect([url, answer.status, apiError.safeParse(answer.body).success]).toEqual([
        url,
        url.includes('%') ? 400 : 404,
        true,
      ]);
    }
  });
});

describe('every answer', () => {
  test('of the API may not be stored, framed, sniffed or run', async () => {
    const { headers } = await new Page(world.gateway).get('/api/session');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(String(headers['content-security-policy'])).toContain("default-src 'none'");
  });

  test('too many requests of one address are refused for the rest of the minute', async () => {
    const small = await openWorld({ clock, options: { requestsPerMinute: 3 } });
    const page = new Page(small.gateway);
    for (let n = 0; n < 3; n += 1) expect((await page.get('/api/session')).status).toBe(200);
    const answer = await page.get('/api/session');
    expect([answer.status, codeOf(answer)]).toEqual([429, 'rate_limited']);
    expect((await page.get('/livez')).status).toBe(200);
    await small.close();
  });
});

describe('the limit of requests', () => {
  test('counts an IPv6 host by its network, whatever address it takes next', async () => {
    const small = await openWorld({ clock, options: { requestsPerMinute: 2 } });
    const statusFrom = async (address: string): Promise<number> =>
      (await new Machine(small.gateway, 'none', address).get('/api/jobs')).status;
    const addresses = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'];
    const statuses: number[] = [];
    for (const address of addresses) statuses.push(await statusFrom(address));
    expect(statuses).toEqual([401, 401, 429, 401]);
    await small.close();
  });

  const statusesOf = async (urls: readonly string[]): Promise<readonly number[]> => {
    const small = await openWorld({ clock, options: { requestsPerMinute: 2 } });
    const page = new Page(small.gateway);
    const statuses: number[] = [];
    for (const url of urls) statuses.push((await page.get(url)).status);
    await small.close();
    return statuses;
  };

  test('counts an API address however it is written', async () => {
    const urls = ['/api/session', '/%61pi/session', '/api%2fsession', '/%61pi/session', '/api/session'];
    expect(await statusesOf(urls)).toEqual([200, 200, 404, 429, 429]);
  });

  test('counts callers that are refused', async () => {
    expect(await statusesOf(['/api/jobs', '/api/jobs', '/api/jobs'])).toEqual([401, 401, 429]);
  });

  test('an API address that is written otherwise is not stored either', async () => {
    const { headers } = await new Page(world.gateway).get('/%61pi/session');
    expect(headers['cache-control']).toBe('no-store');
  });
});

describe('operation', () => {
  test('ready says why not', async () => {
    const page = new Page(world.gateway);
    expect((await page.get('/readyz')).status).toBe(200);
    world.cluster.setBus('lost');
    const answer = await page.get('/readyz');
    expect([answer.status, answer.body]).toEqual([503, { ready: false, reasons: ['bus: lost'] }]);
    expect((await page.get('/livez')).status).toBe(200);
  });

  test('metrics are open on loopback and need the token elsewhere', async () => {
    const far = await openWorld({ clock, options: { metricsToken: 'scrape-token' } });
    const ask = async (remoteAddress: string, authorization?: string) =>
      await far.gateway.app.inject({
        method: 'GET',
        url: '/metrics',
        remoteAddress,
        headers: authorization === undefined ? {} : { authorization },
      });
    const near = await ask('127.0.0.1');
    expect(near.statusCode).toBe(200);
    expect(near.body).toContain('muster_bus_connected 1');
    expect(near.body).toContain('muster_members{state="present"} 4');
    expect((await ask('192.0.2.1')).statusCode).toBe(401);
    expect((await ask('192.0.2.1', 'Bearer wrong')).statusCode).toBe(401);
    expect((await ask('192.0.2.1', 'Bearer scrape-token')).statusCode).toBe(200);
    await far.close();
  });

  test('what browsers report ends in a histogram', async () => {
    const page = await Page.signedIn(world.gateway, 'viewer');
    expect((await page.post('/api/telemetry', { eventToPaintMs: [20, 120] })).status).toBe(204);
    expect((await page.get('/metrics')).text).toContain('muster_event_to_paint_seconds_count 2');
  });

  test('only a departed member can be dismissed', async () => {
    const page = await Page.signedIn(world.gateway, 'admin');
    expect((await page.request('DELETE', '/api/members/labrat-2')).status).toBe(404);
    world.cluster.depart('labrat-2', 'closed');
    expect((await page.request('DELETE', '/api/members/labrat-2')).status).toBe(204);
    expect(world.cluster.observer.model().members['labrat-2']).toBeUndefined();
    expect((await page.get('/api/audit')).body).toMatchObject({
      records: [
        { action: 'dismissMember', targets: ['labrat-2'], result: 'done' },
        { action: 'dismissMember', targets: ['labrat-2'], result: 'refused' },
        { action: 'signIn' },
        {},
        {},
        {},
      ],
    });
  });

  test('a member is not dismissed if the audit log cannot be written', async () => {
    const page = await Page.signedIn(world.gateway, 'admin');
    world.cluster.depart('labrat-2', 'closed');
    world.store.appendAudit = async () => await Promise.reject(new Error('the disk is full'));
    expect((await page.request('DELETE', '/api/members/labrat-2')).status).toBe(500);
    expect(world.cluster.observer.model().members['labrat-2']?.state).toBe('departed');
  });
});
