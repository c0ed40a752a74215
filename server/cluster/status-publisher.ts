/**
 * Publishes the compact status of this server to `ec_status` each second and soon after a change, without joining
 * the group (R6). Who reads it is nobody's business here.
 */

import type { Core, DeadlineReached } from '../base/core.ts';
import { GROUPS } from '../model/names.ts';
import type { BusRequest } from '../msgc/client-api.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import type { ConfigStatus } from '../wire/options.ts';
import { StatusContent } from './status-content.ts';
import type { MailStatus } from './status-message.ts';
import type { WallClock } from './wall-clock.ts';

export const STATUS_INTERVAL_MS = 1_000;
/** Changes closer together than this are told once. */
export const STATUS_GATHER_MS = 50;

export type StatusPublisherOptions = {
  readonly session: string;
  /** Undefined where this process has no msgc_server. */
  readonly serverStatus: (nowMs: number) => ServerStatus | undefined;
  /** Counters of the member beside those of its server. */
  readonly counters: () => Readonly<Record<string, number>>;
  /** Undefined where this process has no live configuration to speak of. */
  readonly configStatus: () => ConfigStatus | undefined;
  /** Absent, and undefined, where this process runs no mail. */
  readonly mailStatus?: ((nowMs: number) => MailStatus | undefined) | undefined;
  readonly wall: WallClock;
};

export type StatusPublisherInput = { readonly type: 'start' | 'changed' | 'stop' };

export class StatusPublisher implements Core<StatusPublisherInput | DeadlineReached, BusRequest> {
  readonly #options: StatusPublisherOptions;
  readonly #content = new StatusContent();
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
    const { session, counters, configStatus, mailStatus, wall } = this.#options;
    return {
      type: 'publish',
      session,
      groups: [GROUPS.status],
      service: 'agreed',
      ...this.#content.encode(
        {
          status,
          counters: counters(),
          config: configStatus(),
          mail: mailStatus?.(nowMs),
          wallMs: wall.at(nowMs),
        },
        nowMs,
      ),
    };
  }
}
