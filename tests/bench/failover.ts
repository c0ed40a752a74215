/**
 * `failover [--runs N]`: time without service when an address changes hands, as a client sees it that opens a TCP connection every 5 ms: three
 * real nodes in network namespaces. Beside it stand keepalived's figures of reference peers-measured.md 5.
 */

import { parseArgs } from 'node:util';
import { FailoverWorld } from '../netns/failover/failover-world.ts';
import {
  type Drain,
  drainOnce,
  FAILURES,
  type Failure,
  failOnce,
  type Outage,
} from '../netns/failover/faults.ts';
import { namespacesMissing } from '../support/net-namespaces.ts';
import { until } from '../support/until.ts';
import { quantile } from './quantile.ts';
import type { BenchReport } from './report.ts';

const EVERY_MS = 5;
const DRAINED_VIPS = 100;
/** 20,000 connections a second would be for all of them: so many of those that are drained are probed as often. */
const CLOSELY_PROBED = 10;
/** And all of them so often. */
const WIDE_EVERY_MS = 500;
/** The range of the option ends at 100. */
const TIGHT = ['silence_timeout = 120'];
const KEEPALIVED: Readonly<Record<Failure | 'drain', string>> = {
  kill: 'two holders; 620 ms if only the parent dies',
  'link down': '2,660 to 3,520 ms (advert 1 s), 160 to 190 ms (0.05 s)',
  move: '620 ms (SIGTERM)',
  drain: '620 ms (SIGTERM)',
};

async function failures(
  settings: string,
  busOptions: readonly string[],
  runs: number,
): Promise<readonly string[]> {
  const world = new FailoverWorld({ vips: 3, busOptions });
  try {
    await world.start();
    const probe = world.probe([0], EVERY_MS);
    await until(() => probe.lastMs(0) !== undefined, 60_000);
    const lines: string[] = [];
    for (const failure of FAILURES) {
      const outages: Outage[] = [];
      for (let run = 0; run < runs; run += 1) outages.push(await failOnce(world, probe, failure));
      lines.push(
        line(
          settings,
          failure,
          outages.map(({ gapMs }) => gapMs),
        ),
      );
      const twice = outages.filter(({ holders }) => holders.length > 2).length;
      if (twice > 0) lines.push(`  ${twice} times an earlier holder answered again`);
    }
    return lines;
  } finally {
    await world.stop();
  }
}

async function drains(
  settings: string,
  busOptions: readonly string[],
  runs: number,
): Promise<readonly string[]> {
  const world = new FailoverWorld({
    vips: DRAINED_VIPS,
    preferred: 'a',
    busOptions,
    clusterOptions: ['duravip_balance_set_size = 100', 'view_balance_interval = 1', 'view_mature_time = 1'],
  });
  try {
    await world.start();
    const wide = world.probe([...world.vips.keys()], WIDE_EVERY_MS);
    await until(() => wide.answersSince(0), 60_000);
    const done: Drain[] = [];
    for (let run = 0; run < runs; run += 1) {
      done.push(await drainOnce(world, { wide, close: CLOSELY_PROBED, closeEveryMs: EVERY_MS }));
    }
    const all = done.map(({ allMs }) => allMs);
    return [
      line(
        settings,
        'drain',
        done.flatMap(({ gapsMs }) => gapsMs),
      ),
      `  the last address claimed elsewhere: p50 ${round(quantile(all, 0.5))} ms, longest ${round(Math.max(...all))} ms`,
      `  all ${DRAINED_VIPS}, each probed every ${WIDE_EVERY_MS} ms: longest gap ${round(Math.max(...done.map(({ anyGapMs }) => anyGapMs)))} ms`,
    ];
  } finally {
    await world.stop();
  }
}

function line(settings: string, what: Failure | 'drain', gaps: readonly number[]): string {
  const [p50, p99] = [quantile(gaps, 0.5), quantile(gaps, 0.99)].map(round);
  return `${what} (${settings}): p50 ${p50} ms, p99 ${p99} ms, longest ${round(Math.max(...gaps))} ms of ${gaps.length}; keepalived ${KEEPALIVED[what]}`;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

export async function failover(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({ args: [...flags], options: { runs: { type: 'string', default: '20' } } });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs is a number from 1 on.');
  const missing = namespacesMissing();
  if (missing !== undefined) throw new Error(`no network namespaces here: ${missing}`);
  const lines = [
    ...(await failures('default', [], runs)),
    ...(await failures(TIGHT.join(', '), TIGHT, runs)),
    ...(await drains('default', [], runs)),
    ...(await drains(TIGHT.join(', '), TIGHT, runs)),
  ];
  return { numbers: {}, lines };
}
