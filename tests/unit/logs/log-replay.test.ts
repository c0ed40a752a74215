/**
 * An aggregator that keeps its journal as LGS-30 asks for, over connections that break at any moment, on a node that
 * starts anew: every line once. Seeds are printed by the title of the test that fails.
 */

import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import type { LogSessionEvent } from '../../../server/logs/session-api.ts';
import { formatPosition, LOG_BEGIN, type LogPosition } from '../../../server/model/log-position.ts';
import { type Caller, LogServiceWorld, MAINLOG } from '../../support/log-service-world.ts';

const SEEDS = 200;

/** What survives a crash of the aggregator. */
class Journal {
  readonly lines: string[] = [];
  durable: LogPosition | undefined;
  confirmed: LogPosition = LOG_BEGIN;
}

type Run = {
  readonly world: LogServiceWorld;
  readonly prng: Prng;
  readonly journal: Journal;
};

/** One life of the aggregator: dials, opens, commits now and then, and ends with the connection cut at any moment. */
function live({ world, prng, journal }: Run): void {
  const { durable, confirmed } = journal;
  const known = durable === undefined ? undefined : { subscriber: 'master', durable, confirmed };
  const mgr = world.caller('mgr');
  mgr.greedy = false;
  let seen = 0;
  const taken: string[] = [];
  let upTo: LogPosition | undefined;
  mgr.open({ known });
  const untilMs = world.clock.nowMs() + prng.between(0, 3_000);
  while (world.clock.nowMs() < untilMs) {
    world.clock.runFor(prng.between(0, 40));
    for (; seen < mgr.events.length; seen += 1) {
      const event = mgr.events[seen];
      if (event !== undefined) upTo = take(event, { taken, journal }) ?? upTo;
    }
    if (upTo === undefined || prng.chance(0.5)) continue;
    // Lines and position in one commit, then the checkpoint.
    journal.lines.push(...taken.splice(0));
    journal.durable = upTo;
    mgr.checkpoint(upTo);
    upTo = undefined;
  }
  end(world, prng, mgr);
}

function take(
  event: LogSessionEvent,
  { taken, journal }: { readonly taken: string[]; readonly journal: Journal },
): LogPosition | undefined {
  if (event.type === 'opened') expect(event.followed).toBe(true);
  if (event.type === 'checkpointed') journal.confirmed = event.position;
  if (event.type !== 'records') return undefined;
  taken.push(...event.records.map(({ data }) => data.toString('utf8')));
  return event.upTo;
}

function end(world: LogServiceWorld, prng: Prng, mgr: Caller): void {
  const how = prng.below(3);
  if (how === 0) mgr.stop();
  else if (how === 1) world.network.breakConnection(mgr.endpoint, 1);
  world.network.crash(mgr.endpoint);
}

describe('every line once', () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))('[LOG-09] [LGS-31] seed %i', (seed) => {
    const prng = new Prng(seed);
    const world = new LogServiceWorld();
    const node = world.node('node1', { activeMs: 50, idleMs: 100 });
    const log = node.logs.log(MAINLOG, 'master');
    const journal = new Journal();
    const written: string[] = [];
    for (let life = 0; life < 12; life += 1) {
      const lines = Array.from(
        { length: prng.below(60) },
        (_, index) => `${life} ${index} ${'x'.repeat(prng.below(9_000))}`,
      );
      written.push(...lines);
      log.append(...lines);
      if (prng.chance(0.3)) log.roll();
      live({ world, prng, journal });
    }
    // In the end there is time enough.
    for (let life = 0; life < 20 && journal.lines.length < written.length; life += 1) {
      live({ world, prng, journal });
    }
    expect(journal.lines.map((line) => line.slice(0, 20))).toEqual(written.map((line) => line.slice(0, 20)));
    const standing = log.subscribers.get('master') ?? LOG_BEGIN;
    expect(formatPosition(standing) <= formatPosition(log.end)).toBe(true);
    expect(formatPosition(standing) <= formatPosition(journal.durable ?? LOG_BEGIN)).toBe(true);
  });
});
