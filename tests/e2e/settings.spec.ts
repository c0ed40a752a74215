/** Settings: preferences, API tokens and approvals: ui.md 4.12. */

import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { Approval, CommandTarget } from '../../server/wire/http.ts';
import { GatewayClient } from '../support/gateway-client.ts';
import { until } from '../support/until.ts';
import { live, mark, scriptedTest, signIn } from './fixtures.ts';

const DAY_MS = 86_400_000;
const SECRET = /^muster_[0-9a-f]{12}_[\w-]{43}$/;

/** Fills the form and reads the secret off the page, once. */
async function makeToken(page: Page, label: string, scope: string, days: number): Promise<string> {
  await mark(page, MARKS.settings.tokenLabel).fill(label);
  await mark(page, MARKS.settings.tokenScope).selectOption(scope);
  await mark(page, MARKS.settings.tokenDays).fill(String(days));
  await mark(page, MARKS.settings.tokenCreate).click();
  const secret = await mark(page, MARKS.settings.tokenSecret).inputValue();
  expect(secret).toMatch(SECRET);
  return secret;
}

function tokenRow(page: Page, label: string): Locator {
  return mark(page, MARKS.settings.token).filter({ hasText: label });
}

function asProgram(url: string, secret: string) {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
  return {
    get: async (path: string): Promise<number> => (await fetch(`${url}${path}`, { headers })).status,
    command: async (command: string, key: string): Promise<number> => {
      const body = JSON.stringify({ command, target: { kind: 'all' } });
      const sent = { ...headers, 'idempotency-key': key };
      return (await fetch(`${url}/api/commands`, { method: 'POST', headers: sent, body })).status;
    },
  };
}

scriptedTest('[ST-1] a token is shown once and is nowhere to be found after', async ({ gateway, page }) => {
  await signIn(page, gateway, 'admin', '/settings?tab=tokens');
  const secret = await makeToken(page, 'ci smoke', 'read', 90);
  await mark(page, MARKS.settings.tokenDone).click();
  await expect(tokenRow(page, 'ci smoke')).toHaveAttribute('data-live', 'true');
  expect(await page.content()).not.toContain(secret);
  await page.reload();
  await expect(tokenRow(page, 'ci smoke')).toHaveCount(1);
  expect(await page.content()).not.toContain(secret);
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toContain(secret);
  const admin = await GatewayClient.signIn(gateway.url, gateway.account('admin'));
  expect(await (await admin.get('/api/tokens')).text()).not.toContain(secret);
});

scriptedTest(
  '[ST-1] a token does what its scope allows, shows its last use, and ends when revoked',
  async ({ gateway, page }) => {
    await signIn(page, gateway, 'admin', '/settings?tab=tokens');
    const reads = asProgram(gateway.url, await makeToken(page, 'ci smoke', 'read', 90));
    await mark(page, MARKS.settings.tokenDone).click();
    await expect(mark(tokenRow(page, 'ci smoke'), MARKS.settings.tokenLastUsed)).toHaveText('never used');
    expect(await reads.get('/api/jobs')).toBe(200);
    expect(await reads.command('version', 'a-key-of-a-read')).toBe(202);
    expect(await reads.get('/api/accounts')).toBe(403);
    expect(await reads.command('cluster duravip announce view', 'a-key-of-a-write')).toBe(403);
    const commands = asProgram(gateway.url, await makeToken(page, 'deploy', 'command', 90));
    await mark(page, MARKS.settings.tokenDone).click();
    expect(await commands.command('cluster duravip announce view', 'another-key')).toBe(202);
    expect(await commands.command('shutdown', 'a-third-key')).toBe(403);
    await page.reload();
    await expect(mark(tokenRow(page, 'ci smoke'), MARKS.settings.tokenLastUsed)).toContainText(
      'from 127.0.0.1',
    );

    await mark(tokenRow(page, 'ci smoke'), MARKS.settings.tokenRevoke).click();
    await expect(mark(page, MARKS.preview.sheet)).toContainText('muster_');
    await mark(page, MARKS.preview.typedName).fill('ci smoke');
    await mark(page, MARKS.guard.cover).click();
    await mark(page, MARKS.guard.commit).click();
    await expect(mark(tokenRow(page, 'ci smoke'), MARKS.settings.tokenState)).toHaveText('revoked');
    expect(await reads.get('/api/jobs')).toBe(401);
    expect(await commands.get('/api/jobs')).toBe(200);
  },
);

