/** Replicated objects in the hands of people: phone, keyboard, caches, saved views, and mail beside them: ui.md 4.2, 4.6. */

import { expect } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { live, mark, scriptedTest, signIn, test } from './fixtures.ts';
import { alike, cell, head, OBJECTS, row, TREE } from './objects-steps.ts';

const { overview: OVERVIEW } = MARKS;
const PHONE = { width: 390, height: 844 };

scriptedTest('[RO-1] on a phone: one perspective, and a badge for who differs', async ({ gateway, page }) => {
  await page.setViewportSize(PHONE);
  gateway.cluster.objects.sketch(gateway.cluster.nodes);
  await signIn(page, gateway, 'viewer', TREE);
  const top = row(page, '10.0.0.0/8');
  await expect(mark(top, OBJECTS.differs)).toHaveText('differs on labrat-3');
  await expect(top).toContainText('8.1 M');
  await mark(page, OBJECTS.choices).click();
  await mark(page, OBJECTS.by).selectOption('labrat-3');
  await expect(page).toHaveURL(/by=labrat-3/);
  await expect(cell(page, '10.0.0.0/8', 'labrat-3')).toBeVisible();
  await expect(top).toContainText('7.3 M');
  await expect(mark(top, OBJECTS.differs)).toBeVisible();
  await mark(top, OBJECTS.expand).click();
  await expect(row(page, '10.1.0.0/16')).toBeVisible();
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
  await mark(top, OBJECTS.valueLink).click();
  await expect(mark(page, OBJECTS.detailTitle)).toHaveText('10.0.0.0/8');
  await expect(mark(page, OBJECTS.values)).toBeHidden();
  await mark(page, OBJECTS.detailClose).click();
  await expect(top).toBeVisible();
});

scriptedTest(
  'a cache: masked until somebody asks, found by a part of the key, the largest first',
  async ({ gateway, page }) => {
    alike(gateway);
    await signIn(page, gateway, 'operator', '/objects?object=my_cache&replication=open');
    await expect(mark(page, OBJECTS.shown)).toHaveText('showing 100 of 12.0 k');
    await expect(mark(page, OBJECTS.replication)).toContainText('81.2 k 98 %');
    await mark(page, OBJECTS.find).fill('00017');
    await page.keyboard.press('Enter');
    await expect(row(page, 'session-00017')).toBeVisible();
    await expect(mark(page, OBJECTS.value)).toHaveCount(1);
    const text = mark(row(page, 'session-00017'), OBJECTS.text);
    await expect(text).toHaveText(/••••••/);
    await mark(page, OBJECTS.texts).click();
    await expect(text).toHaveText('{"user":"session-00017","quota":19}');
    await mark(page, OBJECTS.texts).click();
    await expect(text).toHaveAttribute('data-state', 'masked');
  },
);

scriptedTest(
  'a saved view is an address; a key is watched over time; its command is copied',
  async ({ gateway, page }) => {
    alike(gateway);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await signIn(page, gateway, 'operator', `${TREE}&find=10.0.0.7&row=10.0.0.0/16&watch=10.0.0.0/8`);
    await expect(mark(page, OBJECTS.shown)).toContainText('for 10.0.0.7');
    await expect(mark(page, OBJECTS.detailTitle)).toHaveText('10.0.0.0/16');
    await expect(mark(page, OBJECTS.chartWords)).toContainText('now, most');
    const watched = page.locator(`[data-test="${OBJECTS.watched}"][data-key="10.0.0.0/8"]`);
    await expect(watched).toContainText('8.1 M');
    await mark(page, OBJECTS.watch).click();
    await expect(mark(page, OBJECTS.watched)).toHaveCount(2);
    await expect(page).toHaveURL(/watch=10\.0\.0\.0\/8,10\.0\.0\.0\/16/);
    await mark(mark(page, OBJECTS.detail), OBJECTS.copy).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      'cluster shared show inbound_cidr',
    );
    await page.reload();
    await live(page);
    await expect(mark(page, OBJECTS.watched)).toHaveCount(2);
    await expect(mark(page, OBJECTS.shown)).toContainText('for 10.0.0.7');
    await mark(page, OBJECTS.detailClose).click();
    await expect(mark(page, OBJECTS.detail)).toHaveCount(0);
  },
);

