/**
 * The replicated membership table. Nodes, the manager and the dashboard run this same code on the same ordered
 * views, so they agree on who is there, who left and why (R1), who is suspect (R4) and who leads (R2). It decides whom
 * to ask for qualification (CLU-24) and knows nothing of transport, texts or wall clocks.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { GroupName, PrivateName } from '../model/names.ts';
import type { GroupView, LossCause } from '../msgc/client-api.ts';
import { HeartbeatWatch } from './heartbeat-watch.ts';
import { Incarnations } from './incarnations.ts';
import { historyName, type MemberRecord, type MemberState, roleOf } from './member-record.ts';
import type { Happening, MembershipEffect, MembershipInput, MembershipOptions } from './membership-io.ts';
import { decodeCapabilities, type MemberFacts } from './messages.ts';

/** Departed members kept; the oldest go first. */
export const DEPARTED_MAX = 256;
/** A question without an answer is asked again after this, twice as long each time up to the last. */
export const ASK_AGAIN_MS = 1_000;
export const ASK_AGAIN_MAX_MS = 30_000;

type Entry = {
  readonly name: PrivateName;
  facts: MemberFacts | undefined;
  qualified: boolean;
  departed: boolean;
  cause: LossCause | undefined;
  sinceMs: number;
  joinedMs: number;
  heardAtMs: number;
  groups: GroupName[];
  incarnations: number;
  askAtMs: number;
  askAgainMs: number;
};

