/**
 * The member: one node's part in DuraVIP. Keeps the replicated table, says what this node has to say, and wants of the
 * host what the table gives to this node (vip.md 4.4). What it wants is a function of the table; every duty is taken from
 * the difference between the table and what is so here, so that nothing depends on a message that was not lost.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import type {
  MemberEffect,
  MemberInput,
  VipAnswer,
  VipAsker,
  VipOffer,
  VipOrder,
  VipPolicy,
  VipTable,
  WhatIf,
  WhatIfChange,
} from './api.ts';
import { Courier } from './courier.ts';
import { Inbox } from './inbox.ts';
import { LeaderDuties } from './leader.ts';
import type { SaidInView } from './messages.ts';
import { NewObservers } from './new-observers.ts';
import { decideOrder } from './orders.ts';
import { OwnVips } from './own-vips.ts';
import type { NodeState } from './ownership.ts';
import { Replica, type Taken } from './replica.ts';
import { Retelling } from './retelling.ts';
import { fairOffers } from './rules.ts';
import { type Here, Speaker } from './speaker.ts';
import { STOP_MS, TIMING_DEFAULT, type VipTiming } from './timing.ts';
import { Wants } from './wants.ts';
import { computeWhatIf } from './what-if.ts';

const NOBODY = '' as PrivateName;
const DEPARTED_MAX = 256;

type Stop = { readonly latestMs: number; letGo: boolean };

export class VipMember implements Core<MemberInput | DeadlineReached, MemberEffect> {
  readonly #node: NodeName;
  readonly #timing: VipTiming;
  #offers: ReadonlyMap<IpAddress, VipOffer>;
  #policy: VipPolicy;
  #me = NOBODY;
  #connected = false;
  #replica = new Replica(NOBODY);
  readonly #inbox = new Inbox();
  readonly #courier = new Courier();
  readonly #leader = new LeaderDuties();
  readonly #observers = new NewObservers();
  readonly #wants = new Wants();
  readonly #own = new OwnVips();
  /** Whether addresses of this member may have changed since what it wants was computed. */
  #stale = true;
  #mode: 'nothing' | 'table' | 'held' = 'nothing';
  readonly #departed = new Set<NodeName>();
  #startedMs: number;
  readonly #speaker = new Speaker();
  /** A number that has to come back before anything is wanted; undefined: believed. */
  #unconfirmed: number | undefined;
  #confirms = 0;
  readonly #retelling = new Retelling();
  #debugged: MemberEffect[] = [];
  #stop: Stop | undefined;
  #stopped = false;
  #deadlineMs: number | undefined;

  constructor(parts: {
    readonly offers: readonly VipOffer[];
    readonly policy: VipPolicy;
    readonly node: NodeName;
    readonly timing?: VipTiming;
    readonly nowMs?: number;
  }) {
    this.#node = parts.node;
    this.#offers = fairOffers(parts.offers);
    this.#policy = parts.policy;
    this.#timing = parts.timing ?? TIMING_DEFAULT;
    this.#startedMs = parts.nowMs ?? 0;
  }

  get table(): VipTable {
    return this.#replica;
  }

  get deadlineMs(): number | undefined {
    return this.#deadlineMs;
  }

  /** Messages from outside that were no messages. */
  get refused(): number {
    return this.#inbox.refused;
  }

  whatIf(change: WhatIfChange): WhatIf | undefined {
    return computeWhatIf(this.#replica, change);
  }

  /** Decides at once, in words; sends at most one message. The effects are performed like those of a step. */
  order(
    order: VipOrder,
    asker: VipAsker,
    nowMs: number,
  ): { readonly answer: VipAnswer; readonly effects: readonly MemberEffect[] } {
    const { answer, message } = decideOrder(
      {
        state: this.#replica.state,
        synced: this.#replica.synced && this.#connected && this.#stop === undefined,
        me: this.#me,
        node: this.#node,
        departed: this.#departed,
      },
      order,
      asker,
    );
    if (message === undefined) return { answer, effects: [] };
    if (!this.#speaker.order(message, nowMs)) {
      return { answer: { ok: false, text: 'too many orders are under way: nothing was done' }, effects: [] };
    }
    return { answer, effects: this.#run(nowMs) };
  }

  step(input: MemberInput | DeadlineReached, nowMs: number): readonly MemberEffect[] {
    if (this.#stopped) return [];
    this.#take(input, nowMs);
    return this.#run(nowMs);
  }

  #take(input: MemberInput | DeadlineReached, nowMs: number): void {
    switch (input.type) {
      case 'start':
        this.#startedMs = nowMs;
        return;
      case 'stop':
        this.#stop ??= { latestMs: nowMs + STOP_MS, letGo: false };
        return;
      case 'connected':
        this.#disconnect(nowMs);
        this.#me = input.name;
        this.#connected = true;
        this.#replica = new Replica(input.name);
        this.#own.clear();
        this.#replica.begin(this.#fresh(), nowMs);
        return;
      case 'lost':
        this.#disconnect(nowMs);
        return;
      case 'view':
        this.#takeView(input.view, nowMs);
        return;
      case 'message':
        this.#takeMessage(input, nowMs);
        return;
      case 'offersChanged':
        this.#offers = fairOffers(input.offers);
        this.#stale = true;
        this.#wants.endFailures(nowMs);
        return;
      case 'policyChanged':
        this.#policy = input.policy;
        return;
      case 'host':
        this.#wants.report(input.reports, this.#timing.failedMs, nowMs);
        this.#stale = true;
        return;
      case 'paused':
        this.#confirms += 1;
        this.#unconfirmed = this.#confirms;
        this.#courier.returned('confirm');
        this.#leader.paused();
        return;
      case 'deadlineReached':
        return;
      default:
        unreachable(input);
    }
  }

  #fresh(): NodeState {
    return {
      name: this.#me,
      node: this.#node,
      mature: false,
      leaving: this.#stop !== undefined,
      suspect: false,
      setSize: this.#policy.balanceSetSize,
      dropsAlone: this.#policy.isolated === 'drop',
      offers: this.#offers,
    };
  }

  #disconnect(nowMs: number): void {
    if (this.#connected) this.#replica.begin(this.#fresh(), nowMs);
    this.#connected = false;
    this.#newView(nowMs);
    this.#inbox.lost();
  }

  #newView(nowMs: number): void {
    this.#courier.forget();
    this.#speaker.newView(nowMs);
  }

  #takeView(view: Extract<MemberInput, { type: 'view' }>['view'], nowMs: number): void {
    if (!this.#connected) return;
    const before = this.#replica.nodes().map(({ node }) => node);
    const exchanging = !this.#replica.synced;
    this.#inbox.view(view.id);
    this.#courier.forgetLarge();
    const changed = this.#replica.view(view, () => this.#fresh(), nowMs);
    if (changed) this.#newView(nowMs);
    const { synced, mates } = this.#replica;
    // Who left before it said what it had may have had any of them, and told neighbours so.
    if (exchanging && synced) this.#retelling.soon([...this.#wants.wanted], nowMs);
    this.#debug(
      `view ${view.id}: ${changed ? `history shared with ${mates.join(' ')}` : 'same participants'}${
        synced ? '' : ', tables are exchanged'
      }`,
    );
    // Where tables are exchanged, observers that come with the same view hear them.
    this.#observers.view(view, { me: this.#me, exchange: changed && !this.#replica.synced, nowMs });
    const present = new Set(view.members.map(({ node }) => node));
    for (const node of before) if (!present.has(node)) this.#departed.add(node);
    for (const node of this.#departed) {
      if (present.has(node) || this.#departed.size > DEPARTED_MAX) this.#departed.delete(node);
    }
  }

  #takeMessage({ sender, message }: Extract<MemberInput, { type: 'message' }>, nowMs: number): void {
    if (!this.#connected) return;
    const said = this.#inbox.take(sender, message, this.#replica.names, nowMs);
    if (said === undefined || said.type === 'snapshot') return;
    if (said.type === 'snapshotWanted') {
      this.#observers.asked(sender, nowMs);
      return;
    }
    const viewId = this.#replica.viewId;
    const taken = this.#replica.take(sender, said, nowMs);
    if (said.type !== 'heartbeat') {
      this.#debug(`${said.type} of ${sender}: ${taken}, epoch ${this.#replica.epoch}`);
    }
    if (this.#replica.viewId !== viewId) this.#newView(nowMs);
    if (sender === this.#me) this.#returned(said, { taken, viewId, nowMs });
    if (taken === 'taken') this.#after(sender, said, nowMs);
  }

  /** For `cluster duravip debug`. */
  #debug(text: string): void {
    this.#debugged.push({ type: 'happened', what: { type: 'debug', text } });
  }

  /** An own message came back; where its view is over it counts for nothing. */
  #returned(
    said: SaidInView,
    {
      taken,
      viewId,
      nowMs,
    }: { readonly taken: Taken; readonly viewId: string | undefined; readonly nowMs: number },
  ): void {
    if (said.type === 'balance') {
      this.#leader.balanced(
        said.moves.flatMap(({ address, cause }) => (cause === 'balance' ? [address] : [])),
        taken === 'taken',
        nowMs,
      );
    }
    if (said.viewId !== viewId) return;
    this.#stale = true;
    if (said.type === 'suspect') this.#courier.returned(`suspect ${said.name}`);
    else if (said.type !== 'released') this.#courier.returned(said.type);
    if (said.type === 'confirm' && said.number === this.#unconfirmed) {
      this.#unconfirmed = undefined;
      // Neighbours may have been told of another owner meanwhile.
      this.#retelling.now(this.#wants.wanted);
    }
    this.#speaker.returned(said.type, this.#courier);
  }

  #after(sender: PrivateName, said: SaidInView, nowMs: number): void {
    if (said.type === 'heartbeat') this.#leader.heard(sender);
    if (said.type === 'cleared') this.#leader.cleared(sender, nowMs);
    if (said.type === 'announce' && (said.all || sender === this.#me)) {
      this.#retelling.now(this.#wants.wanted);
    }
    const contested = this.#replica.takeContested();
    const won = contested.filter((address) => this.#replica.state.vips.get(address)?.owner === this.#me);
    if (won.length > 0) this.#retelling.soon(won, nowMs);
  }

  /** Says and wants what follows from how things are now. */
  #run(nowMs: number): readonly MemberEffect[] {
    let deadlineMs = Number.POSITIVE_INFINITY;
    const wake = (atMs: number): void => {
      if (atMs < deadlineMs) deadlineMs = atMs;
    };
    const effects: MemberEffect[] = [];
    if (this.#own.update(this.#replica.state, this.#me, this.#replica.takeTouched())) this.#stale = true;
    if (this.#wants.takeForgiven()) this.#stale = true;
    if (this.#wants.follow(this.#replica.state, this.#me, nowMs)) this.#stale = true;
    this.#retelling.look(this.#replica.state, this.#own);
    const unchanged = !this.#stale;
    this.#stale = false;
    const want = this.#want(unchanged, nowMs, wake);
    if (want !== undefined) effects.push(want);
    if (this.#wants.handedUntilMs !== undefined) wake(this.#wants.handedUntilMs);
    this.#speak(unchanged, nowMs, wake);
    effects.push(...this.#courier.take(), ...this.#debugged);
    this.#debugged = [];
    for (const what of this.#replica.happened()) effects.push({ type: 'happened', what });
    if (this.#stop?.letGo === true && (this.#wants.held.size === 0 || nowMs >= this.#stop.latestMs)) {
      this.#stopped = true;
      effects.push({ type: 'stopped' });
      deadlineMs = Number.POSITIVE_INFINITY;
    }
    this.#deadlineMs = deadlineMs === Number.POSITIVE_INFINITY ? undefined : Math.max(deadlineMs, nowMs);
    return effects;
  }

  #want(unchanged: boolean, nowMs: number, wake: (atMs: number) => void): MemberEffect | undefined {
    this.#retelling.run(nowMs, wake);
    if (this.#stop !== undefined && !this.#stop.letGo) {
      if (this.#handedOver() || nowMs >= this.#stop.latestMs) this.#stop.letGo = true;
    }
    if (this.#stop !== undefined) wake(this.#stop.latestMs);
    const nothing =
      !this.#connected ||
      this.#unconfirmed !== undefined ||
      this.#speaker.resetting ||
      this.#stop?.letGo === true;
    const { synced } = this.#replica;
    // The mode decides with the addresses: while it is the same and they are, so is what is wanted.
    const mode = nothing ? 'nothing' : synced ? 'table' : 'held';
    if (unchanged && mode === this.#mode && !this.#retelling.any) return undefined;
    this.#mode = mode;
    let wanted = nothing
      ? new Set<IpAddress>()
      : this.#wants.ofOwned(this.#own.owned.values(), this.#offers, nowMs);
    if (mode === 'held') {
      // What nobody of the own history took away is held on to, until all have said what they hold.
      wanted = new Set([...this.#wants.wanted].filter((address) => wanted.has(address)));
    }
    return this.#wants.become(wanted, this.#retelling.take());
  }

  /** Nothing is left that another node could take. */
  #handedOver(): boolean {
    const { synced, state, names } = this.#replica;
    if (!this.#connected || names.length <= 1) return true;
    if (!synced || state.nodes.get(this.#me)?.leaving !== true) return false;
    for (const { moving } of this.#own.owned.values()) if (moving) return false;
    return true;
  }

  #speak(unchanged: boolean, nowMs: number, wake: (atMs: number) => void): void {
    const viewId = this.#replica.viewId;
    if (!this.#connected || viewId === undefined || !this.#replica.names.includes(this.#me)) return;
    const leads = this.#replica.names[0] === this.#me;
    const here: Here = {
      me: this.#me,
      offers: this.#offers,
      policy: this.#policy,
      timing: this.#timing,
      replica: this.#replica,
      courier: this.#courier,
      wants: this.#wants,
      own: this.#own,
      unchanged,
      viewId,
      nowMs,
      startedMs: this.#startedMs,
      stopping: this.#stop !== undefined,
      unconfirmed: this.#unconfirmed,
      wake,
    };
    this.#speaker.run(here);
    this.#leader.run(here, leads);
    this.#observers.run({ ...here, leads, position: this.#inbox.position });
  }
}
