/** Freshness, reconnect and rights in the frame: ui.md 4.0. */

import { type BrowserContext, expect, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { DemoCluster } from '../support/demo-cluster.ts';
import { until } from '../support/until.ts';
import { fillSignIn, live, mark, memberRow, scriptedTest, signIn, test } from './fixtures.ts';

const NODES = ['node1', 'node2', 'node3'] as const;

async function expectNodesKept(page: Page): Promise<void> {
  for (const name of NODES) await expect(memberRow(page, name)).toBeVisible();
}

function rail(page: Page, level: string) {
  return page.locator(`[data-test="${MARKS.rail.root}"][data-level="${level}"]`);
}

function band(page: Page, level: string) {
  return page.locator(`[data-test="${MARKS.connection.band}"][data-level="${level}"]`);
}

/** As in browsers that have none: the hub then runs in one of the tabs. */
async function withoutSharedWorkers(of: Page | BrowserContext): Promise<void> {
  await of.addInitScript(() => {
    Reflect.deleteProperty(window, 'SharedWorker');
  });
}

/** Nothing of the page runs any more, as in a tab that was put to sleep. @returns what wakes it */
async function suspend(page: Page): Promise<() => Promise<void>> {
  const inspector = await page.context().newCDPSession(page);
  await inspector.send('Debugger.enable');
  const paused = new Promise((resolve) => inspector.once('Debugger.paused', resolve));
  await inspector.send('Debugger.pause');
  await paused;
  return async () => {
    await inspector.send('Debugger.resume');
    await inspector.send('Debugger.disable');
  };
}

/** A node dies, and the dashboard knows it: what a page learns on waking happened before it woke. */
async function killUnseen(demo: DemoCluster, name: string): Promise<void> {
  await demo.rehearse(name, 'kill');
  await until(async () => (await demo.members('departed')) === 1);
}

/** Open live sockets, as the gateway counts them. */
async function sockets(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^muster_sockets (\d+)$/m.exec(metrics)?.[1] ?? Number.NaN);
}

