/** Pulling the plug from the page: the rehearsal panel of a demo cluster. */

import { expect, type Locator, type Page } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { mark, memberRow, signIn, test } from './fixtures.ts';

function processRow(page: Page, name: string): Locator {
  return page.locator(`[data-test="${MARKS.rehearsal.row}"][data-process="${name}"]`);
}

test('an operator pauses, resumes, kills and restarts a node, and the members follow', async ({
  demo,
  page,
}) => {
  await signIn(page, demo, 'operator');
  const member = memberRow(page, 'node3');
  await expect(member).toHaveAttribute('data-state', 'present');
  await mark(page, MARKS.rehearsal.open).click();
  const node3 = processRow(page, 'node3');
  const state = mark(node3, MARKS.rehearsal.state);
  await mark(node3, MARKS.rehearsal.pause).click();
  await expect(state).toContainText('paused');
  await expect(member).toHaveAttribute('data-cause', 'silence');
  await mark(node3, MARKS.rehearsal.resume).click();
  await expect(member).toHaveAttribute('data-state', 'present');
  await mark(node3, MARKS.rehearsal.kill).click();
  await expect(state).toContainText('exited');
  await expect(member).toHaveAttribute('data-cause', 'closed');
  await mark(node3, MARKS.rehearsal.restart).click();
  await expect(state).toContainText('running');
  await expect(member).toHaveAttribute('data-state', 'present');
});

test('the dashboard is not killed from its own page, and a viewer pulls no plug', async ({ demo, page }) => {
  const operator = await demo.client('operator');
  const refused = await operator.post('/api/rehearsal', { process: 'dashboard', action: 'kill' });
  expect(refused.ok).toBe(false);
  expect(await refused.text()).toContain('restart it instead');
  const viewer = await demo.client('viewer');
  expect((await viewer.post('/api/rehearsal', { process: 'node1', action: 'kill' })).status).toBe(403);
  await signIn(page, demo, 'viewer');
  await mark(page, MARKS.rehearsal.open).click();
  await expect(mark(processRow(page, 'node1'), MARKS.rehearsal.kill)).toHaveAttribute(
    'aria-disabled',
    'true',
  );
});
