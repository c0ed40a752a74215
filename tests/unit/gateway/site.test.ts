import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';

const FILES: Readonly<Record<string, string>> = {
  'index.html': '<html><script>let start = 1</script></html>',
  'members.html': '<html>members</html>',
  'members.txt': 'payload',
  'console/index.html': '<html>console</html>',
  '404.html': '<html>nothing here</html>',
  '_next/static/chunks/a-1f.js': 'run()',
  'icon.svg': '<svg/>',
};

let world: World;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-site-'));
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  const site = join(folder, 'out');
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(site, path, '..'), { recursive: true });
    writeFileSync(join(site, path), text);
  }
  world = await openWorld({ clock: new HandClock(), options: { siteDirectory: site } });
});
afterAll(async () => world.close());

const get = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  world.gateway.app.inject({ method: 'GET', url, headers });

describe('site', () => {
  test.each([
    ['/', 'index.html'],
    ['/index.html', 'index.html'],
    ['/members', 'members.html'],
    ['/members/', 'members.html'],
    ['/members?member=labrat-1', 'members.html'],
    ['/members.txt', 'members.txt'],
    ['/console', 'console/index.html'],
    ['/console/', 'console/index.html'],
    ['/_next/static/chunks/a-1f.js', '_next/static/chunks/a-1f.js'],
  ])('%s is %s', async (url, file) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.body]).toEqual([200, FILES[file]]);
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/members/../../secret.txt',
    '//secret.txt',
    '/nothing',
    '/console/nothing',
  ])('%s is the page for what is not there', async (url) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.body]).toEqual([404, FILES['404.html']]);
  });

  test('hashed files never change, pages are asked for again', async () => {
    expect((await get('/_next/static/chunks/a-1f.js')).headers['cache-control']).toContain('immutable');
    const page = await get('/');
    expect(page.headers['cache-control']).toBe('no-cache');
    const again = await get('/', { 'if-none-match': String(page.headers.etag) });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  test('[R10] a page may run its own inline script and nothing else inline', async () => {
    const policy = String((await get('/')).headers['content-security-policy']);
    expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/]{43}=';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(String((await get('/members')).headers['content-security-policy'])).toContain(
      "script-src 'self';",
    );
  });

  test('text is compressed for those who take it', async () => {
    const answer = await get('/members', { 'accept-encoding': 'br, gzip' });
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(answer.rawPayload).toString()).toBe(FILES['members.html']);
    expect((await get('/members')).headers['content-encoding']).toBeUndefined();
  });

  test('HEAD is GET without its body', async () => {
    const answer = await world.gateway.app.inject({ method: 'HEAD', url: '/members' });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
  });
});
