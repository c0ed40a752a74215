/** Replicated objects as each node sees them: ui.md 4.6. The gateway is real, its cluster scripted (R9). */

import { expect } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { mark, scriptedTest, signIn } from './fixtures.ts';
import { alike, cell, head, keys, OBJECTS, row, TREE } from './objects-steps.ts';

const { preview: PREVIEW, overview: OVERVIEW } = MARKS;
const NODES = ['labrat-1', 'labrat-2', 'labrat-3'] as const;

/** What `labrat-3` shows of every value, in so many answers; the others show all of it. */
function skew(gateway: ScriptedGateway, part: number, answers = Number.POSITIVE_INFINITY): void {
  let left = answers;
  gateway.answerQuery = (asked) => {
    const text = gateway.cluster.answerQuery(asked);
    if (asked.what !== 'shared' || asked.member !== 'labrat-3' || text === undefined || left <= 0)
      return text;
    left -= 1;
    const answer = JSON.parse(text) as { rows: { value: number }[] };
    return JSON.stringify({
      ...answer,
      rows: answer.rows.map((each) => ({ ...each, value: Math.round(each.value * part) })),
    });
  };
}

scriptedTest(
  '[RO-1] a node that diverges is marked in the list, in its column and in its rows, and is cleared again',
  async ({ gateway, page }) => {
    alike(gateway);
    await signIn(page, gateway, 'viewer', '/objects');
    const line = page.locator(`[data-test="${OBJECTS.row}"][data-object="inbound_cidr"]`);
    await expect(line).toHaveAttribute('data-state', 'identical');
    gateway.cluster.objects.diverge('inbound_cidr', 'labrat-3');
    await expect(line).toHaveAttribute('data-state', 'diverged', { timeout: 2_000 });
    await expect(mark(line, OBJECTS.health)).toContainText('on labrat-3');
    await expect(mark(page, OBJECTS.row).first()).toHaveAttribute('data-object', 'inbound_cidr');
    // A pointer would be refused now: the rows have just moved.
    await line.focus();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/objects\?object=inbound_cidr$/);
    await expect(head(page, 'labrat-3')).toHaveAttribute('data-state', 'diverged');
    await expect(cell(page, '10.0.0.0/8', 'labrat-3')).toHaveAttribute('data-state', 'differs');
    await expect(cell(page, '10.0.0.0/8', 'labrat-1')).toHaveAttribute('data-state', 'told');
    await expect(row(page, '10.0.0.0/8')).toContainText('differs on labrat-3');
    gateway.cluster.objects.converge('inbound_cidr', 'labrat-3');
    await expect(head(page, 'labrat-3')).toHaveAttribute('data-state', 'told', { timeout: 2_000 });
    await expect(row(page, '10.0.0.0/8')).toHaveAttribute('data-state', 'same');
    // Again, with the page open: within two seconds from the telling to the cell.
    gateway.cluster.objects.diverge('inbound_cidr', 'labrat-3');
    await expect(cell(page, '10.0.0.0/8', 'labrat-3')).toHaveAttribute('data-state', 'differs', {
      timeout: 2_500,
    });
    await page.goto(`${gateway.url}/overview`);
    const item = page.locator(`[data-test="${OVERVIEW.attention}"][data-kind="objectDiverged"]`);
    await expect(item).toContainText('inbound_cidr is not the same on all nodes');
    await item.getByRole('link').click();
    await expect(mark(page, OBJECTS.title)).toHaveText('inbound_cidr');
  },
);

scriptedTest(
  '[RO-2] a million prefixes: a netblock opens within 300 ms, and the page stays small',
  async ({ gateway, page }) => {
    alike(gateway);
    await signIn(page, gateway, 'viewer', `${TREE}&top=200`);
    await expect(mark(page, OBJECTS.facts)).toContainText('1.0 M');
    await mark(row(page, '10.0.0.0/8'), OBJECTS.expand).click();
    await expect(row(page, '10.0.0.0/8')).toContainText('200 of 256');
    await expect(mark(page, MARKS.table.count)).toHaveAttribute('data-count', '201');
    // What the page needs, not what else the machine does: the fastest of some.
    const tookMs: number[] = [];
    for (const k of [1, 4, 7, 10, 11]) {
      const netblock = `10.${k}.0.0/16`;
      tookMs.push(
        await page.evaluate(async (key) => {
          const opened = document.querySelector<HTMLElement>(`[data-key="${key}"] [aria-expanded]`);
          const below = `[data-key^="${key.split('.').slice(0, 2).join('.')}."][data-depth="2"]`;
          const startedMs = performance.now();
          opened?.click();
          while (document.querySelector(below) === null && performance.now() - startedMs < 10_000) {
            await new Promise((resolve) => requestAnimationFrame(resolve));
          }
          return performance.now() - startedMs;
        }, netblock),
      );
      await expect(row(page, netblock)).toContainText('200 of 256');
      await mark(row(page, netblock), OBJECTS.expand).click();
      await expect(page.locator('[data-depth="2"]')).toHaveCount(0);
    }
    expect(Math.min(...tookMs)).toBeLessThanOrEqual(300);
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    expect(usedSize).toBeLessThanOrEqual(150e6);
    // Only a window of the rows is drawn.
    expect(await mark(page, OBJECTS.value).count()).toBeLessThan(150);
  },
);

