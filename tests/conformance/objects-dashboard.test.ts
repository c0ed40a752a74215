/** What a dashboard knows of replicated objects of whole processes: rows, answers of single nodes, and what they agree on. */

import { beforeEach, describe, expect, test } from 'vitest';
import { NodeApp } from '../../server/cluster/node.ts';
import type { SharedData } from '../../server/replication/api.ts';
import { type ObjectMoment, objectVerdict } from '../../server/wire/object-verdict.ts';
import {
  flushCommand,
  type ObjectAnswer,
  type ObjectQuery,
  objectAnswer,
  objectRow,
  UNKNOWN_OBJECT,
} from '../../server/wire/objects.ts';
import { ProcessWorld, type SimulatedProcess, type Watcher } from '../support/process-world.ts';

const CACHES = `cluster {
  Replicate "my_cache" { type = "cache" parameters = "snapshot" max_size = 1000 }
  Replicate "inbound_cidr" { }
  Replicate "outbound_domains" { }
}`;
const NODES = ['node1', 'node2', 'node3'] as const;
type Node = (typeof NODES)[number];

let world: ProcessWorld;
let nodes: Record<Node, SimulatedProcess>;
let watcher: Watcher;
let questions: number;

beforeEach(() => {
  world = new ProcessWorld();
  world.start('manager');
  const start = (name: Node) => world.start(name, CACHES);
  nodes = { node1: start('node1'), node2: start('node2'), node3: start('node3') };
  world.clock.runFor(3_000);
  watcher = world.watch('manager');
  questions = 0;
  world.clock.runFor(12_000);
});

/** Of the node; what it is given is told as time passes. */
function use(node: Node, deed: (data: SharedData, nowMs: number) => void): void {
  const { app } = nodes[node].core;
  if (!(app instanceof NodeApp)) throw new Error('no node');
  deed(app.shared.data, world.clock.nowMs());
  nodes[node].type('pid');
}

const rowOf = (object: string) => watcher.observer.model().objects[object];

function verdictOf(object: string) {
  const { members } = watcher.observer.model();
  const gone = (node: string) => members[node] === undefined || members[node]?.state === 'departed';
  const presence: ObjectMoment['presence'] = (node) => (gone(node) ? 'gone' : 'heard');
  const row = rowOf(object);
  return row && objectVerdict(row, { nowMs: world.clock.wallMs(), presence });
}

/** What one node answers; a text where it refuses. */
function ask(node: Node, query: Partial<ObjectQuery> & { readonly object: string }): ObjectAnswer | string {
  questions += 1;
  const request = `question-${questions}`;
  const about = JSON.stringify({ view: 'global', top: 200, ...query });
  const asked = watcher.observer.query(request, node, 'shared', about);
  if (!asked.ok) throw new Error(asked.error.code);
  world.clock.runFor(500);
  const reply = watcher.events.find((event) => event.type === 'reply' && event.request === request);
  if (reply?.type !== 'reply') throw new Error(`${node} did not answer`);
  return reply.ok ? objectAnswer.parse(JSON.parse(reply.text)) : reply.text;
}

