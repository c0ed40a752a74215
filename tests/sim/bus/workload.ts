/** What clients do in a schedule: they come and go, join, leave, send agreed and safe, to groups and to each other. */

import type { Prng } from '../../../server/base/prng.ts';
import type { GroupName, NodeName } from '../../../server/model/names.ts';
import { privateName } from '../../../server/model/names.ts';
import type { BusWorld, SimClient } from './world.ts';

const GROUPS = ['ga', 'gb', 'gc'];

export function newClient(world: BusWorld, prng: Prng, host: NodeName, again?: readonly string[]): void {
  const client = world.startClient(host, 1 + prng.below(2), again);
  for (const session of client.sessions) {
    for (const group of GROUPS) if (prng.chance(0.5)) world.join(client, session, group);
  }
}

/** One thing that somebody does. */
export function act(world: BusWorld, prng: Prng): void {
  if (prng.chance(0.03)) newClient(world, prng, prng.pick(world.nodes));
  if (world.clients.length === 0) return;
  const client = prng.pick(world.clients);
  const session = prng.pick(client.sessions);
  const group = prng.pick(GROUPS) as GroupName;
  const dice = prng.unit();
  if (dice < 0.02) {
    world.killClient(client);
    // Somebody else comes under the same names, now and then before the death is known.
    if (prng.chance(0.4)) newClient(world, prng, client.trace.host, client.sessions);
  } else if (dice < 0.1) world.join(client, session, group);
  else if (dice < 0.15) leave(world, prng, client, session, group);
  else if (dice < 0.22) sendPrivate(world, prng, client, session);
  else publish(world, prng, client, session, group);
}

function leave(world: BusWorld, prng: Prng, client: SimClient, session: string, group: GroupName): void {
  world.request(client, { type: 'leave', session, group });
  if (prng.chance(0.3)) world.join(client, session, group);
}

function publish(world: BusWorld, prng: Prng, client: SimClient, session: string, group: GroupName): void {
  const groups = prng.chance(0.1) ? [group, ...GROUPS.filter((one) => one !== group)] : [group];
  const bursts = prng.chance(0.1) ? 1 + prng.below(world.recipe.burstMax) : 1;
  for (let sent = 0; sent < bursts; sent += 1) {
    const payload = world.nextPayload(client, session, groups.length > 1);
    if (payload === undefined) return;
    const service = prng.chance(world.recipe.safeShare) ? 'safe' : 'agreed';
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
