/** The console: commands to many nodes and their grouped replies: ui.md 4.8. */

import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { mark, scriptedTest, signIn, test } from './fixtures.ts';

async function send(page: Page, command: string, timeoutSeconds?: number): Promise<Locator> {
  await mark(page, MARKS.console.input).fill(command);
  if (timeoutSeconds !== undefined) await mark(page, MARKS.console.timeout).fill(String(timeoutSeconds));
  await expect(mark(page, MARKS.console.send)).not.toHaveAttribute('aria-disabled', 'true');
  await mark(page, MARKS.console.send).click();
  const job = mark(page, MARKS.console.job).first();
  await expect(mark(job, MARKS.console.jobCommand)).toHaveText(command);
  return job;
}

function group(job: Locator, nodes: string): Locator {
  return job.locator(`[data-test="${MARKS.console.group}"][data-nodes="${nodes}"]`);
}

test('CN-1 equal replies are one group, different replies are not', async ({ demo, page }) => {
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

scriptedTest('CN-1 grouping is exact after line ends and trailing blanks', async ({ gateway, page }) => {
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

scriptedTest('CN-4 terminal escapes, HTML and direction marks do nothing', async ({ gateway, page }) => {
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
