/** The Bus page with real processes: who links to whom, what it costs, how views came and went, who was refused. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { live, mark, scriptedTest, signIn, test, withBreakableLink } from './fixtures.ts';

const SERVERS = ['manager', 'node1', 'node2', 'node3'];
/** Of tests that restart processes twice. */
const RESTARTS_LIMIT_MS = 120_000;

function cell(page: Page, from: string, to: string): Locator {
  return page.locator(`[data-test="${MARKS.bus.matrixCell}"][data-from="${from}"][data-to="${to}"]`);
}

function figure(page: Page, name: string, from: string): Locator {
  return page.locator(`[data-test="${MARKS.bus.detailFigure}"][data-figure="${name}"][data-from="${from}"]`);
}

function linkRow(page: Page, from: string, to: string): Locator {
  return page.locator(`[data-test="${MARKS.bus.row}"][data-from="${from}"][data-to="${to}"]`);
}

/** Everybody is there; that a server is slow for a while says more of the machine than of the mesh. */
async function complete(page: Page): Promise<void> {
  await expect(mark(page, MARKS.bus.verdictWord)).toHaveText(
    /^Mesh complete: 4 servers, one view(; slow: [\w, ]+)?$/,
  );
}

test('[UI-12] every pair is up with a round trip, rates and groups are there, a viewer may look', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'viewer', '/members');
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await expect(page).toHaveURL(/\/bus$/);
  await expect(page).toHaveTitle(/Bus/);
  await complete(page);
  for (const from of SERVERS) {
    for (const to of SERVERS.filter((name) => name !== from)) {
      await expect(cell(page, from, to)).toHaveAttribute('data-state', 'up');
      await expect(cell(page, from, to)).toContainText(/\d ms/);
      const rates = mark(linkRow(page, from, to), MARKS.bus.rate);
      await expect(rates).toHaveCount(4);
      // Heartbeats and acknowledgements pass on every link.
      await expect(rates.first()).toHaveText(/^[1-9].* [k]?B\/s/);
    }
  }
  await expect(mark(page, MARKS.bus.viewMember)).toHaveCount(SERVERS.length);
  await expect(mark(page, MARKS.bus.viewMember).first()).toContainText('orders messages');
  await expect(mark(page, MARKS.bus.keyless)).toHaveCount(0);
  const group = page.locator(`[data-test="${MARKS.bus.group}"][data-group="ec_cluster"]`);
  await expect(group).toContainText(/#ec\d+-\d+#node1/);
});

test('[UI-12] the arrow keys walk the matrix, Enter keeps a link open in the address', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'operator', '/bus');
  await complete(page);
  await cell(page, 'manager', 'node1').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await expect(cell(page, 'node1', 'node3')).toBeFocused();
  const detail = mark(page, MARKS.bus.detail);
  await expect(detail).toHaveAttribute('data-to', 'node3');
  await expect(mark(page, MARKS.bus.agreement)).toContainText('Both say up');
  for (const from of ['node1', 'node3']) {
    await expect(figure(page, 'State', from)).toContainText(/up for \d/);
    await expect(figure(page, 'Sends', from)).toContainText('B/s');
  }
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/link=node1,node3/);
  await page.keyboard.press('Tab');
  await expect(detail).toHaveAttribute('data-kept', 'true');
  await page.reload();
  await live(page);
  await expect(detail).toHaveAttribute('data-from', 'node1');
  await mark(page, MARKS.bus.detailClose).click();
  await expect(page).toHaveURL(/\/bus$/);
});

test('[UI-12] a paused node: its links wait since then, the view that lost it says why', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'operator', '/bus?link=node1,node3');
  await complete(page);
  await demo.rehearse('node3', 'pause');
  await expect(cell(page, 'node1', 'node3')).toHaveAttribute('data-state', /waiting|dialing/);
  await expect(cell(page, 'node1', 'node2')).toHaveAttribute('data-state', 'up');
  await expect(figure(page, 'State', 'node1')).toContainText(/(waiting to dial again|dialing) for \d+ s/);
  await expect(mark(page, MARKS.bus.verdictWord)).toHaveText('1 server out of the mesh');
  await expect(mark(page, MARKS.bus.finding).first()).toContainText('node3: fell silent');
  const row = page.locator(`[data-test="${MARKS.bus.matrixRow}"][data-from="node3"]`);
  await expect(row).toHaveAttribute('data-current', 'false');
  await expect(mark(row, MARKS.bus.age)).toContainText('as of');
  const views = mark(page, MARKS.bus.view);
  // Of several changes, should the machine be slow, one is this one.
  const lost = views.filter({ hasText: 'lost node3 (silent)' }).first();
  await expect(lost).toContainText(/took [\d.]+ m?s/);
  await demo.rehearse('node3', 'resume');
  await complete(page);
  await expect(row).toHaveAttribute('data-current', 'true');
  await expect(views.filter({ hasText: 'joined: node3' }).first()).toBeVisible();
  await mark(page, MARKS.bus.perspectiveChoice).selectOption('node3');
  await expect(page).toHaveURL(/node=node3/);
  await expect(views.filter({ hasText: /joined: .*node1/ }).first()).toBeVisible();
});

