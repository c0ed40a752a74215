/**
 * Requirements REP-xx and CMD-17 to CMD-20 between whole nodes, in virtual time: what one counts all see, what a departed
 * one counted is gone, and nothing is counted twice.
 */

import { describe, expect, test } from 'vitest';
import { ManagerApp } from '../../server/cluster/manager.ts';
import type { AuditSeries, GaugeCache } from '../../server/replication/api.ts';
import { SharingWorld } from '../support/sharing-world.ts';

const LONG_MS = 120_000;
/** `max_delay` is a second. */
const TOLD_MS = 1_500;

function trio(): SharingWorld {
  return new SharingWorld().start('node1', 'node2', 'node3');
}

/** `#ec1-00101#node1`, as `cluster info` prints it. */
function sharedName(world: SharingWorld, name: 'node1' | 'node2'): string {
  return /s:(#ec1-[^\]]+)\]/.exec(world.node(name).type('cluster info'))?.[1] ?? '';
}

describe('what is counted', () => {
  test(
    '[CMD-17] [CMD-18] [CMD-19] [CMD-20] the samples of the manuals, from real counts',
    () => {
      const world = trio();
      expect(world.node('node1').type('cluster shared list').split('\n').slice(0, 4)).toEqual([
        'Currently managed objects:',
        '                  inbound_cidr [lazy, cidrtree w/ snapshots]',
        '                 outbound_cidr [lazy, cidrtree w/ snapshots]',
        '              outbound_domains [lazy, gauge table w/ snapshots]',
      ]);
      expect(world.node('node1').type('cluster shared show inbound_cidr')).toBe(
        "lazy, snapped cidrtree 'inbound_cidr', view 'global'",
      );
      world.count('node1', 'inbound_cidr', '10.0.0.0/8', 27);
      world.count('node2', 'inbound_cidr', '10.0.0.103', 4);
      world.pass(TOLD_MS);
      const sample = [
        "lazy, snapped cidrtree 'inbound_cidr', view 'global'",
        '     31                         10.0.0.0/8',
        '      4                         10.0.0.103/32',
      ].join('\n');
      expect(world.everywhere('cluster shared show inbound_cidr')).toEqual([sample, sample, sample]);
      const ofNode2 = [
        `lazy, snapped cidrtree 'inbound_cidr', view '${sharedName(world, 'node2')}'`,
        '      4                         10.0.0.103/32',
      ].join('\n');
      const { node2 } = { node2: world.node('node1').type('cluster shared show inbound_cidr from node2') };
      expect(node2).toBe(ofNode2);
      expect(
        world.node('node3').type(`cluster shared show inbound_cidr from ${sharedName(world, 'node2')}`),
      ).toBe(ofNode2);
      expect(world.node('node1').ask('cluster shared show inbound_cidr from nobody')).toEqual({
        ok: false,
        text: 'Unknown node: nobody',
      });
      world.count('node3', 'outbound_domains', 'example.com', 12);
      world.pass(TOLD_MS);
      expect(world.node('node1').type('cluster shared show outbound_domains').split('\n')[1]).toBe(
        `${'example.com'.padStart(60)}:${'12'.padStart(13)}`,
      );
      expect(world.node('node1').type('xml cluster shared show outbound_domains')).toContain(
        '<GaugeTable name="outbound_domains" view="global">',
      );
    },
    LONG_MS,
  );

  test(
    '[REP-20] [REP-26] a departed node takes its share along, and what comes back begins at nothing',
    () => {
      const world = trio();
      world.count('node1', 'inbound_cidr', '10.0.0.1', 5);
      world.count('node2', 'inbound_cidr', '10.0.0.1', 7);
      world.pass(TOLD_MS);
      expect(world.shared('node3').data.total('inbound_cidr', '10.0.0.1')).toBe(12);
      world.kill('node2');
      world.pass(3_000);
      expect(world.shared('node1').data.total('inbound_cidr', '10.0.0.1')).toBe(5);
      expect(world.shared('node3').data.total('inbound_cidr', '10.0.0.1')).toBe(5);
      world.start('node2');
      expect(world.shared('node2').data.total('inbound_cidr', '10.0.0.1')).toBe(5);
    },
    LONG_MS,
  );

  test(
    '[REP-26] counters survive config reload, once',
    () => {
      const world = trio();
      world.count('node1', 'inbound_cidr', '10.0.0.1', 5);
      world.pass(TOLD_MS);
      expect(world.node('node1').type('config reload')).toBe('OK');
      expect(world.node('node2').type('config reload')).toBe('OK');
      world.pass(TOLD_MS);
      world.count('node1', 'inbound_cidr', '10.0.0.1', 1);
      world.pass(TOLD_MS);
      for (const name of ['node1', 'node2', 'node3'] as const) {
        expect(world.shared(name).data.total('inbound_cidr', '10.0.0.1')).toBe(6);
      }
    },
    LONG_MS,
  );

  test(
    'an object that is not configured any more is not shared any more, there or anywhere',
    () => {
      const world = trio();
      world.count('node1', 'outbound_domains', 'example.com', 3);
      world.count('node2', 'outbound_domains', 'example.com', 1);
      world.pass(TOLD_MS);
      expect(world.node('node1').ask('config unset cluster Replicate outbound_domains').ok).toBe(true);
      world.pass(TOLD_MS);
      expect(world.node('node1').type('cluster shared show outbound_domains')).toBe(
        'Error: Unknown shared object: outbound_domains',
      );
      expect(world.shared('node3').data.total('outbound_domains', 'example.com')).toBe(1);
      expect(world.node('node1').type('cluster shared list')).not.toContain('outbound_domains');
    },
    LONG_MS,
  );

  test(
    'count shows the connections of a network, or of each network of so many bits',
    () => {
      const world = trio();
      world.count('node1', 'inbound_cidr', '10.0.0.1', 5);
      world.count('node2', 'inbound_cidr', '10.0.1.1', 2);
      world.pass(TOLD_MS);
      expect(world.node('node3').type('count inbound 10.0.0.0/8')).toBe(
        '      7                         10.0.0.0/8',
      );
      expect(world.node('node3').type('count inbound_cidr 24')).toBe(
        '      5                         10.0.0.0/24\n      2                         10.0.1.0/24',
      );
      expect(world.node('node3').ask('count inbound 33').ok).toBe(false);
      expect(world.node('node3').ask('count outbound_domains 24').text).toBe(
        'Error: outbound_domains is a gauge table, not a cidrtree',
      );
    },
    LONG_MS,
  );
});

describe('caches', () => {
  test(
    '[REP-11] [REP-25] what one node sets all read; a suffix is minutes or hours',
    () => {
      const world = trio();
      expect(world.node('node1').type('cluster cache set mycache greeting "hello there" 1M')).toBe(
        'Set greeting',
      );
      world.pass(TOLD_MS);
      expect(world.node('node3').type('cluster cache get mycache greeting')).toBe('hello there');
      expect(world.shared('node2').cacheEntry('mycache', 'greeting', world.nowMs)?.expiresInMs).toBeLessThan(
        60_000,
      );
      world.pass(60_000);
      expect(world.node('node3').ask('cluster cache get mycache greeting').ok).toBe(false);
      expect(world.node('node1').ask('cluster cache set mycache k v 5X').text).toMatch(
        /^Error: a time to live/,
      );
      expect(world.node('node1').ask('cluster cache set inbound_cidr k v 0').text).toBe(
        'Error: inbound_cidr is a cidrtree, not a cache',
      );
    },
    LONG_MS,
  );

  test(
    '[REP-21] a joiner gets what a cache with snapshots holds, and of others only what is new',
    () => {
      const world = new SharingWorld().start('node1', 'node2');
      for (const cache of ['mycache', 'passing'])
        world.node('node1').type(`cluster cache set ${cache} old v 0`);
      world.pass(TOLD_MS);
      expect(world.node('node2').type('cluster cache get passing old')).toBe('v');
      world.start('node3');
      expect(world.node('node3').type('cluster cache get mycache old')).toBe('v');
      expect(world.node('node3').ask('cluster cache get passing old').ok).toBe(false);
      world.node('node1').type('cluster cache set passing new v 0');
      world.pass(TOLD_MS);
      expect(world.node('node3').type('cluster cache get passing new')).toBe('v');
      // A difference that is meant is none.
      world.pass(120_000);
      expect(world.node('node3').logged('replication.diverged')).toEqual([]);
    },
    LONG_MS,
  );

  test(
    'what a node wrote outlives it; a flush empties a cache everywhere',
    () => {
      const world = trio();
      world.node('node2').type('cluster cache set mycache k v 0');
      world.pass(TOLD_MS);
      world.kill('node2');
      world.pass(3_000);
      expect(world.everywhere('cluster cache get mycache k')).toEqual(['v', 'v']);
      expect(world.node('node3').type('cluster cache delete mycache k')).toBe('Deleted k');
      world.node('node1').type('cluster cache set mycache k2 v 0');
      world.pass(TOLD_MS);
      expect(world.node('node3').type('cluster shared flush mycache')).toBe('Flushed 1 entry of mycache');
      world.pass(TOLD_MS);
      expect(world.everywhere('cluster shared show mycache')).toEqual(
        Array(2).fill("lazy, snapped cache 'mycache', view 'global'"),
      );
    },
    LONG_MS,
  );
});

describe('throttles and metrics', () => {
  test(
    '[REP-07] [REP-08] three nodes share one throttle',
    () => {
      const world = trio();
      const rate = { amount: 30, perMs: 60_000, epsilon: 0.95 };
      const taken = { node1: 0, node2: 0, node3: 0 };
      for (let round = 0; round < 200; round += 1) {
        for (const name of ['node1', 'node2', 'node3'] as const) {
          const { data } = world.shared(name);
          while (data.throttle('shared_named_throttles', 't', rate, 1, world.nowMs) === 0) taken[name] += 1;
          world.poke(name);
        }
        world.pass(50);
      }
      expect(taken.node1 + taken.node2 + taken.node3).toBe(30);
      expect(Math.min(taken.node1, taken.node2, taken.node3)).toBeGreaterThan(0);
      expect(world.node('node3').type('cluster throttle check shared_named_throttles t 30/60')).toBe(
        't: 0 of 30 in 60 s left',
      );
      expect(world.node('node3').ask('cluster throttle check mycache t 30/60').ok).toBe(false);
      const [, line = ''] = world
        .node('node2')
        .type('cluster shared show shared_named_throttles')
        .split('\n');
      expect(line.trim().replace(/ +/g, ' ')).toBe('t: 30');
    },
    LONG_MS,
  );

  test(
    '[REP-09] connections of an address are known on every node',
    () => {
      const world = trio();
      for (const name of ['node1', 'node2'] as const) {
        world.shared(name).metrics.meter('connect', '10.1.2.3' as never, 2, world.nowMs);
        world.poke(name);
      }
      world.pass(TOLD_MS);
      expect(world.node('node3').type('inbound_audit show ip 10.0.0.0/8')).toBe(
        ['10.0.0.0/8, the present window first:', '     connect    6 x 300s: 4 0 0 0 0 0 (4)'].join('\n'),
      );
      expect(world.node('node3').ask('inbound_audit show ip 10.0.0.0/99').ok).toBe(false);
    },
    LONG_MS,
  );

  test(
    '[REP-10] what is for managers is kept by them, and not by other nodes',
    () => {
      const world = trio();
      const manager = world.world.start('manager');
      world.pass(4_000);
      world.shared('node1').metrics.meter('rejection', '10.1.2.3' as never, 2, world.nowMs);
      world.poke('node1');
      world.pass(TOLD_MS);
      const of = (name: 'node1' | 'node2'): number | undefined =>
        world
          .shared(name)
          .facts()
          .find(({ plan }) => plan.name === 'eccmgr_metrics')?.entries;
      expect([of('node1'), of('node2')]).toEqual([1, 0]);
      const { app } = manager.core;
      const kept = app instanceof ManagerApp ? app.shared.facts() : [];
      expect(kept.find(({ plan }) => plan.name === 'eccmgr_metrics')?.entries).toBe(1);
    },
    LONG_MS,
  );

  test(
    '[REP-22] [REP-23] gauges and audit series, for nobody, for all and for managers',
    () => {
      const world = trio();
      const series: AuditSeries = { name: 'logins', window: { seconds: 60, count: 2 } };
      const gauge = (audience: GaugeCache['audience']): GaugeCache => ({
        name: `talkers-${audience}`,
        itemsMax: 10,
        ttlMs: 60_000,
        audience,
      });
      const { metrics } = world.shared('node1');
      for (const audience of ['none', 'cluster', 'manager'] as const) {
        metrics.audit(series, audience, 3, audience, world.nowMs);
        metrics.gauge(gauge(audience), 'k', 2, world.nowMs);
      }
      world.poke('node1');
      world.pass(TOLD_MS);
      const seen = (['node1', 'node2'] as const).map((name) =>
        (['none', 'cluster', 'manager'] as const).map((audience) => {
          const { metrics: here } = world.shared(name);
          return [
            here.audited(series, audience, world.nowMs).reduce((sum, one) => sum + one, 0),
            here.gaugeOf(gauge(audience), 'k', world.nowMs),
          ];
        }),
      );
      expect(seen).toEqual([
        [
          [3, 2],
          [3, 2],
          [3, 2],
        ],
        [
          [0, 0],
          [3, 2],
          [0, 0],
        ],
      ]);
    },
    LONG_MS,
  );
});