scriptedTest(
  '[RO-3] what differs a little, or for a moment, does not alarm; what lasts does',
  async ({ gateway, page }) => {
    alike(gateway);
    skew(gateway, 0.97);
    await signIn(page, gateway, 'viewer', TREE);
    const top = row(page, '10.0.0.0/8');
    await expect(mark(top, OBJECTS.spread)).toContainText('3 %');
    await expect(top).toHaveAttribute('data-state', 'same');
    await page.evaluate((selector) => {
      const seen: string[] = [];
      Object.assign(window, { seenStates: seen });
      const note = (): void => {
        const state = document.querySelector(selector)?.getAttribute('data-state');
        if (state !== undefined && state !== null && seen.at(-1) !== state) seen.push(state);
      };
      new MutationObserver(note).observe(document.body, { subtree: true, attributes: true, childList: true });
      note();
    }, `[data-key="10.0.0.0/8"]`);
    skew(gateway, 0.8, 1);
    await expect(top).toHaveAttribute('data-state', 'moving');
    await expect(top).toHaveAttribute('data-state', 'same');
    expect(await page.evaluate(() => (window as unknown as { seenStates: string[] }).seenStates)).toEqual([
      'same',
      'moving',
      'same',
    ]);
    skew(gateway, 0.8);
    await expect(top).toHaveAttribute('data-state', 'differs');
    await expect(mark(page, OBJECTS.health)).toContainText('alike');
    // Whoever looks for large differences only does not see it, and whoever marks none sees the numbers.
    await mark(page, OBJECTS.delta).selectOption('25');
    await expect(top).toHaveAttribute('data-state', 'same');
    await mark(page, OBJECTS.diff).uncheck();
    await expect(mark(page, OBJECTS.spread)).toHaveCount(0);
    await expect(page).toHaveURL(/delta=25&diff=off|diff=off&delta=25/);
  },
);

scriptedTest(
  '[RO-4] a node that is silent has a column of diamonds, and the others go on',
  async ({ gateway, page }) => {
    alike(gateway);
    await signIn(page, gateway, 'viewer', '/objects?object=outbound_domains');
    const first = '<img src=x onerror=alert(1)>.example';
    await expect(cell(page, 'mx1.example.org', 'labrat-3')).toHaveText('301');
    gateway.cluster.silence('labrat-3');
    await expect(head(page, 'labrat-3')).toHaveAttribute('data-state', 'silent');
    await expect(cell(page, 'mx1.example.org', 'labrat-3')).toHaveAttribute('data-state', 'unknown');
    await expect(cell(page, 'mx1.example.org', 'labrat-3')).toHaveText('silent');
    await expect(head(page, 'labrat-3')).toContainText(/\d+ s/);
    for (const node of NODES.slice(0, 2)) {
      await expect(head(page, node)).toHaveAttribute('data-state', 'told');
      await expect(cell(page, 'mx1.example.org', node)).toHaveText('301');
    }
    await expect(row(page, 'mx1.example.org')).toHaveAttribute('data-state', 'same');
    await mark(page, OBJECTS.replicationOpen).click();
    const stale = page.locator(`[data-test="${OBJECTS.replicationNode}"][data-node="labrat-3"]`);
    await expect(stale).toHaveAttribute('data-state', 'unknown');
    await expect(stale).toHaveAttribute('data-stale', 'true');
    // Live still: what changes now is seen.
    gateway.cluster.objects.set('outbound_domains', 'labrat-1', { pending: 77 });
    await expect(
      page.locator(`[data-test="${OBJECTS.replicationNode}"][data-node="labrat-1"]`),
    ).toContainText('77/100');
    expect(await page.locator('.object-values img').count()).toBe(0);
    await expect(page.locator(`[data-test="${OBJECTS.valueLink}"]`).first()).toHaveText(first);
    gateway.cluster.rejoin('labrat-3');
    await expect(cell(page, 'mx1.example.org', 'labrat-3')).toHaveText('301');
  },
);