export class Membership implements Core<MembershipInput | DeadlineReached, MembershipEffect> {
  #options: MembershipOptions;
  readonly #entries = new Map<PrivateName, Entry>();
  /** Last known members of each group, in agreed order. */
  readonly #views = new Map<GroupName, readonly PrivateName[]>();
  readonly #incarnations = new Incarnations();
  readonly #heartbeats: HeartbeatWatch;
  #own: { readonly name: PrivateName; readonly facts: MemberFacts } | undefined;
  #connected = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#heartbeats = new HeartbeatWatch();
  }

  get deadlineMs(): number | undefined {
    const dueMs: number[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.departed) dueMs.push(entry.sinceMs + this.#options.departedKeptMs);
      else if (this.#connected && !entry.qualified) dueMs.push(entry.askAtMs);
    }
    if (this.#connected && this.#heartbeats.deadlineMs !== undefined) dueMs.push(this.#heartbeats.deadlineMs);
    return dueMs.length === 0 ? undefined : Math.min(...dueMs);
  }

  step(input: MembershipInput | DeadlineReached, nowMs: number): readonly MembershipEffect[] {
    switch (input.type) {
      case 'connected':
        this.#connected = true;
        this.#own = input.own;
        this.#heartbeats.resume(nowMs);
        return [];
      case 'configured':
        return this.#configure(input);
      case 'groupLeft':
        return this.#onGroupLeft(input.group, nowMs);
      case 'lost':
        this.#connected = false;
        return [];
      case 'view':
        return this.#onView(input.view, nowMs);
      case 'answered':
        return this.#onAnswer(input.from, input.facts, nowMs);
      case 'heartbeat':
        return this.#onHeartbeat(input.from, input.intervalMs, nowMs);
      case 'heard':
        this.#touch(input.from, nowMs);
        return [];
      case 'dismissed':
        return this.#dismiss(input.name);
      case 'deadlineReached':
        return this.#onDeadline(nowMs);
      default:
        return unreachable(input);
    }
  }

  /** Present members in the order of the cluster group's view, then others, then departed ones by age. */
  records(): readonly MemberRecord[] {
    const order = this.#views.get(this.#options.clusterGroup) ?? [];
    const rank = new Map(order.map((name, index) => [name, index]));
    const rankOf = (entry: Entry): number =>
      entry.departed ? Number.MAX_SAFE_INTEGER : (rank.get(entry.name) ?? order.length);
    return [...this.#entries.values()]
      .sort((a, b) => rankOf(a) - rankOf(b) || a.sinceMs - b.sinceMs)
      .map((entry) => this.#record(entry));
  }

  record(name: PrivateName): MemberRecord | undefined {
    const entry = this.#entries.get(name);
    return entry === undefined ? undefined : this.#record(entry);
  }

  /** Members in the view of a group, in agreed order; those known last while there is no bus. */
  membersOf(group: GroupName): readonly PrivateName[] {
    return this.#views.get(group) ?? [];
  }

  /** The first member of the cluster group, in view order, that runs DuraVIP (R2). */
  leader(): MemberRecord | undefined {
    for (const name of this.membersOf(this.#options.clusterGroup)) {
      const record = this.record(name);
      if (record !== undefined && record.state !== 'departed' && roleOf(record) === 'node') return record;
    }
    return undefined;
  }

  /** Monotonic moment of the last news of a member; undefined for unknown and departed ones. */
  heardAtMs(name: PrivateName): number | undefined {
    const entry = this.#entries.get(name);
    return entry === undefined || entry.departed ? undefined : entry.heardAtMs;
  }

  #record(entry: Entry): MemberRecord {
    const suspect = this.#heartbeats.suspectSinceMs(entry.name);
    const present: MemberState = entry.qualified ? 'present' : 'qualifying';
    const state = entry.departed ? 'departed' : suspect === undefined ? present : 'suspect';
    return {
      name: entry.name,
      facts: entry.facts,
      state,
      cause: entry.cause,
      sinceMs: state === 'suspect' && suspect !== undefined ? suspect : entry.sinceMs,
      joinedMs: entry.joinedMs,
      heardAtMs: entry.heardAtMs,
      groups: entry.groups,
      incarnations: entry.incarnations,
      missedHeartbeats: this.#heartbeats.missed(entry.name),
      excluded: this.#options.byzantineAction === 'exclude' && this.#heartbeats.isOverdue(entry.name),
    };
  }

  #configure(input: Extract<MembershipInput, { type: 'configured' }>): readonly MembershipEffect[] {
    const { clusterGroup, byzantineAction, own } = input;
    this.#options = { ...this.#options, clusterGroup, byzantineAction };
    if (own !== undefined) {
      this.#own = own;
      const entry = this.#entries.get(own.name);
      if (entry !== undefined) entry.facts = own.facts;
    }
    return [{ type: 'changed' }];
  }

  #onGroupLeft(group: GroupName, nowMs: number): readonly MembershipEffect[] {
    const members = this.#views.get(group) ?? [];
    this.#views.delete(group);
    const effects = members.flatMap((name) => {
      const entry = this.#entries.get(name);
      if (entry === undefined || name !== this.#own?.name)
        return this.#leaveGroup(name, group, 'leave', nowMs);
      entry.groups = entry.groups.filter((one) => one !== group);
      return [];
    });
    return [...effects, { type: 'changed' }];
  }

  #onView(view: GroupView, nowMs: number): readonly MembershipEffect[] {
    const { group } = view;
    const firstEver = !this.#views.has(group);
    const before = this.#views.get(group) ?? [];
    const names = view.members.map((member) => member.name);
    this.#views.set(group, names);
    const effects: MembershipEffect[] = [];
    const causes = new Map(view.lost.map((loss) => [loss.name, loss.cause]));
    const present = new Set(names);
    for (const name of before) {
      if (!present.has(name)) effects.push(...this.#leaveGroup(name, group, causes.get(name), nowMs));
    }
    for (const member of view.members) {
      const cause = causes.get(member.name);
      effects.push(...this.#enterGroup(member.name, group, member.capabilities, { firstEver, cause, nowMs }));
    }
    return [...effects, { type: 'changed' }];
  }

  #enterGroup(
    name: PrivateName,
    group: GroupName,
    capabilities: Buffer,
    when: {
      readonly firstEver: boolean;
      /** Why the process that had this name before is gone. */
      readonly cause: LossCause | undefined;
      readonly nowMs: number;
    },
  ): readonly MembershipEffect[] {
    const known = this.#entries.get(name);
    const own = name === this.#own?.name ? this.#own.facts : undefined;
    const facts = own ?? decodeCapabilities(capabilities) ?? known?.facts;
    if (known !== undefined && !known.departed && !isAnotherProcess(known.facts, facts)) {
      if (!known.groups.includes(group)) known.groups.push(group);
      known.facts = own ?? known.facts ?? facts;
      return [];
    }
    const replaced = known === undefined || known.departed ? [] : this.#depart(known, when.cause, when.nowMs);
    const entry = this.#newEntry(name, facts, group, when.nowMs);
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    const returned = this.#forgetDeparted(historyName(entry)) || known !== undefined;
    if (facts?.heartbeat) this.#heartbeats.expect(name, facts.heartbeat, when.nowMs);
    const effects: MembershipEffect[] = [...replaced];
    if (returned || !when.firstEver) effects.push(happened(entry, returned ? 'rejoined' : 'joined'));
    if (!entry.qualified) effects.push({ type: 'ask', to: name });
    return effects;
  }

  #newEntry(name: PrivateName, facts: MemberFacts | undefined, group: GroupName, nowMs: number): Entry {
    return {
      name,
      facts,
      qualified: name === this.#own?.name,
      departed: false,
      cause: undefined,
      sinceMs: nowMs,
      joinedMs: nowMs,
      heardAtMs: nowMs,
      groups: [group],
      incarnations: this.#incarnations.count(facts?.nodeName ?? name),
      askAtMs: nowMs + ASK_AGAIN_MS,
      askAgainMs: ASK_AGAIN_MS,
    };
  }

  #leaveGroup(
    name: PrivateName,
    group: GroupName,
    cause: LossCause | undefined,
    nowMs: number,
  ): readonly MembershipEffect[] {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.departed) return [];
    if (entry.groups.length > 1) {
      entry.groups = entry.groups.filter((other) => other !== group);
      return [];
    }
    return this.#depart(entry, cause, nowMs);
  }

  #depart(entry: Entry, cause: LossCause | undefined, nowMs: number): readonly MembershipEffect[] {
    entry.departed = true;
    entry.cause = cause;
    entry.sinceMs = nowMs;
    this.#heartbeats.forget(entry.name);
    if (roleOf(entry) === 'dashboard') this.#entries.delete(entry.name); // comes and goes with its process id
    this.#boundDeparted();
    return [happened(entry, 'departed')];
  }

  #onAnswer(from: PrivateName, facts: MemberFacts, nowMs: number): readonly MembershipEffect[] {
    const entry = this.#entries.get(from);
    if (entry === undefined || entry.departed) return [];
    entry.heardAtMs = nowMs;
    if (entry.facts === undefined && facts.nodeName !== null) {
      this.#forgetDeparted(facts.nodeName);
      entry.incarnations = this.#incarnations.count(facts.nodeName);
    }
    entry.facts = facts;
    if (facts.heartbeat) this.#heartbeats.expect(from, facts.heartbeat, nowMs);
    if (!entry.qualified) {
      entry.qualified = true;
      entry.sinceMs = nowMs;
    }
    return [{ type: 'changed' }];
  }

  #onHeartbeat(from: PrivateName, intervalMs: number, nowMs: number): readonly MembershipEffect[] {
    const entry = this.#touch(from, nowMs);
    if (entry === undefined) return [];
    const recovered = this.#heartbeats.beat(from, intervalMs, nowMs);
    if (!recovered) return [];
    entry.sinceMs = nowMs;
    return [happened(entry, 'recovered'), { type: 'changed' }];
  }

  #touch(from: PrivateName, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(from);
    if (entry === undefined || entry.departed) return undefined;
    entry.heardAtMs = nowMs;
    return entry;
  }

  #onDeadline(nowMs: number): readonly MembershipEffect[] {
    const effects: MembershipEffect[] = [];
    if (this.#connected) {
      const judged = this.#heartbeats.judge(nowMs);
      for (const name of judged.suspects) {
        const entry = this.#entries.get(name);
        if (entry !== undefined) effects.push(happened(entry, 'suspect'));
      }
      if (judged.changed) effects.push({ type: 'changed' });
      effects.push(...this.#askAgain(nowMs));
    }
    const oldest = nowMs - this.#options.departedKeptMs;
    for (const entry of this.#entries.values()) {
      if (entry.departed && entry.sinceMs <= oldest) effects.push(...this.#dismiss(entry.name));
    }
    return effects;
  }

  #askAgain(nowMs: number): readonly MembershipEffect[] {
    const effects: MembershipEffect[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.departed || entry.qualified || nowMs < entry.askAtMs) continue;
      entry.askAgainMs = Math.min(entry.askAgainMs * 2, ASK_AGAIN_MAX_MS);
      entry.askAtMs = nowMs + entry.askAgainMs;
      effects.push({ type: 'ask', to: entry.name });
    }
    return effects;
  }

  #dismiss(name: PrivateName): readonly MembershipEffect[] {
    if (this.#entries.get(name)?.departed !== true) return [];
    this.#entries.delete(name);
    return [{ type: 'changed' }];
  }

  /** Removes departed records kept under a name that is back; its history goes on in the new record. */
  #forgetDeparted(name: string): boolean {
    let found = false;
    for (const entry of this.#entries.values()) {
      if (!entry.departed || historyName(entry) !== name) continue;
      this.#entries.delete(entry.name);
      found = true;
    }
    return found;
  }

  #boundDeparted(): void {
    const departed = [...this.#entries.values()].filter((entry) => entry.departed);
    departed.sort((a, b) => a.sinceMs - b.sinceMs);
    for (const entry of departed.slice(0, Math.max(0, departed.length - DEPARTED_MAX))) {
      this.#entries.delete(entry.name);
    }
  }
}

/** A manager keeps its private name over a restart, and so does a node with a fixed process id; the start time tells. */
function isAnotherProcess(known: MemberFacts | undefined, told: MemberFacts | undefined): boolean {
  return known !== undefined && told !== undefined && known.startedMs !== told.startedMs;
}

function happened(entry: Entry, what: Happening): MembershipEffect {
  return {
    type: 'happened',
    what,
    name: entry.name,
    member: historyName(entry),
    cause: what === 'departed' ? entry.cause : undefined,
    detail: `${entry.facts?.nodeType ?? 'member'} ${entry.name}`,
  };
}
