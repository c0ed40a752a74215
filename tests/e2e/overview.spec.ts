/** The overview: four answers, what needs attention, with real processes and with a scripted cluster: ui.md 4.2. */

import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import type { Row } from '../../server/wire/live.ts';
import type { ScriptedGateway } from '../support/scripted-gateway.ts';
import { live, mark, scriptedTest, signIn, test } from './fixtures.ts';

function tile(page: Page, name: 'whole' | 'agreed' | 'served' | 'behind'): Locator {
  return page.locator(`[data-test="${MARKS.overview.tile}"][data-tile="${name}"]`);
}

function attention(page: Page, kind: string): Locator {
  return page.locator(`[data-test="${MARKS.overview.attention}"][data-kind="${kind}"]`);
}

function change(gateway: ScriptedGateway, id: string, what: Partial<Row<'members'>>): void {
  const { observer } = gateway.cluster;
  const row = observer.model().members[id];
  if (row === undefined) throw new Error(`the scripted cluster has ${id}`);
  observer.set('members', id, { ...row, ...what });
}

test('sign-in leads to the overview', async ({ demo, page }) => {
  await signIn(page, demo, 'viewer', '/sign-in');
  await expect(page).toHaveURL(/\/overview$/);
  await expect(tile(page, 'whole')).toHaveAttribute('data-shape', 'ok');
  await expect(tile(page, 'served')).toContainText('18 of 18 served');
});

scriptedTest(
  '[OV-1] each count of a tile is the number of rows behind its link',
  async ({ gateway, page }) => {
    change(gateway, 'labrat-1', { duplicateName: true, viewId: '99' });
    change(gateway, 'labrat-3', { versionDiffers: true, clockSkewMs: 900, config: null });
    gateway.cluster.depart('mgr', 'closed');
    await signIn(page, gateway, 'viewer', '/overview');
    await expect(tile(page, 'whole')).toHaveAttribute('data-state', 'known');
    const facts = mark(page, MARKS.overview.fact);
    await expect(facts).not.toHaveCount(0);
    const told = await facts.evaluateAll((links) =>
      links.map((link) => ({
        id: link.getAttribute('data-fact') ?? '',
        count: link.getAttribute('data-count') ?? '',
        href: link.getAttribute('href') ?? '',
      })),
    );
    const ids = told.map(({ id }) => id);
    for (const id of ['present', 'departed', 'view', 'name', 'version', 'mute']) expect(ids).toContain(id);
    for (const { id, count, href } of told) {
      await page.goto(`${gateway.url}${href}`);
      await live(page);
      const shown = mark(page, MARKS.table.count);
      await expect(shown, `${id} leads to ${href}`).toHaveAttribute('data-count', count);
      await expect(mark(page, MARKS.members.row), `rows of ${id}`).toHaveCount(Number(count));
      await expect(mark(page, MARKS.table.problem)).toHaveCount(0);
    }
  },
);

test('[OV-2] a killed node changes the tile and asks for attention with its cause', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'operator', '/overview');
  const whole = tile(page, 'whole');
  await expect(whole).toHaveAttribute('data-shape', 'ok');
  await expect(attention(page, 'departed')).toHaveCount(0);
  await demo.rehearse('node3', 'kill');
  await expect(whole).toHaveAttribute('data-shape', 'critical');
  await expect(whole.locator('[data-fact="departed"]')).toHaveAttribute('data-count', '1');
  const item = attention(page, 'departed');
  await expect(item).toContainText('node3 was lost');
  await expect(item).toContainText('its connection closed');
  await expect(item).toContainText('since');
  await expect(mark(page, MARKS.overview.event).first()).toContainText('node3');
  await item.getByRole('link').click();
  await expect(page).toHaveURL(/\/members\?node=node3/);
  await demo.rehearse('node3', 'restart');
  await page.goBack();
  await expect(whole).toHaveAttribute('data-shape', 'ok');
  await expect(attention(page, 'departed')).toHaveCount(0);
});

scriptedTest('[OV-3] one source that cannot be read leaves three tiles live', async ({ gateway, page }) => {
  const { observer } = gateway.cluster;
  // What servers tell of their links, as a gateway of another version might send it.
  for (const from of Object.keys(observer.model().sightings)) {
    observer.set('sightings', from, { from, told: 'everything' } as unknown as Row<'sightings'>);
  }
  await signIn(page, gateway, 'viewer', '/overview');
  const agreed = tile(page, 'agreed');
  await expect(agreed).toHaveAttribute('data-state', 'failed');
  await expect(agreed).toContainText('None of 4 servers told its links');
  await expect(tile(page, 'whole')).toContainText('4 of 4 members present');
  await expect(tile(page, 'behind')).toHaveAttribute('data-state', 'known');
  await expect(tile(page, 'served')).toHaveAttribute('data-state', 'absent');
  change(gateway, 'labrat-3', { state: 'departed', cause: 'silence' });
  await expect(tile(page, 'whole')).toContainText('3 of 4 members present');
  await expect(attention(page, 'departed')).toContainText('labrat-3 fell silent');
  await expect(agreed).toHaveAttribute('data-state', 'failed');
});

scriptedTest('[OV-4] split views are critical although everybody is present', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer', '/overview');
  await expect(tile(page, 'agreed')).toHaveAttribute('data-shape', 'ok');
  change(gateway, 'labrat-3', { viewId: '2.labrat-3' });
  await expect(tile(page, 'agreed')).toHaveAttribute('data-shape', 'critical');
  await expect(tile(page, 'agreed')).toContainText('The cluster is split');
  await expect(tile(page, 'whole')).toHaveAttribute('data-shape', 'ok');
  await expect(tile(page, 'whole')).toContainText('4 of 4 members present');
  await expect(mark(page, MARKS.overview.attention).first()).toContainText('labrat-3 is in another view');
});

scriptedTest('[OV-5] a null name is "manager (unnamed)" everywhere', async ({ gateway, page }) => {
  change(gateway, 'mgr', {
    nodeName: null,
    subcluster: null,
    version: null,
    address: null,
    startedMs: null,
    state: 'departed',
    cause: 'silence',
  });
  await signIn(page, gateway, 'viewer', '/overview');
  const row = page.locator(`[data-test="${MARKS.overview.node}"][data-member="mgr"]`);
  await expect(row).toContainText('manager (unnamed)');
  await expect(attention(page, 'departed')).toContainText('manager (unnamed) fell silent');
  await expect(mark(page, MARKS.overview.page)).not.toContainText(/null|undefined|NaN/);
});

scriptedTest('a lost bus keeps the answers, dated', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer', '/overview');
  await expect(tile(page, 'whole')).toContainText('4 of 4 members present');
  gateway.cluster.setBus('lost');
  await expect(tile(page, 'whole')).toHaveAttribute('data-stale', 'true');
  await expect(tile(page, 'whole')).toContainText(/as of \d\d:\d\d:\d\d/);
  await expect(tile(page, 'whole')).toContainText('4 of 4 members present');
  await expect(mark(page, MARKS.overview.attention).first()).toContainText('no bus connection');
});
