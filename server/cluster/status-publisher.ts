/**
 * Publishes the compact status of this server to `ec_status` each second and soon after a change, without joining
 * the group (R6). Who reads it is nobody's business here.
 */

import type { Core, DeadlineReached } from '../base/core.ts';
import { GROUPS } from '../model/names.ts';
import type { BusRequest } from '../msgc/client-api.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import type { ConfigStatus } from '../wire/options.ts';
import { encodeMessage, NAMES_IN_LIST_MAX } from './messages.ts';
import type { WallClock } from './wall-clock.ts';

export const STATUS_INTERVAL_MS = 1_000;
/** Changes closer together than this are told once. */
export const STATUS_GATHER_MS = 50;
const COUNTERS_MAX = 128;

export type StatusPublisherOptions = {
  readonly session: string;
  /** Undefined where this process has no msgc_server. */
  readonly serverStatus: (nowMs: number) => ServerStatus | undefined;
  /** Counters of the member beside those of its server. */
  readonly counters: () => Readonly<Record<string, number>>;
  /** Undefined where this process has no live configuration to speak of. */
  readonly configStatus: () => ConfigStatus | undefined;
  readonly wall: WallClock;
};

export type StatusPublisherInput = { readonly type: 'start' | 'changed' | 'stop' };

export class StatusPublisher implements Core<StatusPublisherInput | DeadlineReached, BusRequest> {
  readonly #options: StatusPublisherOptions;
  #dueMs: number | undefined;

  constructor(options: StatusPublisherOptions) {
    this.#options = options;
  }

  get deadlineMs(): number | undefined {
    return this.#dueMs;
  }

  step(input: StatusPublisherInput | DeadlineReached, nowMs: number): readonly BusRequest[] {
    if (input.type === 'stop') this.#dueMs = undefined;
    if (input.type === 'start') this.#dueMs = nowMs;
    if (this.#dueMs === undefined) return [];
    if (input.type === 'changed') this.#dueMs = Math.min(this.#dueMs, nowMs + STATUS_GATHER_MS);
    if (nowMs < this.#dueMs) return [];
    this.#dueMs = nowMs + STATUS_INTERVAL_MS;
    const status = this.#options.serverStatus(nowMs);
    return status === undefined ? [] : [this.#publish(status, nowMs)];
  }

  #publish(status: ServerStatus, nowMs: number): BusRequest {
    const links = status.links.slice(0, NAMES_IN_LIST_MAX);
    const counters = Object.entries({ ...this.#options.counters(), ...status.counters }).slice(
      0,
      COUNTERS_MAX,
    );
    return {
      type: 'publish',
      session: this.#options.session,
      groups: [GROUPS.status],
      service: 'agreed',
      ...encodeMessage({
        type: 'status',
        node: status.node,
        state: status.state,
        viewId: status.view?.viewId ?? null,
        viewMembers: status.view?.members.slice(0, NAMES_IN_LIST_MAX) ?? [],
        links: links.map((link) => ({
          to: link.peer,
          state: link.state,
          roundTripMs: link.roundTripMs ?? null,
          backlog: link.backlog,
          reconnects: link.reconnects,
        })),
        reach: status.reach.slice(0, NAMES_IN_LIST_MAX).map(({ node, sees }) => ({
          node,
          sees: sees.slice(0, NAMES_IN_LIST_MAX),
        })),
        clients: status.clients,
        counters: Object.fromEntries(counters),
        wallMs: this.#options.wall.at(nowMs),
        config: this.#options.configStatus(),
      }),
    };
  }
}
