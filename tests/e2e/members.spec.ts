/** Members, node detail and who sees whom, with real processes: ui.md 4.4. */

import { expect, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { mark, memberRow, scriptedTest, signIn, test, withBreakableLink } from './fixtures.ts';

test('a visitor sees three nodes and the manager, live', async ({ demo, page }) => {
  await signIn(page, demo, 'viewer');
  for (const name of ['node1', 'node2', 'node3']) await expect(memberRow(page, name)).toBeVisible();
  await expect(
    page.locator(`[data-test="${MARKS.members.row}"]`).filter({ hasText: 'manager (unnamed)' }),
  ).toBeVisible();
});

test('MB-1 a node that leaves and rejoins under its name keeps its history', async ({ demo, page }) => {
  await signIn(page, demo, 'operator', '/members?node=node3');
  const row = memberRow(page, 'node3');
  await expect(row).toHaveAttribute('data-state', 'present');
  await demo.rehearse('node3', 'kill');
  await expect(row).toHaveAttribute('data-state', 'departed');
  await expect(row).toHaveAttribute('data-cause', 'closed');
  await expect(mark(page, MARKS.node.state)).toContainText('lost at');
  await demo.rehearse('node3', 'restart');
  await expect(row).toHaveAttribute('data-state', 'present');
  await expect(row).toHaveCount(1);
  await page.getByRole('tab', { name: 'History' }).click();
  const events = mark(page, MARKS.node.event);
  await expect(events.filter({ hasText: 'was lost' }).first()).toBeVisible();
  await expect(events.filter({ hasText: 'rejoined under its own name' }).first()).toBeVisible();
});

test('MB-2 a link that is missing between two nodes is shown where it is missing', async ({ demo, page }) => {
  await withBreakableLink(demo, async (link) => {
    await signIn(page, demo, 'viewer');
    const verdict = mark(page, MARKS.members.matrixVerdict);
    await expect(verdict).toContainText('Everyone sees everyone');
    link.cut();
    const cell = (from: string, to: string) =>
      page.locator(`[data-test="${MARKS.members.matrixCell}"][data-from="${from}"][data-to="${to}"]`);
    await expect(cell('node1', 'node2')).toHaveAttribute('data-state', /dialing|waiting|refused/);
    await expect(cell('node3', 'node2')).toHaveAttribute('data-state', 'up');
    await expect(verdict).toContainText('node1 does not see node2');
    link.resume();
    await expect(verdict).toContainText('Everyone sees everyone');
  });
});

scriptedTest('MB-3 a member of another version is flagged', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer');
  const { observer } = gateway.cluster;
  const row = observer.model().members['labrat-2'];
  if (row === undefined) throw new Error('the scripted cluster has labrat-2');
  const flag = /differs|other version|mixed/i;
  await expect(memberRow(page, 'labrat-2')).toBeVisible();
  await expect(memberRow(page, 'labrat-2')).not.toContainText('3.2.0');
  observer.set('members', 'labrat-2', { ...row, version: '3.2.0', versionDiffers: true });
  const version = mark(memberRow(page, 'labrat-2'), MARKS.members.version);
  await expect(version).toContainText('3.2.0');
  await expect(version).toContainText(flag);
  await expect(mark(memberRow(page, 'labrat-1'), MARKS.members.version)).not.toContainText(flag);
});

scriptedTest('MB-4 duplicate and null names are told apart and said', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer');
  const { observer } = gateway.cluster;
  const row = observer.model().members['labrat-1'];
  if (row === undefined) throw new Error('the scripted cluster has labrat-1');
  observer.set('members', 'labrat-1', { ...row, duplicateName: true });
  const twin = '#ec0-09999#labrat-1';
  observer.set('members', twin, { ...row, id: twin, privateNames: [twin], duplicateName: true });
  const unnamed = '#ec0-00001#mgr2';
  observer.set('members', unnamed, {
    ...row,
    id: unnamed,
    privateNames: [unnamed],
    nodeName: null,
    subcluster: null,
    role: 'manager',
    nodeType: 'Manager',
    address: null,
    duplicateName: false,
  });
  for (const id of ['labrat-1', twin]) {
    await expect(mark(memberRow(page, id), MARKS.members.duplicate)).toBeVisible();
  }
  await expect(mark(memberRow(page, 'labrat-2'), MARKS.members.duplicate)).toHaveCount(0);
  await expect(memberRow(page, unnamed)).toContainText(/unnamed/i);
});

function names(page: Page): Promise<readonly (string | null)[]> {
  return mark(page, MARKS.members.row).evaluateAll((rows) =>
    rows.map((row) => row.getAttribute('data-member')),
  );
}

