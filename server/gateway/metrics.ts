/** What `/metrics` tells. Every alarm on screen has a metric of the same name. */

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Observer } from '../cluster/observer-api.ts';
import { memberRow } from '../wire/live.ts';
import { addBusMetrics } from './bus-metrics.ts';
import { addLogMetrics, type LogMetricSources } from './log-metrics.ts';
import { addMailMetrics, addObjectMetrics } from './object-metrics.ts';
import { addVipMetrics } from './vip-metrics.ts';

/** Where the numbers come from at the moment of asking. */
export type MetricSources = {
  readonly observer: Observer;
  readonly sockets: () => number;
  readonly seq: () => number;
  /** Requests that wait for a second person. */
  readonly approvals: () => number;
} & Pick<LogMetricSources, 'clock' | 'pauses'>;

const MEMBER_STATES = memberRow.shape.state.options;

export class Metrics {
  readonly #registry = new Registry();
  readonly commands = this.#counter('muster_commands_total', 'Commands by class and result', [
    'class',
    'result',
  ]);
  readonly authFailures = this.#counter('muster_auth_failures_total', 'Refused callers by reason', [
    'reason',
  ]);
  readonly patches = this.#counter('muster_patches_total', 'Patches sent to the live room', []);
  readonly resyncs = this.#counter('muster_resyncs_total', 'Repaired gaps by kind of answer', ['kind']);
  readonly slowConsumers = this.#counter(
    'muster_slow_consumers_dropped_total',
    'Sockets closed because they did not read',
    [],
  );
  readonly storeFailures = this.#counter('muster_store_failures_total', 'Writes the store refused', []);
  readonly eventToPaint = new Histogram({
    name: 'muster_event_to_paint_seconds',
    help: 'From the arrival of a bus event in the gateway to its pixels, as browsers report it',
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers: [this.#registry],
  });
  readonly auditChain = new Gauge({
    name: 'muster_audit_chain_ok',
    help: '1 while the hash chain of the audit log verifies',
    registers: [this.#registry],
  });

  /** Ends the counting. */
  readonly stop: () => void;

  constructor(sources: MetricSources) {
    this.auditChain.set(1);
    const { observer } = sources;
    this.#gauge('muster_bus_connected', 'The gateway is joined to the bus', () =>
      observer.model().bus['bus']?.state === 'joined' ? 1 : 0,
    );
    this.#gauge('muster_bus_event_age_seconds', 'Since anything came from the bus; NaN if never', () => {
      const ageMs = observer.busAgeMs();
      return ageMs === undefined ? Number.NaN : ageMs / 1_000;
    });
    this.#gauge('muster_sockets', 'Open live sockets', sources.sockets);
    this.#gauge('muster_approvals_pending', 'Requests that wait for approval', sources.approvals);
    this.#gauge('muster_patch_seq', 'Number of the newest state', sources.seq);
    addBusMetrics(this.#registry, () => observer.bus());
    addLogMetrics(this.#registry, sources);
    addObjectMetrics(this.#registry, sources);
    addMailMetrics(this.#registry, sources);
    this.stop = addVipMetrics(this.#registry, observer);
    const members: Gauge<'state'> = new Gauge({
      name: 'muster_members',
      help: 'Members by state',
      labelNames: ['state'],
      registers: [this.#registry],
      collect: () => {
        const rows = Object.values(observer.model().members);
        for (const state of MEMBER_STATES) {
          members.set({ state }, rows.filter((row) => row.state === state).length);
        }
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect: (): void => gauge.set(value()),
    });
  }
}
