/** Moving DuraVIPs: ui.md 4.5, D2 to D5, D11. The gateway is real, its cluster scripted (R9). */

import { expect } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { until } from '../support/until.ts';
import {
  ACT,
  asRole,
  commit,
  moveBody,
  openSheet,
  row,
  sent,
  signedIn,
  six,
  stage,
  VIPS,
} from './duravip-moves-steps.ts';
import { live, mark, scriptedTest, signIn } from './fixtures.ts';

scriptedTest(
  '[VP-3] a move goes through its stages, the owner is solid only when it is a fact, and the audit has the bytes sent',
  async ({ gateway, page }) => {
    const { first } = six(gateway);
    Object.assign(gateway.cluster.vips.delays, { ordered: 300, released: 1_200, up: 2_400 });
    await signIn(page, gateway, 'operator', VIPS);
    const sheet = await openSheet(page, first);
    await expect(sheet.getByRole('button', { name: 'Cancel' })).toBeFocused();
    await expect(mark(sheet, ACT.undoCommand)).toContainText(`cluster duravip move ${first} to labrat-1`);
    await expect(mark(sheet, ACT.revert)).not.toBeChecked();
    const command = await mark(sheet, MARKS.preview.exact).innerText();
    await mark(sheet, MARKS.preview.reason).fill('INC-1234');
    await commit(page);
    await expect(stage(page, 'ordered', 'yes')).toBeVisible();
    await expect(mark(row(page, first), MARKS.duravips.owner)).toHaveAttribute('data-fact', 'moving');
    await expect(stage(page, 'released', 'yes')).toContainText('labrat-1');
    await expect(stage(page, 'plumbed', 'yes')).toContainText('labrat-2');
    await expect(mark(row(page, first), MARKS.duravips.owner)).toHaveAttribute('data-fact', 'owned');
    await expect(stage(page, 'mature', 'yes')).toBeVisible();
    const order = await page
      .locator(`[data-test="${ACT.stage}"][data-reached="yes"]`)
      .evaluateAll((stages) => stages.map((each) => each.getAttribute('data-stage')));
    expect(order).toEqual(['requested', 'ordered', 'released', 'plumbed', 'mature']);
    expect(sent(gateway)).toEqual([command]);
    const records = await (await asRole(gateway, 'admin')).audit();
    const writes = records.filter((record) => record.command?.includes('duravip'));
    expect(writes.map((record) => [record.actor, record.command])).toEqual([['operator', command]]);
  },
);

scriptedTest(
  '[VP-4] a row that changes between preview and confirm is not moved; what changed is said',
  async ({ gateway, page }) => {
    const { first } = six(gateway);
    await signIn(page, gateway, 'operator', VIPS);
    const sheet = await openSheet(page, first);
    const before = moveBody(gateway, first, 'labrat-2');
    gateway.cluster.vips.own(first, 'labrat-3', 'failure');
    await expect(sheet).toContainText('it was owned by labrat-1, now it is owned by labrat-3');
    await expect(mark(sheet, MARKS.guard.cover)).toHaveAttribute('aria-disabled', 'true');
    await mark(sheet, MARKS.guard.cover).click({ force: true });
    // The same press, had it overtaken the news.
    const late = await (await asRole(gateway, 'operator')).post('/api/duravip/moves', before);
    expect(late.status).toBe(409);
    expect(sent(gateway)).toEqual([]);
    await mark(sheet, ACT.review).click();
    await commit(page);
    await expect(stage(page, 'plumbed', 'yes')).toBeVisible();
    expect(sent(gateway)).toEqual([`cluster duravip move ${first} to labrat-2`]);
  },
);

scriptedTest('[VP-5] the target dies mid-move: failed, with who has it now', async ({ gateway, page }) => {
  const { first } = six(gateway);
  const { vips } = gateway.cluster;
  vips.stuck.add('labrat-2');
  await signIn(page, gateway, 'operator', VIPS);
  await openSheet(page, first);
  await commit(page);
  await expect(stage(page, 'released', 'yes')).toBeVisible();
  gateway.cluster.depart('labrat-2', 'closed');
  vips.own(first, 'labrat-3', 'failure');
  const trouble = page.locator(`[data-test="${ACT.trouble}"][data-kind="failed"]`);
  await expect(trouble).toContainText('labrat-3 has it now');
  await expect(mark(page, MARKS.preview.sheet)).toContainText('The table: labrat-3 owns it, up');
  await mark(page, ACT.close).click();
  await expect(row(page, first)).toContainText('labrat-3');
  expect(sent(gateway)).toHaveLength(1);
});

