/** The console: commands to many nodes and their grouped replies: ui.md 4.8. */

import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { JOB_TEXT_VIEW_CHARACTERS } from '../../server/wire/http.ts';
import type { DemoCluster } from '../support/demo-cluster.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/until.ts';
import { mark, memberRow, scriptedTest, signIn, test } from './fixtures.ts';

async function send(page: Page, command: string, timeoutSeconds?: number): Promise<Locator> {
  await mark(page, MARKS.console.input).fill(command);
  if (timeoutSeconds !== undefined) {
    await mark(page, MARKS.console.timeout).selectOption(String(timeoutSeconds * 1_000));
  }
  await expect(mark(page, MARKS.console.send)).not.toHaveAttribute('aria-disabled', 'true');
  await mark(page, MARKS.console.send).click();
  const job = mark(page, MARKS.console.job).first();
  await expect(mark(job, MARKS.console.jobCommand)).toHaveText(command);
  return job;
}

function group(job: Locator, nodes: string): Locator {
  return job.locator(`[data-test="${MARKS.console.group}"][data-nodes="${nodes}"]`);
}

test('[CN-1] equal replies are one group, different replies are not', async ({ demo, page }) => {
  await signIn(page, demo, 'viewer', '/console');
  const same = await send(page, 'version');
  await expect(group(same, 'node1 node2 node3')).toHaveCount(1);
  await expect(mark(same, MARKS.console.group)).toHaveCount(1);
  const own = await send(page, 'cluster nodename');
  await expect(mark(own, MARKS.console.group)).toHaveCount(3);
  for (const name of ['node1', 'node2', 'node3']) {
    await expect(mark(group(own, name), MARKS.console.groupText)).toHaveText(name);
  }
});

scriptedTest('[CN-1] grouping is exact after line ends and trailing blanks', async ({ gateway, page }) => {
  const texts: Readonly<Record<string, string>> = {
    'labrat-1': 'a  b\nc\n',
    'labrat-2': 'a  b  \r\nc\r\n\r\n',
    'labrat-3': 'a b\nc\n',
  };
  gateway.answer = (_, node) => texts[node];
  await signIn(page, gateway, 'viewer', '/console');
  const job = await send(page, 'version');
  await expect(group(job, 'labrat-1 labrat-2')).toHaveCount(1);
  await expect(group(job, 'labrat-3')).toHaveCount(1);
});

const ESCAPE = String.fromCharCode(0x1b);
const HOSTILE = [
  `${ESCAPE}[2J${ESCAPE}]0;owned${String.fromCharCode(7)}`,
  '<img src=x onerror="window.owned = true"><script>window.owned = true</script>',
  `${String.fromCharCode(0x202e)}reversed`,
].join('\n');

scriptedTest('[CN-4] terminal escapes, HTML and direction marks do nothing', async ({ gateway, page }) => {
  gateway.answer = () => HOSTILE;
  await signIn(page, gateway, 'viewer', '/console');
  const job = await send(page, 'version');
  const text = mark(job, MARKS.console.groupText);
  await expect(text).toContainText('<img src=x onerror=');
  const shown = await text.evaluate((element) => element.textContent ?? '');
  expect(shown).not.toContain(ESCAPE);
  expect(shown).not.toContain(String.fromCharCode(0x202e));
  expect(await text.locator('img, script').count()).toBe(0);
  expect(await page.evaluate(() => 'owned' in window)).toBe(false);
  expect(await page.title()).not.toContain('owned');
});

/** Replies of node2 pass through a proxy; the rest of the cluster does not notice. */
async function withSlowNode2(demo: DemoCluster, work: (proxy: FaultProxy) => Promise<void>): Promise<void> {
  const proxy = await FaultProxy.start();
  proxy.forwardTo('127.0.0.12', demo.busPort);
  const undo = await demo.reconfigure('node2', (text) =>
    text.replace(/msgc_client .*/, `msgc_client { server = ( "127.0.0.1:${proxy.port}" ) }`),
  );
  try {
    await until(() => proxy.connections > 0);
    await work(proxy);
  } finally {
    await undo();
    await proxy.stop();
  }
}

/** Longer than the shortest time-out of a job. */
const SLOW_MS = 4_000;

test('[CN-2] a late reply attaches to its own job', async ({ demo, page }) => {
  await withSlowNode2(demo, async (proxy) => {
    await signIn(page, demo, 'viewer', '/console');
    await presentOnMembers(page, 'node2');
    proxy.delay('toTarget', SLOW_MS);
    await until(() => proxy.delayMs('toTarget') >= SLOW_MS, 30_000);
    const job = await send(page, 'cluster nodename', 2);
    await expect(job.locator(`[data-test="${MARKS.console.silentNode}"][data-node="node2"]`)).toBeVisible();
    await expect(group(job, 'node1')).toHaveCount(1);
    await expect(mark(group(job, 'node2'), MARKS.console.groupText)).toHaveText('node2');
    await expect(mark(group(job, 'node2'), MARKS.console.groupLate)).toBeVisible();
    await expect(mark(job, MARKS.console.silentNode)).toHaveCount(0);
  });
});

