/** What browser tests share: one demo cluster per worker, healed after each test; signing in; finding marks. */

import { test as base, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { DemoCluster, type DemoRole } from '../support/demo-cluster.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ScriptedGateway } from '../support/scripted-gateway.ts';

type WorkerFixtures = { readonly demo: DemoCluster };

/** With a demo cluster of real processes. */
export const test = base.extend<{ readonly healed: undefined }, WorkerFixtures>({
  demo: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from this pattern
    async ({}, use) => {
      const demo = await DemoCluster.start();
      await use(demo);
      await demo.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  healed: [
    async ({ demo }, use) => {
      await use(undefined);
      await demo.heal();
    },
    { auto: true },
  ],
});

/** With the gateway over a scripted cluster, new for each test. */
export const scriptedTest = base.extend<{ readonly gateway: ScriptedGateway }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from this pattern
  gateway: async ({}, use) => {
    const gateway = await ScriptedGateway.start();
    await use(gateway);
    await gateway.stop();
  },
});

type BreakableLink = { readonly cut: () => void; readonly resume: () => void };

/** Both directions of the link between node1 and node2 pass through proxies on addresses of their own meanwhile. */
export async function withBreakableLink(
  demo: DemoCluster,
  body: (link: BreakableLink) => Promise<void>,
): Promise<void> {
  const toNode2 = await FaultProxy.start('127.0.0.42', demo.busPort);
  toNode2.forwardTo('127.0.0.12', demo.busPort);
  const toNode1 = await FaultProxy.start('127.0.0.41', demo.busPort);
  toNode1.forwardTo('127.0.0.11', demo.busPort);
  const peers = (node1: string, node2: string): string =>
    `msgc_server { peers = [ manager = "127.0.0.10" node1 = "${node1}" node2 = "${node2}" node3 = "127.0.0.13" ] }\n`;
  const undo1 = await demo.reconfigure('node1', (text) => text + peers('127.0.0.11', '127.0.0.42'));
  const undo2 = await demo.reconfigure('node2', (text) => text + peers('127.0.0.41', '127.0.0.12'));
  const both = [toNode1, toNode2];
  try {
    await body({
      cut: () => {
        for (const one of both) one.cut();
      },
      resume: () => {
        for (const one of both) one.resume();
      },
    });
  } finally {
    await undo1();
    await undo2();
    for (const one of both) await one.stop();
  }
}

/** Whatever serves the pages and has accounts. */
type Served = {
  readonly url: string;
  readonly account: (role: DemoRole) => { readonly name: string; readonly password: string };
};

export function mark(page: Page | Locator, name: string): Locator {
  return page.locator(`[data-test="${name}"]`);
}

/** The row of one member on the Members page. */
export function memberRow(page: Page, name: string): Locator {
  return page.locator(`[data-test="${MARKS.members.row}"][data-member="${name}"]`);
}

export async function fillSignIn(
  page: Page,
  account: { readonly name: string; readonly password: string },
): Promise<void> {
  await mark(page, MARKS.signIn.name).fill(account.name);
  await mark(page, MARKS.signIn.password).fill(account.password);
  await mark(page, MARKS.signIn.submit).click();
}

/** Signs in through the page and waits until the stream is live. */
export async function signIn(page: Page, served: Served, role: DemoRole, path = '/members'): Promise<void> {
  await page.goto(`${served.url}${path}`);
  await fillSignIn(page, served.account(role));
  await live(page);
}

/** Waits until the freshness rail says live. */
export async function live(page: Page): Promise<void> {
  await page.locator(`[data-test="${MARKS.rail.root}"][data-level="live"]`).waitFor();
}
