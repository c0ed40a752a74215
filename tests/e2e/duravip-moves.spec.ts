/** Acting on DuraVIPs: ui.md 4.5, D2 to D5, D11, D15. The gateway is real, its cluster scripted (R9). */

import { type Browser, expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { OperationRow } from '../../server/wire/duravip.ts';
import type { Role } from '../../server/wire/http.ts';
import { GatewayClient } from '../support/gateway-client.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { until } from '../support/until.ts';
import { live, mark, scriptedTest, signIn } from './fixtures.ts';

const ACT = MARKS.duravips.actions;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;
const VIPS = '/duravips';

type Moved = { readonly first: string; readonly second: string };

/** Six addresses with owners in turn: the first two belong to labrat-1 and labrat-2. */
function six({ cluster }: ScriptedGateway): Moved {
  const [first = '', second = ''] = cluster.vips.fill({ addresses: 6, nodes: cluster.nodes });
  return { first, second };
}

function row(page: Page, address: string): Locator {
  return page.locator(`[data-test="${MARKS.duravips.row}"][data-vip="${address}"]`);
}

function stage(page: Page, name: string, reached: string): Locator {
  return page.locator(`[data-test="${ACT.stage}"][data-stage="${name}"][data-reached="${reached}"]`);
}

async function openSheet(page: Page, address: string): Promise<Locator> {
  const sheet = mark(page, MARKS.preview.sheet);
  // A press on a row that has only just come to its place is refused (D17).
  await expect(async () => {
    await mark(row(page, address), ACT.move).click({ timeout: 2_000 });
    await expect(mark(sheet, MARKS.preview.exact)).toContainText(address, { timeout: 2_000 });
  }).toPass();
  return sheet;
}

async function commit(page: Page): Promise<void> {
  await mark(page, MARKS.guard.cover).click();
  await mark(page, MARKS.guard.commit).click();
}

/** What went out to the cluster about addresses, in order. */
function sent({ cluster }: ScriptedGateway): readonly string[] {
  return cluster.observer.sent.map(({ command }) => command).filter((text) => text.includes('duravip'));
}

function asRole(gateway: ScriptedGateway, role: Role): Promise<GatewayClient> {
  return GatewayClient.signIn(gateway.url, gateway.account(role));
}

function moveBody(gateway: ScriptedGateway, address: string, to: string) {
  const { owner, version } = gateway.cluster.vips.row(address);
  return { items: [{ address, to, expected: { owner, version } }], reason: '' };
}

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

async function signedIn(browser: Browser, gateway: ScriptedGateway, role: Role): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, gateway, role, VIPS);
  return page;
}

scriptedTest('[VP-6] a double click and two operators: exactly one command', async ({ gateway, browser }) => {
  const { first } = six(gateway);
  const ana = await signedIn(browser, gateway, 'operator');
  const ben = await signedIn(browser, gateway, 'admin');
  for (const page of [ana, ben]) {
    await openSheet(page, first);
    await mark(page, MARKS.guard.cover).click();
  }
  const faces = [ana, ben].map((page) => mark(page, MARKS.guard.commit));
  await Promise.all(faces.map((face) => face.dblclick({ noWaitAfter: true }).catch(() => undefined)));
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

/** Everything that was written into the live regions since. */
async function listen(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(
    (marks) => {
      const heard: string[] = [];
      Object.assign(window, { heard });
      for (const each of marks) {
        const region = document.querySelector(`[data-test="${each}"]`);
        if (region === null) continue;
        new MutationObserver(() => heard.push(region.textContent ?? '')).observe(region, {
          childList: true,
          characterData: true,
          subtree: true,
        });
      }
    },
    [MARKS.live.status, MARKS.live.alert],
  );
  return () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
}

scriptedTest('[VP-16] a move by keys alone, and what is heard of it', async ({ gateway, page }) => {
  const { first } = six(gateway);
  await signIn(page, gateway, 'operator', VIPS);
  await row(page, first).waitFor();
  const heard = await listen(page);
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
  await page.keyboard.press('/');
  await page.keyboard.type(first);
  await expect(mark(page, MARKS.duravips.row)).toHaveCount(1);
  await page.keyboard.press('Escape');
  for (let tabs = 0; tabs < 30 && !(await rowHasFocus(page)); tabs += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('m');
  await expect(mark(page, MARKS.preview.sheet)).toBeVisible();
  await expect.poll(focused).toBe('Cancel');
  const transcript: string[] = [];
  for (let tabs = 0; tabs < 20; tabs += 1) {
    await page.keyboard.press('Tab');
    transcript.push(await spokenFocus(page));
    if ((await focused()).startsWith('Lift to move')) break;
  }
  expect(transcript).toEqual([
    'To, combobox',
    'copy, button',
    'Revert automatically unless I keep it, after, checkbox',
    'Revert after, combobox',
    'Reason, for the audit (optional), textbox',
    `Lift to move ${first} to labrat-2, button`,
  ]);
  await page.keyboard.press('Enter');
  await expect.poll(focused).toBe(`Move ${first} to labrat-2`);
  await page.keyboard.press('Enter');
  await expect(stage(page, 'mature', 'yes')).toBeVisible();
  await expect.poll(focused).toBe('Close');
  await expect.poll(heard).toEqual([`Move ${first} to labrat-2: done.`]);
  await page.keyboard.press('Escape');
  await expect(mark(page, MARKS.preview.sheet)).toHaveCount(0);
  expect(sent(gateway)).toHaveLength(1);
});

function rowHasFocus(page: Page): Promise<boolean> {
  return page.evaluate(() => document.activeElement?.hasAttribute('data-row') ?? false);
}

/** Name and role of what has the focus, as a screen reader says them. */
async function spokenFocus(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement)) return '';
    const labels = 'labels' in element ? [...((element.labels as NodeListOf<HTMLElement> | null) ?? [])] : [];
    const own = element.tagName === 'BUTTON' ? (element.textContent ?? '') : '';
    const name = element.getAttribute('aria-label') ?? labels.map((label) => label.textContent).join(' ');
    const type = element.getAttribute('type');
    const role =
      element.tagName === 'SELECT'
        ? 'combobox'
        : element.tagName === 'BUTTON'
          ? 'button'
          : type === 'checkbox'
            ? 'checkbox'
            : 'textbox';
    return `${(name || own).trim()}, ${role}`;
  });
}

