/** What nodes of a demo cluster make of its mail configuration. */

import { expect, test } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import { nodeMailPlan } from '../../../server/cluster/mail-plan.ts';
import { replicationPlan } from '../../../server/cluster/replication-plan.ts';
import { loadConfiguration } from '../../../server/conf/load-configuration.ts';
import { configurationFiles } from '../../../server/daemons/demo/demo-configuration.ts';
import { FOREIGN_DOMAIN, relayedDomains } from '../../../server/daemons/demo/demo-plan.ts';
import { MemoryFiles } from '../../../server/memory/memory-files.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { REGISTRY } from '../../support/conf-samples.ts';

const STATE = {
  version: 1,
  oneAddress: false,
  busPort: 4809,
  clusterPort: 4802,
  smtpPort: 2525,
  sinkPort: 2526,
  pagePort: 4880,
  nodes: 3,
  socketFolder: '/tmp/m',
  accounts: [],
  generated: {},
} as const;

function generationOf(node: string) {
  const files = Object.fromEntries(
    [...configurationFiles(STATE, '/data')].map(([name, text]) => [`/data/${name}`, text]),
  );
  const { generation, diagnostics } = loadConfiguration({
    files: new MemoryFiles({ ...files, '/data/conf/global/msgc.key': 'x'.repeat(64) }),
    searchPath: ['/data/conf/global', `/data/conf/${node}`, '/data/conf/default'],
    mainFile: '/data/conf/default/ecelerity.conf',
    registry: REGISTRY,
    nodename: node,
    subcluster: 'default',
  });
  expect(diagnostics).toEqual([]);
  return must(generation, 'a configuration');
}

test('every node relays the domains of the demo to its sink, and nothing else', () => {
  const plan = nodeMailPlan(generationOf('node2'), { nodeName: 'node2' as NodeName, hostName: 'machine' });
  expect(plan.problems).toEqual([]);
  expect(plan.runs).toBe(true);
  const { hostname, relayDomains, relayHosts, bindings, policy, inbound } = plan.core;
  expect(hostname).toBe('node2.demo.example');
  expect([...relayDomains]).toEqual(relayedDomains());
  expect(relayDomains.has(FOREIGN_DOMAIN)).toBe(false);
  expect(relayHosts).toEqual([]);
  for (const domain of relayedDomains()) {
    expect(policy('alerts-1', domain)).toMatchObject({ routes: ['127.0.0.9'], port: 2526 });
  }
  expect(policy('alerts-1', 'inbox.example').clusterMax).toBe(10);
  expect(policy('newsletter-1', 'office.example').throttleMessages).toEqual({
    key: 'group:newsletters/*',
    rate: { amount: 400, perMs: 1_000 },
  });
  expect(bindings.filter(({ floating }) => floating)).toHaveLength(19);
  expect(bindings.find(({ name }) => name === 'receipts-1')?.receivesOn).toEqual(['127.0.5.1', '127.0.5.30']);
  expect(inbound.map(({ network, perNetwork }) => [network.address, perNetwork])).toContainEqual([
    '127.0.8.0',
    60,
  ]);
  expect(plan.spool).toEqual({ folder: '/data/node2/spool', mode: 0o600 });
  expect(plan.listens).toEqual([]);
});

test('what limits need is shared', () => {
  const { objects, problems } = replicationPlan(generationOf('node1'));
  expect(problems).toEqual([]);
  expect(objects.map(({ name }) => name)).toEqual([
    'inbound_cidr',
    'outbound_cidr',
    'outbound_domains',
    'outbound_binding_domains',
    'shared_named_throttles',
    'OBTC',
    'OBTM',
    'metrics',
    'sessions',
    'greylist',
  ]);
});
