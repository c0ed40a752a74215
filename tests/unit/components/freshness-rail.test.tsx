// @vitest-environment happy-dom

import { cleanup } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { ConnectionBand } from '../../../components/frame/connection-band.tsx';
import { FreshnessRail } from '../../../components/frame/freshness-rail.tsx';
import { MARKS } from '../../../components/test-marks.ts';
import { beatInput, renderInWorld, snapshotInput } from './component-world.tsx';

afterEach(cleanup);

test('the rail names every hop and is live when all are young', async () => {
  const { container, feed } = renderInWorld(<FreshnessRail />);
  const mark = (name: string) => container.querySelector(`[data-test="${name}"]`);
  expect(mark(MARKS.rail.root)?.getAttribute('data-level')).toBe('connecting');
  expect(mark(MARKS.rail.busAge)?.textContent).toBe('—');
  await feed(snapshotInput({}), beatInput({ node1: 400 }));
  expect(mark(MARKS.rail.root)?.getAttribute('data-level')).toBe('live');
  expect(mark(MARKS.rail.nodesAge)?.textContent).toBe('0.4 s');
  expect(mark(MARKS.rail.youWord)?.textContent).toBe('live');
});

test('a lost bus is said in the rail and over the page, with the time', async () => {
  const bus = {
    state: 'lost',
    sinceMs: 0,
    server: null,
    serverNode: null,
    viewId: null,
    viewNumber: 3,
    reason: 'reset',
  } as const;
  const { container, feed } = renderInWorld(
    <>
      <FreshnessRail />
      <ConnectionBand />
    </>,
  );
  await feed(snapshotInput({ bus: { bus } }), beatInput({}, 'lost'));
  const band = container.querySelector(`[data-test="${MARKS.connection.band}"]`);
  expect(band?.getAttribute('data-level')).toBe('lostBus');
  expect(band?.textContent).toMatch(/no bus connection since \d\d:\d\d:\d\d/);
});

test('coming back is one line with the number of changes', async () => {
  const { container, feed } = renderInWorld(<ConnectionBand />);
  await feed(snapshotInput({}), beatInput({}));
  await feed({ type: 'lost' }, snapshotInput({}, 2), beatInput({}));
  expect(container.textContent).toContain('Back live. 0 changes while away.');
});
