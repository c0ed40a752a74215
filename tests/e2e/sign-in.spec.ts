/** Getting in, and who does not: ui.md 4.1. */

import { request as httpRequest } from 'node:http';
import { expect, type Page } from '@playwright/test';
import { io } from 'socket.io-client';
import { MARKS } from '../../components/test-marks.ts';
import { fillSignIn, live, mark, test } from './fixtures.ts';

test('LG-1 a deep link survives signing in', async ({ demo, page }) => {
  await page.goto(`${demo.url}/members?node=node2`);
  await fillSignIn(page, demo.account('viewer'));
  await live(page);
  await expect(page).toHaveURL(/\/members\?node=node2/);
  await expect(mark(page, MARKS.node.panel)).toBeVisible();
  await expect(mark(page, MARKS.node.name)).toContainText('node2');
});

/** Failures that lock an account. */
const FAILURES_THAT_LOCK = 5;

async function failUntilLocked(page: Page, url: string, name: string): Promise<readonly string[]> {
  const texts: string[] = [];
  await page.goto(`${url}/sign-in`);
  for (let attempt = 1; attempt <= FAILURES_THAT_LOCK; attempt += 1) {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await fillSignIn(page, { name, password: `wrong-password-${attempt}` });
    await answered;
    await expect(mark(page, MARKS.signIn.submit)).toHaveText('Sign in');
    texts.push(await mark(page, MARKS.signIn.error).innerText());
  }
  await fillSignIn(page, { name, password: 'wrong-password-last' });
  texts.push((await mark(page, MARKS.signIn.locked).innerText()).replace(/\d.*/, 'N'));
  return texts;
}

test('LG-3 repeated failures lock, with the same words whether the account exists or not', async ({
  demo,
  page,
}) => {
  const admin = await demo.client('admin');
  const created = await admin.post('/api/accounts', {
    name: 'locked-out',
    password: 'a-password-of-some-length',
    role: 'viewer',
  });
  expect(created.ok).toBe(true);
  const known = await failUntilLocked(page, demo.url, 'locked-out');
  const unknown = await failUntilLocked(page, demo.url, 'nobody-of-this-name');
  expect(known).toEqual(unknown);
  expect(new Set(known.slice(0, -1)).size).toBe(1);
  // The right password does not open a locked account.
  await fillSignIn(page, { name: 'locked-out', password: 'a-password-of-some-length' });
  await expect(mark(page, MARKS.signIn.locked)).toBeVisible();
});

/** Status of a websocket handshake with this Origin; 101 means accepted. */
function handshake(url: string, origin: string, cookie: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
        origin,
        cookie,
      },
    });
    request.on('response', (response) => resolve(response.statusCode ?? 0));
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    request.on('error', reject);
    request.end();
  });
}

/** `open`, or the code of the refusal. */
function openLive(url: string, cookie: string, auth: Record<string, string>): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = io(url, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth,
      extraHeaders: { origin: url, cookie },
    });
    socket.on('connect', () => {
      socket.disconnect();
      resolve('open');
    });
    socket.on('connect_error', (error) => {
      socket.disconnect();
      resolve((error as { data?: { code?: unknown } }).data?.code ?? error.message);
    });
  });
}

test('LG-6 the live socket refuses foreign origins, missing tickets and used tickets', async ({ demo }) => {
  const client = await demo.client('viewer');
  const url = demo.directUrl;
  expect(await handshake(url, 'http://elsewhere.example', client.cookie)).toBe(403);
  expect(await handshake(url, url, client.cookie)).toBe(101);
  expect(await openLive(url, client.cookie, {})).toBe(401);
  const ticket = await client.ticket();
  expect(await openLive(url, client.cookie, { ticket })).toBe('open');
  expect(await openLive(url, client.cookie, { ticket })).toBe(401);
});
