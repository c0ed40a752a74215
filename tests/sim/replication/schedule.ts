/** One seeded schedule of replication: members count, claim and fall apart, then all heals and must be the same. */

import { MESSAGE_BYTES_MAX } from '../../../server/replication/api.ts';
import { WINDOW } from '../../../server/replication/snapshot-sender.ts';
import type { ScheduleResult } from '../registry.ts';
import { checkCounts, checkNoDifferences, checkQuiet } from './checkers.ts';
import { type Deed, drawReplicationRecipe, type ReplicationRecipe } from './recipe.ts';
import type { SimMember } from './sim-member.ts';
import { ReplicationSimWorld } from './world.ts';

/** Enough for what was not disturbed: snapshots need some turns of the bus, entries of a cache end after 5 s. */
const REST_MS = 8_000;
const REST_TURNS = 40;
/** Then everybody told its digests, of shares that changed. */
const DIGESTS_MS = 11_000;
/** Digests of quiet shares come each 60 s; a wish for a snapshot that was lost is said again after 20 s. */
const QUIET_MS = 90_000;
const BURST = 12;
const STEPS_AT_ONCE_MAX = 100_000;

export function runReplicationSchedule(seed: number): ScheduleResult {
  return new ReplicationRun(drawReplicationRecipe(seed), new Set()).result();
}

export class ReplicationRun {
  readonly #recipe: ReplicationRecipe;
  readonly #world: ReplicationSimWorld;
  readonly #leftOut: ReadonlySet<number>;

  readonly #more: () => Iterable<string>;
  #restless = false;

  /** @param more what must hold besides, when all rest. */
  constructor(
    recipe: ReplicationRecipe,
    leftOut: ReadonlySet<number>,
    world: ReplicationSimWorld = new ReplicationSimWorld(recipe),
    more: () => Iterable<string> = () => [],
  ) {
    this.#recipe = recipe;
    this.#world = world;
    this.#leftOut = leftOut;
    this.#more = more;
  }

  result(): ScheduleResult {
    const world = this.#world;
    const { clock, prng } = world;
    const { members, managers, stormMs, deeds, seed } = this.#recipe;
    for (let at = 0; at < members + managers; at += 1) {
      const start = (): void => {
        world.start(`n${at}`, at < members ? 'node' : 'manager', world.alive[0]);
      };
      if (at === 0 || prng.chance(0.5)) start();
      else clock.at(prng.between(0, stormMs / 3), start);
    }
    for (const [index, deed] of deeds.entries()) {
      if (!this.#leftOut.has(index)) clock.at(deed.atMs, () => this.#do(deed));
    }
    this.#traffic(0);
    this.#run(stormMs);
    this.#heal();
    this.#run(clock.nowMs() + REST_MS + REST_TURNS * this.#recipe.delayMs);
    // Counts are the same without repair, unless it was planted that they are not.
    if (world.corrupted === 0) world.violations.push(...checkCounts(world));
    if (world.corrupted > 0 || this.#unquiet().length > 0) this.#run(clock.nowMs() + QUIET_MS);
    world.violations.push(...this.#unquiet());
    this.#run(clock.nowMs() + DIGESTS_MS);
    if (world.corrupted === 0) world.violations.push(...checkNoDifferences(world));
    const { grants, corrupted, bus } = world;
    const claims = world.members.reduce((sum, { claimed }) => sum + claimed, 0);
    return {
      violations: [...new Set(world.violations)],
      counts: {
        deeds: deeds.length,
        claims,
        grants,
        corrupted,
        messages: bus.messages,
        seeds: Number(seed > 0),
      },
    };
  }

  /** R10: nobody is busy for ever without time going by. */
  #run(untilMs: number): void {
    const { clock, violations } = this.#world;
    let [atMs, steps] = [clock.nowMs(), 0];
    while (!this.#restless && clock.step(untilMs)) {
      steps = clock.nowMs() === atMs ? steps + 1 : 0;
      atMs = clock.nowMs();
      this.#restless = steps > STEPS_AT_ONCE_MAX;
    }
    if (!this.#restless) clock.runUntil(untilMs);
    else violations.push(`R10: somebody is still busy at ${atMs} ms`);
  }

  #unquiet(): readonly string[] {
    return [...checkQuiet(this.#world), ...this.#more()];
  }

  #traffic(atMs: number): void {
    const { clock, prng, alive } = this.#world;
    clock.at(atMs, () => {
      if (clock.nowMs() > this.#recipe.stormMs) return;
      this.#world.traffic();
      this.#checkBounds(alive);
      this.#traffic(clock.nowMs() + prng.between(0, 2 * this.#recipe.everyMs));
    });
  }

  /** R6: what is under way of a snapshot is bounded. */
  #checkBounds(alive: readonly SimMember[]): void {
    for (const { name, process } of alive) {
      const { chunksUnderWay } = process.replicator;
      if (chunksUnderWay > WINDOW)
        this.#world.violations.push(`R6: ${name} has ${chunksUnderWay} chunks under way`);
    }
    const { longest } = this.#world.bus;
    if (longest > MESSAGE_BYTES_MAX) this.#world.violations.push(`R6: a message has ${longest} bytes`);
  }

  #do({ kind, which, other, forMs }: Deed): void {
    const world = this.#world;
    const { clock, bus, alive } = world;
    const member = alive[which % Math.max(1, alive.length)];
    const second = alive[other % Math.max(1, alive.length)];
    if (member === undefined || second === undefined) return;
    const later = (undo: () => void): void => void clock.at(clock.nowMs() + forMs, undo);
    switch (kind) {
      case 'part':
        bus.reshape(bus.parts.flatMap((part) => split(part, other)));
        return;
      case 'merge':
        if (bus.parts.length > 0) bus.reshape([bus.names]);
        return;
      case 'restart':
        if (alive.length < 2) return;
        member.process.kill();
        later(() => world.start(member.process.member.node, member.process.member.role, world.alive[0]));
        return;
      case 'kill':
        if (alive.length > 1) member.process.kill();
        return;
      case 'join':
        if (alive.length < 6) world.start(`j${world.members.length}`, 'node', second);
        return;
      case 'lose':
        if (!world.connected(member)) return;
        member.process.disconnect();
        later(() => this.#rejoin(member));
        return;
      case 'reload':
        world.reload(member, other);
        later(() => member.alive && member.configure(world.plan));
        return;
      case 'corrupt':
        world.corrupt(member, second);
        return;
      case 'burst':
        for (let count = 0; count < BURST; count += 1) world.traffic();
        return;
    }
  }

  #rejoin(member: SimMember): void {
    const world = this.#world;
    if (!member.alive || world.connected(member)) return;
    const beside = world.alive.find((one) => world.connected(one));
    member.process.join(beside?.name);
  }

  #heal(): void {
    const world = this.#world;
    for (const member of world.alive) {
      this.#rejoin(member);
      member.configure(world.plan);
    }
    world.bus.reshape([world.bus.names]);
  }
}

function split<T>(part: readonly T[], at: number): readonly (readonly T[])[] {
  const cut = 1 + (at % Math.max(1, part.length - 1));
  return part.length < 2 ? [part] : [part.slice(0, cut), part.slice(cut)];
}
