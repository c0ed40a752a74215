/**
 * What `/metrics` tells of DuraVIP: the rows of the table as they are at the moment of asking, and counts of what
 * happened since this gateway started. Nothing is told before a table is known: absent, never 0.
 */

import { Counter, Gauge, type Registry } from 'prom-client';
import type { Observer, ObserverEvent } from '../cluster/observer-api.ts';
import { OWNER_CAUSES, type VipRow } from '../wire/duravip.ts';

const PHASES: readonly VipRow['phase'][] = ['owned', 'moving', 'unowned', 'broken'];
const FLAGS: readonly VipRow['flags'][number][] = ['unsafe', 'conflict', 'broken'];

/** Registers every series. @returns a function that ends the counting. */
export function addVipMetrics(registry: Registry, observer: Observer): () => void {
  addRowMetrics(registry, observer);
  addNodeMetrics(registry, observer);
  return countHappenings(registry, observer);
}

function addRowMetrics(registry: Registry, observer: Observer): void {
  const rows = (): readonly VipRow[] =>
    Object.values(observer.model().vips).filter(({ phase }) => phase !== 'unknown');
  gauge(
    registry,
    'muster_vips',
    'DuraVIPs by phase',
    ['phase'],
    () => {
      const known = rows();
      return PHASES.map((phase) => [{ phase }, known.filter((row) => row.phase === phase).length]);
    },
    observer,
  );
  gauge(
    registry,
    'muster_vips_flagged',
    'DuraVIPs whose configuration differs between nodes',
    ['flag'],
    () => {
      const known = rows();
      return FLAGS.map((flag) => [{ flag }, known.filter(({ flags }) => flags.includes(flag)).length]);
    },
    observer,
  );
  gauge(
    registry,
    'muster_vips_disputed',
    'DuraVIPs that more than one node says it has',
    [],
    () => [[{}, rows().filter(({ claims }) => claims.length > 0).length]],
    observer,
  );
  gauge(
    registry,
    'muster_vips_disagreements',
    'DuraVIPs of which not all nodes say the same',
    [],
    () => [[{}, rows().filter(({ disagree }) => disagree.length > 0).length]],
    observer,
  );
  gauge(
    registry,
    'muster_vips_pinned',
    'DuraVIPs that an operator moved and nobody let go',
    [],
    () => [[{}, rows().filter(({ pinned }) => pinned !== null).length]],
    observer,
  );
}

function addNodeMetrics(registry: Registry, observer: Observer): void {
  const nodes = () => Object.values(observer.model().vipNodes).filter(({ present }) => present);
  const ofNodes = (value: (row: ReturnType<typeof nodes>[number]) => number) => () =>
    nodes().map((row): Sample => [{ node: row.node }, value(row)]);
  gauge(
    registry,
    'muster_vips_node_owned',
    'DuraVIPs of a node',
    ['node'],
    ofNodes(({ owned }) => owned),
    observer,
  );
  gauge(
    registry,
    'muster_vips_node_up',
    'DuraVIPs that a node has on its host',
    ['node'],
    ofNodes(({ up }) => up),
    observer,
  );
  gauge(
    registry,
    'muster_vips_node_failed',
    'DuraVIPs that a node could not bring up',
    ['node'],
    ofNodes(({ failed }) => failed),
    observer,
  );
  gauge(
    registry,
    'muster_vips_node_draining',
    '1 while a node is drained',
    ['node'],
    ofNodes(({ draining }) => Number(draining)),
    observer,
  );
  gauge(
    registry,
    'muster_vips_node_agrees',
    '1 while the table of a node is that of the gateway; absent until it said so',
    ['node'],
    () =>
      nodes().flatMap(({ node, agrees }): Sample[] => (agrees === null ? [] : [[{ node }, Number(agrees)]])),
    observer,
  );
  gauge(
    registry,
    'muster_vips_announce_due',
    '1 while nodes wait for an announced view after a reload',
    [],
    () => [[{}, Number(observer.model().duravip['duravip']?.announceDue !== null)]],
    observer,
  );
}

function countHappenings(registry: Registry, observer: Observer): () => void {
  const registers = [registry];
  const moves = new Counter({
    name: 'muster_vips_moves_total',
    help: 'Changes of owner that this gateway saw, by cause',
    labelNames: ['cause'],
    registers,
  });
  const failures = new Counter({
    name: 'muster_vips_plumb_failures_total',
    help: 'Times a node could not bring a DuraVIP up, that this gateway saw',
    labelNames: ['node'],
    registers,
  });
  for (const cause of OWNER_CAUSES) moves.inc({ cause }, 0);
  return observer.subscribe((event: ObserverEvent) => {
    if (event.type !== 'vips') return;
    for (const what of event.happenings) {
      if (what.type === 'owner') moves.inc({ cause: what.cause });
      if (what.type === 'state' && what.state === 'failed') failures.inc({ node: what.node });
    }
  });
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function gauge(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  samples: () => readonly Sample[],
  observer: Observer,
): void {
  const metric: Gauge = new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: () => {
      metric.reset();
      const known = observer.model().duravip['duravip'] !== undefined;
      if (known) for (const [labels, value] of samples()) metric.set(labels, value);
      else if (labelNames.length === 0) metric.remove(); // without labels a reset is 0
    },
  });
}
