/** One seeded schedule: a workload and faults for a while, then healing, then all invariants are checked. */

import { Prng } from '../../../server/base/prng.ts';
import type { GroupName, NodeName } from '../../../server/model/names.ts';
import { privateName } from '../../../server/model/names.ts';
import type { ScheduleResult } from '../registry.ts';
import { checkGroups } from './checkers/groups.ts';
import { checkLiveness } from './checkers/liveness.ts';
import { checkMessages } from './checkers/messages.ts';
import { checkOrder } from './checkers/order.ts';
import { checkSafe } from './checkers/safe.ts';
import { checkViews } from './checkers/views.ts';
import { VIOLATIONS_MAX } from './checkers/violation.ts';
import { injectFault } from './faults.ts';
import { BusWorld, type SimClient } from './world.ts';

const GROUPS = ['ga', 'gb', 'gc'];
/** Long enough for suspicion, the longest wait before a dial, and several failed attempts. */
const SETTLE_MS = 7_000;
/** What was under way while things were bad has arrived by then. */
const SETTLE_MIN_MS = 2_500;
const SETTLE_STEP_MS = 500;
const QUIET_MS = 1_000;
const RECONNECT_MS = 1_000;

const DELAYS: readonly ((prng: Prng) => number)[] = [
  (prng) => prng.between(0.05, 0.5),
  (prng) => prng.between(0.5, 15),
  (prng) => (prng.chance(0.004) ? prng.between(20, 2_000) : prng.between(0.05, 5)),
];

export function runBusSchedule(seed: number): ScheduleResult {
  const prng = new Prng(seed);
  const count = 2 + prng.below(6);
  const nodes = Array.from({ length: count }, (_, index) => `n${index}` as NodeName);
  const delay = prng.pick(DELAYS);
  let calm = false;
  const world = new BusWorld(prng.fork(), {
    nodes,
    delayMs: (net) => (calm ? net.between(0.05, 0.5) : delay(net)),
    server: { reconnectIntervalMs: RECONNECT_MS },
    roaming: prng.chance(0.3),
  });
  for (const node of nodes) if (prng.chance(0.9)) world.start(node);
  for (const node of nodes) {
    for (let made = prng.below(3); made > 0; made -= 1) newClient(world, prng, node);
  }
  if (prng.chance(0.7)) world.clock.runFor(prng.between(50, 400));
  const endMs = world.clock.nowMs() + prng.between(500, 3_000);
  const workMs = prng.pick([5, 20, 60]);
  const faultMs = prng.pick([30, 150, 600]);
  const work = (): void => {
    if (world.clock.nowMs() >= endMs) return;
    act(world, prng);
    world.clock.at(world.clock.nowMs() + prng.between(0, 2 * workMs), work);
  };
  const fault = (): void => {
    if (world.clock.nowMs() >= endMs) return;
    injectFault(world, prng);
    const soon = prng.chance(0.4) ? prng.between(0, 15) : prng.between(0, 2 * faultMs);
    world.clock.at(world.clock.nowMs() + soon, fault);
  };
  world.clock.at(world.clock.nowMs(), work);
  world.clock.at(world.clock.nowMs() + prng.between(0, faultMs), fault);
  world.clock.runUntil(endMs);
  calm = true;
  world.heal();
  const healedAtMs = world.clock.nowMs();
  world.clock.runFor(SETTLE_MIN_MS);
  while (world.clock.nowMs() < healedAtMs + SETTLE_MS) {
    if (checkLiveness(world.end(healedAtMs, world.clock.nowMs())).length === 0) break;
    world.clock.runFor(SETTLE_STEP_MS);
  }
  const settledAtMs = world.clock.nowMs();
  world.clock.runFor(QUIET_MS);
  const { history } = world;
  const violations = [
    ...checkMessages(history),
    ...checkOrder(history),
    ...checkViews(history),
    ...checkSafe(history),
    ...checkGroups(history),
    ...checkLiveness(world.end(healedAtMs, settledAtMs)),
  ].map(({ invariant, what }) => `${invariant}: ${what}`);
  return { traceHash: history.hash, violations: violations.slice(0, VIOLATIONS_MAX) };
}

function newClient(world: BusWorld, prng: Prng, host: NodeName): void {
  const client = world.startClient(host, 1 + prng.below(2));
  for (const session of client.sessions) {
    for (const group of GROUPS) if (prng.chance(0.5)) world.join(client, session, group);
  }
}

function act(world: BusWorld, prng: Prng): void {
  if (prng.chance(0.03)) newClient(world, prng, prng.pick(world.nodes));
  if (world.clients.length === 0) return;
  const client = prng.pick(world.clients);
  const session = prng.pick(client.sessions);
  const group = prng.pick(GROUPS) as GroupName;
  const dice = prng.unit();
  if (dice < 0.02) world.killClient(client);
  else if (dice < 0.1) world.join(client, session, group);
  else if (dice < 0.15) world.request(client, { type: 'leave', session, group });
  else if (dice < 0.22) sendPrivate(world, prng, client, session);
  else publish(world, prng, client, session, group);
}

function publish(world: BusWorld, prng: Prng, client: SimClient, session: string, group: GroupName): void {
  const groups = prng.chance(0.1) ? [group, ...GROUPS.filter((one) => one !== group)] : [group];
  const bursts = prng.chance(0.1) ? 1 + prng.below(40) : 1;
  for (let sent = 0; sent < bursts; sent += 1) {
    const payload = world.nextPayload(client, session, groups.length > 1);
    if (payload === undefined) return;
    const service = prng.chance(0.25) ? 'safe' : 'agreed';
    world.request(client, {
      type: 'publish',
      session,
      groups: groups as GroupName[],
      service,
      kind: 7,
      payload,
    });
  }
}

function sendPrivate(world: BusWorld, prng: Prng, client: SimClient, session: string): void {
  const other = prng.pick(world.clients);
  const payload = world.nextPayload(client, session);
  if (payload === undefined) return;
  const to = privateName(prng.pick(other.sessions), other.trace.host);
  world.request(client, { type: 'send', session, to, kind: 9, payload });
}
