/**
 * Time series, audit series and gauge caches for modules (REP-09, REP-10, REP-22, REP-23): which objects hold what is said
 * by their parameters. What no object holds is kept for this process alone.
 */

import { type IpAddress, type Network, networkHolds, parseIp } from '../model/ip.ts';
import type {
  AuditSeries,
  GaugeCache,
  Meter,
  MetricAudience,
  MetricTotals,
  MetricWindow,
  SharedMetrics,
  SharedObjectPlan,
} from '../replication/api.ts';
import { MetricStore } from '../replication/metric-store.ts';

export type MetricObject = { readonly plan: SharedObjectPlan; readonly store: MetricStore };

export class MetricDesk implements SharedMetrics {
  /** Of this process alone. */
  readonly #alone: MetricStore;
  /** In order of configuration. */
  readonly #objects: () => readonly MetricObject[];
  #windows: readonly MetricWindow[];

  constructor(
    wallMs: (nowMs: number) => number,
    objects: () => readonly MetricObject[],
    windows: readonly MetricWindow[],
  ) {
    this.#alone = new MetricStore(wallMs);
    this.#objects = objects;
    this.#windows = windows;
  }

  get deadlineMs(): number | undefined {
    return this.#alone.deadlineMs;
  }

  /** Of `inbound_audit { monitors }`. */
  get windows(): readonly MetricWindow[] {
    return this.#windows;
  }

  configure(windows: readonly MetricWindow[]): void {
    this.#windows = windows;
  }

  due(nowMs: number): void {
    this.#alone.due(nowMs);
  }

  meter(meter: Meter, address: IpAddress, amount: number, nowMs: number): void {
    for (const store of this.#storesWith(meter)) {
      for (const window of this.#windows) {
        store.add({ kind: 'meter', series: meter, window, item: address }, amount, nowMs);
      }
    }
  }

  metered(meter: Meter, network: Network, nowMs: number): readonly MetricTotals[] {
    const within = (item: string): boolean => {
      const address = parseIp(item);
      return address.ok && networkHolds(network, address.value);
    };
    const [store] = this.#storesWith(meter);
    return store?.summed({ kind: 'meter', series: meter }, within, nowMs) ?? [];
  }

  audit(series: AuditSeries, item: string, amount: number, audience: MetricAudience, nowMs: number): void {
    const key = { kind: 'audit', series: series.name, window: series.window, item } as const;
    for (const store of this.#storesFor('audit_series', audience)) store.add(key, amount, nowMs);
  }

  audited(series: AuditSeries, item: string, nowMs: number): readonly number[] {
    const key = { kind: 'audit', series: series.name, window: series.window, item } as const;
    const sums = Array.from({ length: series.window.count }, () => 0);
    for (const store of this.#eachOnce('audit_series')) {
      for (const [index, amount] of store.amounts(key, nowMs).entries()) {
        sums[index] = (sums[index] ?? 0) + amount;
      }
    }
    return sums;
  }

  gauge(cache: GaugeCache, key: string, change: number, nowMs: number): number {
    for (const store of this.#storesFor('gauge_cache', cache.audience)) {
      store.changeGauge(cache, key, change, nowMs);
    }
    return this.gaugeOf(cache, key, nowMs);
  }

  gaugeOf(cache: GaugeCache, key: string, nowMs: number): number {
    const stores = this.#eachOnce('gauge_cache');
    return stores.reduce((sum, store) => sum + store.gauge(cache, key, nowMs), 0);
  }

  /** What meters an address: those of all before those of managers. */
  #storesWith(parameter: string): readonly MetricStore[] {
    const stores = [...this.#of('metrics', parameter), ...this.#of('eccmgr_metrics', parameter)];
    return stores.length === 0 ? [this.#alone] : stores;
  }

  #storesFor(parameter: string, audience: MetricAudience): readonly MetricStore[] {
    if (audience === 'none') return [this.#alone];
    const stores = this.#of(audience === 'cluster' ? 'metrics' : 'eccmgr_metrics', parameter);
    return stores.length === 0 ? [this.#alone] : stores;
  }

  /** One of each audience: what is in several objects of one type is the same. */
  #eachOnce(parameter: string): readonly MetricStore[] {
    const [all] = this.#of('metrics', parameter);
    const [managers] = this.#of('eccmgr_metrics', parameter);
    return [this.#alone, all, managers].filter((store) => store !== undefined);
  }

  #of(type: 'metrics' | 'eccmgr_metrics', parameter: string): readonly MetricStore[] {
    return this.#objects()
      .filter(({ plan }) => plan.type === type && plan.parameters.has(parameter))
      .map(({ store }) => store);
  }
}
