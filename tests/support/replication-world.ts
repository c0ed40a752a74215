/** Some processes that share data on one modelled bus, for tests. */

import { Prng } from '../../server/base/prng.ts';
import { VirtualClock } from '../../server/memory/virtual-clock.ts';
import type { ReplicationMember, SharedObjectPlan } from '../../server/replication/api.ts';
import { AgreedBus } from './agreed-bus.ts';
import { memberNamed, ReplicationMemberProcess } from './replication-member.ts';

export function planOf(
  name: string,
  type: SharedObjectPlan['type'],
  more: Partial<SharedObjectPlan> = {},
): SharedObjectPlan {
  return {
    name,
    type,
    kind: KINDS[type],
    snapshots: true,
    parameters: new Set(),
    bindingGroup: undefined,
    maxDelayMs: 1_000,
    maxPending: 100,
    maxSize: undefined,
    audience: type === 'eccmgr_metrics' ? 'managers' : 'all',
    ...more,
  };
}

const KINDS: Readonly<Record<SharedObjectPlan['type'], SharedObjectPlan['kind']>> = {
  inbound_cidr: 'cidrtree',
  outbound_cidr: 'cidrtree',
  outbound_domains: 'gauge table',
  outbound_binding_domains: 'gauge table',
  shared_named_throttles: 'throttle set',
  OBTM: 'throttle set',
  OBTC: 'throttle set',
  metrics: 'metrics',
  eccmgr_metrics: 'metrics',
  cache: 'cache',
};

export const PLAN: readonly SharedObjectPlan[] = [
  planOf('inbound_cidr', 'inbound_cidr'),
  planOf('outbound_domains', 'outbound_domains'),
];

export class ReplicationWorld {
  readonly clock = new VirtualClock();
  readonly bus: AgreedBus;
  readonly plan: readonly SharedObjectPlan[];

  constructor(plan: readonly SharedObjectPlan[] = PLAN, delayMs = 5) {
    this.plan = plan;
    this.bus = new AgreedBus(this.clock, new Prng(1), delayMs);
  }

  /** Starts a process and joins it to the part of another one, if that is given. */
  start(
    node: string,
    beside?: ReplicationMemberProcess,
    role: ReplicationMember['role'] = 'node',
  ): ReplicationMemberProcess {
    const member = memberNamed(node, 1, role);
    const one = new ReplicationMemberProcess({ member, clock: this.clock, bus: this.bus, plan: this.plan });
    one.join(beside?.name);
    return one;
  }

  runFor(ms: number): void {
    this.clock.runFor(ms);
  }
}
