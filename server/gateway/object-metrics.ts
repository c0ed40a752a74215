/**
 * What `/metrics` tells of replicated objects and of mail: the rows of nodes that are heard, as of the moment of asking. What is
 * not known has no series: absent, never 0.
 */

import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../base/ports.ts';
import type { Observer } from '../cluster/observer-api.ts';
import { FRESHNESS } from '../wire/freshness.ts';
import type { Row } from '../wire/live.ts';
import { type NodeObjectVerdict, type ObjectMoment, objectVerdict } from '../wire/object-verdict.ts';
import type { MailFigures, ObjectAtNode } from '../wire/objects.ts';
import { busJoined } from './bus-state.ts';

/** Pairs of object and node with series of their own; further ones are counted. */
export const OBJECT_SERIES_MAX = 2_048;
/** Nodes with series of mail. */
export const MAIL_SERIES_MAX = 256;

export type ObjectMetricSources = { readonly observer: Observer; readonly clock: Clock };

type Copy = {
  readonly object: string;
  readonly at: ObjectAtNode;
  readonly verdict: NodeObjectVerdict;
};
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];
type Mail = Exclude<keyof MailFigures, 'toldMs' | `${string}Rate` | 'domains' | 'moved'>;

const MAIL_TOTALS = {
  receptions: 'Messages that were accepted',
  deliveries: 'Messages that were delivered',
  transients: 'Deliveries that were put off',
  failures: 'Deliveries that failed for good',
  rejections: 'Messages and recipients that were refused',
} as const satisfies Partial<Record<Mail, string>>;
const MAIL_GAUGES = {
  inbound: 'Connections from clients',
  outbound: 'Connections to destinations',
  active: 'Messages in the active queue',
  delayed: 'Messages that wait for another try',
} as const satisfies Partial<Record<Mail, string>>;

export function addObjectMetrics(registry: Registry, sources: ObjectMetricSources): void {
  const ofCopies = (value: (copy: Copy) => number | null) => (): readonly Sample[] =>
    copiesOf(sources)
      .slice(0, OBJECT_SERIES_MAX)
      .flatMap((copy) => {
        const amount = copy.verdict.kind === 'unknown' ? null : value(copy);
        return amount === null ? [] : [[{ object: copy.object, node: copy.at.node }, amount]];
      });
  const gauge = (name: string, help: string, value: (copy: Copy) => number | null) =>
    addGauge(registry, { name, help, labelNames: ['object', 'node'] }, sources, ofCopies(value));
  gauge('muster_object_entries', 'Keys of an object as a node sees it', ({ at }) => at.entries);
  gauge('muster_object_pending', 'Changed keys that others have not heard of yet', ({ at }) => at.pending);
  gauge('muster_object_oldest_pending_seconds', 'Age of the oldest of them', ({ at }) =>
    at.pending === 0 ? 0 : seconds(at.oldestPendingMs),
  );
  gauge('muster_object_diverged', '1 where a node sees an object otherwise than the others', ({ verdict }) =>
    Number(verdict.kind === 'diverged'),
  );
  const whole = {
    name: 'muster_object_series_omitted',
    help: 'Copies of objects without series of their own',
  };
  addGauge(registry, { ...whole, labelNames: [] }, sources, () => [
    [{}, Math.max(0, copiesOf(sources).length - OBJECT_SERIES_MAX)],
  ]);
}

export function addMailMetrics(registry: Registry, sources: ObjectMetricSources): void {
  const ofNodes = (figure: Mail) => (): readonly Sample[] =>
    mailOf(sources)
      .slice(0, MAIL_SERIES_MAX)
      .map(([node, mail]) => [{ node }, mail[figure]]);
  for (const [figure, help] of Object.entries(MAIL_TOTALS)) {
    const samples = ofNodes(figure as keyof typeof MAIL_TOTALS);
    const counter: Counter = new Counter({
      name: `muster_mail_${figure}_total`,
      help,
      labelNames: ['node'],
      registers: [registry],
      // The totals are the nodes' own; they start over when a node does.
      collect: () => {
        counter.reset();
        for (const [labels, value] of samples()) counter.inc(labels, value);
      },
    });
  }
  for (const [figure, help] of Object.entries(MAIL_GAUGES)) {
    const name = `muster_mail_${figure}`;
    const samples = ofNodes(figure as keyof typeof MAIL_GAUGES);
    addGauge(registry, { name, help, labelNames: ['node'] }, sources, samples);
  }
}

function addGauge(
  registry: Registry,
  what: { readonly name: string; readonly help: string; readonly labelNames: readonly string[] },
  { observer }: ObjectMetricSources,
  samples: () => readonly Sample[],
): void {
  const metric: Gauge = new Gauge({
    ...what,
    labelNames: [...what.labelNames],
    registers: [registry],
    collect: () => {
      metric.reset();
      if (busJoined(observer)) for (const [labels, value] of samples()) metric.set(labels, value);
      else if (what.labelNames.length === 0) metric.remove(); // without labels a reset is 0
    },
  });
}

/** In the order of their names, so that the bound leaves out the same ones each time. */
function copiesOf({ observer, clock }: ObjectMetricSources): readonly Copy[] {
  const moment: ObjectMoment = { nowMs: clock.wallMs(), presence: presenceIn(observer) };
  const rows = Object.values(observer.model().objects).sort((a, b) => (a.id < b.id ? -1 : 1));
  return rows.flatMap((row) => {
    const { nodes } = objectVerdict(row, moment);
    return row.nodes.flatMap((at, index) => {
      const verdict = nodes[index]?.verdict;
      return verdict === undefined ? [] : [{ object: row.id, at, verdict }];
    });
  });
}

function presenceIn(observer: Observer): ObjectMoment['presence'] {
  const agesMs = observer.memberAgesMs();
  const rows = new Map<string, Row<'members'>>();
  for (const row of Object.values(observer.model().members)) rows.set(row.id, row);
  return (node) => {
    const row = rows.get(node);
    if (row === undefined || row.state === 'departed') return 'gone';
    const ageMs = agesMs[row.id] ?? Number.POSITIVE_INFINITY;
    return row.state === 'present' && ageMs <= FRESHNESS.silentMemberMs ? 'heard' : 'silent';
  };
}

function mailOf({ observer }: ObjectMetricSources): readonly (readonly [string, MailFigures])[] {
  if (!busJoined(observer)) return [];
  const presence = presenceIn(observer);
  return Object.values(observer.model().members)
    .flatMap(({ id, mail }) => (mail === null || presence(id) !== 'heard' ? [] : [[id, mail] as const]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}