test('[FR-1] a cut bus is said on every client, the data stays, writes are off with a reason', async ({
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
    await expect(band(page, 'lostBus')).toBeVisible();
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

test('[FR-2] a frozen socket is noticed without being closed, and comes back by itself', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'viewer');
  demo.pageProxy.freeze();
  await expect(band(page, 'disconnected')).toBeVisible();
  await expectNodesKept(page);
  await expect(mark(page, MARKS.connection.retry)).toBeVisible();
  demo.pageProxy.resume();
  await live(page);
});

test('[FR-3] a silent node marks its own cells and nothing else', async ({ demo, page }) => {
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

test('[FR-4] a skipped sequence number is repaired and counted, and no row is wrong', async ({
  demo,
  page,
}) => {
  let dropNext = false;
  let dropped = 0;
  // Only a socket of the page itself can be listened to.
  await withoutSharedWorkers(page);
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

test('[FR-5] a restarted gateway begins a new epoch, and one line says that the page is live again', async ({
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

test('[FR-6] a tab that the browser froze is right again within three seconds of waking', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'viewer');
  await expectNodesKept(page);
  const resume = await suspend(page);
  await killUnseen(demo, 'node3');
  await resume();
  await expect(memberRow(page, 'node3')).toHaveAttribute('data-state', 'departed');
  await expect(rail(page, 'live')).toBeVisible();
});

test('[FR-6] after ten minutes of sleep without a network the page is live within three seconds', async ({
  demo,
  page,
}) => {
  // The hub in the tab sleeps with the tab, as a whole machine does.
  await withoutSharedWorkers(page);
  await page.clock.install();
  await signIn(page, demo, 'viewer');
  await expectNodesKept(page);
  // No timer and no script until the ten minutes are over: a page that came back before would sleep with nothing missed.
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000));
  const resume = await suspend(page);
  demo.pageProxy.freeze();
  await killUnseen(demo, 'node3');
  demo.pageProxy.cut();
  demo.pageProxy.resume();
  let attempts = 0;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/live-ticket') attempts += 1;
  });
  await resume();
  expect(attempts).toBe(0);
  await page.clock.fastForward('10:00');
  await page.clock.resume();
  await expect(memberRow(page, 'node3')).toHaveAttribute('data-state', 'departed');
  await expect(rail(page, 'live')).toBeVisible();
  // Three seconds have room for the first attempt after waking, not for one that fails and is waited after.
  expect(attempts).toBe(1);
  await expect(mark(page, MARKS.connection.backLive)).toHaveCount(1);
  await expect(mark(page, MARKS.connection.backLive)).toContainText(/Back live\. [1-9]\d* change/);
  await mark(page, MARKS.connection.backLiveShow).click();
  await expect(mark(page, MARKS.connection.backLiveEvent).filter({ hasText: 'node3' })).not.toHaveCount(0);
});

scriptedTest(
  '[FR-7] many tabs: one socket, and what one does reaches all',
  async ({ gateway, page, context }) => {
    await signIn(page, gateway, 'operator');
    const tabs = [page, await context.newPage(), await context.newPage()];
    for (const tab of tabs.slice(1)) await tab.goto(`${gateway.url}/members`);
    for (const tab of tabs) await live(tab);
    expect(await sockets(gateway.url)).toBe(1);
    gateway.cluster.depart('labrat-2', 'closed');
    // Also those in the background.
    for (const tab of tabs)
      await expect(memberRow(tab, 'labrat-2')).toHaveAttribute('data-state', 'departed');
    expect(await sockets(gateway.url)).toBe(1);
    await page.close();
    const [, second, third] = tabs;
    if (second === undefined || third === undefined) throw new Error('there are three tabs');
    await live(second);
    expect(await sockets(gateway.url)).toBe(1);
    await mark(second, MARKS.frame.accountMenu).click();
    await mark(second, MARKS.frame.signOut).click();
    for (const tab of [second, third]) await mark(tab, MARKS.signIn.form).waitFor();
    await expect.poll(() => sockets(gateway.url)).toBe(0);
  },
);

scriptedTest(
  '[FR-7] another account in one tab becomes the account of all',
  async ({ gateway, page, context }) => {
    await signIn(page, gateway, 'operator');
    const signedIn = await context.request.post(`${gateway.url}/api/session`, {
      data: gateway.account('viewer'),
      headers: { origin: gateway.url },
    });
    expect(signedIn.ok()).toBe(true);
    const other = await context.newPage();
    await other.goto(`${gateway.url}/members`);
    await live(other);
    await expect(mark(page, MARKS.frame.accountRole)).toHaveText('viewer');
    await live(page);
    expect(await sockets(gateway.url)).toBe(1);
  },
);

scriptedTest(
  '[FR-7] without shared workers the tabs elect one, and another when it closes',
  async ({ gateway, page, context }) => {
    await withoutSharedWorkers(context);
    await signIn(page, gateway, 'viewer');
    const other = await context.newPage();
    await other.goto(`${gateway.url}/members`);
    await live(other);
    expect(await sockets(gateway.url)).toBe(1);
    await page.close();
    gateway.cluster.depart('labrat-2', 'closed');
    await expect(memberRow(other, 'labrat-2')).toHaveAttribute('data-state', 'departed');
    await live(other);
    expect(await sockets(gateway.url)).toBe(1);
  },
);

scriptedTest(
  '[FR-8] a link reopens filter, sort, perspective and zone in a fresh browser',
  async ({ gateway, page, browser }) => {
    await signIn(page, gateway, 'admin', '/members');
    await mark(page, MARKS.table.filter).fill('role:node labrat');
    await page.getByRole('columnheader', { name: 'Member' }).getByRole('button').click();
    await page.getByRole('columnheader', { name: 'Member' }).getByRole('button').click();
    await mark(page, MARKS.members.perspective).selectOption('labrat-2');
    await mark(page, MARKS.frame.accountMenu).click();
    await mark(page, MARKS.frame.zone).selectOption('Asia/Tokyo');
    await page.keyboard.press('Escape');
    await page.evaluate(() => {
      const copied: string[] = [];
      Object.defineProperty(navigator, 'clipboard', {
        value: { writeText: async (text: string) => void copied.push(text) },
      });
      Object.assign(window, { copied });
    });
    await mark(page, MARKS.frame.copyLink).click();
    await expect(mark(page, MARKS.toast.item)).toContainText('Link copied');
    const [link = ''] = await page.evaluate(() => (window as unknown as { copied: string[] }).copied);
    expect(link).toContain('zone=Asia%2FTokyo');

    const fresh = await browser.newPage({ timezoneId: 'America/New_York' });
    await fresh.goto(link);
    await fillSignIn(fresh, gateway.account('viewer'));
    await live(fresh);
    for (const each of [page, fresh]) {
      await expect(mark(each, MARKS.table.filter)).toHaveValue('role:node labrat');
      await expect(mark(each, MARKS.members.perspective)).toHaveValue('labrat-2');
      await expect(mark(each, MARKS.frame.clock)).toContainText('GMT+9');
      await expect(mark(each, MARKS.members.row)).toHaveCount(3);
      const rows = await mark(each, MARKS.members.row).evaluateAll((all) =>
        all.map((row) => row.getAttribute('data-member')),
      );
      expect(rows).toEqual(['labrat-3', 'labrat-2', 'labrat-1']);
    }
    await fresh.close();
  },
);

scriptedTest(
  'the time zone belongs to the account: another browser shows it',
  async ({ gateway, page, browser }) => {
    await signIn(page, gateway, 'operator');
    await mark(page, MARKS.frame.accountMenu).click();
    await mark(page, MARKS.frame.zone).selectOption('Asia/Tokyo');
    await expect(mark(page, MARKS.frame.clock)).toContainText('GMT+9');
    const other = await browser.newPage({ timezoneId: 'UTC' });
    await signIn(other, gateway, 'operator');
    await expect(mark(other, MARKS.frame.clock)).toContainText('GMT+9');
    await other.close();
  },
);

scriptedTest(
  'the palette finds pages, members and commands, and sends nothing',
  async ({ gateway, page }) => {
    await signIn(page, gateway, 'admin');
    const writes: string[] = [];
    const harmless = ['/api/telemetry', '/api/commands/classify'];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (request.method() !== 'GET' && !harmless.includes(pathname)) writes.push(pathname);
    });
    const find = async (text: string): Promise<void> => {
      await page.keyboard.press('Control+k');
      await mark(page, MARKS.palette.input).fill(text);
    };
    await find('audit');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/audit$/);
    await find('labrat-2');
    await mark(page, MARKS.palette.item).filter({ hasText: 'labrat-2' }).first().click();
    await expect(page).toHaveURL(/\/members\?node=labrat-2$/);
    await find('cluster reset please');
    await page.keyboard.press('Enter');
    await expect(mark(page, MARKS.console.page)).toBeVisible();
    await expect(mark(page, MARKS.console.input)).toHaveValue('cluster reset please');
    expect(writes).toEqual([]);
    expect(gateway.cluster.observer.sent).toEqual([]);
  },
);

scriptedTest('keys go to pages, show themselves, and can be switched off', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer');
  await page.locator('h1').first().click();
  await page.keyboard.press('?');
  await expect(mark(page, MARKS.shortcuts.row).filter({ hasText: 'Go to Console' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(mark(page, MARKS.shortcuts.sheet)).toHaveCount(0);
  await page.keyboard.press('/');
  await expect(mark(page, MARKS.table.filter)).toBeFocused();
  await page.keyboard.type('gc');
  await expect(mark(page, MARKS.table.filter)).toHaveValue('gc');
  await page.locator('h1').first().click();
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(page).toHaveURL(/\/audit$/);
});

test('[FR-9] a role that changes while somebody is signed in holds within seconds', async ({
  demo,
  page,
}) => {
  const admin = await demo.client('admin');
  await signIn(page, demo, 'operator');
  await expect(mark(page, MARKS.frame.accountRole)).toHaveText('operator');
  const setRole = (role: string) => admin.patch(`/api/accounts/${demo.account('operator').name}`, { role });
  expect((await setRole('viewer')).ok).toBe(true);
  try {
    await expect(mark(page, MARKS.frame.accountRole)).toHaveText('viewer');
  } finally {
    expect((await setRole('operator')).ok).toBe(true);
  }
});