scriptedTest(
  '[VP-5] the bus is lost after sending: the outcome is unknown, nothing is sent again, and the nodes are quoted',
  async ({ gateway, page }) => {
    const { first } = six(gateway);
    Object.assign(gateway.cluster.vips.delays, { released: 4_000, up: 4_500 });
    await signIn(page, gateway, 'operator', VIPS);
    await openSheet(page, first);
    await commit(page);
    await expect(stage(page, 'ordered', 'yes')).toBeVisible();
    gateway.cluster.setBus('lost');
    await expect(page.locator(`[data-test="${ACT.trouble}"][data-kind="unknown"]`)).toBeVisible();
    gateway.cluster.setBus('joined');
    await expect(mark(page, MARKS.preview.sheet)).toContainText('The table: labrat-2 owns it, up', {
      timeout: 15_000,
    });
    await expect(page.locator(`[data-test="${ACT.trouble}"][data-kind="unknown"]`)).toBeVisible();
    expect(sent(gateway)).toHaveLength(1);
  },
);

scriptedTest(
  'a stage that takes too long names the silent node and what can be done',
  async ({ gateway, page }) => {
    const { first } = six(gateway);
    gateway.cluster.vips.stuck.add('labrat-1');
    await signIn(page, gateway, 'operator', VIPS);
    await openSheet(page, first);
    await commit(page);
    const trouble = page.locator(`[data-test="${ACT.trouble}"][data-kind="late"]`);
    await expect(trouble).toContainText('labrat-1', { timeout: 20_000 });
    await expect(mark(page, ACT.announceAgain)).toBeVisible();
    await expect(mark(page, ACT.console)).toHaveAttribute('href', '/console?node=labrat-1');
    await mark(page, ACT.announceAgain).click();
    await expect(mark(page, MARKS.preview.exact)).toHaveText('cluster duravip announce view');
    expect(sent(gateway)).toHaveLength(1);
  },
);

/** Whoever comes second may find nothing to press any more. */
const PRESS_MS = 5_000;

scriptedTest('[VP-6] a double click and two operators: exactly one command', async ({ gateway, browser }) => {
  const { first } = six(gateway);
  const ana = await signedIn(browser, gateway, 'operator');
  const ben = await signedIn(browser, gateway, 'admin');
  for (const page of [ana, ben]) {
    await openSheet(page, first);
    await mark(page, MARKS.guard.cover).click();
  }
  const faces = [ana, ben].map((page) => mark(page, MARKS.guard.commit));
  await Promise.all(
    faces.map((face) => face.dblclick({ noWaitAfter: true, timeout: PRESS_MS }).catch(() => undefined)),
  );
  const accepted = [ana, ben].map((page) => stage(page, 'requested', 'yes'));
  await expect
    .poll(async () => (await Promise.all(accepted.map((each) => each.count()))).reduce((a, b) => a + b, 0))
    .toBe(1);
  await until(() => gateway.cluster.vips.row(first).owner !== 'labrat-1');
  expect(sent(gateway)).toHaveLength(1);
  for (const page of [ana, ben]) await page.context().close();
});

scriptedTest(
  '[VP-8] undo gives it back, and is withdrawn after an unrelated change',
  async ({ gateway, page }) => {
    const { first, second } = six(gateway);
    await signIn(page, gateway, 'operator', VIPS);
    await openSheet(page, first);
    await commit(page);
    await expect(stage(page, 'mature', 'yes')).toBeVisible();
    await mark(page, ACT.undo).click();
    await expect(mark(page, MARKS.preview.exact)).toContainText(`cluster duravip move ${first} to labrat-1`);
    await commit(page);
    await expect(stage(page, 'plumbed', 'yes')).toContainText('labrat-1');
    expect(gateway.cluster.vips.row(first).owner).toBe('labrat-1');
    await mark(page, ACT.close).click();

    await openSheet(page, second);
    await commit(page);
    await expect(stage(page, 'mature', 'yes')).toBeVisible();
    await expect(mark(page, ACT.undo)).toBeVisible();
    const { owner } = gateway.cluster.vips.row(second);
    gateway.cluster.vips.own(second, owner === 'labrat-1' ? 'labrat-3' : 'labrat-1', 'failure');
    await expect(mark(page, ACT.undo)).toHaveCount(0);
    await expect(mark(page, ACT.undoGone)).toContainText('not offered any more');
  },
);