test('[CN-5] a node that leaves while it is asked is said to have left, not to be silent', async ({
  demo,
  page,
}) => {
  await withSlowNode2(demo, async (proxy) => {
    await signIn(page, demo, 'viewer', '/console');
    await presentOnMembers(page, 'node2');
    proxy.delay('toTarget', SLOW_MS);
    await until(() => proxy.delayMs('toTarget') >= SLOW_MS, 30_000);
    const job = await send(page, 'version', 30);
    await expect(group(job, 'node1 node3')).toHaveCount(1);
    await demo.rehearse('node2', 'kill');
    const node2 = job.locator(`[data-test="${MARKS.console.silentNode}"][data-node="node2"]`);
    await expect(node2).toHaveAttribute('data-state', 'left');
    await expect(node2).toContainText('left before it answered');
  });
});

async function presentOnMembers(page: Page, name: string): Promise<void> {
  await mark(page, MARKS.frame.navMembers).click();
  await expect(memberRow(page, name)).toHaveAttribute('data-state', 'present');
  await mark(page, MARKS.frame.navConsole).click();
}

test('a node that is paused while it is asked is named as silent', async ({ demo, page }) => {
  await signIn(page, demo, 'viewer', '/console');
  await presentOnMembers(page, 'node2');
  await mark(page, MARKS.console.input).fill('cluster info');
  await expect(mark(page, MARKS.console.send)).toContainText('3 nodes');
  demo.signal('node2', 'SIGSTOP');
  await mark(page, MARKS.console.send).click();
  const job = mark(page, MARKS.console.job).first();
  await expect(mark(job, MARKS.console.group)).not.toHaveCount(0);
  const node2 = job.locator(`[data-test="${MARKS.console.silentNode}"][data-node="node2"]`);
  await expect(node2).toHaveAttribute('data-state', 'silent', { timeout: 20_000 });
  await expect(mark(job, MARKS.console.jobSummary)).toContainText('1 silent');
});

test('a viewer sends no write, by page or by API, and each attempt leaves one audit record', async ({
  demo,
  page,
}) => {
  const command = 'cluster duravip announce view';
  await signIn(page, demo, 'viewer', '/console');
  await mark(page, MARKS.console.input).fill(command);
  await expect(mark(page, MARKS.console.classReason)).toBeVisible();
  await expect(mark(page, MARKS.console.send)).toHaveAttribute('aria-disabled', 'true');
  const viewer = await demo.client('viewer');
  const order = { command, target: { kind: 'all' }, timeoutMs: 2_000 };
  expect((await viewer.post('/api/commands', order)).status).toBe(403);
  const read = { ...order, command: 'cluster nodeaddr' };
  const sent = await viewer.post('/api/commands', read);
  expect(sent.status).toBe(202);
  const { id } = (await sent.json()) as { id: string };
  await until(async () => (await viewer.job(id)).state === 'done');
  const records = await (await demo.client('admin')).audit();
  expect(records.filter((record) => record.command === command).map(({ result }) => result)).toEqual([
    'refused',
  ]);
  expect(records.filter((record) => record.command === read.command).map(({ result }) => result)).toEqual([
    'done',
  ]);
});

const MIB = 1_048_576;

for (const size of [5, 16]) {
  scriptedTest(
    `[CN-3] a reply of ${size} MiB is cut in the view and whole in the download`,
    async ({ gateway, page }) => {
      const line = `one line ${ESCAPE}[31m<b>of</b> a long reply\n`;
      const text = line.repeat(Math.ceil((size * MIB) / line.length));
      gateway.answer = (_, node) => (node === 'labrat-1' ? text : '');
      await signIn(page, gateway, 'viewer', '/console');
      const job = await send(page, 'version');
      const long = group(job, 'labrat-1');
      await expect(mark(long, MARKS.console.truncated)).toBeVisible();
      const shown = await mark(long, MARKS.console.groupText).evaluate((pre) => pre.textContent ?? '');
      expect(shown.length).toBeLessThan(2 * JOB_TEXT_VIEW_CHARACTERS);
      expect(shown).not.toContain(ESCAPE);
      const href = await mark(long, MARKS.console.download).getAttribute('href');
      const whole = await page.request.get(`${gateway.url}${href}`);
      expect((await whole.text()) === text).toBe(true);
    },
  );
}