describe('a dashboard', () => {
  test('[REP-19] hears of every object from every node, as the schema has it, and of who agrees', () => {
    for (const object of ['inbound_cidr', 'outbound_domains', 'my_cache']) {
      expect(objectRow.parse(rowOf(object))).toEqual(rowOf(object));
      expect(rowOf(object)?.nodes.map(({ node }) => node)).toEqual(expect.arrayContaining([...NODES]));
      expect(verdictOf(object)).toMatchObject({ kind: 'identical', diverged: [], unknown: [] });
    }
    // A manager has no node name: its entry is named as its member row is, by which it can be asked.
    const [manager] = rowOf('metrics')?.nodes ?? [];
    expect(manager?.node).toBe('#manager#manager');
    expect(watcher.observer.model().members).toHaveProperty([manager?.node ?? '']);
    expect(rowOf('inbound_cidr')).toMatchObject({ kind: 'cidrtree', snapshots: true, maxDelayMs: 1_000 });
    expect(rowOf('my_cache')).toMatchObject({ kind: 'cache', snapshots: true, maxSize: 1_000 });
    expect(watcher.observer.model().members).not.toHaveProperty('#ec1-101#node1');
  });

  test('[REP-03] [REP-20] sees what one node counted on all of them, as sum and as its share', () => {
    use('node1', (data, nowMs) => data.count('inbound_cidr', '10.0.0.103', 4, nowMs));
    use('node2', (data, nowMs) => data.count('inbound_cidr', '10.0.0.103', 1, nowMs));
    use('node2', (data, nowMs) => data.count('inbound_cidr', '2001:db8::7', 2, nowMs));
    world.clock.runFor(4_000);
    expect(rowOf('inbound_cidr')?.nodes.filter(({ node }) => !node.includes('manager'))).toMatchObject([
      { node: 'node1', total: 7, own: { total: 4 }, pending: 0 },
      { node: 'node2', total: 7, own: { total: 3 } },
      { node: 'node3', total: 7, own: { total: 0 } },
    ]);
    expect(verdictOf('inbound_cidr')?.kind).toBe('identical');
    const found = (node: Node, query: Partial<ObjectQuery>) => {
      const answer = ask(node, { object: 'inbound_cidr', ...query });
      return typeof answer === 'string' ? answer : answer.rows.map(({ key, value }) => [key, value]);
    };
    expect(found('node3', { search: '10.0.0.103' })).toContainEqual(['10.0.0.103/32', 5]);
    expect(found('node3', { search: '10.0.0.103', view: 'node1' })).toContainEqual(['10.0.0.103/32', 4]);
    expect(found('node1', { search: '2001:db8::7' })).toContainEqual(['2001:db8::7/128', 2]);
    expect(ask('node1', { object: 'nix' })).toBe(UNKNOWN_OBJECT);
    expect(found('node1', { view: 'nobody' })).toEqual(expect.any(String));
  });

  test('[REP-26] sees the share of a node go with it, and its last words stay with their date', () => {
    use('node1', (data, nowMs) => data.count('outbound_domains', 'example.com', 9, nowMs));
    world.clock.runFor(4_000);
    expect(rowOf('outbound_domains')?.nodes.find(({ node }) => node === 'node2')?.total).toBe(9);
    const toldMs = world.clock.wallMs();
    nodes.node1.kill();
    world.clock.runFor(12_000);
    const at = (name: string) => rowOf('outbound_domains')?.nodes.find(({ node }) => node === name);
    expect(at('node2')?.total).toBe(0);
    expect(at('node1')).toMatchObject({ total: 9 });
    expect(at('node1')?.toldMs).toBeLessThanOrEqual(toldMs);
    expect(verdictOf('outbound_domains')).toMatchObject({ kind: 'identical', unknown: ['node1'] });
  });

  test('[REP-11] reads entries of a cache on every node, masked unless asked, until it is emptied', () => {
    use('node2', (data, nowMs) => data.cacheSet('my_cache', 'k', Buffer.from('secret\u0007'), 60_000, nowMs));
    world.clock.runFor(4_000);
    const masked = ask('node3', { object: 'my_cache', under: 'k' });
    expect(masked).toMatchObject({ found: 1, rows: [{ key: 'k', text: null, value: 7 }] });
    const shown = ask('node1', { object: 'my_cache', search: 'k', texts: true });
    expect(shown).toMatchObject({ rows: [{ text: 'secret\\x07', expiresInMs: expect.any(Number) }] });
    expect(nodes.node1.type(flushCommand('my_cache'))).toBe('Flushed 1 entry of my_cache');
    world.clock.runFor(4_000);
    for (const node of NODES) expect(ask(node, { object: 'my_cache' })).toEqual({ rows: [], found: 0 });
  });
});
