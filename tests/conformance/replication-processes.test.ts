/** Replication between real processes: what one node is told on its console, the others and the manager know. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterProcesses } from '../support/cluster-processes.ts';

const LIMIT_MS = 120_000;
let cluster: ClusterProcesses;

beforeAll(async () => {
  cluster = await ClusterProcesses.create(2);
  cluster.append('conf/default/ecelerity-cluster.conf', [
    'cluster {',
    '  Replicate "inbound_cidr" { }',
    '  Replicate "sessions" { type = "cache" parameters = "snapshot" }',
    '}',
  ]);
  await cluster.start('manager', 'node1');
}, LIMIT_MS);

afterAll(() => cluster?.stop(), LIMIT_MS);

test(
  '[CMD-17] [REP-11] [REP-21] [REP-26] a joiner reads what was set before, also after a reload',
  async () => {
    expect(await cluster.ask('node1', 'cluster shared list')).toBe(
      [
        'Currently managed objects:',
        '                  inbound_cidr [lazy, cidrtree w/ snapshots]',
        '                      sessions [lazy, cache w/ snapshots]',
      ].join('\n'),
    );
    expect(await cluster.ask('node1', 'cluster cache set sessions k "a value" 1H')).toBe('Set k');
    await cluster.start('node2');
    const isThere = (text: string): boolean => text === 'a value';
    await cluster.askUntil('node2', 'cluster cache get sessions k', isThere);
    expect(await cluster.ask('node2', 'config reload')).toBe('OK');
    expect(await cluster.ask('node2', 'cluster cache get sessions k')).toBe('a value');
    await cluster.askUntil('node2', 'cluster shared show sessions from node1', (text) => {
      const [head = '', line = ''] = text.split('\n');
      return (
        /^lazy, snapped cache 'sessions', view '#ec1-\d{5,}#node1'$/.test(head) && /^ +k: +7$/.test(line)
      );
    });
    expect(await cluster.ask('node2', 'cluster cache delete sessions k')).toBe('Deleted k');
    await cluster.askUntil('node1', 'cluster cache get sessions k', (text) =>
      text.startsWith('Error: no entry'),
    );
    // CMD-01: not on a manager.
    expect(await cluster.ask('manager', 'cluster shared list')).toMatch(/^Unknown command/);
  },
  LIMIT_MS,
);
