/** No page of this slice has an accessibility violation, in either theme, on a desk or in a hand: ui.md 4.0, FR-10. */

import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { live, mark, memberRow, signIn, test } from './fixtures.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

type Finding = {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
};
type Axe = { readonly run: () => Promise<{ readonly violations: readonly Finding[] }> };

async function violations(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: AXE });
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: Axe };
    return (await axe.run()).violations;
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

const VIEWPORTS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of Object.entries(VIEWPORTS)) {
    test.describe(`axe, ${colorScheme}, ${device}`, () => {
      // The page's own policy forbids injected scripts, also ours.
      test.use({ bypassCSP: true, colorScheme, viewport, reducedMotion: 'reduce' } as const);

      test('sign-in has no violation', async ({ demo, page }) => {
        await page.goto(`${demo.url}/sign-in`);
        await mark(page, MARKS.signIn.form).waitFor();
        expect(await violations(page)).toEqual([]);
      });

      test('members and node detail have no violation', async ({ demo, page }) => {
        await signIn(page, demo, 'operator');
        await memberRow(page, 'node3').waitFor();
        expect(await violations(page)).toEqual([]);
        await page.goto(`${demo.url}/members?node=node2`);
        await live(page);
        await mark(page, MARKS.node.panel).waitFor();
        expect(await violations(page)).toEqual([]);
      });

      test('the console has no violation, with replies', async ({ demo, page }) => {
        await signIn(page, demo, 'operator', '/console');
        await mark(page, MARKS.console.input).fill('cluster nodename');
        await mark(page, MARKS.console.send).click();
        await expect(mark(page, MARKS.console.group)).toHaveCount(3);
        expect(await violations(page)).toEqual([]);
      });
    });
  }
}
