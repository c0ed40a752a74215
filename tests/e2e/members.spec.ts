/** Members, node detail and who sees whom, with real processes: ui.md 4.4. */

import { expect } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { mark, memberRow, signIn, test } from './fixtures.ts';

test('a visitor sees three nodes and the manager, live', async ({ demo, page }) => {
  await signIn(page, demo, 'viewer');
  for (const name of ['node1', 'node2', 'node3']) await expect(memberRow(page, name)).toBeVisible();
  await expect(
    page.locator(`[data-test="${MARKS.members.row}"]`).filter({ hasText: 'manager' }),
  ).toBeVisible();
});

test('MB-1 a node that leaves and rejoins under its name keeps its history', async ({ demo, page }) => {
  await signIn(page, demo, 'operator', '/members?node=node3');
  const state = mark(memberRow(page, 'node3'), MARKS.members.state);
  await expect(state).toContainText(/present/i);
  await demo.rehearse('node3', 'kill');
  await expect(state).toContainText(/left/i);
  await expect(mark(page, MARKS.node.panel)).toContainText(/left/i);
  await demo.rehearse('node3', 'restart');
  await expect(state).toContainText(/present/i);
  await expect(memberRow(page, 'node3')).toHaveCount(1);
  const events = mark(mark(page, MARKS.node.panel), MARKS.node.event);
  await expect(events.filter({ hasText: /left|departed/i }).first()).toBeVisible();
  await expect(events.filter({ hasText: /rejoined/i }).first()).toBeVisible();
});