scriptedTest('the keyboard reaches all of it, and opens and closes netblocks', async ({ gateway, page }) => {
  alike(gateway);
  await signIn(page, gateway, 'viewer', TREE);
  await expect(row(page, '10.0.0.0/8')).toBeVisible();
  await page.keyboard.press('j');
  await expect(row(page, '10.0.0.0/8')).toBeFocused();
  await page.keyboard.press('e');
  await expect(page.locator('[data-depth="1"]').first()).toBeVisible();
  await expect(page).toHaveURL(/open=10\.0\.0\.0\/8/);
  await page.keyboard.press('e');
  await expect(page.locator('[data-depth="1"]')).toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect(mark(page, OBJECTS.detailTitle)).toBeFocused();
  await page.goto(`${gateway.url}/overview`);
  await live(page);
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await expect(mark(page, OBJECTS.table)).toBeVisible();
});

scriptedTest('a kind that nobody knows is shown as it was told', async ({ gateway, page }) => {
  alike(gateway);
  await signIn(page, gateway, 'viewer', '/objects?object=audit_ring');
  await expect(mark(page, OBJECTS.raw)).toContainText('"kind": "ring buffer"');
  await expect(cell(page, 'a', 'labrat-1')).toHaveText('6');
  gateway.cluster.objects.remove('audit_ring');
  await expect(mark(page, OBJECTS.view)).toContainText('No node has it any more');
  await page.goto(`${gateway.url}/objects?object=nothing`);
  await expect(mark(page, OBJECTS.page)).toContainText(
    'No node that is known now has an object of this name',
  );
});

scriptedTest(
  'queues and mail of each node on the overview and at the member; a silent one keeps its last words',
  async ({ gateway, page }) => {
    alike(gateway);
    await signIn(page, gateway, 'viewer', '/overview');
    const node = (name: string) => page.locator(`[data-test="${OVERVIEW.node}"][data-member="${name}"]`);
    const queue = (name: string, of: string) =>
      node(name).locator(`[data-test="${OVERVIEW.queue}"][data-queue="${of}"]`);
    await expect(queue('labrat-3', 'delayed')).toHaveText('4120');
    await expect(queue('labrat-1', 'delayed')).toHaveText('12');
    await expect(queue('mgr', 'active')).toHaveText('—');
    const flow = page.locator(
      `[data-test="${OVERVIEW.trafficNode}"][data-node="labrat-1"] [data-flow="receptionRate"]`,
    );
    await expect(flow).toContainText(/\d+(\.\d)?\/s/);
    gateway.cluster.silence('labrat-3');
    await expect(queue('labrat-3', 'delayed')).toContainText(/4120 as of .* ago/);
    await expect(page.locator(`[data-test="${OVERVIEW.trafficNode}"][data-node="labrat-3"]`)).toHaveAttribute(
      'data-silent',
      'true',
    );
    await expect(queue('labrat-1', 'delayed')).toHaveText('12');
    await page.goto(`${gateway.url}/members?node=labrat-1`);
    await expect(mark(page, MARKS.node.mail)).toContainText('12 delayed');
    await page.goto(`${gateway.url}/members?node=labrat-1&tab=objects`);
    await page
      .locator(`[data-test="${OBJECTS.nodeObject}"][data-object="inbound_cidr"]`)
      .getByRole('link')
      .click();
    await expect(page).toHaveURL(/object=inbound_cidr&by=labrat-1/);
  },
);

test('[RO-4] [RO-6] real processes: a cache that all have, a node that is killed, and what each flushes', async ({
  demo,
  page,
}) => {
  test.setTimeout(120_000);
  const client = await demo.client('operator');
  const target = { kind: 'nodes', names: ['node1'] };
  const set = { command: 'cluster cache set sessions alice here 600', target };
  expect((await client.post('/api/commands', set)).status).toBe(202);
  await signIn(page, demo, 'admin', '/objects?object=sessions');
  for (const node of ['node1', 'node2', 'node3']) await expect(cell(page, 'alice', node)).toHaveText('4');
  await expect(row(page, 'alice')).toHaveAttribute('data-state', 'same');
  await mark(page, OBJECTS.texts).click();
  await expect(mark(row(page, 'alice'), OBJECTS.text)).toHaveText('here');
  await demo.rehearse('node3', 'kill');
  await expect(head(page, 'node3')).toHaveAttribute('data-state', 'silent');
  await expect(cell(page, 'alice', 'node3')).toHaveAttribute('data-state', 'unknown');
  await expect(cell(page, 'alice', 'node2')).toHaveText('4');
  await mark(page, OBJECTS.flush).click();
  await mark(page, MARKS.preview.typedName).fill('sessions');
  await mark(page, MARKS.guard.cover).click();
  await mark(page, MARKS.guard.commit).click();
  const sheet = mark(page, OBJECTS.flushed);
  await expect(mark(sheet, MARKS.console.jobSummary)).toContainText('2 answered');
  await expect(sheet).toContainText(/Flushed \d entr(y|ies) of sessions/);
  await mark(page, OBJECTS.flushedClose).click();
  await expect(row(page, 'alice')).toHaveCount(0);
});
