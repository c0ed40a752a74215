/** Ownership over time, prediction and time travel: ui.md 4.5, D7, D10. The gateway is real, its cluster scripted (R9). */

import { expect, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { live, mark, scriptedTest, signIn } from './fixtures.ts';

const TIME = MARKS.duravips.time;
const NODES = ['labrat-1', 'labrat-2', 'labrat-4'];

/** Six addresses with owners in turn. */
function six(gateway: ScriptedGateway): readonly string[] {
  return gateway.cluster.vips.fill({ addresses: 6, nodes: NODES });
}

function lane(page: Page, address: string) {
  return page.locator(`[data-test="${TIME.laneRow}"][data-vip="${address}"]`);
}

scriptedTest(
  'the timeline shows who had an address, why it changed, and when nobody had it',
  async ({ gateway, page }) => {
    const [first = '', second = ''] = six(gateway);
    const { vips } = gateway.cluster;
    vips.own(first, 'labrat-1', 'elected');
    vips.own(second, 'labrat-2', 'elected');
    await signIn(page, gateway, 'viewer', '/duravips?view=timeline&span=1h');
    await expect(lane(page, first).locator('rect[data-owner="labrat-1"]')).toHaveCount(1);
    vips.own(first, null, 'failure');
    await expect(lane(page, first).locator('rect[data-kind="unowned"]')).toHaveCount(1);
    vips.own(first, 'labrat-4', 'operator', 'ana');
    await expect(lane(page, first).locator('rect[data-owner="labrat-4"]')).toHaveCount(1);
    await mark(lane(page, first), TIME.laneLink).click();
    const changes = mark(lane(page, first), TIME.change);
    await expect(changes.first()).toContainText('labrat-4');
    await expect(changes.first()).toContainText('operator · ana');
    await expect(changes.filter({ hasText: 'nobody' })).toContainText('the owner failed');
    await mark(page, TIME.span).filter({ hasText: '7 d' }).click();
    await expect(page).toHaveURL(/span=7d/);
  },
);

scriptedTest(
  '[VP-15] time travel shows the owners of then, and nothing can be moved there',
  async ({ gateway, page }) => {
    const [first = ''] = six(gateway);
    const { vips } = gateway.cluster;
    vips.own(first, 'labrat-1', 'elected');
    await signIn(page, gateway, 'operator', '/duravips?view=timeline&span=1h');
    await expect(lane(page, first).locator('rect[data-owner="labrat-1"]')).toHaveCount(1);
    vips.own(first, 'labrat-2', 'failure');
    await expect(lane(page, first).locator('rect[data-owner="labrat-2"]')).toHaveCount(1);
    await mark(lane(page, first), TIME.laneLink).click();
    const before = mark(lane(page, first), TIME.change).filter({ hasText: 'labrat-1' });
    await mark(before, TIME.travel).click();
    await expect(mark(page, TIME.travelBand)).toContainText('not now');
    const row = page.locator(`[data-test="${TIME.travelRow}"]`).filter({ hasText: first });
    await expect(row.getByText('labrat-1')).toBeVisible();
    await expect(row.getByText('labrat-2')).toBeVisible();
    await expect(mark(page, MARKS.duravips.actions.move)).toHaveCount(0);
    await mark(page, TIME.travelBack).click();
    await expect(mark(page, TIME.travelBand)).toHaveCount(0);
    await live(page);
  },
);

scriptedTest(
  '[VP-13] what-if says who would take over, what has no candidate left, and the loads',
  async ({ gateway, page }) => {
    const [first = ''] = six(gateway);
    gateway.cluster.vips.set(first, {
      owner: 'labrat-1',
      participants: [{ node: 'labrat-1', services: ['multivip'], obstacle: null }],
    });
    await signIn(page, gateway, 'viewer', '/duravips?view=whatif');
    await page.locator(`[data-test="${TIME.whatIfNode}"][data-node="labrat-1"]`).click();
    const verdict = mark(page, TIME.whatIfVerdict);
    await expect(verdict).toHaveAttribute('data-lost', '1');
    const row = page.locator(`[data-test="${TIME.whatIfRow}"]`).filter({ hasText: first });
    await expect(row).toContainText('no candidate left');
    const load = page.locator(`[data-test="${TIME.whatIfLoad}"][data-node="labrat-1"]`);
    await expect(load).toContainText('→ 0');
    await expect(page).toHaveURL(/if=labrat-1/);
  },
);