scriptedTest('[ST-1] a token ends by itself', async ({ gateway, page }) => {
  await signIn(page, gateway, 'admin', '/settings?tab=tokens');
  const program = asProgram(gateway.url, await makeToken(page, 'short', 'read', 1));
  await mark(page, MARKS.settings.tokenDone).click();
  await expect(mark(tokenRow(page, 'short'), MARKS.settings.tokenState)).toContainText('ends in');
  expect(await program.get('/api/jobs')).toBe(200);
  gateway.jump(DAY_MS);
  expect(await program.get('/api/jobs')).toBe(401);
  // The session ended as well: a day is longer than any.
  await page.context().clearCookies();
  await signIn(page, gateway, 'admin', '/settings?tab=tokens');
  await expect(mark(tokenRow(page, 'short'), MARKS.settings.tokenState)).toHaveText('expired');
});

scriptedTest(
  'tokens are for admins, and a network that is none is refused in words',
  async ({ gateway, page }) => {
    await signIn(page, gateway, 'operator', '/settings?tab=tokens');
    await expect(mark(page, MARKS.settings.tokensForbidden)).toBeVisible();
    await expect(mark(page, MARKS.settings.tokenForm)).toHaveCount(0);
    await page.context().clearCookies();
    await signIn(page, gateway, 'admin', '/settings?tab=tokens');
    await mark(page, MARKS.settings.tokenLabel).fill('typo');
    await mark(page, MARKS.settings.tokenNetworks).fill('10.0.0.0/8, 10.0.0/33');
    await mark(page, MARKS.settings.tokenCreate).click();
    await expect(mark(page, MARKS.settings.tokenError)).not.toBeEmpty();
    await expect(mark(page, MARKS.settings.tokenLabel)).toHaveValue('typo');
  },
);

async function ask(
  url: string,
  account: { name: string; password: string },
  command: string,
  target: CommandTarget = { kind: 'nodes', names: ['labrat-1', 'labrat-2'] },
): Promise<Approval> {
  const client = await GatewayClient.signIn(url, account);
  const answer = await client.post('/api/approvals', { command, target, reason: 'disk failing' });
  expect(answer.status).toBe(201);
  return (await answer.json()) as Approval;
}

function request(page: Page, { id }: Approval): Locator {
  return page.locator(`[data-test="${MARKS.settings.request}"][data-request="${id}"]`);
}

scriptedTest(
  'an operator asks, an admin approves after a preview, and the command runs',
  async ({ gateway, page }) => {
    gateway.answer = (command, node) => `${command} at ${node}`;
    const asked = await ask(gateway.url, gateway.account('operator'), 'shutdown');
    expect(gateway.cluster.observer.sent).toEqual([]);
    await signIn(page, gateway, 'admin', '/settings?tab=approvals');
    await expect(mark(page, MARKS.settings.tabApprovals)).toContainText('1');
    await expect(request(page, asked)).toContainText('disk failing');
    await mark(request(page, asked), MARKS.settings.requestReview).click();
    const sheet = mark(page, MARKS.preview.sheet);
    await expect(mark(sheet, MARKS.preview.exact)).toHaveText('shutdown');
    await expect(mark(sheet, MARKS.preview.targets)).toContainText('labrat-2');
    const admin = await GatewayClient.signIn(gateway.url, gateway.account('admin'));
    const classified = await admin.post('/api/commands/classify', {
      command: 'shutdown',
      target: asked.target,
    });
    const { typedName } = (await classified.json()) as { typedName: string };
    await mark(sheet, MARKS.preview.typedName).fill(typedName);
    await mark(sheet, MARKS.guard.cover).click();
    await mark(sheet, MARKS.guard.commit).click();
    await expect(mark(sheet, MARKS.preview.outcome)).toHaveAttribute('data-kind', 'accepted');
    await mark(sheet, MARKS.settings.requestJob).click();
    await expect(mark(page, MARKS.console.job)).toContainText('shutdown at labrat-1');
    expect(gateway.cluster.observer.sent.map(({ command }) => command)).toEqual(['shutdown']);
  },
);

