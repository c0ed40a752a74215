/**
 * A dedicated msgc_server as a member of the bus (MSG-26): it joins `ec_cluster` and nothing else, so that everybody
 * sees that it is there and which version it runs; it publishes the status of its server to `ec_status` and answers
 * queries about itself. It takes no commands over the bus, sends no heartbeats and never leads (R2).
 */

import type { Core, DeadlineReached } from '../base/core.ts';
import type { GroupName, NodeName } from '../model/names.ts';
import type { BusEvent } from '../msgc/client-api.ts';
import type { BusMemberOptions } from './bus-member.ts';
import { DEDICATED_NODE_TYPE } from './member-record.ts';
import type { Membership } from './membership.ts';
import {
  DEPARTED_KEPT_MS,
  ProcessMember,
  type ProcessMemberInput,
  type ProcessMemberParts,
  type ToldEffect,
} from './process-member.ts';

export type DedicatedCoreOptions = Omit<ProcessMemberParts, 'member'> & {
  readonly name: NodeName;
  readonly version: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly clusterGroup: GroupName;
};

export type DedicatedCoreInput =
  | { readonly type: 'start' | 'stop' | 'serverChanged' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  | { readonly type: 'optionsChanged'; readonly clusterGroup: GroupName };

/** `msgcd-20768`: its mailbox. */
export function dedicatedSession(pid: number): string {
  return `msgcd-${String(pid).padStart(5, '0')}`;
}

export class DedicatedCore implements Core<DedicatedCoreInput | DeadlineReached, ToldEffect> {
  readonly #options: DedicatedCoreOptions;
  readonly #member: ProcessMember;
  #clusterGroup: GroupName;

  constructor(options: DedicatedCoreOptions) {
    this.#options = options;
    this.#clusterGroup = options.clusterGroup;
    this.#member = new ProcessMember({ ...options, member: this.#memberOptions() });
  }

  get deadlineMs(): number | undefined {
    return this.#member.deadlineMs;
  }

  get membership(): Membership {
    return this.#member.bus.membership;
  }

  get connected(): boolean {
    return this.#member.bus.connected;
  }

  step(input: DedicatedCoreInput | DeadlineReached, nowMs: number): readonly ToldEffect[] {
    if (input.type !== 'optionsChanged') return this.#ofMember(input, nowMs);
    this.#clusterGroup = input.clusterGroup;
    return [
      ...this.#ofMember({ type: 'reconfigured', options: this.#memberOptions() }, nowMs),
      ...this.#ofMember({ type: 'serverChanged' }, nowMs),
    ];
  }

  #memberOptions(): BusMemberOptions {
    const { name, version, pid, startedWallMs } = this.#options;
    const clusterGroup = this.#clusterGroup;
    return {
      session: dedicatedSession(pid),
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

  /** Commands and replies are for others. */
  #ofMember(input: ProcessMemberInput | DeadlineReached, nowMs: number): readonly ToldEffect[] {
    return this.#member.step(input, nowMs).flatMap((effect) => (effect.type === 'message' ? [] : [effect]));
  }
}
