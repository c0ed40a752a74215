/**
 * What `/metrics` tells of durable logs: the rows of nodes that are heard, as of the moment of asking. What is not known has
 * no series: absent, never 0. Paused subscribers keep their series, and are counted apart from those that are behind.
 */

import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../base/ports.ts';
import type { Observer } from '../cluster/observer-api.ts';
import { FRESHNESS } from '../wire/freshness.ts';
import {
  isBehind,
  LOG_ROW_STALE_MS,
  type LogVerdict,
  logVerdict,
  VERDICTS_WORST_FIRST,
} from '../wire/log-verdict.ts';
import type { LogPauseRow, LogRow, SubscriberView } from '../wire/logs.ts';
import { busJoined } from './bus-state.ts';

/** Subscribers with series of their own; further ones are counted. */
export const LOG_SERIES_MAX = 512;

export type LogMetricSources = {
  readonly observer: Observer;
  readonly clock: Clock;
  readonly pauses: () => Readonly<Record<string, LogPauseRow>>;
};

type Reader = {
  readonly row: LogRow;
  readonly subscriber: SubscriberView;
  readonly verdict: LogVerdict;
  readonly paused: boolean;
};
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

export function addLogMetrics(registry: Registry, sources: LogMetricSources): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    samples: () => readonly Sample[],
  ) => {
    const metric: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect: () => {
        metric.reset();
        if (busJoined(sources.observer)) for (const [labels, value] of samples()) metric.set(labels, value);
        else if (labelNames.length === 0) metric.remove(); // without labels a reset is 0
      },
    });
  };
  const named = ['node', 'log', 'subscriber'];
  const ofReaders = (value: (reader: Reader) => number | null) => (): readonly Sample[] =>
    readersOf(sources)
      .slice(0, LOG_SERIES_MAX)
      .flatMap((reader): Sample[] => {
        const amount = value(reader);
        const { row, subscriber } = reader;
        return amount === null
          ? []
          : [[{ node: row.node, log: row.log, subscriber: subscriber.name }, amount]];
      });
  gauge(
    'muster_log_lag_records',
    'Records that a subscriber has not read',
    named,
    ofReaders(({ subscriber, verdict }) => (isKnown(verdict) ? (subscriber.lag?.records ?? null) : null)),
  );
  gauge(
    'muster_log_lag_bytes',
    'Bytes that a subscriber has not read',
    named,
    ofReaders(({ subscriber, verdict }) => (isKnown(verdict) ? (subscriber.lag?.bytes ?? null) : null)),
  );
  gauge(
    'muster_log_lag_seconds',
    'Age of the oldest record that a subscriber has not read',
    named,
    ofReaders(({ subscriber, verdict }) =>
      isKnown(verdict) ? lagSeconds(subscriber, sources.clock.wallMs()) : null,
    ),
  );
  addCounts(gauge, sources);
}

type AddGauge = (
  name: string,
  help: string,
  labelNames: readonly string[],
  samples: () => readonly Sample[],
) => void;

function addCounts(gauge: AddGauge, sources: LogMetricSources): void {
  gauge('muster_log_subscribers', 'Subscribers by verdict', ['verdict'], () => {
    const readers = readersOf(sources);
    return VERDICTS_WORST_FIRST.map((kind) => [
      { verdict: kind },
      readers.filter(({ verdict }) => verdict.kind === kind).length,
    ]);
  });
  gauge('muster_log_behind', 'Subscribers that somebody has to look at; paused ones are left out', [], () => [
    [{}, readersOf(sources).filter(({ verdict, paused }) => !paused && isBehind(verdict)).length],
  ]);
  gauge('muster_log_paused', 'Subscribers of which nobody wants to hear for a while', [], () => [
    [{}, readersOf(sources).filter(({ paused }) => paused).length],
  ]);
  gauge('muster_log_unreadable', 'Logs that their node cannot read', [], () => [
    [{}, currentRows(sources).filter(({ state }) => state === 'unreadable').length],
  ]);
  gauge('muster_log_series_omitted', 'Subscribers without series of their own', [], () => [
    [{}, Math.max(0, readersOf(sources).length - LOG_SERIES_MAX)],
  ]);
  gauge('muster_log_on_disk_bytes', 'Bytes of all files of a log', ['node', 'log'], () =>
    currentRows(sources)
      .slice(0, LOG_SERIES_MAX)
      .flatMap(({ node, log, onDiskBytes }): Sample[] =>
        onDiskBytes === null ? [] : [[{ node, log }, onDiskBytes]],
      ),
  );
}

function isKnown({ kind }: LogVerdict): boolean {
  return kind !== 'unknown' && kind !== 'dataLost';
}

/** In the order of their names, so that the bound leaves out the same ones each time. */
function readersOf({ observer, clock, pauses }: LogMetricSources): readonly Reader[] {
  const nowMs = clock.wallMs();
  const paused = pauses();
  const heard = heardNodes(observer);
  const rows = Object.values(observer.model().logs).sort((a, b) => (a.id < b.id ? -1 : 1));
  const byNode = new Map<string, LogRow[]>();
  for (const row of rows) {
    const known = byNode.get(row.node);
    if (known === undefined) byNode.set(row.node, [row]);
    else known.push(row);
  }
  return rows.flatMap((row) => {
    const moment = { nowMs, present: heard.has(row.node), logs: byNode.get(row.node) ?? [row] };
    return row.subscribers.map((subscriber) => ({
      row,
      subscriber,
      verdict: logVerdict(row, subscriber, moment),
      paused: (paused[`${row.id}/${subscriber.name}`]?.untilMs ?? 0) > nowMs,
    }));
  });
}

function currentRows({ observer, clock }: LogMetricSources): readonly LogRow[] {
  const heard = heardNodes(observer);
  const rows = Object.values(observer.model().logs);
  return rows.filter(({ node, toldMs }) => heard.has(node) && clock.wallMs() - toldMs < LOG_ROW_STALE_MS);
}

/** Names of members that are in the view and say something. */
function heardNodes(observer: Observer): ReadonlySet<string> {
  const agesMs = observer.memberAgesMs();
  const members = Object.values(observer.model().members);
  const heard = members.filter(
    ({ id, state }) =>
      state === 'present' && (agesMs[id] ?? Number.POSITIVE_INFINITY) <= FRESHNESS.silentMemberMs,
  );
  return new Set(heard.map(({ id, nodeName }) => nodeName ?? id));
}

function lagSeconds({ lag }: SubscriberView, nowMs: number): number | null {
  if (lag === null) return null;
  if (lag.records === 0) return 0;
  return lag.oldestMs === null ? null : Math.max(0, nowMs - lag.oldestMs) / 1_000;
}
