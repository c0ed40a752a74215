/** What must hold when all members are together and nothing happened for a while. */

import { sameDigest } from '../../../server/replication/digest.ts';
import { OWN } from '../../../server/replication/object-store.ts';
import type { SimMember } from './sim-member.ts';
import { CACHE, MANAGED, OTHER_TABLE, type ReplicationSimWorld, TABLE, TREE } from './world.ts';

/** Objects whose values are known. */
const COUNTED = [TREE, TABLE, OTHER_TABLE];

export function checkQuiet(world: ReplicationSimWorld): readonly string[] {
  return [...checkCounts(world), ...checkCopies(world), ...checkRest(world), ...checkCaches(world)];
}

/** Trees and tables are what their owners counted. */
export function checkCounts(world: ReplicationSimWorld): readonly string[] {
  return [...checkSame(world), ...checkSums(world)];
}

function listingOf({ process }: SimMember, object: string, view: SimMember | undefined): string {
  const rows = process.replicator.listing(object, view === undefined ? 'global' : view.name, 0);
  return rows === undefined ? 'nothing' : [...rows].map(({ key, value }) => `${value} ${key}`).join(', ');
}

/** R1: all show the same, of all together and of each. */
function* checkSame({ alive, clock }: ReplicationSimWorld): Iterable<string> {
  const [first, ...others] = alive;
  if (first === undefined) return;
  for (const object of COUNTED) {
    for (const view of [undefined, ...alive]) {
      const expected = listingOf(view ?? first, object, view);
      for (const one of [first, ...others]) {
        const found = listingOf(one, object, view);
        if (found === expected) continue;
        const whose = view?.name ?? 'global';
        yield `R1: ${one.name} shows ${object} of ${whose} as ${found}, not ${expected} at ${clock.nowMs()} ms`;
      }
    }
  }
}

/** R2: the sum is that of what every living member really counted; R4: and of nobody else. */
function* checkSums({ alive, plan: planned }: ReplicationSimWorld): Iterable<string> {
  for (const object of COUNTED.filter((one) => planned.some(({ name }) => name === one))) {
    const sums = new Map<string, number>();
    for (const { counted } of alive) {
      for (const [key, value] of counted.get(object) ?? []) sums.set(key, (sums.get(key) ?? 0) + value);
    }
    for (const { name, process } of alive) {
      for (const [key, sum] of sums) {
        const total = process.replicator.total(object, key);
        if (total !== sum) yield `R2: ${name} counts ${total} of ${sum} for ${object} ${key}`;
      }
      const facts = process.replicator.facts().find(({ plan }) => plan.name === object);
      const all = [...sums.values()].reduce((sum, value) => sum + value, 0);
      if (facts?.entries !== sums.size || facts.total !== all) {
        yield `R4: ${name} has ${facts?.entries} keys and ${facts?.total} in all for ${object}, not ${sums.size} and ${all}`;
      }
    }
  }
}

/** R5: every copy has the digest of its owner, and nobody believes that one differs. */
function* checkCopies({ alive }: ReplicationSimWorld): Iterable<string> {
  for (const one of alive) {
    const { replicator } = one.process;
    for (const { plan, owners } of replicator.facts()) {
      if (plan.name === MANAGED) continue;
      for (const { member, awaiting, divergedSinceMs } of owners) {
        if (awaiting) yield `R5: ${one.name} waits for ${plan.name} of ${member.name}`;
        if (divergedSinceMs !== undefined) yield `R5: ${one.name} sees ${plan.name} of ${member.name} differ`;
        const owner = alive.find(({ name }) => name === member.name);
        const number = replicator.ownerOf(member.name);
        const copy = replicator.objects.get(plan.name)?.store;
        const own = owner?.process.replicator.objects.get(plan.name)?.store;
        if (copy === undefined || own === undefined || typeof number !== 'number') {
          yield `R5: ${one.name} knows ${member.name}, who is not there`;
        } else if (!sameDigest(copy.digest(number), own.digest(OWN))) {
          yield `R5: ${one.name} has another ${plan.name} of ${member.name}`;
        }
      }
    }
  }
}

/** R9: where nothing was planted, no copy of a count ever differed: repair must not hide a fault. */
export function* checkNoDifferences({ members }: ReplicationSimWorld): Iterable<string> {
  for (const { name, process } of members) {
    for (const effect of process.effects) {
      if (effect.type !== 'diverged' || !COUNTED.includes(effect.object)) continue;
      yield `R9: ${name} found that ${effect.object} of ${effect.owner} differs`;
    }
  }
}

/** R6: nothing is left over; R7: every claim was answered. */
function* checkRest({ alive }: ReplicationSimWorld): Iterable<string> {
  for (const { name, process, claimed, answered } of alive) {
    if (process.replicator.chunksUnderWay > 0) yield `R6: ${name} still waits for acknowledgements`;
    if (process.replicator.refused > 0) yield `R6: ${name} refused ${process.replicator.refused} messages`;
    for (const { plan, pending } of process.replicator.facts()) {
      if (pending > 0) yield `R6: ${name} did not tell ${pending} changes of ${plan.name}`;
    }
    if (claimed !== answered) yield `R7: ${name} asked ${claimed} times and was answered ${answered} times`;
  }
}

/** R8: a cache has the same value everywhere. */
function* checkCaches({ alive, recipe, clock }: ReplicationSimWorld): Iterable<string> {
  for (let key = 0; key < recipe.keys; key += 1) {
    const values = alive.map(({ process }) => {
      const value = process.replicator.cacheGet(CACHE, `k${key}`, clock.nowMs());
      return value?.toString() ?? 'nothing';
    });
    if (new Set(values).size > 1) yield `R8: k${key} of the cache is ${values.join(', ')}`;
  }
}
