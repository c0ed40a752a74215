/** One process with a real Replicator on a modelled bus. */

import { DEADLINE_REACHED, type DeadlineReached } from '../../server/base/core.ts';
import type { Timer } from '../../server/base/ports.ts';
import type { VirtualClock } from '../../server/memory/virtual-clock.ts';
import type { NodeName, PrivateName } from '../../server/model/names.ts';
import type {
  ClaimedKey,
  ReplicationMember,
  ReplicatorEffect,
  ReplicatorInput,
  SharedObjectPlan,
} from '../../server/replication/api.ts';
import { Replicator } from '../../server/replication/replicator.ts';
import type { AgreedBus } from './agreed-bus.ts';

export type Granted = {
  readonly keys: readonly ClaimedKey[];
  readonly granted: boolean;
  readonly agreed: boolean;
};

export function memberNamed(
  node: string,
  life = 1,
  role: ReplicationMember['role'] = 'node',
): ReplicationMember {
  return { name: `#ec1-${life}#${node}` as PrivateName, node: node as NodeName, role };
}

export class ReplicationMemberProcess {
  readonly member: ReplicationMember;
  readonly replicator: Replicator;
  readonly effects: ReplicatorEffect[] = [];
  onClaimed: (result: Granted) => void = () => undefined;
  readonly #clock: VirtualClock;
  readonly #bus: AgreedBus;
  readonly #asked = new Map<number, readonly ClaimedKey[]>();
  #timer: Timer | undefined;
  #armedMs: number | undefined;
  #alive = true;

  constructor(parts: {
    readonly member: ReplicationMember;
    readonly clock: VirtualClock;
    readonly bus: AgreedBus;
    readonly plan: readonly SharedObjectPlan[];
    readonly chunkBytes?: number;
  }) {
    this.member = parts.member;
    this.#clock = parts.clock;
    this.#bus = parts.bus;
    const { chunkBytes } = parts;
    this.replicator = new Replicator({
      node: parts.member.node,
      wallMs: () => parts.clock.wallMs(),
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
    });
    this.give({ type: 'start' });
    this.configure(parts.plan);
  }

  get name(): PrivateName {
    return this.member.name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  join(beside: PrivateName | undefined): void {
    this.#bus.join(this.member, (input) => this.give(input), beside);
  }

  /** Its connection to the bus ends. */
  disconnect(): void {
    this.#bus.leave(this.name);
    this.give({ type: 'disconnected' });
  }

  kill(): void {
    this.#alive = false;
    this.#timer?.cancel();
    if (this.#bus.names.includes(this.name)) this.#bus.leave(this.name);
  }

  configure(objects: readonly SharedObjectPlan[]): void {
    this.give({ type: 'configured', objects });
  }

  count(object: string, key: string, change: number): void {
    this.replicator.count(object, key, change, this.#clock.nowMs());
    this.arm();
  }

  claim(keys: readonly ClaimedKey[]): void {
    this.#asked.set(this.replicator.claim(keys, this.#clock.nowMs()), keys);
    this.arm();
  }

  release(keys: readonly ClaimedKey[]): void {
    this.replicator.release(keys, this.#clock.nowMs());
    this.arm();
  }

  give(input: ReplicatorInput | DeadlineReached): void {
    if (!this.#alive) return;
    for (const effect of this.replicator.step(input, this.#clock.nowMs())) this.#perform(effect, input.type);
    this.arm();
  }

  /** After the replicator was used outside a step. */
  arm(): void {
    const dueMs = this.replicator.deadlineMs;
    if (dueMs === this.#armedMs) return;
    this.#timer?.cancel();
    this.#armedMs = dueMs;
    if (dueMs === undefined) return;
    this.#timer = this.#clock.at(Math.max(dueMs, this.#clock.nowMs()), () => {
      this.#armedMs = undefined;
      this.give(DEADLINE_REACHED);
    });
  }

  #perform(effect: ReplicatorEffect, cause: string): void {
    switch (effect.type) {
      case 'publish':
        this.#bus.send(this.name, undefined, effect.payload);
        return;
      case 'send':
        this.#bus.send(this.name, effect.to, effect.payload);
        return;
      case 'claimed': {
        const keys = this.#asked.get(effect.id) ?? [];
        this.#asked.delete(effect.id);
        this.onClaimed({ keys, granted: effect.granted, agreed: cause === 'message' });
        return;
      }
      case 'diverged':
      case 'converged':
        this.effects.push(effect);
        return;
    }
  }
}
