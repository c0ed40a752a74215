/**
 * View changes: decides when a change is due and who proposes it, runs PROPOSE, STATE, PLAN, REPAIR, PENDING, READY
 * and INSTALL, and hands the old view over to the new one. Any failure leads back to GATHER with the old view
 * intact, so failed attempts are harmless. Rules: SPEC.md BUS-30 to BUS-39 (evs.md 6.6, 6.7).
 */

import { unreachable } from '../base/assert.ts';
import type { Prng } from '../base/prng.ts';
import type { NodeName } from '../model/names.ts';
import type { LossCause } from './client-api.ts';
import { encodeServerFrame } from './encode-frames.ts';
import type {
  Batch,
  BatchRef,
  FlushFrame,
  LostServer,
  Membership,
  NackFrame,
  OldViewPlan,
  OrderedFrame,
  Plan,
  ServerGroups,
  StateFrame,
} from './frames.ts';
import {
  type Attempt,
  compareAttempts,
  compareNodes,
  hasNode,
  hasProcess,
  type ProcessId,
  sameAttempt,
  sameMembers,
  type View,
} from './ids.ts';
import type { Mesh } from './mesh.ts';
import type { ProtocolTiming } from './options.ts';
import type { Order } from './order.ts';
import { makePlan, strongerCause } from './plan.ts';
import type { ServerProbe } from './probe.ts';
import { Proposers } from './proposers.ts';

/** Frames of a view that others installed already, kept until INSTALL comes here. */
export const EARLY_FRAMES_MAX = 20_000;
/** A member whose heartbeats name another view for so long after an install lost it. */
const STRAY_GRACE_MS = 500;
/** Spread of waits, so that two servers do not propose in step. */
const WAIT_JITTER = 0.2;
const WAIT_GROWTH = 1.5;
const WAIT_MAX_MS = 3_000;
const RETRY_MS = 20;

export type Mode = 'gather' | 'flush' | 'operational';
export type EarlyFrame = {
  readonly from: NodeName;
  readonly frame: OrderedFrame;
};

export type FlushHost = {
  /** Memberships of own clients once these bodies are applied (evs.md 6.7). */
  readonly membershipsAfter: (bodies: readonly Buffer[]) => readonly Membership[];
  readonly transition: (view: View, old: OldViewPlan, next: Attempt) => void;
  readonly installed: (
    view: View,
    old: OldViewPlan,
    groups: readonly ServerGroups[] | undefined,
    early: readonly EarlyFrame[],
  ) => void;
  readonly count: (counter: string) => void;
};

type Coordination = {
  readonly att: Attempt;
  readonly members: readonly ProcessId[];
  readonly states: Map<NodeName, StateFrame>;
  readonly ready: Map<NodeName, readonly Membership[]>;
  planned: boolean;
  deadlineMs: number;
};

/** What this server accepted. */
type Accepted = {
  readonly att: Attempt;
  readonly members: readonly ProcessId[];
  readonly pending: Map<string, Batch>;
  readonly early: EarlyFrame[];
  plan: Plan | undefined;
  ready: boolean;
  deadlineMs: number;
};

export class ViewChange {
  readonly #me: ProcessId;
  readonly #mesh: Mesh;
  readonly #order: Order;
  readonly #timing: ProtocolTiming;
  readonly #prng: Prng;
  readonly #probe: ServerProbe;
  readonly #host: FlushHost;
  readonly #proposers = new Proposers();
  #mode: Mode = 'gather';
  #maxCtr = 0;
  #highest: Attempt;
  #accepted: Accepted | undefined = undefined;
  #coordination: Coordination | undefined = undefined;
  /** Batches of others and own ones that a READY promised to the transitional configuration. */
  #obliged = new Map<string, Batch>();
  #lost: LostServer[] = [];
  #changeAtMs: number | undefined;
  #waitUntilMs: number | undefined = undefined;
  #waitMs: number;
  #installedAtMs = 0;
  #nowMs: number;

