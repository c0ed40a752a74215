/** A process that shares data, beside what it really counted: the truth that all are measured by. */

import type { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import type { ClaimedKey, ReplicationMember, SharedObjectPlan } from '../../../server/replication/api.ts';
import type { AgreedBus } from '../../support/agreed-bus.ts';
import { ReplicationMemberProcess } from '../../support/replication-member.ts';

export type Claimed = { readonly keys: readonly ClaimedKey[]; readonly agreed: boolean };

export class SimMember {
  readonly process: ReplicationMemberProcess;
  plan: readonly SharedObjectPlan[];
  /** Own counts by object, then key. */
  readonly counted = new Map<string, Map<string, number>>();
  answered = 0;
  claimed = 0;

  constructor(parts: {
    readonly member: ReplicationMember;
    readonly clock: VirtualClock;
    readonly bus: AgreedBus;
    readonly plan: readonly SharedObjectPlan[];
    readonly chunkBytes: number;
    readonly onGranted: (member: SimMember, claimed: Claimed) => void;
  }) {
    this.plan = parts.plan;
    this.process = new ReplicationMemberProcess(parts);
    this.process.onClaimed = ({ keys, granted, agreed }) => {
      this.answered += 1;
      if (!granted) return;
      for (const { object, key } of keys) this.#change(object, key, 1);
      parts.onGranted(this, { keys, agreed });
    };
  }

  get name(): ReplicationMember['name'] {
    return this.process.name;
  }

  get alive(): boolean {
    return this.process.alive;
  }

  shares(object: string): boolean {
    return this.plan.some(({ name }) => name === object);
  }

  value(object: string, key: string): number {
    return this.counted.get(object)?.get(key) ?? 0;
  }

  count(object: string, key: string, change: number): void {
    if (!this.shares(object)) return;
    this.process.count(object, key, change);
    this.#change(object, key, change);
  }

  claim(keys: readonly ClaimedKey[]): void {
    this.claimed += 1;
    this.process.claim(keys);
  }

  release(keys: readonly ClaimedKey[]): void {
    this.process.release(keys);
    for (const { object, key } of keys) this.#change(object, key, -1);
  }

  configure(plan: readonly SharedObjectPlan[]): void {
    this.plan = plan;
    for (const object of [...this.counted.keys()]) if (!this.shares(object)) this.counted.delete(object);
    this.process.configure(plan);
  }

  #change(object: string, key: string, change: number): void {
    const keys = this.counted.get(object) ?? new Map<string, number>();
    this.counted.set(object, keys);
    const value = Math.max(0, (keys.get(key) ?? 0) + change);
    if (value === 0) keys.delete(key);
    else keys.set(key, value);
  }
}
