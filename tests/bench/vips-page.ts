/**
 * The DuraVIPs page in Chromium with 10,240 addresses of 5 nodes: time to the first row, frames while the whole table is
 * scrolled through, from a change at the gateway to the frame that shows it, and what browser and gateway cost. The
 * gateway runs in this process over a scripted cluster; all clocks are the wall clock of this machine.
 */

import { chromium, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { VipRow } from '../../server/wire/duravip.ts';
import { chromiumPath } from '../support/chromium.ts';
import { ScriptedGateway } from '../support/scripted-gateway.ts';
import { quantile } from './quantile.ts';

const NODES = ['labrat-1', 'labrat-2', 'labrat-3', 'labrat-4', 'labrat-5'];
const ADDRESSES = 10_240;
const RUNS = 10;
const SCROLL_FRAMES = 600;
const ROW = `[data-test="${MARKS.duravips.row}"]`;
const OWNER = `[data-test="${MARKS.duravips.owner}"]`;
const FRAME_LATE_MS = 50;

type Numbers = Record<string, number>;

export async function vipsPage(): Promise<Readonly<Numbers>> {
  const cast = { nodes: NODES, vips: { addresses: ADDRESSES, ipv6: 240 } };
  const gateway = await ScriptedGateway.start(cast);
  const executablePath = chromiumPath();
  const browser = await chromium.launch(executablePath === undefined ? {} : { executablePath });
  const numbers: Numbers = {};
  try {
    const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
    await signIn(page, gateway);
    await measureFirstRow(page, gateway, numbers);
    await measureScroll(page, numbers);
    await measurePatches(page, gateway, numbers);
    await measureQuiet(numbers);
  } finally {
    await browser.close();
    await gateway.stop();
  }
  return numbers;
}

async function signIn(page: Page, gateway: ScriptedGateway): Promise<void> {
  const { name, password } = gateway.account('operator');
  await page.goto(`${gateway.url}/duravips`);
  await page.locator(`[data-test="${MARKS.signIn.name}"]`).fill(name);
  await page.locator(`[data-test="${MARKS.signIn.password}"]`).fill(password);
  await page.locator(`[data-test="${MARKS.signIn.submit}"]`).click();
  await page.locator(ROW).first().waitFor();
}

/** Navigations with a warm cache, as somebody opens the page again: from the start of the navigation to the frame. */
async function measureFirstRow(page: Page, gateway: ScriptedGateway, numbers: Numbers): Promise<void> {
  const took: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await page.goto(`${gateway.url}/duravips`, { waitUntil: 'commit' });
    took.push(
      await page.evaluate(
        (row) =>
          new Promise<number>((resolve) => {
            const look = (): void => {
              if (document.querySelector(row) === null) requestAnimationFrame(look);
              else requestAnimationFrame(() => resolve(performance.now()));
            };
            look();
          }),
        ROW,
      ),
    );
  }
  numbers['first row, median ms'] = Math.round(quantile(took, 0.5));
  numbers['first row, max ms'] = Math.round(Math.max(...took));
}

async function measureScroll(page: Page, numbers: Numbers): Promise<void> {
  const gaps = await page.evaluate(
    ([row, frames]) =>
      new Promise<readonly number[]>((resolve) => {
        const scroller = document.querySelector(row)?.closest('.data-scroll');
        if (scroller === null || scroller === undefined) throw new Error('the table has no scroller');
        const step = (scroller.scrollHeight - scroller.clientHeight) / frames;
        const found: number[] = [];
        let last = performance.now();
        const next = (): void => {
          const nowMs = performance.now();
          found.push(nowMs - last);
          last = nowMs;
          scroller.scrollTop += step;
          if (found.length < frames) requestAnimationFrame(next);
          else resolve(found);
        };
        requestAnimationFrame(next);
      }),
    [ROW, SCROLL_FRAMES] as const,
  );
  numbers['frames of a scroll through all'] = gaps.length;
  numbers['scroll frame, p50 ms'] = tenths(quantile(gaps, 0.5));
  numbers['scroll frame, p99 ms'] = tenths(quantile(gaps, 0.99));
  numbers['scroll frame, max ms'] = tenths(Math.max(...gaps));
  numbers[`scroll frames over ${FRAME_LATE_MS} ms`] = gaps.filter((ms) => ms > FRAME_LATE_MS).length;
}

/** A row on the screen changes its owner, alone and together with all others. */
async function measurePatches(page: Page, gateway: ScriptedGateway, numbers: Numbers): Promise<void> {
  await page.reload();
  await page.locator(ROW).first().waitFor();
  const shown = (await page.locator(ROW).first().getAttribute('data-vip')) ?? '';
  for (const [many, what] of [
    [1, 'one row'],
    [1_000, '1,000 rows'],
    [ADDRESSES, 'all rows'],
  ] as const) {
    const took: number[] = [];
    for (let run = 0; run < RUNS; run += 1) took.push(await patched(page, gateway, { shown, many, run }));
    numbers[`patch of ${what} to the screen, median ms`] = Math.round(quantile(took, 0.5));
    numbers[`patch of ${what} to the screen, max ms`] = Math.round(Math.max(...took));
  }
  numbers['page, MB of heap'] = await page.evaluate(() => {
    const memory: unknown = Reflect.get(performance, 'memory');
    const used = typeof memory === 'object' && memory !== null ? Reflect.get(memory, 'usedJSHeapSize') : 0;
    return Math.round(Number(used) / 1e6);
  });
}

async function patched(
  page: Page,
  gateway: ScriptedGateway,
  { shown, many, run }: { readonly shown: string; readonly many: number; readonly run: number },
): Promise<number> {
  const rows = Object.values(gateway.cluster.observer.model().vips);
  const mine = rows.filter(({ address }) => address === shown);
  const others = rows.filter(({ address }) => address !== shown).slice(0, many - 1);
  const owner = NODES[(NODES.indexOf(mine[0]?.owner ?? '') + 1) % NODES.length] ?? '';
  // The row on the screen goes last: when it is painted, all are applied.
  const changed = [...others, ...mine].map(
    (row): VipRow => ({ ...row, owner, version: `${row.version}+${run}` }),
  );
  const seen = page.evaluate(
    ([selector, wanted]) =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          const text = document.querySelector(selector)?.textContent ?? '';
          if (text.includes(wanted)) requestAnimationFrame(() => resolve(Date.now()));
          else requestAnimationFrame(look);
        };
        look();
      }),
    [`${ROW}[data-vip="${shown}"] ${OWNER}`, owner] as const,
  );
  const startedMs = Date.now();
  gateway.cluster.observer.change(changed.map((row) => ({ c: 'vips', k: row.address, row })));
  return (await seen) - startedMs;
}

/** What the gateway costs while nothing happens and one browser looks. */
async function measureQuiet(numbers: Numbers): Promise<void> {
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const { user, system } = process.cpuUsage(before);
  numbers['gateway at rest, % of a core'] = tenths((user + system) / 100_000);
  numbers['gateway, RSS MB'] = Math.round(process.memoryUsage().rss / 1e6);
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
