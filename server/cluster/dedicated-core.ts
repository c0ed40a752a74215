/**
 * A dedicated msgc_server as a member of the bus (MSG-26): it joins `ec_cluster` and nothing else, so that everybody
 * sees that it is there and which version it runs; it publishes the status of its server to `ec_status` and answers
 * queries about itself. It takes no commands over the bus, sends no heartbeats and never leads (R2).
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { GroupName, NodeName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import type { ConfigStatus, Query } from '../wire/options.ts';
import { BusMember, type BusMemberEffect, type BusMemberInput, type BusMemberOptions } from './bus-member.ts';
import { DEDICATED_NODE_TYPE } from './member-record.ts';
import type { Membership } from './membership.ts';
import { isReply, ReplySender } from './reply-sender.ts';
import { StatusPublisher } from './status-publisher.ts';
import type { WallClock } from './wall-clock.ts';

/** It shows departed members to nobody; they are kept briefly so that a rejoin is recognised. */
const DEPARTED_KEPT_MS = 600_000;

export type DedicatedCoreOptions = {
  readonly name: NodeName;
  readonly version: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly clusterGroup: GroupName;
  readonly wall: WallClock;
  readonly serverStatus: (nowMs: number) => ServerStatus | undefined;
  /** JSON of what was asked. */
  readonly answerQuery: (what: Query) => string;
  readonly configStatus: () => ConfigStatus | undefined;
};

export type DedicatedCoreInput =
  | { readonly type: 'start' | 'stop' | 'serverChanged' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  | { readonly type: 'optionsChanged'; readonly clusterGroup: GroupName };

export type DedicatedCoreEffect =
  | { readonly type: 'bus'; readonly request: BusRequest }
  | Extract<BusMemberEffect, { type: 'happened' | 'changed' }>;

/** `msgcd-20768`: its mailbox. */
export function dedicatedSession(pid: number): string {
  return `msgcd-${String(pid).padStart(5, '0')}`;
}

export class DedicatedCore implements Core<DedicatedCoreInput | DeadlineReached, DedicatedCoreEffect> {
  readonly #options: DedicatedCoreOptions;
  readonly #session: string;
  readonly #member: BusMember;
  readonly #status: StatusPublisher;
  readonly #answers: ReplySender;
  #clusterGroup: GroupName;

  constructor(options: DedicatedCoreOptions) {
    this.#options = options;
    this.#session = dedicatedSession(options.pid);
    this.#clusterGroup = options.clusterGroup;
    this.#member = new BusMember(this.#memberOptions());
    this.#answers = new ReplySender(this.#session);
    this.#status = new StatusPublisher({
      ...options,
      session: this.#session,
      counters: () => ({ ...this.#member.refused(), replies_dropped: this.#answers.dropped }),
    });
  }

  get deadlineMs(): number | undefined {
    const due = [this.#member.deadlineMs, this.#status.deadlineMs, this.#answers.deadlineMs].filter(
      (ms) => ms !== undefined,
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  get membership(): Membership {
    return this.#member.membership;
  }

  get connected(): boolean {
    return this.#member.connected;
  }

  step(input: DedicatedCoreInput | DeadlineReached, nowMs: number): readonly DedicatedCoreEffect[] {
    switch (input.type) {
      case 'start':
        return this.#ofMember({ type: 'start' }, nowMs);
      case 'stop':
        return bus(this.#status.step({ type: 'stop' }, nowMs));
      case 'serverChanged':
        return bus(this.#status.step({ type: 'changed' }, nowMs));
      case 'bus':
        return this.#onBus(input.event, nowMs);
      case 'optionsChanged':
        this.#clusterGroup = input.clusterGroup;
        return [
          ...this.#ofMember({ type: 'reconfigured', options: this.#memberOptions() }, nowMs),
          ...bus(this.#status.step({ type: 'changed' }, nowMs)),
        ];
      case 'deadlineReached':
        return [
          ...this.#ofMember(input, nowMs),
          ...bus(this.#status.step(input, nowMs)),
          ...bus(this.#answers.step(input, nowMs)),
        ];
      default:
        return unreachable(input);
    }
  }

  #memberOptions(): BusMemberOptions {
    const { name, version, pid, startedWallMs } = this.#options;
    const clusterGroup = this.#clusterGroup;
    return {
      session: this.#session,
      groups: [clusterGroup],
      clusterGroup,
      facts: {
        nodeName: name,
        subcluster: null,
        nodeType: DEDICATED_NODE_TYPE,
        version,
        address: null,
        pid,
        startedMs: startedWallMs,
        heartbeat: null,
      },
      departedKeptMs: DEPARTED_KEPT_MS,
      byzantineAction: 'flag',
    };
  }

  #onBus(event: BusEvent, nowMs: number): readonly DedicatedCoreEffect[] {
    const effects = [...this.#ofMember({ type: 'bus', event }, nowMs)];
    if (event.type === 'busConnected') effects.push(...bus(this.#status.step({ type: 'start' }, nowMs)));
    if (event.type === 'busLost') {
      this.#status.step({ type: 'stop' }, nowMs);
      this.#answers.step({ type: 'lost' }, nowMs);
    }
    if (event.type === 'requestRefused' && event.reason === 'backlog' && isReply(event.request)) {
      this.#answers.step({ type: 'refused', request: event.request }, nowMs);
    }
    return effects;
  }

  #ofMember(input: BusMemberInput | DeadlineReached, nowMs: number): readonly DedicatedCoreEffect[] {
    return this.#member.step(input, nowMs).flatMap((effect) => {
      if (effect.type !== 'message') return [effect];
      const { from, message } = effect;
      if (message.type !== 'query') return [];
      const answer = { to: from, id: message.id, ok: true, text: this.#options.answerQuery(message.what) };
      return bus(this.#answers.step({ type: 'reply', ...answer }, nowMs));
    });
  }
}

function bus(requests: readonly BusRequest[]): readonly DedicatedCoreEffect[] {
  return requests.map((request) => ({ type: 'bus', request }));
}
