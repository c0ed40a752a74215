/**
 * From SIGKILL of a node to the painted change on the Members page in Chromium: 20 kills. The page notes the moment of
 * the frame after the row changed; both clocks are the wall clock of this machine.
 */

import { chromium, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { chromiumPath } from '../support/chromium.ts';
import { DemoCluster } from '../support/demo-cluster.ts';
import { until } from '../support/until.ts';
import { quantile } from './quantile.ts';

const KILLS = 20;
const VICTIM = 'node3';
const ROW = `[data-test="${MARKS.members.row}"][data-member="${VICTIM}"]`;

async function openMembers(page: Page, demo: DemoCluster): Promise<void> {
  const { name, password } = demo.account('viewer');
  await page.goto(`${demo.directUrl}/members`);
  await page.locator(`[data-test="${MARKS.signIn.name}"]`).fill(name);
  await page.locator(`[data-test="${MARKS.signIn.password}"]`).fill(password);
  await page.locator(`[data-test="${MARKS.signIn.submit}"]`).click();
  await page.locator(ROW).waitFor();
}

/** Resolves with the wall clock of the frame after the one in which the member is no longer present. */
function nextPaint(page: Page): Promise<number> {
  return page.evaluate((selector) => {
    return new Promise<number>((resolve) => {
      const look = (): void => {
        const state = document.querySelector<HTMLElement>(selector)?.dataset['state'];
        if (state === 'present') requestAnimationFrame(look);
        else requestAnimationFrame(() => resolve(Date.now()));
      };
      look();
    });
  }, ROW);
}

export async function killToPixel(): Promise<Readonly<Record<string, number>>> {
  const demo = await DemoCluster.start();
  const executablePath = chromiumPath();
  const browser = await chromium.launch(executablePath === undefined ? {} : { executablePath });
  const samples: number[] = [];
  try {
    const page = await browser.newPage();
    await openMembers(page, demo);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await until(async () => (await page.locator(ROW).getAttribute('data-state')) === 'present', 30_000);
      const painted = nextPaint(page);
      const killedMs = Date.now();
      demo.signal(VICTIM, 'SIGKILL');
      samples.push((await painted) - killedMs);
      await demo.rehearse(VICTIM, 'restart');
    }
  } finally {
    await browser.close();
    await demo.stop();
  }
  return {
    kills: samples.length,
    'p50 ms': quantile(samples, 0.5),
    'p99 ms': quantile(samples, 0.99),
    'max ms': Math.max(...samples),
  };
}
