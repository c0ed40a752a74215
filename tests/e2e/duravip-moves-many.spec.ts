/** Moving many DuraVIPs, following what others move, and moving those of real processes: ui.md 4.5. */

import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { OperationRow } from '../../server/wire/duravip.ts';
import type { GatewayClient } from '../support/gateway-client.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { until } from '../support/until.ts';
import {
  ACT,
  asRole,
  commit,
  moveBody,
  openSheet,
  row,
  sent,
  six,
  stage,
  VIPS,
} from './duravip-moves-steps.ts';
import { live, mark, scriptedTest, signIn, test } from './fixtures.ts';

scriptedTest(
  '[VP-19] five hundred at once: progress, the failures by name, and only those again',
  async ({ gateway, page }) => {
    scriptedTest.setTimeout(240_000);
    const { vips, nodes } = gateway.cluster;
    const all = vips.fill({ addresses: 500, nodes });
    for (const address of all) vips.set(address, { owner: 'labrat-1', participants: everybody(nodes) });
    Object.assign(vips.delays, { ordered: 200, released: 600, up: 1_000 });
    await signIn(page, gateway, 'operator', VIPS);
    await row(page, all[0] ?? '').waitFor();
    await page.getByRole('checkbox', { name: /all/i }).first().check();
    await mark(page, ACT.bulkTarget).selectOption('labrat-2');
    await mark(page, ACT.bulkMove).click();
    await expect(mark(page, MARKS.guard.commit)).toHaveText('Move 500 VIPs to labrat-2');
    const failing = all.slice(100, 103);
    await commit(page);
    await expect(mark(page, ACT.progress)).toContainText('of 500 done');
    for (const address of failing) {
      await until(
        () => vips.row(address).owner === 'labrat-2' || vips.row(address).phase === 'moving',
        60_000,
      );
      vips.own(address, 'labrat-3', 'failure');
    }
    const view = page.locator(`[data-test="${ACT.operation}"][data-state="partly"]`).first();
    await view.waitFor({ timeout: 120_000 });
    await expect(mark(page, ACT.progress)).toContainText('497 of 500 done, 3 failed');
    await expect(mark(page, ACT.failure)).toHaveCount(3);
    for (const address of failing) {
      await expect(page.locator(`[data-test="${ACT.failure}"][data-address="${address}"]`)).toContainText(
        'labrat-3 has it now',
      );
    }
    const before = sent(gateway).length;
    expect(before).toBe(500);
    await mark(page, ACT.retry).click();
    await expect(mark(page, MARKS.guard.commit)).toHaveText('Retry 3 failed moves');
    await commit(page);
    await expect(mark(page, ACT.progress)).toContainText('500 of 500 done', { timeout: 30_000 });
    expect(sent(gateway).slice(before)).toEqual(
      failing.map((address) => `cluster duravip move ${address} to labrat-2`),
    );
  },
);

function everybody(nodes: readonly string[]) {
  return nodes.map((node) => ({ node, services: ['multivip'], obstacle: null }));
}

scriptedTest('[MB-5] draining a node moves as many as its preview said', async ({ gateway, page }) => {
  six(gateway);
  await signIn(page, gateway, 'operator', `${VIPS}?node=labrat-1&act=drain`);
  await expect(mark(page, MARKS.guard.commit)).toHaveText('Drain labrat-1: 2 addresses');
  await expect(mark(page, MARKS.preview.effect)).toContainText('By the election of the nodes themselves');
  await commit(page);
  await expect(mark(page, ACT.progress)).toContainText('2 of 2 done', { timeout: 20_000 });
  expect(
    Object.values(gateway.cluster.observer.model().vips).filter(({ owner }) => owner === 'labrat-1'),
  ).toEqual([]);
  expect(sent(gateway)).toEqual(['cluster duravip drain labrat-1']);
});

async function moveByApi(
  client: GatewayClient,
  gateway: ScriptedGateway,
  address: string,
  to: string,
): Promise<OperationRow> {
  const reply = await client.post('/api/duravip/moves', moveBody(gateway, address, to));
  expect(reply.status).toBe(202);
  return ((await reply.json()) as { operation: OperationRow }).operation;
}

