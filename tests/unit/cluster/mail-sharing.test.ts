/** What mail counts goes to the objects that a configuration has, by type and binding group. */

import { expect, test } from 'vitest';
import { MailSharing } from '../../../server/cluster/mail-sharing.ts';
import { NodeReplication } from '../../../server/cluster/node-replication.ts';
import { WallClock } from '../../../server/cluster/wall-clock.ts';
import { planOf } from '../../support/replication-world.ts';
import { nodeNamed } from '../../support/vip-tables.ts';
import { group } from './fake-bus.ts';

function shared(): NodeReplication {
  return new NodeReplication({
    node: nodeNamed('node1'),
    session: 'ec0-00001',
    sharedSession: 'ec1-00001',
    clusterGroup: group('ec_cluster'),
    plan: {
      objects: [
        planOf('domains', 'outbound_domains'),
        planOf('news', 'outbound_domains', { bindingGroup: 'newsletters' }),
        planOf('metrics', 'metrics', { parameters: new Set(['connect']) }),
      ],
      problems: [],
    },
    windows: [{ seconds: 300, count: 6 }],
    wall: new WallClock({ wallMs: 1_700_000_000_000, nowMs: 0 }),
    nowMs: 0,
  });
}

test('[REP-17] [REP-18] objects are found by type; that of a binding group counts only what is of it', () => {
  const node = shared();
  const mail = new MailSharing(node);
  mail.count('outbound_domains', 'example.com', 1, 0, 'default');
  mail.count('outbound_domains', 'example.com', 1, 0, 'newsletters');
  mail.count('outbound_cidr', '10.0.0.1', 1, 0, 'default');
  expect(mail.total('outbound_domains', 'example.com')).toBe(2);
  expect(mail.total('outbound_cidr', '10.0.0.1')).toBeUndefined();
  expect(node.data.total('news', 'example.com')).toBe(1);
});

test('what a claim counted is counted once, and in the object of its group as well', () => {
  const node = shared();
  const mail = new MailSharing(node);
  const key = { object: 'outbound_domains', key: 'example.com' };
  const id = mail.claim(
    [
      { ...key, limit: 1 },
      { object: 'outbound_cidr', key: '10.0.0.1', limit: 0 },
    ],
    0,
  );
  node.step({ type: 'deadlineReached' }, 0);
  // Nobody shares outbound_cidr: no limit of it holds.
  expect(node.takeClaimed()).toEqual([{ id, granted: true }]);
  mail.count('outbound_domains', 'example.com', 1, 0, 'newsletters', true);
  expect([node.data.total('domains', 'example.com'), node.data.total('news', 'example.com')]).toEqual([1, 1]);
  mail.count('outbound_domains', 'example.com', -1, 0, 'newsletters', true);
  mail.release([key], 0);
  expect([node.data.total('domains', 'example.com'), node.data.total('news', 'example.com')]).toEqual([0, 0]);
});

test('[REP-12] only what the parameters name is metered in the cluster', () => {
  const node = shared();
  const mail = new MailSharing(node);
  for (const what of ['connect', 'reception'] as const) mail.meter(what, '10.0.0.1', 0);
  expect([...(node.listing('metrics', 'global', 0) ?? [])]).toEqual([
    { key: 'connect 10.0.0.1 300,6', value: 1, children: false },
  ]);
  // What no object holds this node keeps for itself.
  const [alone] = node.metrics.metered('reception', { address: '10.0.0.0' as never, bits: 8 }, 0);
  expect(alone?.amounts[0]).toBe(1);
});