async function onPhone(browser: Browser, gateway: ScriptedGateway, path: string): Promise<Page> {
  const page = await (await browser.newContext(PHONE)).newPage();
  await signIn(page, gateway, 'operator', path);
  return page;
}

scriptedTest('[VP-17] phone: from the link of an alert, one hold moves it', async ({ gateway, browser }) => {
  const { first } = six(gateway);
  gateway.cluster.vips.own(first, null, 'failure');
  const page = await onPhone(browser, gateway, `${VIPS}?vip=${first}&act=move`);
  await expect(mark(page, ACT.from)).toContainText('nobody owns it');
  const hold = mark(page, ACT.hold);
  await expect(hold).toBeInViewport();
  const box = await hold.boundingBox();
  expect(box?.height).toBeGreaterThanOrEqual(48);
  await hold.dispatchEvent('pointerdown', { isPrimary: true, button: 0, pointerType: 'touch', pointerId: 1 });
  await hold.dispatchEvent('pointerup', { isPrimary: true, button: 0, pointerType: 'touch', pointerId: 1 });
  await hold.tap();
  expect(sent(gateway), 'a tap is no hold').toEqual([]);
  await hold.dispatchEvent('pointerdown', { isPrimary: true, button: 0, pointerType: 'touch', pointerId: 1 });
  await expect(stage(page, 'plumbed', 'yes')).toBeVisible();
  expect(sent(gateway)).toHaveLength(1);
  await page.context().close();
});

scriptedTest('[VP-17] phone: from the card, without holding, in four taps', async ({ gateway, browser }) => {
  const { first } = six(gateway);
  const page = await onPhone(browser, gateway, VIPS);
  await mark(row(page, first), ACT.move).tap();
  await mark(page, ACT.holdTap).tap();
  const confirm = mark(page, ACT.holdConfirm);
  await confirm.tap({ force: true });
  expect(sent(gateway), 'a double tap is no decision').toEqual([]);
  await expect(confirm).not.toHaveAttribute('aria-disabled', 'true');
  await confirm.tap();
  await expect(stage(page, 'plumbed', 'yes')).toBeVisible();
  expect(sent(gateway)).toHaveLength(1);
  await page.context().close();
});

scriptedTest('[VP-18] a viewer sees no enabled write, and the API refuses', async ({ gateway, page }) => {
  const { first } = six(gateway);
  gateway.cluster.vips.tell({ announceDue: { sinceMs: 1, nodes: ['labrat-1'] } });
  await signIn(page, gateway, 'viewer', VIPS);
  await row(page, first).waitFor();
  for (const each of [ACT.move, ACT.announce]) {
    for (const button of await mark(page, each).all()) {
      await expect(button).toHaveAttribute('aria-disabled', 'true');
      await expect(button).toHaveAccessibleDescription('needs the operator role');
    }
  }
  await page.goto(`${gateway.url}${VIPS}?vip=${first}&act=move`);
  await live(page);
  await expect(mark(page, MARKS.guard.cover)).toHaveAttribute('aria-disabled', 'true');
  const viewer = await asRole(gateway, 'viewer');
  const node = 'labrat-1';
  for (const [path, body] of [
    ['moves', moveBody(gateway, first, 'labrat-2')],
    ['drains', { node }],
    ['unpins', { address: first }],
    ['announcements', {}],
  ] as const) {
    expect((await viewer.post(`/api/duravip/${path}`, body)).status, path).toBe(403);
  }
  expect(sent(gateway)).toEqual([]);
});

scriptedTest(
  '[VP-19] five hundred at once: progress, the failures by name, and only those again',
  async ({ gateway, page }) => {
    scriptedTest.setTimeout(150_000);
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
    await view.waitFor({ timeout: 60_000 });
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

scriptedTest('the palette opens the preview of a move, and sends nothing', async ({ gateway, page }) => {
  const { first } = six(gateway);
  await signIn(page, gateway, 'operator', VIPS);
  await row(page, first).waitFor();
  await page.keyboard.press('Control+k');
  await mark(page, MARKS.palette.input).fill(`move ${first}`);
  await mark(page, MARKS.palette.item)
    .filter({ hasText: `Move ${first}…` })
    .click();
  await expect(mark(page, MARKS.preview.exact)).toContainText(`cluster duravip move ${first} to`);
  expect(sent(gateway)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/act=/);
});

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