scriptedTest(
  'filter, sort and perspective are a link that shows the same',
  async ({ gateway, page, browser }) => {
    await signIn(page, gateway, 'viewer', '/members?q=role:node&sort=-node');
    await expect.poll(() => names(page)).toEqual(['labrat-3', 'labrat-2', 'labrat-1']);
    await mark(page, MARKS.members.perspective).selectOption('labrat-1');
    await expect(mark(memberRow(page, 'labrat-1'), MARKS.members.seen)).toContainText('itself');
    await mark(page, MARKS.table.filter).fill('role:node -node:labrat-2 seen:up');
    await expect.poll(() => names(page)).toEqual(['labrat-3']);
    await expect(page).toHaveURL(/persp=labrat-1/);
    await expect(page).toHaveURL(/seen:up/);
    const address = new URL(page.url());
    const fresh = await browser.newContext();
    try {
      const other = await fresh.newPage();
      await signIn(other, gateway, 'operator', `${address.pathname}${address.search}`);
      await expect.poll(() => names(other)).toEqual(['labrat-3']);
      await expect(mark(other, MARKS.members.perspective)).toHaveValue('labrat-1');
      expect(new URL(other.url()).search).toBe(address.search);
    } finally {
      await fresh.close();
    }
  },
);

scriptedTest('no row matches and no row is there are said differently', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer', '/members?q=node:nobody');
  await expect(mark(page, MARKS.table.filteredEmpty)).toContainText('all 4');
  await mark(page, MARKS.table.filter).fill('owner:ana');
  await expect(mark(page, MARKS.table.problem)).toContainText('There is no token');
  await expect(mark(page, MARKS.members.row)).toHaveCount(4);
});

scriptedTest('rows stay while the pointer is among them, values do not', async ({ gateway, page }) => {
  await signIn(page, gateway, 'viewer');
  const { observer } = gateway.cluster;
  const row = observer.model().members['labrat-2'];
  if (row === undefined) throw new Error('the scripted cluster has labrat-2');
  await memberRow(page, 'labrat-2').hover();
  await page.mouse.move(400, 0);
  await memberRow(page, 'labrat-3').hover({ position: { x: 40, y: 10 } });
  await memberRow(page, 'labrat-3').hover({ position: { x: 60, y: 12 } });
  observer.set('members', 'labrat-0', { ...row, id: 'labrat-0', nodeName: 'labrat-0' });
  observer.set('members', 'labrat-2', { ...row, version: '9.9.9' });
  await expect(mark(page, MARKS.table.waiting)).toHaveAttribute('data-count', '1');
  await expect(mark(memberRow(page, 'labrat-2'), MARKS.members.version)).toContainText('9.9.9');
  await expect(memberRow(page, 'labrat-0')).toHaveCount(0);
  await mark(page, MARKS.table.waiting).click();
  await expect.poll(() => names(page)).toEqual(['labrat-0', 'labrat-1', 'labrat-2', 'labrat-3', 'mgr']);
});

scriptedTest(
  'a failed reload is a mark in the row and a list of errors on the node',
  async ({ gateway, page }) => {
    await signIn(page, gateway, 'viewer');
    const { observer } = gateway.cluster;
    const row = observer.model().members['labrat-1'];
    if (row === undefined) throw new Error('the scripted cluster has labrat-1');
    await expect(mark(memberRow(page, 'labrat-1'), MARKS.members.reloadFailed)).toHaveCount(0);
    const lastReload = { ok: false, atMs: Date.now(), errors: 3 };
    observer.set('members', 'labrat-1', {
      ...row,
      config: { generation: 4, sinceMs: Date.now(), unsaved: 0, lastReload },
    });
    await expect(mark(memberRow(page, 'labrat-1'), MARKS.members.reloadFailed)).toBeVisible();
    await mark(memberRow(page, 'labrat-1'), MARKS.members.rowLink).click();
    await expect(mark(page, MARKS.node.failedReload)).toContainText(/reload/);
  },
);

test('the tab of a node is in the address, a manager has no console', async ({ demo, page }) => {
  await signIn(page, demo, 'operator', '/members?node=node2&tab=options');
  const tab = (name: string) => page.getByRole('tab', { name });
  await expect(tab('Options')).toHaveAttribute('aria-selected', 'true');
  await expect(tab('Console')).toBeVisible();
  await tab('History').click();
  await expect(page).toHaveURL(/tab=history/);
  await page
    .locator(`[data-test="${MARKS.members.row}"]`)
    .filter({ hasText: 'manager (unnamed)' })
    .locator(`[data-test="${MARKS.members.rowLink}"]`)
    .click();
  await expect(mark(page, MARKS.node.name)).toContainText('manager (unnamed)');
  await expect(tab('History')).toHaveAttribute('aria-selected', 'true');
  await expect(tab('Options')).toBeVisible();
  await expect(tab('Console')).toHaveCount(0);
  await mark(page, MARKS.node.close).click();
  await expect(page).toHaveURL(/\/members$/);
});