scriptedTest('[RO-5] IPv6 prefixes open, are found by address, and are shares', async ({ gateway, page }) => {
  alike(gateway);
  await signIn(page, gateway, 'viewer', '/objects?object=outbound_cidr');
  await expect(cell(page, '2001:db8::/32', 'labrat-2')).toHaveText('640');
  await mark(row(page, '2001:db8::/32'), OBJECTS.expand).click();
  await mark(row(page, '2001:db8:2::/48'), OBJECTS.expand).click();
  await expect(row(page, '2001:db8:2:4::/64')).toHaveAttribute('data-depth', '2');
  expect((await keys(page)).slice(0, 4)).toEqual([
    '2001:db8::/32',
    '2001:db8:1::/48',
    '2001:db8:2::/48',
    '2001:db8:2:1::/64',
  ]);
  await mark(page, OBJECTS.find).fill('2001:db8:3:2::4');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/find=2001:db8:3:2::4/);
  await expect(mark(page, OBJECTS.shown)).toHaveAttribute('data-count', '4');
  await expect(row(page, '2001:db8:3:2::4/128')).toHaveAttribute('data-depth', '3');
  await mark(page, OBJECTS.find).fill('2001:db8:3::/48');
  await page.keyboard.press('Enter');
  await expect(row(page, '2001:db8:3:1::/64')).toHaveAttribute('data-depth', '0');
  await mark(page, OBJECTS.find).fill('2001:db8:3::/148');
  await page.keyboard.press('Enter');
  await expect(mark(page, OBJECTS.findWrong)).toBeVisible();
  await mark(page, OBJECTS.find).fill('');
  await page.keyboard.press('Enter');
  await mark(page, OBJECTS.data).selectOption('labrat-2');
  await expect(cell(page, '2001:db8::/32', 'labrat-1')).toHaveText('213');
  await expect(page).toHaveURL(/data=labrat-2/);
});

scriptedTest(
  '[RO-6] a cache is flushed when its name is typed, and each node says what became of it',
  async ({ gateway, page }) => {
    alike(gateway);
    gateway.answer = (command, node) =>
      node === 'labrat-3' ? undefined : gateway.cluster.objects.obey(command, node);
    await signIn(page, gateway, 'admin', '/objects?object=my_cache');
    await expect(mark(page, OBJECTS.facts)).toContainText('12.0 k entries of 20.0 k');
    await mark(page, OBJECTS.flush).click();
    await expect(mark(page, PREVIEW.class)).toHaveAttribute('data-class', 'W3');
    await expect(mark(page, PREVIEW.exact)).toHaveText('cluster shared flush my_cache');
    await mark(page, PREVIEW.typedName).fill('my_cach');
    await expect(mark(page, MARKS.guard.cover)).toHaveAttribute('aria-disabled', 'true');
    await mark(page, PREVIEW.typedName).fill('my_cache');
    await mark(page, MARKS.guard.cover).click();
    await mark(page, MARKS.guard.commit).click();
    const sheet = mark(page, OBJECTS.flushed);
    await expect(mark(sheet, MARKS.console.groupText)).toContainText('flushed my_cache');
    await expect(mark(sheet, MARKS.console.group)).toContainText('labrat-1');
    await expect(mark(sheet, MARKS.console.group)).toContainText('labrat-2');
    await expect(
      sheet.locator(`[data-test="${MARKS.console.silentNode}"][data-node="labrat-3"]`),
    ).toHaveAttribute('data-state', 'silent');
    const sent = gateway.cluster.observer.sent.map(({ command }) => command);
    expect(sent.filter((command) => command.includes('cache'))).toEqual(['cluster shared flush my_cache']);
    await mark(page, OBJECTS.flushedClose).click();
    await mark(page, OBJECTS.replicationOpen).click();
    const entries = (node: string) =>
      page.locator(`[data-test="${OBJECTS.replicationNode}"][data-node="${node}"] [data-label="entries"]`);
    await expect(entries('labrat-1')).toHaveText('0');
    await expect(entries('labrat-3')).toHaveText('12.0 k');
  },
);

scriptedTest('[RO-6] who may not flush asks, or is told why not', async ({ gateway, page }) => {
  alike(gateway);
  await signIn(page, gateway, 'viewer', '/objects?object=my_cache');
  await expect(mark(page, OBJECTS.flush)).toHaveAttribute('aria-disabled', 'true');
  await mark(page, OBJECTS.flush).click({ force: true });
  await expect(mark(page, PREVIEW.sheet)).toHaveCount(0);
  // Values of a cache are private.
  await expect(mark(page, OBJECTS.texts)).toHaveAttribute('aria-disabled', 'true');
  await expect(mark(page, OBJECTS.text).first()).toHaveAttribute('data-state', 'masked');
  await page.context().clearCookies();
  await signIn(page, gateway, 'operator', '/objects?object=my_cache');
  await mark(page, OBJECTS.flush).click();
  await mark(page, PREVIEW.reason).fill('poisoned entries');
  await mark(page, MARKS.guard.cover).click();
  await mark(page, MARKS.guard.commit).click();
  await expect(mark(page, OBJECTS.flushed)).toContainText('cluster shared flush my_cache');
  expect(gateway.cluster.observer.sent.filter(({ command }) => command.includes('flush'))).toEqual([]);
});
