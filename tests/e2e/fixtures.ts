/** What browser tests share: one demo cluster per worker, healed after each test; signing in; finding marks. */

import { test as base, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { DemoCluster, type DemoRole } from '../support/demo-cluster.ts';

type WorkerFixtures = { readonly demo: DemoCluster };
type TestFixtures = { readonly healed: undefined };

export const test = base.extend<TestFixtures, WorkerFixtures>({
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
export async function signIn(
  page: Page,
  demo: DemoCluster,
  role: DemoRole,
  path = '/members',
): Promise<void> {
  await page.goto(`${demo.url}${path}`);
  await fillSignIn(page, demo.account(role));
  await live(page);
}

/** Waits until the freshness rail says live. */
export async function live(page: Page): Promise<void> {
  await page.locator(`[data-test="${MARKS.rail.root}"][data-level="live"]`).waitFor();
}