scriptedTest(
  '[ST-3] who asked cannot approve, and a target that means other nodes voids the request',
  async ({ gateway, page }) => {
    const own = await ask(gateway.url, gateway.account('admin'), 'shutdown');
    const operator = gateway.account('operator');
    const named = await ask(gateway.url, operator, 'shutdown');
    const everybody = await ask(gateway.url, operator, 'shutdown', { kind: 'all' });
    await signIn(page, gateway, 'admin', '/settings?tab=approvals');
    const review = mark(request(page, own), MARKS.settings.requestReview);
    await expect(review).toHaveAttribute('aria-disabled', 'true');
    await expect(request(page, own)).toContainText('it takes a second person');
    await review.click({ force: true });
    await expect(mark(page, MARKS.preview.sheet)).toHaveCount(0);
    gateway.cluster.depart('labrat-2', 'closed');
    const nodes = (of: Approval): Locator => mark(request(page, of), MARKS.settings.requestNodes);
    await expect(nodes(everybody)).toHaveAttribute('data-changed', 'true');
    await expect(nodes(everybody)).toContainText('without labrat-2.');
    // labrat-1 is still there: the whole target reaches nobody, and that is what is said.
    await expect(nodes(named)).toContainText('it would reach nobody now');
    await expect(nodes(named)).not.toContainText('without labrat-1');
    // What the page does not offer, the gateway does not do.
    const admin = await GatewayClient.signIn(gateway.url, gateway.account('admin'));
    expect((await admin.post(`/api/approvals/${own.id}/approve`, { note: '', typedName: 'x' })).status).toBe(
      403,
    );
    const late = await admin.post(`/api/approvals/${everybody.id}/approve`, { note: '', typedName: 'demo' });
    expect(late.status).toBe(409);
    await expect(request(page, everybody)).toHaveAttribute('data-state', 'void');
    expect(gateway.cluster.observer.sent).toEqual([]);
  },
);

scriptedTest('a denied request says so to who asked, and nothing was sent', async ({ gateway, page }) => {
  const asked = await ask(gateway.url, gateway.account('operator'), 'shutdown');
  await signIn(page, gateway, 'admin', '/settings?tab=approvals');
  await mark(request(page, asked), MARKS.settings.requestDeny).click();
  await mark(page, MARKS.settings.requestNote).fill('not during the day');
  await mark(page, MARKS.settings.requestDenyCommit).click();
  await expect(request(page, asked)).toHaveAttribute('data-state', 'denied');
  await page.context().clearCookies();
  await signIn(page, gateway, 'operator', '/settings?tab=approvals');
  await expect(request(page, asked)).toContainText('not during the day');
  expect(gateway.cluster.observer.sent).toEqual([]);
});

scriptedTest('preferences follow the account, for every role', async ({ gateway, page, browser }) => {
  await signIn(page, gateway, 'viewer', '/settings');
  await page.getByLabel('Compact').check();
  // By keyboard: another zone changes every time on the page, and takes neither focus nor the word that it was saved.
  await mark(page, MARKS.settings.zone).focus();
  await mark(page, MARKS.settings.zone).selectOption('Asia/Tokyo');
  await expect(mark(page, MARKS.settings.saved)).toHaveAttribute('data-saved', 'true');
  await expect(mark(page, MARKS.settings.zone)).toBeFocused();
  const viewer = await GatewayClient.signIn(gateway.url, gateway.account('viewer'));
  await until(async () => {
    const kept = (await (await viewer.get('/api/preferences')).json()) as { zone: string; density: string };
    return kept.zone === 'Asia/Tokyo' && kept.density === 'compact';
  });
  const elsewhere = await (await browser.newContext()).newPage();
  await signIn(elsewhere, gateway, 'viewer', '/settings');
  await expect(mark(elsewhere, MARKS.settings.zone)).toHaveValue('Asia/Tokyo');
  await expect(elsewhere.getByLabel('Compact')).toBeChecked();
  await elsewhere.context().close();
});

scriptedTest('the tab stands in the address, and back restores it', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer', '/settings');
  await mark(page, MARKS.settings.tabAbout).click();
  await expect(page).toHaveURL(/[?&]tab=about/);
  await page.reload();
  await live(page);
  await expect(mark(page, MARKS.settings.about)).toContainText('3.2.1');
  const licences = await page.request.get(`${gateway.url}/licences.txt`);
  expect(await licences.text()).toContain('react ');
});
