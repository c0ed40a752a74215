/** What members tell of their logs, their aggregation and their objects beside their status: to the rooms that make rows of it. */

import { unreachable } from '../base/assert.ts';
import type { PrivateName } from '../model/names.ts';
import type { LiveTables } from './live-tables.ts';
import type { ClusterMessage } from './messages.ts';
import { ObserverLogs } from './observer-logs.ts';
import { ObserverObjects } from './observer-objects.ts';
import type { WallClock } from './wall-clock.ts';

export type Telling = Extract<ClusterMessage, { type: 'logs' | 'aggregation' | 'objects' }>;

export class ObserverTellings {
  readonly #logs: ObserverLogs;
  readonly #objects: ObserverObjects;

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
        this.#objects.onObjects(from, message, nowMs);
        return;
      default:
        unreachable(message);
    }
  }

  onDeadline(nowMs: number): void {
    this.#objects.onDeadline(nowMs);
  }

  /** Rows of members that have none any more go. */
  keepOnly(members: { has(id: string): boolean }, nowMs: number): void {
    this.#logs.keepOnly(members);
    this.#objects.keepOnly(members, nowMs);
  }
}