scriptedTest('an operation is still followed after a reload', async ({ gateway, page }) => {
  const { first } = six(gateway);
  Object.assign(gateway.cluster.vips.delays, { released: 3_000, up: 3_500 });
  await signIn(page, gateway, 'operator', VIPS);
  await moveByApi(await asRole(gateway, 'admin'), gateway, first, 'labrat-3');
  const line = mark(mark(page, ACT.dock), ACT.operation);
  await expect(line).toContainText(`Move ${first} to labrat-3`);
  await expect(line).toContainText('admin');
  await page.reload();
  await live(page);
  await expect(line).toHaveAttribute('data-state', 'running');
  await mark(line, ACT.open).click();
  await expect(stage(page, 'plumbed', 'yes')).toBeVisible();
});

/** Of the demo cluster: nobody prefers it, nothing follows it. */
const FREE = '127.0.5.4';
/** Of the demo cluster: another follows it. */
const FOLLOWED = '127.0.5.1';
const FOLLOWER = '127.0.5.30';

function ownerOf(page: Page, address: string): Locator {
  return mark(row(page, address), MARKS.duravips.owner);
}

async function chosenTarget(page: Page): Promise<string> {
  return await mark(page, ACT.to).inputValue();
}

/** Opens the undo of the operation that is shown, and sends it. */
async function undoShown(page: Page): Promise<void> {
  await mark(page, ACT.undo).click();
  await commit(page);
  await expect(stage(page, 'mature', 'yes')).toBeVisible({ timeout: 30_000 });
  await mark(page, ACT.close).click();
}

test('[VP-3] [VP-8] real processes: stages in order, the bytes in the audit, undo restores the owner', async ({
  demo,
  page,
}) => {
  test.setTimeout(120_000);
  await signIn(page, demo, 'operator', VIPS);
  await expect(ownerOf(page, FREE)).toHaveAttribute('data-fact', 'owned', { timeout: 30_000 });
  await openSheet(page, FREE);
  const from = (await mark(page, ACT.from).getAttribute('data-node')) ?? '';
  const to = await chosenTarget(page);
  const command = await mark(page, MARKS.preview.exact).innerText();
  expect(command).toBe(`cluster duravip move ${FREE} to ${to}`);
  await commit(page);
  await expect(stage(page, 'released', 'yes')).toContainText(from);
  await expect(stage(page, 'plumbed', 'yes')).toContainText(to);
  await expect(ownerOf(page, FREE)).toHaveAttribute('data-fact', 'owned');
  await expect(ownerOf(page, FREE)).toContainText(to);
  await expect(stage(page, 'mature', 'yes')).toBeVisible({ timeout: 30_000 });
  const times = await page
    .locator(`[data-test="${ACT.stage}"][data-reached="yes"]`)
    .evaluateAll((stages) => stages.map((each) => each.getAttribute('data-stage')));
  expect(times).toEqual(['requested', 'ordered', 'released', 'plumbed', 'mature']);
  const records = await (await demo.client('admin')).audit();
  const moves = records.filter((record) => record.command?.startsWith('cluster duravip move'));
  expect(moves.map((record) => [record.actor, record.command])).toEqual([['operator', command]]);
  expect(Object.keys(moves[0]?.perNode ?? {}).sort()).toEqual(['node1', 'node2', 'node3']);
  await undoShown(page);
  await expect(ownerOf(page, FREE)).toContainText(from);
});

test('[VP-11] real processes: what follows moves as well', async ({ demo, page }) => {
  test.setTimeout(120_000);
  await signIn(page, demo, 'operator', VIPS);
  await expect(ownerOf(page, FOLLOWED)).toHaveAttribute('data-fact', 'owned', { timeout: 30_000 });
  await openSheet(page, FOLLOWED);
  await expect(mark(page, MARKS.preview.effect)).toContainText(FOLLOWER);
  const to = await chosenTarget(page);
  await commit(page);
  await expect(stage(page, 'mature', 'yes')).toBeVisible({ timeout: 30_000 });
  await expect(ownerOf(page, FOLLOWED)).toContainText(to);
  await expect(ownerOf(page, FOLLOWER)).toContainText(to);
  await undoShown(page);
});