test('[UI-12] a link that is cut between two nodes is down at both ends, and comes back', async ({
  demo,
  page,
}) => {
  test.setTimeout(RESTARTS_LIMIT_MS);
  await withBreakableLink(demo, async (link) => {
    await signIn(page, demo, 'viewer', '/bus?q=state:up');
    await complete(page);
    link.cut();
    await expect(cell(page, 'node1', 'node2')).toHaveAttribute('data-state', /dialing|waiting/);
    await expect(cell(page, 'node1', 'node3')).toHaveAttribute('data-state', 'up');
    await expect(linkRow(page, 'node1', 'node2')).toHaveCount(0);
    await expect(mark(page, MARKS.bus.verdict)).toHaveAttribute('data-shape', /critical|disputed/);
    link.resume();
    await complete(page);
    await expect(linkRow(page, 'node1', 'node2')).toHaveCount(1);
  });
});

test('[UI-12] a server with another key is refused, counted and called out', async ({ demo, page }) => {
  test.setTimeout(RESTARTS_LIMIT_MS);
  const file = path.join(demo.folder, 'other.key');
  writeFileSync(file, 'Another-key-of-somebody-else-0123456789abcdef\n', { mode: 0o600 });
  await signIn(page, demo, 'viewer', '/bus');
  await complete(page);
  await expect(mark(page, MARKS.bus.refusalsGrew)).toHaveCount(0);
  const undo = await demo.reconfigure(
    'node3',
    (text) => `${text}msgc_server { auth_key_file = "${file}" }\n`,
  );
  try {
    await expect(mark(page, MARKS.bus.refusalsGrew)).toContainText('wrong key');
    const refusal = page.locator(`[data-test="${MARKS.bus.refusal}"][data-reason="wrong key"]`).first();
    await expect(refusal).toHaveAttribute('data-lately', 'true');
    await expect(cell(page, 'node1', 'node3')).toHaveAttribute('data-state', /refused|waiting|dialing/);
    await mark(linkRow(page, 'node1', 'node3'), MARKS.bus.rowLink).click();
    await expect(figure(page, 'Refused', 'node1')).toHaveText(/^[1-9]/);
  } finally {
    await undo();
  }
  await complete(page);
});

test('[UI-12] a node shows its own share and leads to the bus seen from there', async ({ demo, page }) => {
  await signIn(page, demo, 'viewer', '/members?node=node2');
  const share = mark(page, MARKS.node.bus);
  await expect(mark(share, MARKS.bus.serverLink)).toHaveCount(SERVERS.length - 1);
  const link = share.locator(`[data-test="${MARKS.bus.serverLink}"][data-to="node1"]`);
  await expect(link).toHaveAttribute('data-state', 'up');
  await expect(link).toContainText(/round trip.*\d ms/);
  await expect(link).toContainText(/out.*B\/s/);
  await expect(mark(share, MARKS.bus.serverFacts)).toContainText('prove that they know it');
  await expect(mark(share, MARKS.bus.view).first()).toBeVisible();
  await mark(share, MARKS.node.busLink).click();
  await expect(page).toHaveURL(/\/bus\?node=node2/);
  await expect(mark(page, MARKS.bus.serverFacts)).toHaveAttribute('data-server', 'node2');
  await expect(mark(page, MARKS.bus.perspectiveChoice)).toHaveValue('node2');
});

test('[UI-12] on a phone the mesh is a list, one server after the other', async ({ demo, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, demo, 'viewer', '/bus');
  await complete(page);
  await expect(mark(page, MARKS.bus.listServer)).toHaveCount(SERVERS.length);
  await expect(mark(page, MARKS.bus.matrix)).toHaveCount(0);
  await expect(mark(page, MARKS.bus.serverLink).first()).toContainText('up for');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
});

scriptedTest(
  '[UI-12] what is old, unreadable, slow or hostile is marked where it stands',
  async ({ gateway, page }) => {
    const { bus } = gateway.cluster;
    bus.setLink('labrat-1', 'labrat-2', { slow: 'acks late\u202e', backlog: 3_000, roundTripMs: 80 });
    bus.setLink('labrat-2', 'labrat-1', { rates: null, roundTripMs: null });
    bus.setGroup('<b>evil</b>', ['#ec0\u001b[31m-1#labrat-1']);
    await signIn(page, gateway, 'viewer', '/bus?link=labrat-1,labrat-2');
    await expect(figure(page, 'Slow', 'labrat-1')).toContainText('acks late‹U+202E›');
    await expect(figure(page, 'Backlog', 'labrat-1')).toContainText('60 %');
    await expect(figure(page, 'Round trip', 'labrat-2')).toHaveText('—');
    await expect(figure(page, 'Sends', 'labrat-2')).toHaveText('—');
    const group = page.locator(`[data-test="${MARKS.bus.group}"]`).filter({ hasText: '<b>evil</b>' });
    await expect(group).toContainText('#ec0^[[31m-1#labrat-1');
    bus.set('labrat-1', { authenticated: false });
    await expect(mark(page, MARKS.bus.keyless)).toContainText('on labrat-1');
    bus.refuse('labrat-3', 'unknown peer', 2);
    await expect(mark(page, MARKS.bus.refusalsGrew)).toContainText(
      'labrat-3 refused 2 connections: unknown peer',
    );
    bus.silence('labrat-3');
    const row = page.locator(`[data-test="${MARKS.bus.matrixRow}"][data-from="labrat-3"]`);
    await expect(mark(row, MARKS.bus.age)).toHaveAttribute('data-old', 'true');
    await expect(mark(page, MARKS.bus.finding).filter({ hasText: 'labrat-3' })).toContainText(
      'tells nothing',
    );
    gateway.cluster.setBus('lost');
    await expect(mark(page, MARKS.connection.text)).toContainText('no bus connection');
    await expect(mark(page, MARKS.bus.asOf)).toContainText('as of');
    await expect(cell(page, 'labrat-1', 'labrat-2')).toHaveAttribute('data-state', 'up');
  },
);
