/** Getting in, and who does not: ui.md 4.1. */

import { request as httpRequest } from 'node:http';
import { expect, type Page } from '@playwright/test';
import { io } from 'socket.io-client';
import { MARKS } from '../../components/test-marks.ts';
import { fillSignIn, live, mark, scriptedTest, test } from './fixtures.ts';

test('LG-1 a deep link survives signing in', async ({ demo, page }) => {
  await page.goto(`${demo.url}/members?node=node2`);
  await fillSignIn(page, demo.account('viewer'));
  await live(page);
  await expect(page).toHaveURL(/\/members\?node=node2/);
  await expect(mark(page, MARKS.node.panel)).toBeVisible();
  await expect(mark(page, MARKS.node.name)).toContainText('node2');
});

scriptedTest('[LG-4] password managers know the form', async ({ gateway, page }) => {
  await page.goto(`${gateway.url}/sign-in`);
  const form = mark(page, MARKS.signIn.form);
  await expect(form).toHaveCount(1);
  // One form with a real submit button; a page that is sent early keeps the password out of the address.
  expect(await form.evaluate((node) => [node.tagName, (node as HTMLFormElement).method])).toEqual([
    'FORM',
    'post',
  ]);
  const name = form.getByLabel('Account name');
  const password = form.getByLabel('Password', { exact: true });
  await expect(name).toHaveAttribute('autocomplete', 'username');
  await expect(name).toHaveAttribute('name', 'username');
  await expect(password).toHaveAttribute('autocomplete', 'current-password');
  await expect(password).toHaveAttribute('type', 'password');
  await expect(form.getByRole('button', { name: 'Sign in' })).toHaveAttribute('type', 'submit');
  await expect(page.locator('input[type="password"]')).toHaveCount(1);
});

scriptedTest(
  '[LG-4] values that a password manager sets without keys are accepted',
  async ({ gateway, page }) => {
    const { name, password } = gateway.account('viewer');
    await page.goto(`${gateway.url}/sign-in`);
    // No event follows: some managers write the value and nothing else.
    for (const [field, text] of [
      [MARKS.signIn.name, name],
      [MARKS.signIn.password, password],
    ] as const) {
      await mark(page, field).evaluate((node, value) => Reflect.set(node, 'value', value), text);
    }
    await mark(page, MARKS.signIn.submit).click();
    await live(page);
  },
);

scriptedTest('[LG-4] a password can be pasted, also while it is shown', async ({ gateway, page }) => {
  const { name, password } = gateway.account('viewer');
  await page.goto(`${gateway.url}/sign-in`);
  const nameField = mark(page, MARKS.signIn.name);
  const passwordField = mark(page, MARKS.signIn.password);
  await nameField.fill(password);
  await nameField.press('ControlOrMeta+a');
  await nameField.press('ControlOrMeta+x');
  await mark(page, MARKS.signIn.showPassword).click();
  await expect(passwordField).toHaveAttribute('type', 'text');
  await passwordField.press('ControlOrMeta+v');
  await expect(passwordField).toHaveValue(password);
  await nameField.fill(name);
  await nameField.press('Enter');
  await live(page);
});

scriptedTest(
  'sign-in loads no framework, and its policy allows no inline script but one',
  async ({ gateway, page }) => {
    const scripts: string[] = [];
    page.on('request', (request) => {
      if (request.resourceType() === 'script') scripts.push(new URL(request.url()).pathname);
    });
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    const response = await page.goto(`${gateway.url}/sign-in`);
    await expect(mark(page, MARKS.signIn.cluster)).toContainText('demo');
    await expect(mark(page, MARKS.signIn.envBand)).toContainText('Test');
    expect(scripts).toEqual([expect.stringMatching(/^\/_next\/static\/chunks\/sign-in-[0-9a-f]{16}\.js$/)]);
    expect(response?.headers()['content-security-policy']).toMatch(/script-src 'self' 'sha256-[\w+/]{43}=';/);
    expect(errors).toEqual([]);
  },
);

scriptedTest('who is signed in already goes on to the page behind the link', async ({ gateway, page }) => {
  await page.goto(`${gateway.url}/sign-in`);
  await fillSignIn(page, gateway.account('viewer'));
  await live(page);
  await page.goto(`${gateway.url}/sign-in?next=%2Fconsole`);
  await expect(page).toHaveURL(/\/console$/);
});

scriptedTest('the address without a path leads to a page', async ({ gateway, page }) => {
  await page.goto(gateway.url);
  await fillSignIn(page, gateway.account('viewer'));
  await live(page);
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
