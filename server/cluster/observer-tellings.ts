/** What members tell of their logs, their aggregation and their objects beside their status: to the rooms that make rows of it. */

import { unreachable } from '../base/assert.ts';
import { nodeOfPrivateName, type PrivateName } from '../model/names.ts';
import type { LiveTables } from './live-tables.ts';
import type { ClusterMessage } from './messages.ts';
import { ObserverLogs } from './observer-logs.ts';
import { ObserverObjects } from './observer-objects.ts';
import type { WallClock } from './wall-clock.ts';

export type Telling = Extract<ClusterMessage, { type: 'logs' | 'aggregation' | 'objects' }>;

export class ObserverTellings {
  readonly #logs: ObserverLogs;
  readonly #objects: ObserverObjects;
  /** Ids of the rows of members by their private names: a manager has no name but that. */
  #ids: ReadonlyMap<PrivateName, string> = new Map();

  constructor(parts: { readonly tables: LiveTables; readonly wall: WallClock }) {
    this.#logs = new ObserverLogs(parts);
    this.#objects = new ObserverObjects(parts);
  }

  get deadlineMs(): number | undefined {
    return this.#objects.deadlineMs;
  }

  onMessage(from: PrivateName, message: Telling, nowMs: number): void {
    switch (message.type) {
      case 'logs':
        this.#logs.onLogs(from, message, nowMs);
        return;
      case 'aggregation':
        this.#logs.onAggregation(from, message, nowMs);
        return;
      case 'objects':
        this.#objects.onObjects({ name: from, id: this.#ids.get(from) }, message, nowMs);
        return;
      default:
        unreachable(message);
    }
  }

  onDeadline(nowMs: number): void {
    this.#objects.onDeadline(nowMs);
  }

  /** Rows of members that have none any more go. @param namesById of all rows of members. */
  keepOnly(namesById: ReadonlyMap<string, PrivateName>, nowMs: number): void {
    this.#ids = new Map([...namesById].map(([id, name]) => [name, id]));
    const known = new Set([...namesById.keys(), ...[...namesById.values()].map(nodeOfPrivateName)]);
    this.#logs.keepOnly(known);
    this.#objects.keepOnly(known, nowMs);
  }
}
