/** Freshness, reconnect and rights in the frame: ui.md 4.0. */

import { expect, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { live, mark, memberRow, signIn, test } from './fixtures.ts';

const NODES = ['node1', 'node2', 'node3'] as const;

async function expectNodesKept(page: Page): Promise<void> {
  for (const name of NODES) await expect(memberRow(page, name)).toBeVisible();
}

function band(page: Page, level: string) {
  return page.locator(`[data-test="${MARKS.connection.band}"][data-level="${level}"]`);
}

test('FR-1 a cut bus is said on every client, the data stays, writes are off with a reason', async ({
  demo,
  browser,
}) => {
  const clients = await Promise.all(
    (['operator', 'viewer'] as const).map(async (role) => {
      const page = await browser.newPage();
      await signIn(page, demo, role);
      await expectNodesKept(page);
      return page;
    }),
  );
  demo.busProxy.cut();
  for (const page of clients) {
    await expect(band(page, 'lostBus')).toBeVisible({ timeout: 6_000 });
    await expect(mark(page, MARKS.connection.text)).toContainText('no bus connection since');
    await expectNodesKept(page);
  }
  const [operator] = clients;
  if (operator === undefined) throw new Error('there is a page of the operator');
  await mark(operator, MARKS.frame.navConsole).click();
  await mark(operator, MARKS.console.input).fill('version');
  await expect(mark(operator, MARKS.console.send)).toHaveAttribute('aria-disabled', 'true');
  await expect(mark(operator, MARKS.console.page)).toContainText(/bus/i);
  demo.busProxy.resume();
  for (const page of clients) {
    await live(page);
    await page.close();
  }
});

test('FR-2 a frozen socket is noticed without being closed, and comes back by itself', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'viewer');
  demo.pageProxy.freeze();
  await expect(band(page, 'disconnected')).toBeVisible({ timeout: 10_000 });
  await expectNodesKept(page);
  await expect(mark(page, MARKS.connection.retry)).toBeVisible();
  demo.pageProxy.resume();
  await live(page);
});

test('FR-3 a silent node marks its own cells and nothing else', async ({ demo, page }) => {
  await signIn(page, demo, 'viewer');
  await expectNodesKept(page);
  demo.signal('node2', 'SIGSTOP');
  const state = (name: string) => mark(memberRow(page, name), MARKS.members.state);
  await expect(state('node2')).toContainText(/silent/i);
  await expect(state('node1')).not.toContainText(/silent/i);
  await expect(state('node3')).not.toContainText(/silent/i);
  await expect(page.locator(`[data-test="${MARKS.rail.bus}"][data-level="live"]`)).toBeVisible();
  demo.signal('node2', 'SIGCONT');
  await expect(state('node2')).not.toContainText(/silent/i);
});

test('FR-4 a skipped sequence number is repaired and counted, and no row is wrong', async ({
  demo,
  page,
}) => {
  let dropNext = false;
  let dropped = 0;
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (dropNext && typeof message === 'string' && message.startsWith('42["patch"')) {
        dropNext = false;
        dropped += 1;
        return;
      }
      socket.send(message);
    });
  });
  await signIn(page, demo, 'viewer');
  await expectNodesKept(page);
  await expect(mark(page, MARKS.frame.footerGaps)).toHaveText('0');
  dropNext = true;
  await demo.rehearse('node3', 'kill');
  await expect(memberRow(page, 'node3')).toHaveAttribute('data-state', 'departed');
  await demo.rehearse('node3', 'restart');
  await expect(memberRow(page, 'node3')).toHaveAttribute('data-state', 'present');
  expect(dropped).toBe(1);
  await expect(mark(page, MARKS.frame.footerGaps)).toHaveText('1');
});

test('FR-5 a restarted gateway begins a new epoch, and one line says that the page is live again', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'viewer');
  await expectNodesKept(page);
  await demo.rehearse('dashboard', 'restart');
  await expect(mark(page, MARKS.frame.footerEpochs)).toHaveText('1', { timeout: 30_000 });
  await live(page);
  await expect(mark(page, MARKS.connection.backLive)).toHaveCount(1);
  await expect(mark(page, MARKS.connection.backLive)).toContainText('Back live');
  await expectNodesKept(page);
});

test('FR-9 a role that changes while somebody is signed in holds within seconds', async ({ demo, page }) => {
  const admin = await demo.client('admin');
  await signIn(page, demo, 'operator');
  await expect(mark(page, MARKS.frame.accountRole)).toHaveText('operator');
  const setRole = (role: string) => admin.patch(`/api/accounts/${demo.account('operator').name}`, { role });
  expect((await setRole('viewer')).ok).toBe(true);
  try {
    await expect(mark(page, MARKS.frame.accountRole)).toHaveText('viewer', { timeout: 8_000 });
  } finally {
    expect((await setRole('operator')).ok).toBe(true);
  }
});
