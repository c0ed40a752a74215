/** Reference pages: every option of the tables, every route of the gateway. */

import { expect } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { createRegistry } from '../../server/conf/registry.ts';
import { MSGC_CLIENT_TABLE, MSGC_SERVER_TABLE } from '../../server/msgc/options.ts';
import { live, mark, scriptedTest, signIn } from './fixtures.ts';

scriptedTest(
  'every option of every table has its row, and a link to it leads there',
  async ({ gateway, page }) => {
    const tables = createRegistry([MSGC_SERVER_TABLE, MSGC_CLIENT_TABLE]).tables();
    await signIn(page, gateway, 'viewer', '/reference/options#cluster.view_mature_time');
    const rows = mark(page, MARKS.reference.option);
    await expect(rows).toHaveCount(tables.flatMap(({ options }) => options).length);
    const row = page.locator('[id="cluster.view_mature_time"]');
    await expect(row).toBeInViewport();
    await expect(row).toContainText('whole number, s');
    await mark(page, MARKS.reference.filter).fill('msgc_client keepalive');
    await expect(rows.filter({ visible: true })).toHaveCount(1);
    await expect(page).toHaveURL(/[?&]q=msgc_client/);
    await page.reload();
    await live(page);
    await expect(rows.filter({ visible: true })).toHaveCount(1);
  },
);

scriptedTest('the tables travel in the document, not in a script', async ({ gateway, page }) => {
  const withTables: string[] = [];
  page.on('response', async (response) => {
    if (response.request().resourceType() !== 'script') return;
    const text = await response.text().catch(() => '');
    // No page has a word to say about this one.
    if (text.includes('if_down_limit')) withTables.push(response.url());
  });
  await signIn(page, gateway, 'viewer', '/reference/options');
  await expect(mark(page, MARKS.reference.option).first()).toBeVisible();
  expect(withTables).toEqual([]);
});

scriptedTest(
  'every route of the document has its entry, with who may call it and a command line',
  async ({ gateway, page }) => {
    await signIn(page, gateway, 'viewer', '/reference/api');
    const document = (await (await page.request.get(`${gateway.url}/api/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const wanted = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = mark(page, MARKS.reference.route);
    await expect(routes).toHaveCount(wanted.length);
    const shown = await routes.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-route')));
    expect([...shown].sort()).toEqual([...wanted].sort());
    const entry = (route: string) =>
      page.locator(`[data-test="${MARKS.reference.route}"][data-route="${route}"]`);
    const accounts = entry('GET /api/accounts');
    await expect(accounts).toContainText('roles: admin');
    const curl = mark(accounts, MARKS.reference.curl);
    await expect(curl).toContainText('$MUSTER_TOKEN');
    // What only people may do has no command line: a token could not run it.
    for (const route of ['DELETE /api/session', 'POST /api/accounts', 'POST /api/tokens']) {
      await expect(entry(route)).toContainText('People only');
      await expect(mark(entry(route), MARKS.reference.curl)).toHaveCount(0);
    }
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await mark(accounts, MARKS.reference.copy).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await curl.textContent());
  },
);

scriptedTest('the body of an example is one that the gateway reads', async ({ gateway, page }) => {
  await signIn(page, gateway, 'admin', '/reference/api');
  const route = page.locator(`[data-test="${MARKS.reference.route}"][data-route="POST /api/tokens"]`);
  const commands = page.locator(`[data-test="${MARKS.reference.route}"][data-route="POST /api/commands"]`);
  await expect(mark(route, MARKS.reference.curl)).toHaveCount(0);
  const text = (await mark(commands, MARKS.reference.curl).textContent()) ?? '';
  const body: unknown = JSON.parse(/-d '(.*)'$/s.exec(text)?.[1] ?? '');
  const session = (await (await page.request.get(`${gateway.url}/api/session`)).json()) as { csrf: string };
  const answer = await page.request.post(`${gateway.url}/api/commands`, {
    headers: { 'x-muster-csrf': session.csrf, 'idempotency-key': 'an-example', origin: gateway.url },
    data: body,
  });
  // Understood, and refused: a command that nobody knows counts as cluster-breaking and needs its name typed.
  expect(answer.status()).toBe(403);
  expect(((await answer.json()) as { message: string }).message).toContain('typed');
});