  constructor(parts: {
    readonly me: ProcessId;
    readonly mesh: Mesh;
    readonly order: Order;
    readonly timing: ProtocolTiming;
    readonly prng: Prng;
    readonly probe: ServerProbe;
    readonly host: FlushHost;
    readonly nowMs: number;
  }) {
    this.#me = parts.me;
    this.#mesh = parts.mesh;
    this.#order = parts.order;
    this.#timing = parts.timing;
    this.#prng = parts.prng;
    this.#probe = parts.probe;
    this.#host = parts.host;
    this.#nowMs = parts.nowMs;
    this.#highest = parts.order.view.id;
    this.#waitMs = parts.timing.proposeWaitMs;
    this.#changeAtMs = parts.nowMs + parts.timing.joinDebounceMs;
  }

  get mode(): Mode {
    return this.#mode;
  }

  get maxCtr(): number {
    return this.#maxCtr;
  }

  get deadlineMs(): number | undefined {
    const moments = [
      this.#changeAtMs,
      this.#waitUntilMs,
      this.#coordination?.deadlineMs,
      this.#accepted?.deadlineMs,
      this.#proposers.nextMs,
    ].filter((moment) => moment !== undefined);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  /** Frames of the accepted attempt's view wait for INSTALL. True when kept. */
  keepEarly(from: NodeName, frame: EarlyFrame['frame']): boolean {
    const accepted = this.#accepted;
    if (accepted === undefined || !sameAttempt(frame.view, accepted.att)) return false;
    if (accepted.early.length < EARLY_FRAMES_MAX) accepted.early.push({ from, frame });
    else this.#mesh.condemn(from, 'backlog', 'too many frames before INSTALL');
    return true;
  }

  linkUp(node: NodeName, maxCtr: number, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#maxCtr = Math.max(this.#maxCtr, maxCtr);
    this.#proposers.news(node);
    this.#lost = this.#lost.filter(
      (lost) => lost.node !== node || hasProcess(this.#order.view.members, lost),
    );
    this.#changeSoon(this.#timing.joinDebounceMs);
  }

  linkDown(process: ProcessId, cause: LossCause, nowMs: number): void {
    this.#nowMs = nowMs;
    const members = this.#order.view.members;
    this.#noteLoss({ ...process, cause });
    const attempted = this.#accepted?.members ?? this.#coordination?.members ?? [];
    if (hasProcess(attempted, process)) this.#abort();
    if (hasProcess(members, process) || this.#mode !== 'operational') {
      this.#changeSoon(this.#timing.lossDebounceMs);
    }
  }

  reachChanged(node: NodeName, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#proposers.news(node);
    if (this.#changeDue()) this.#changeSoon(this.#timing.joinDebounceMs);
  }

  forgivePause(gapMs: number): void {
    if (this.#coordination !== undefined) this.#coordination.deadlineMs += gapMs;
    if (this.#accepted !== undefined) this.#accepted.deadlineMs += gapMs;
    if (this.#waitUntilMs !== undefined) this.#waitUntilMs += gapMs;
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#proposers.tick(nowMs) && this.#changeDue()) this.#changeSoon(this.#timing.joinDebounceMs);
    if (this.#mode === 'operational' && this.#changeAtMs === undefined && this.#strayMember(nowMs)) {
      this.#changeAtMs = nowMs;
    }
    if (this.#coordination !== undefined && nowMs >= this.#coordination.deadlineMs) {
      this.#dropMute(this.#coordination);
    } else if (this.#accepted !== undefined && nowMs >= this.#accepted.deadlineMs) {
      this.#abort();
      this.#changeSoon(0);
    }
    if (this.#changeAtMs !== undefined && nowMs >= this.#changeAtMs) this.#startChange();
    if (this.#waitUntilMs !== undefined && nowMs >= this.#waitUntilMs) this.#waitedEnough();
  }

  receive(from: NodeName, frame: FlushFrame, nowMs: number): void {
    this.#nowMs = nowMs;
    switch (frame.type) {
      case 'propose':
        this.#proposed(from, frame.att, frame.members);
        return;
      case 'nack':
        this.#nacked(from, frame);
        return;
      case 'state':
        this.#stated(from, frame);
        return;
      case 'plan':
        this.#planned(from, frame.plan);
        return;
      case 'repair':
        if (!this.#current(frame.att) || !sameAttempt(frame.view, this.#order.view.id)) return;
        this.#order.repair(frame.gseq, frame.batch);
        this.#checkReady();
        return;
      case 'pending':
        if (!this.#current(frame.att) || !sameAttempt(frame.view, this.#order.view.id)) return;
        this.#accepted?.pending.set(refKey(frame.batch), frame.batch);
        this.#checkReady();
        return;
      case 'ready':
        this.#readied(from, frame.att, frame.memberships);
        return;
      case 'install':
        if (from === frame.att.coord && this.#current(frame.att)) this.#install(frame.groups);
        return;
      default:
        unreachable(frame);
    }
  }

  #changeSoon(delayMs: number): void {
    const atMs = this.#nowMs + delayMs;
    if (this.#changeAtMs === undefined || atMs < this.#changeAtMs) this.#changeAtMs = atMs;
  }

  #clique(): readonly ProcessId[] {
    return this.#mesh.clique((node) => this.#proposers.isLeftOut(node));
  }

  #changeDue(): boolean {
    return this.#mode !== 'operational' || !sameMembers(this.#clique(), this.#order.view.members);
  }

  /** A linked member whose heartbeats keep naming another view did not install this one. */
  #strayMember(nowMs: number): boolean {
    if (nowMs - this.#installedAtMs < STRAY_GRACE_MS) return false;
    const { id, members } = this.#order.view;
    return members.some(({ node, inc }) => {
      const link = this.#mesh.links.get(node);
      if (link === undefined || link.inc !== inc || link.peerView === undefined) return false;
      return link.peerViewAtMs > this.#installedAtMs + STRAY_GRACE_MS / 2 && !sameAttempt(link.peerView, id);
    });
  }

  #noteLoss(lost: LostServer): void {
    const index = this.#lost.findIndex((one) => one.node === lost.node && one.inc === lost.inc);
    const known = this.#lost[index];
    if (known === undefined) this.#lost.push(lost);
    else this.#lost[index] = { ...known, cause: strongerCause(known.cause, lost.cause) };
  }

  #abort(): void {
    this.#accepted = undefined;
    this.#coordination = undefined;
    if (this.#mode === 'flush') this.#mode = 'gather';
  }

  #startChange(): void {
    this.#changeAtMs = undefined;
    if (this.#coordination !== undefined || this.#accepted !== undefined) {
      const attempted = this.#accepted?.members ?? this.#coordination?.members ?? [];
      // An attempt is under way. Its coordinator starts over only if it would ask others now.
      if (this.#coordination === undefined || sameMembers(attempted, this.#clique())) return;
    }
    const members = this.#clique();
    const stray = this.#mode === 'operational' && this.#strayMember(this.#nowMs);
    if (this.#mode === 'operational' && !stray && sameMembers(members, this.#order.view.members)) {
      this.#waitUntilMs = undefined;
      return;
    }
    if (members[0]?.node !== this.#me.node) {
      this.#waitUntilMs ??= this.#nowMs + this.#jittered(this.#waitMs);
      return;
    }
    this.#propose(members);
  }

  #propose(members: readonly ProcessId[]): void {
    this.#waitUntilMs = undefined;
    this.#maxCtr += 1;
    const att: Attempt = { ctr: this.#maxCtr, coord: this.#me.node, inc: this.#me.inc };
    this.#coordination = {
      att,
      members,
      states: new Map(),
      ready: new Map(),
      planned: false,
      deadlineMs: this.#nowMs + this.#timing.attemptMs,
    };
    this.#host.count('attempts');
    this.#broadcast(members, { type: 'propose', att, members });
  }

  /** Better ranked servers that stayed silent are skipped from now on. */
  #waitedEnough(): void {
    this.#waitUntilMs = undefined;
    for (const { node } of this.#clique()) {
      if (compareNodes(node, this.#me.node) < 0) this.#proposers.mute(node);
    }
    this.#waitMs = Math.min(this.#waitMs * WAIT_GROWTH, WAIT_MAX_MS);
    this.#mesh.announceReach();
    this.#startChange();
  }

  #dropMute(coordination: Coordination): void {
    const answered = coordination.planned ? coordination.ready : coordination.states;
    for (const { node } of coordination.members) {
      if (node !== this.#me.node && !answered.has(node)) this.#proposers.mute(node);
    }
    this.#host.count('attempts_timed_out');
    this.#abort();
    this.#startChange();
  }

  #proposed(from: NodeName, att: Attempt, members: readonly ProcessId[]): void {
    const own = from === this.#me.node;
    this.#proposers.unmute(from);
    if (att.coord !== from || !hasProcess(members, this.#me)) return;
    if (att.ctr < this.#maxCtr || compareAttempts(att, this.#highest) <= 0) {
      this.#nack(from, att, 'old', []);
      return;
    }
    const missing = members.filter((member) => !hasProcess([this.#me], member) && !this.#linked(member));
    if (missing.length > 0) {
      const nodes = missing.map(({ node }) => node);
      this.#nack(from, att, 'unreachable', nodes);
      return;
    }
    const best = this.#mesh.clique((node) => this.#proposers.isMute(node))[0];
    if (!own && best !== undefined && compareNodes(from, best.node) > 0) {
      this.#nack(from, att, 'prefer', [best.node]);
      return;
    }
    this.#accept(att, members);
  }

  #accept(att: Attempt, members: readonly ProcessId[]): void {
    this.#maxCtr = att.ctr;
    this.#highest = att;
    if (this.#coordination !== undefined && !sameAttempt(this.#coordination.att, att)) {
      this.#coordination = undefined;
    }
    const deadlineMs = this.#nowMs + this.#timing.flushMs;
    const pending = new Map<string, Batch>();
    this.#accepted = { att, members, pending, early: [], plan: undefined, ready: false, deadlineMs };
    this.#mode = 'flush';
    this.#waitUntilMs = undefined;
    this.#order.freeze();
    this.#probe.accepted?.(att);
    this.#send(att.coord, {
      type: 'state',
      att,
      oldView: this.#order.view.id,
      oldMembers: this.#order.view.members,
      recv: this.#order.recv,
      stable: this.#order.stable,
      pending: this.#order.pendingRefs(),
      obliged: [...this.#obliged.values()].map(({ origin, b }) => ({ origin, b })),
      lost: this.#lost.filter((lost) => hasProcess(this.#order.view.members, lost)),
    });
  }

  #nack(to: NodeName, att: Attempt, reason: 'old' | 'unreachable' | 'prefer', nodes: NodeName[]): void {
    this.#host.count(`nack_${reason}`);
    this.#send(to, { type: 'nack', att, maxCtr: this.#maxCtr, reason, nodes });
  }

  #nacked(from: NodeName, frame: NackFrame): void {
    this.#maxCtr = Math.max(this.#maxCtr, frame.maxCtr);
    const wasMute = this.#proposers.unmute(from);
    if (!sameAttempt(this.#coordination?.att, frame.att)) {
      if (wasMute) this.#changeSoon(this.#timing.joinDebounceMs);
      return;
    }
    const asked = this.#coordination?.members ?? [];
    // Only the processes that were asked for: a newer incarnation of the same node may be linked already.
    const missing = asked.filter(({ node }) => frame.nodes.includes(node));
    if (frame.reason === 'unreachable') this.#mesh.forgetReach(from, missing);
    if (frame.reason === 'prefer') this.#proposers.refused(from);
    this.#abort();
    const waitMs = frame.reason === 'prefer' ? this.#waitMs : RETRY_MS;
    this.#changeAtMs = this.#nowMs + this.#jittered(waitMs);
  }

  #stated(from: NodeName, state: StateFrame): void {
    const coordination = this.#coordination;
    if (coordination === undefined || !sameAttempt(coordination.att, state.att) || coordination.planned) {
      if (this.#proposers.unmute(from)) this.#changeSoon(this.#timing.joinDebounceMs);
      return;
    }
    if (!hasNode(coordination.members, from) || !hasNode(state.oldMembers, from)) return;
    coordination.states.set(from, state);
    if (coordination.states.size < coordination.members.length) return;
    coordination.planned = true;
    coordination.deadlineMs = this.#nowMs + this.#timing.attemptMs;
    const plan = makePlan(coordination.att, coordination.members, coordination.states);
    this.#broadcast(coordination.members, { type: 'plan', plan });
  }

  #planned(from: NodeName, plan: Plan): void {
    const accepted = this.#accepted;
    if (accepted === undefined || !this.#current(plan.att) || from !== plan.att.coord) return;
    const old = this.#oldViewOf(plan);
    if (old === undefined) return;
    accepted.plan = plan;
    accepted.deadlineMs = this.#nowMs + this.#timing.flushMs;
    if (old.holder === this.#me.node) this.#repairOthers(plan.att, old);
    this.#sendPending(plan.att, old);
    this.#checkReady();
  }

  #repairOthers(att: Attempt, old: OldViewPlan): void {
    const view = this.#order.view.id;
    for (const [index, node] of old.together.entries()) {
      if (node === this.#me.node) continue;
      for (let gseq = (old.recvOf[index] ?? old.cut) + 1; gseq <= old.cut; gseq += 1) {
        const batch = this.#order.logged(gseq);
        if (batch === undefined) {
          this.#badPlan(att);
          return;
        }
        this.#send(node, { type: 'repair', att, view, gseq, batch });
      }
    }
  }

  #sendPending(att: Attempt, old: OldViewPlan): void {
    const view = this.#order.view.id;
    for (const ref of old.pending) {
      if (ref.holder !== this.#me.node) continue;
      const batch = this.#held(ref);
      if (batch === undefined) {
        this.#badPlan(att);
        return;
      }
      for (const node of old.together) {
        if (node !== this.#me.node && node !== ref.origin) {
          this.#send(node, { type: 'pending', att, view, batch });
        }
      }
    }
  }

  /** The coordinator asks for what a STATE did not offer: a fault of that process, not of this one. */
  #badPlan(att: Attempt): void {
    this.#host.count('bad_plan');
    this.#mesh.condemn(att.coord, 'closed', 'a PLAN that does not follow from STATE');
  }

  #held(ref: BatchRef): Batch | undefined {
    const key = refKey(ref);
    if (ref.origin === this.#me.node) return this.#order.ownPending(ref.b) ?? this.#obliged.get(key);
    return this.#obliged.get(key) ?? this.#accepted?.pending.get(key);
  }

  #checkReady(): void {
    const accepted = this.#accepted;
    if (accepted?.plan === undefined || accepted.ready) return;
    const old = this.#oldViewOf(accepted.plan);
    if (old === undefined || this.#order.recv !== old.cut) return;
    const pending = this.#pendingBatches(old);
    if (pending === undefined) return;
    accepted.ready = true;
    for (const batch of pending) this.#obliged.set(refKey(batch), batch);
    const bodies = accepted.plan.needGroups ? this.#order.ownUndelivered(old.cut, pending) : undefined;
    const memberships = bodies === undefined ? [] : this.#host.membershipsAfter(bodies);
    this.#send(accepted.att.coord, { type: 'ready', att: accepted.att, memberships });
  }

  /** All pending batches of the plan that have no position up to the cut; undefined while one is missing. */
  #pendingBatches(old: OldViewPlan): readonly Batch[] | undefined {
    const batches: Batch[] = [];
    for (const ref of old.pending) {
      if (this.#order.hasPosition(ref)) continue;
      const batch = this.#held(ref);
      if (batch === undefined) return undefined;
      batches.push(batch);
    }
    return batches;
  }

  #readied(from: NodeName, att: Attempt, memberships: readonly Membership[]): void {
    const coordination = this.#coordination;
    if (coordination === undefined || !sameAttempt(coordination.att, att) || !coordination.planned) return;
    if (!hasNode(coordination.members, from)) return;
    coordination.ready.set(from, memberships);
    if (coordination.ready.size < coordination.members.length) return;
    const groups = [...coordination.ready].map(([node, list]) => ({ node, memberships: list }));
    this.#coordination = undefined;
    this.#broadcast(coordination.members, { type: 'install', att, groups });
  }

  #install(groups: readonly ServerGroups[]): void {
    const accepted = this.#accepted;
    const plan = accepted?.plan;
    const old = plan === undefined ? undefined : this.#oldViewOf(plan);
    const pending = old === undefined ? undefined : this.#pendingBatches(old);
    if (accepted?.ready !== true || plan === undefined || old === undefined || pending === undefined) return;
    this.#order.closeView(old, pending, () => this.#host.transition(this.#order.view, old, accepted.att));
    const view: View = { id: accepted.att, members: plan.members.map(({ node, inc }) => ({ node, inc })) };
    this.#accepted = undefined;
    this.#coordination = undefined;
    this.#obliged = new Map();
    this.#lost = this.#lost.filter((lost) => hasProcess(view.members, lost) && !this.#linked(lost));
    this.#mode = 'operational';
    this.#installedAtMs = this.#nowMs;
    this.#waitMs = this.#timing.proposeWaitMs;
    this.#waitUntilMs = undefined;
    this.#proposers.installed(view.members.map(({ node }) => node));
    this.#order.openView(view, this.#nowMs);
    this.#probe.installed?.(view);
    this.#host.installed(view, old, plan.needGroups ? groups : undefined, accepted.early);
    if (this.#changeDue()) this.#changeSoon(this.#timing.joinDebounceMs);
    this.#order.pump();
  }

  #current(att: Attempt): boolean {
    return sameAttempt(this.#accepted?.att, att);
  }

  #linked(process: ProcessId): boolean {
    return this.#mesh.links.get(process.node)?.inc === process.inc;
  }

  #oldViewOf(plan: Plan): OldViewPlan | undefined {
    return plan.oldViews.find((old) => sameAttempt(old.view, this.#order.view.id));
  }

  #jittered(spanMs: number): number {
    return spanMs * this.#prng.between(1 - WAIT_JITTER, 1 + WAIT_JITTER);
  }

  /** To the others first, then to this server itself, which may take the next step of the attempt at once. */
  #broadcast(members: readonly ProcessId[], frame: FlushFrame): void {
    const bytes = encodeServerFrame(frame);
    for (const { node } of members) if (node !== this.#me.node) this.#mesh.send(node, bytes, 1);
    if (hasProcess(members, this.#me)) this.receive(this.#me.node, frame, this.#nowMs);
  }

  #send(to: NodeName, frame: FlushFrame): void {
    if (to === this.#me.node) this.receive(to, frame, this.#nowMs);
    else this.#mesh.send(to, encodeServerFrame(frame), 1);
  }
}

function refKey({ origin, b }: BatchRef): string {
  return `${b} ${origin}`;
}
