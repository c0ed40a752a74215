/** Members on one modelled bus, what they count and claim, and what happens to them. */

import { must } from '../../../server/base/assert.ts';
import { Prng } from '../../../server/base/prng.ts';
import { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import type { ClaimedKey, ReplicationMember, SharedObjectPlan } from '../../../server/replication/api.ts';
import { FieldReader, FieldWriter } from '../../../server/replication/fields.ts';
import { AgreedBus } from '../../support/agreed-bus.ts';
import { memberNamed } from '../../support/replication-member.ts';
import { planOf } from '../../support/replication-world.ts';
import type { ReplicationRecipe } from './recipe.ts';
import { type Claimed, SimMember } from './sim-member.ts';

export const TREE = 'inbound_cidr';
export const TABLE = 'outbound_domains';
export const OTHER_TABLE = 'outbound_binding_domains';
export const THROTTLES = 'shared_named_throttles';
export const CACHE = 'sessions';
export const MANAGED = 'eccmgr_metrics';
/** These a reload leaves alone: what was claimed under them is given back later. */
const CLAIMED: readonly string[] = [TABLE, OTHER_TABLE];
const RATE = { amount: 20, perMs: 1_000, epsilon: 0.95 };

export class ReplicationSimWorld {
  readonly clock = new VirtualClock();
  readonly bus: AgreedBus;
  readonly prng: Prng;
  readonly recipe: ReplicationRecipe;
  readonly plan: readonly SharedObjectPlan[];
  readonly members: SimMember[] = [];
  readonly violations: string[] = [];
  /** By key: until when a claim that was decided without the others may not be known to all. */
  readonly #localUntilMs = new Map<string, number>();
  #lives = 0;
  grants = 0;
  corrupted = 0;

  /** @param plan objects of traffic of another sort. */
  constructor(recipe: ReplicationRecipe, plan?: readonly SharedObjectPlan[]) {
    this.recipe = recipe;
    this.prng = new Prng(recipe.seed ^ 0x5e9);
    this.bus = new AgreedBus(this.clock, this.prng.fork(), recipe.delayMs);
    const { maxDelayMs, maxPending } = recipe;
    const lazy = { maxDelayMs, maxPending };
    this.plan = plan ?? [
      planOf(TREE, 'inbound_cidr', lazy),
      planOf(TABLE, 'outbound_domains', lazy),
      planOf(OTHER_TABLE, 'outbound_binding_domains', lazy),
      planOf(THROTTLES, 'shared_named_throttles', lazy),
      planOf(CACHE, 'cache', { ...lazy, parameters: new Set(['snapshot']) }),
      planOf(MANAGED, 'eccmgr_metrics', lazy),
    ];
  }

  get alive(): readonly SimMember[] {
    return this.members.filter(({ alive }) => alive);
  }

  connected(member: SimMember): boolean {
    return this.bus.names.includes(member.name);
  }

  start(node: string, role: ReplicationMember['role'], beside: SimMember | undefined): SimMember {
    this.#lives += 1;
    const member = new SimMember({
      member: memberNamed(node, this.#lives, role),
      clock: this.clock,
      bus: this.bus,
      plan: this.plan,
      chunkBytes: this.recipe.chunkBytes,
      onGranted: (one, claimed) => this.#granted(one, claimed),
    });
    this.members.push(member);
    member.process.join(beside !== undefined && this.connected(beside) ? beside.name : undefined);
    return member;
  }

  /** One thing that traffic does at one member. */
  traffic(): void {
    const { prng, recipe } = this;
    if (this.alive.length === 0) return;
    const member = prng.pick(this.alive);
    const key = prng.below(recipe.keys);
    const kind = prng.below(10);
    if (kind < 3) member.count(TREE, addressOf(key), prng.below(7) - 3);
    else if (kind < 5) member.count(prng.pick(CLAIMED), `d${key}.example`, prng.below(7) - 3);
    else if (kind < 8) this.#claim(member);
    else if (kind === 8) this.#cache(member, `k${key}`);
    else member.process.replicator.throttle(THROTTLES, `t${key % 3}`, RATE, 1, this.clock.nowMs());
    member.process.arm();
  }

  /** A copy at one member becomes another one than its owner has. */
  corrupt(member: SimMember, owner: SimMember): void {
    const { replicator } = member.process;
    const number = replicator.ownerOf(owner.name);
    if (number === undefined || number === 'global' || number === 0) return;
    this.corrupted += 1;
    const forged = new FieldWriter().whole(1 + this.prng.below(9)).text(`forged${this.prng.below(3)}`);
    const store = replicator.objects.get(TABLE)?.store;
    store?.readEntry(number, new FieldReader(forged.finish()), this.clock.nowMs());
  }

  reload(member: SimMember, without: number): void {
    const removable = this.plan.filter(({ name }) => !CLAIMED.includes(name));
    const gone = must(removable[without % removable.length], 'an object');
    member.configure(this.plan.filter((one) => one !== gone));
  }

  #claim(member: SimMember): void {
    const { prng, recipe } = this;
    const key = `claimed${prng.below(recipe.claimKeys)}`;
    const objects = prng.chance(0.3) ? CLAIMED : [TABLE];
    member.claim(objects.map((object) => ({ object, key, limit: recipe.limit })));
  }

  #cache(member: SimMember, key: string): void {
    const { prng, clock } = this;
    const { replicator } = member.process;
    const ttlMs = prng.pick([0, 0, 5_000]);
    if (prng.chance(0.2)) replicator.cacheDelete(CACHE, key, clock.nowMs());
    else replicator.cacheSet(CACHE, key, Buffer.from(`${prng.below(1_000)}`), ttlMs, clock.nowMs());
  }

  #granted(member: SimMember, { keys, agreed }: Claimed): void {
    this.grants += 1;
    const nowMs = this.clock.nowMs();
    for (const claimed of keys) {
      const name = `${claimed.object} ${claimed.key}`;
      if (agreed) this.#checkLimit(member, claimed, name);
      else if (this.connected(member)) {
        this.#localUntilMs.set(name, nowMs + this.recipe.maxDelayMs + 4 * this.recipe.delayMs);
      }
    }
    this.clock.at(nowMs + this.prng.between(0, this.recipe.holdMs), () => {
      if (member.alive) member.release(keys);
    });
  }

  /** R3: whoever is together and sees each other holds no more than the limit. */
  #checkLimit(member: SimMember, { object, key, limit }: ClaimedKey, name: string): void {
    if ((this.#localUntilMs.get(name) ?? -1) > this.clock.nowMs() || !this.bus.isStable(member.name)) return;
    const part = new Set(this.bus.partOf(member.name));
    let held = 0;
    for (const one of this.alive) if (part.has(one.name)) held += one.value(object, key);
    if (held > limit) {
      this.violations.push(`R3: ${held} of ${limit} hold ${name} at ${this.clock.nowMs()} ms`);
    }
  }
}

/** Some in the same netblocks, some of IPv6. */
function addressOf(key: number): string {
  if (key % 5 === 4) return `2001:db8::${(key % 3).toString(16)}:${key.toString(16)}`;
  return `10.${key % 3}.${key % 2}.${key}`;
}
