/**
 * Rows of logs and of aggregators, from what nodes and managers tell on `ec_status`. A telling counts when all of its
 * parts are there. Rows of a member that departed stay, with their age; they go with its row.
 */

import { nodeOfPrivateName, type PrivateName } from '../model/names.ts';
import { LOGS_PER_NODE_MAX } from '../wire/logs.ts';
import type { AggregationPart } from './aggregation-message.ts';
import { Gathered } from './gathered.ts';
import type { LiveTables } from './live-tables.ts';
import { type LogsPart, logRowOf } from './logs-message.ts';
import type { WallClock } from './wall-clock.ts';

export class ObserverLogs {
  readonly #tables: LiveTables;
  readonly #wall: WallClock;
  readonly #logs = new Gathered<LogsPart>();
  readonly #aggregations = new Gathered<AggregationPart>();

  constructor(parts: { readonly tables: LiveTables; readonly wall: WallClock }) {
    this.#tables = parts.tables;
    this.#wall = parts.wall;
  }

  onLogs(from: PrivateName, message: LogsPart, nowMs: number): void {
    const whole = this.#logs.add(from, message);
    if (whole === undefined) return;
    const node = nodeOfPrivateName(from);
    const wallMs = this.#wall.at(nowMs);
    const rows = whole
      .flatMap(({ logs }) => logs)
      .slice(0, LOGS_PER_NODE_MAX)
      .map((told) => logRowOf(node, told, wallMs));
    for (const row of rows) this.#tables.set('logs', row.id, row);
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of this.#tables.keys('logs')) {
      if (this.#tables.get('logs', id)?.node === node && !ids.has(id)) this.#tables.remove('logs', id);
    }
  }

  onAggregation(from: PrivateName, message: AggregationPart, nowMs: number): void {
    const whole = this.#aggregations.add(from, message);
    const [first] = whole ?? [];
    if (whole === undefined || first === undefined) return;
    const manager = nodeOfPrivateName(from);
    const wallMs = this.#wall.at(nowMs);
    this.#tables.set('aggregators', manager, {
      manager,
      streams: whole
        .flatMap(({ streams }) => streams)
        .map(({ lastAgoMs, ...stream }) => ({
          ...stream,
          lastMs: lastAgoMs === null ? null : wallMs - lastAgoMs,
        })),
      omitted: first.omitted,
      text: first.text,
      toldMs: wallMs,
    });
  }

  /** Rows of members that have none any more go. */
  keepOnly(members: { has(id: string): boolean }): void {
    for (const id of this.#tables.keys('logs')) {
      const node = this.#tables.get('logs', id)?.node;
      if (node !== undefined && !members.has(node)) this.#tables.remove('logs', id);
    }
    for (const manager of this.#tables.keys('aggregators')) {
      if (!members.has(manager)) this.#tables.remove('aggregators', manager);
    }
  }
}
