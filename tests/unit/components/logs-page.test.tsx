// @vitest-environment happy-dom

import { cleanup, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogsPage } from '../../../components/logs/logs-page.tsx';
import { MARKS } from '../../../components/test-marks.ts';
import type { Row } from '../../../server/wire/live.ts';
import { beatInput, renderInWorld, snapshotInput } from './component-world.tsx';
import { logRowOf, subscriberOf } from './log-rows.ts';
import { memberRowOf } from './rows.ts';

beforeEach(() => window.history.replaceState(null, '', '/logs'));
afterEach(cleanup);

const members = { node1: memberRowOf('node1') };
const busOf = (state: Row<'bus'>['state']): Record<string, Row<'bus'>> => ({
  bus: {
    state,
    sinceMs: Date.now(),
    server: null,
    serverNode: null,
    viewId: null,
    viewNumber: 1,
    reason: null,
  },
});
const logs = () => {
  const nowMs = Date.now();
  const row = logRowOf('node1', 'mainlog', {
    toldMs: nowMs - 2_000,
    subscribers: [
      subscriberOf('master', { lag: { records: 7, bytes: 70, oldestMs: nowMs - 1_000 }, movedMs: nowMs }),
    ],
  });
  return { [row.id]: row };
};
const find = (mark: string) => document.querySelector<HTMLElement>(`[data-test="${mark}"]`);

test('before the first data nothing is counted, and no log is not the same as none known', async () => {
  const world = renderInWorld(<LogsPage />);
  expect(find(MARKS.logs.summary)).toBeNull();
  expect(find(MARKS.logs.chip)?.dataset['count']).toBeUndefined();
  expect(world.container.textContent).toContain('Waiting for the first data');
  await world.feed(snapshotInput({ members, bus: busOf('joined') }), beatInput({ node1: 200 }));
  expect(world.container.textContent).toContain('No node publishes a log');
});

test('without a bus the last known state stays, marked, and its verdicts do not decay into other ones', async () => {
  const world = renderInWorld(<LogsPage />);
  const model = { members, logs: logs(), bus: busOf('joined') };
  await world.feed(snapshotInput(model), beatInput({ node1: 200 }));
  await waitFor(() => expect(find(MARKS.logs.verdict)?.textContent).toBe('keeping up'));
  await world.feed(snapshotInput({ ...model, bus: busOf('lost') }, 2), beatInput({ node1: 200 }, 'lost'));
  await waitFor(() => expect(world.container.querySelector('.logs-table[data-cut]')).not.toBeNull());
  expect(find(MARKS.logs.verdict)?.textContent).toBe('keeping up');
  expect(find(MARKS.logs.lag)?.textContent).toBe('7');
});

test('a member that left leaves its last words, dimmed and with their age', async () => {
  const world = renderInWorld(<LogsPage />);
  const gone = { node1: memberRowOf('node1', { state: 'departed', cause: 'closed' }) };
  await world.feed(snapshotInput({ members: gone, logs: logs(), bus: busOf('joined') }), beatInput({}));
  await waitFor(() => expect(find(MARKS.logs.verdict)?.textContent).toContain('its node is silent'));
  expect(find(MARKS.logs.told)?.textContent).toMatch(/^as of \d+ s ago$/);
  expect(find(MARKS.logs.lag)?.className).toBe('value-stale');
});