scriptedTest(
  '[VP-9] nobody keeps it: the gateway reverts it, with the browser closed',
  async ({ gateway, browser }) => {
    const { first } = six(gateway);
    const page = await signedIn(browser, gateway, 'operator');
    const operator = await asRole(gateway, 'operator');
    const body = { ...moveBody(gateway, first, 'labrat-2'), revertAfterS: 10 };
    expect((await operator.post('/api/duravip/moves', body)).status).toBe(202);
    await mark(page, ACT.open).click();
    await expect(mark(page, ACT.countdown)).toContainText('unless somebody keeps it');
    await page.context().close();
    await until(() => gateway.cluster.vips.row(first).owner === 'labrat-2');
    await until(() => gateway.cluster.vips.row(first).owner === 'labrat-1', 30_000);
    expect(sent(gateway).slice(0, 2)).toEqual([
      `cluster duravip move ${first} to labrat-2`,
      `cluster duravip move ${first} to labrat-1`,
    ]);
  },
);

scriptedTest('[VP-9] Keep ends the countdown', async ({ gateway, page }) => {
  const { first } = six(gateway);
  await signIn(page, gateway, 'operator', VIPS);
  const sheet = await openSheet(page, first);
  await mark(sheet, ACT.revert).check();
  await mark(sheet, ACT.revertAfter).selectOption('30');
  await commit(page);
  await expect(mark(page, ACT.countdown)).toBeVisible();
  await mark(page, ACT.keep).click();
  await expect(mark(page, ACT.kept)).toContainText('Kept by operator');
  await expect(mark(page, ACT.countdown)).toHaveCount(0);
  const id = await page
    .locator(`[data-test="${ACT.operation}"][data-kind="move"]`)
    .last()
    .getAttribute('data-operation');
  const reply = await (await asRole(gateway, 'operator')).get(`/api/duravip/operations/${id}`);
  expect(await reply.json()).toMatchObject({ operation: { revertAtMs: null, kept: { by: 'operator' } } });
});

scriptedTest('[VP-10] another subnet is not offered, and refused by the API', async ({ gateway, page }) => {
  const { first } = six(gateway);
  const { vips } = gateway.cluster;
  const obstacle = 'no Topology holds it';
  vips.set(first, {
    participants: vips
      .row(first)
      .participants.map((each) => (each.node === 'labrat-3' ? { ...each, obstacle } : each)),
  });
  await signIn(page, gateway, 'operator', VIPS);
  const sheet = await openSheet(page, first);
  await expect(mark(sheet, ACT.to).locator('option')).toHaveCount(1);
  const other = sheet.locator(`[data-test="${ACT.target}"][data-node="labrat-3"]`);
  await expect(other).toContainText(obstacle);
  const operator = await asRole(gateway, 'operator');
  const forced = await operator.post('/api/duravip/moves', moveBody(gateway, first, 'labrat-3'));
  expect(forced.status).toBe(422);
  expect(await forced.text()).toContain(obstacle);
  expect(sent(gateway)).toEqual([]);
  // An address that asks for it opens the preview, which refuses.
  await page.goto(`${gateway.url}${VIPS}?vip=${first}&act=move&to=labrat-3`);
  await live(page);
  await expect(mark(page, MARKS.guard.cover)).toHaveAttribute('aria-disabled', 'true');
  await expect(mark(page, MARKS.preview.sheet)).toContainText(`labrat-3 cannot have it: ${obstacle}`);
});

scriptedTest('[VP-11] what follows is listed and counted in the load', async ({ gateway, page }) => {
  const { first, second } = six(gateway);
  gateway.cluster.vips.set(first, { followers: [second] });
  gateway.cluster.vips.set(second, { follows: first });
  await signIn(page, gateway, 'operator', VIPS);
  const sheet = await openSheet(page, first);
  await expect(mark(sheet, MARKS.preview.effect)).toContainText(`1 address moves with it, ${second}`);
  await expect(mark(sheet, MARKS.preview.effect)).toContainText('labrat-2: 2 → 4 addresses');
});
