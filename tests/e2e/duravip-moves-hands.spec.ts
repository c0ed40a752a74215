/** Moving DuraVIPs by keys, by thumb, and by those who may not: ui.md 2.9, 2.11, 3.2, D15. The cluster is scripted (R9). */

import { type Browser, expect, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { ACT, asRole, moveBody, row, sent, six, stage, VIPS } from './duravip-moves-steps.ts';
import { live, mark, scriptedTest, signIn } from './fixtures.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

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
