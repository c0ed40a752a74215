/**
 * When a view change is due, who proposes it, and the part of its coordinator: PROPOSE, the answers, PLAN, INSTALL.
 * Any failure leads back to waiting with the old view intact. Rules: SPEC.md BUS-30 to BUS-33, BUS-39 (evs.md 6.6).
 */

import { unreachable } from '../base/assert.ts';
import type { Prng } from '../base/prng.ts';
import type { NodeName } from '../model/names.ts';
import type { LossCause } from './client-api.ts';
import { encodeServerFrame } from './encode-frames.ts';
import { Flush, type FlushHost, type Installed } from './flush.ts';
import type { FlushFrame, LostServer, Membership, NackFrame, OrderedFrame, StateFrame } from './frames.ts';
import {
  type Attempt,
  CTR_STEP_MAX,
  compareAttempts,
  compareNodes,
  hasNode,
  hasProcess,
  type ProcessId,
  sameAttempt,
  sameMembers,
} from './ids.ts';
import type { Mesh } from './mesh.ts';
import type { ProtocolTiming } from './options.ts';
import type { Order } from './order.ts';
import { makePlan, strongerCause } from './plan.ts';
import type { ServerProbe } from './probe.ts';
import { Proposers } from './proposers.ts';

/** A member whose heartbeats name another view for so long after an install lost it. */
const STRAY_GRACE_MS = 500;
/** Spread of waits, so that two servers do not propose in step. */
const WAIT_JITTER = 0.2;
const WAIT_GROWTH = 1.5;
const WAIT_MAX_MS = 3_000;
const RETRY_MS = 20;

export type Mode = 'gather' | 'flush' | 'operational';
export type ViewChangeHost = Pick<FlushHost, 'membershipsAfter' | 'transition' | 'count'> & {
  /** `tookMs`: since the first sign that this change was due; undefined for the first view. */
  readonly installed: (installed: Installed & { readonly tookMs: number | undefined }) => void;
};

type Coordination = {
  readonly att: Attempt;
  readonly members: readonly ProcessId[];
  readonly states: Map<NodeName, StateFrame>;
  readonly ready: Map<NodeName, readonly Membership[]>;
  planned: boolean;
  deadlineMs: number;
};

export class ViewChange {
  readonly #me: ProcessId;
  readonly #mesh: Mesh;
  readonly #order: Order;
  #timing: ProtocolTiming;
  readonly #prng: Prng;
  readonly #host: ViewChangeHost;
  readonly #flush: Flush;
  readonly #proposers = new Proposers();
  /** The view of `order` stands; false before the first one and from STATE to INSTALL. */
  #operational = false;
  #maxCtr = 0;
  #highest: Attempt;
  #coordination: Coordination | undefined = undefined;
  #lost: LostServer[] = [];
  #changeAtMs: number | undefined;
  #waitUntilMs: number | undefined = undefined;
  #waitMs: number;
  #installedAtMs = 0;
  /** The first sign that the view has to change. */
  #signAtMs: number | undefined = undefined;
  #first = true;
  #nowMs: number;

  constructor(parts: {
    readonly me: ProcessId;
    readonly mesh: Mesh;
    readonly order: Order;
    readonly timing: ProtocolTiming;
    readonly prng: Prng;
    readonly probe: ServerProbe;
    readonly host: ViewChangeHost;
    readonly nowMs: number;
  }) {
    this.#me = parts.me;
    this.#mesh = parts.mesh;
    this.#order = parts.order;
    this.#timing = parts.timing;
    this.#prng = parts.prng;
    this.#host = parts.host;
    this.#nowMs = parts.nowMs;
    const { me, mesh, order, timing, probe, host } = parts;
    const { membershipsAfter, transition, count } = host;
    const send = (to: NodeName, frame: FlushFrame) => this.#send(to, frame);
    this.#flush = new Flush({
      me,
      mesh,
      order,
      timing,
      probe,
      host: { send, membershipsAfter, transition, count },
    });
    this.#highest = parts.order.view.id;
    this.#waitMs = parts.timing.proposeWaitMs;
    this.#changeAtMs = parts.nowMs + parts.timing.joinDebounceMs;
  }

  get mode(): Mode {
    if (this.#flush.attempt !== undefined) return 'flush';
    return this.#operational ? 'operational' : 'gather';
  }

  get maxCtr(): number {
    return this.#maxCtr;
  }

  /** Holds for waits that begin from here on. */
  setTiming(timing: ProtocolTiming): void {
    this.#timing = timing;
    this.#flush.setTiming(timing);
  }

  get deadlineMs(): number | undefined {
    const moments = [
      this.#changeAtMs,
      this.#waitUntilMs,
      this.#coordination?.deadlineMs,
      this.#flush.deadlineMs,
      this.#proposers.nextMs,
    ].filter((moment) => moment !== undefined);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  keepEarly(from: NodeName, frame: OrderedFrame): boolean {
    return this.#flush.keepEarly(from, frame);
  }

  linkUp({ node, inc }: ProcessId, maxCtr: number, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#followCtr(maxCtr);
    this.#proposers.news(node);
    // A process whose link is back was not lost; what it dies of later is told then.
    const { members } = this.#order.view;
    this.#lost = this.#lost.filter(
      (lost) => lost.node !== node || (lost.inc !== inc && hasProcess(members, lost)),
    );
    this.#changeSoon(this.#timing.joinDebounceMs);
  }

  linkDown(process: ProcessId, cause: LossCause, nowMs: number): void {
    this.#nowMs = nowMs;
    const members = this.#order.view.members;
    this.#noteLoss({ ...process, cause });
    const attempted = this.#flush.attempt?.members ?? this.#coordination?.members ?? [];
    if (hasProcess(attempted, process)) this.#abort();
    if (hasProcess(members, process)) this.#order.tear(process.node);
    if (hasProcess(members, process) || !this.#operational) {
      this.#changeSoon(this.#timing.lossDebounceMs);
    }
  }

  reachChanged(node: NodeName, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#proposers.news(node);
    // In a large mesh REACH comes thousands of times, and to find the clique takes its time.
    const isComing =
      this.#changeAtMs !== undefined && this.#changeAtMs <= nowMs + this.#timing.joinDebounceMs;
    if (!isComing && this.#changeDue()) this.#changeSoon(this.#timing.joinDebounceMs);
  }

  forgivePause(gapMs: number): void {
    if (this.#coordination !== undefined) this.#coordination.deadlineMs += gapMs;
    this.#flush.forgivePause(gapMs);
    if (this.#waitUntilMs !== undefined) this.#waitUntilMs += gapMs;
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#proposers.tick(nowMs) && this.#changeDue()) this.#changeSoon(this.#timing.joinDebounceMs);
    if (this.#operational && this.#changeAtMs === undefined && this.#strayMember(nowMs)) {
      this.#changeAtMs = nowMs;
    }
    if (this.#coordination !== undefined && nowMs >= this.#coordination.deadlineMs) {
      this.#dropMute(this.#coordination);
    } else if (this.#flush.deadlineMs !== undefined && nowMs >= this.#flush.deadlineMs) {
      this.#abort();
      this.#changeSoon(0);
    }
    if (this.#changeAtMs !== undefined && nowMs >= this.#changeAtMs) this.#startChange();
    if (this.#waitUntilMs !== undefined) this.#waitOn(this.#waitUntilMs);
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
        this.#flush.planned(from, frame.plan, nowMs);
        return;
      case 'repair':
        this.#flush.repaired(from, frame);
        return;
      case 'pending':
        this.#flush.pendingHeard(from, frame);
        return;
      case 'ready':
        this.#readied(from, frame.att, frame.memberships);
        return;
      case 'install': {
        const installed = this.#flush.install(from, frame, nowMs);
        if (installed !== undefined) this.#installed(installed);
        return;
      }
      default:
        unreachable(frame);
    }
  }

  #followCtr(ctr: number): void {
    this.#maxCtr = Math.max(this.#maxCtr, Math.min(ctr, this.#maxCtr + CTR_STEP_MAX));
  }

  #changeSoon(delayMs: number): void {
    this.#signAtMs ??= this.#nowMs;
    const atMs = this.#nowMs + delayMs;
    if (this.#changeAtMs === undefined || atMs < this.#changeAtMs) this.#changeAtMs = atMs;
  }

  #clique(): readonly ProcessId[] {
    return this.#mesh.clique((node) => this.#proposers.isLeftOut(node));
  }

  #changeDue(): boolean {
    return !this.#operational || this.#order.torn || !this.#viewFits();
  }

  /** The view stands, and none of its members lost a link or another view in it. */
  #isWhole(): boolean {
    return this.#operational && !this.#order.torn && !this.#strayMember(this.#nowMs);
  }

  /** A view of everybody who is there is right also for a server that skips some of them: nobody has to propose it. */
  #viewFits(): boolean {
    const { members } = this.#order.view;
    if (sameMembers(this.#clique(), members)) return true;
    const everybody = this.#mesh.clique(() => false);
    return sameMembers(everybody, members);
  }

  /**
   * A linked member whose heartbeats keep naming another view did not install this one, or lost a link in it and got
   * it back before anybody could see less of the mesh (it names no view then).
   */
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
    this.#flush.abandon();
    this.#coordination = undefined;
  }

  #startChange(): void {
    this.#changeAtMs = undefined;
    if (this.#coordination !== undefined || this.#flush.attempt !== undefined) {
      const attempted = this.#flush.attempt?.members ?? this.#coordination?.members ?? [];
      // An attempt is under way. Its coordinator starts over only if it would ask others now.
      if (this.#coordination === undefined || sameMembers(attempted, this.#clique())) return;
    }
    const members = this.#clique();
    if (this.#isWhole() && this.#viewFits()) {
      this.#waitUntilMs = undefined;
      this.#signAtMs = undefined;
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

  /** Nobody is blamed for not proposing a change that is no longer due. */
  #waitOn(untilMs: number): void {
    if (!this.#changeDue() && !this.#strayMember(this.#nowMs)) this.#waitUntilMs = undefined;
    else if (this.#nowMs >= untilMs) this.#waitedEnough();
  }

  /**
   * Better ranked servers that stayed silent are skipped from now on, but for those with whom this one shares a view
   * that is whole: they are well there, and to leave them would only begin what L3 forbids.
   */
  #waitedEnough(): void {
    this.#waitUntilMs = undefined;
    const { members } = this.#order.view;
    const whole = this.#isWhole();
    const silent = this.#clique().filter(
      (one) => compareNodes(one.node, this.#me.node) < 0 && !(whole && hasProcess(members, one)),
    );
    if (silent.length === 0 && whole) return;
    for (const { node } of silent) this.#proposers.mute(node);
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
    const tooFar = att.ctr > this.#maxCtr + CTR_STEP_MAX;
    // Refused, but followed a step: an honest server that is far ahead is caught up with by its next attempts.
    if (tooFar) this.#followCtr(att.ctr);
    if (tooFar || att.ctr < this.#maxCtr || compareAttempts(att, this.#highest) <= 0) {
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
    this.#signAtMs ??= this.#nowMs;
    this.#maxCtr = att.ctr;
    this.#highest = att;
    if (this.#coordination !== undefined && !sameAttempt(this.#coordination.att, att)) {
      this.#coordination = undefined;
    }
    this.#operational = false;
    this.#waitUntilMs = undefined;
    const lost = this.#lost.filter((one) => hasProcess(this.#order.view.members, one));
    this.#flush.accept(att, members, lost, this.#nowMs);
  }

  #nack(to: NodeName, att: Attempt, reason: 'old' | 'unreachable' | 'prefer', nodes: NodeName[]): void {
    this.#host.count(`nack_${reason}`);
    this.#send(to, { type: 'nack', att, maxCtr: this.#maxCtr, reason, nodes });
  }

  #nacked(from: NodeName, frame: NackFrame): void {
    this.#followCtr(frame.maxCtr);
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

  #installed({ view, old, groups, early }: Installed): void {
    this.#coordination = undefined;
    this.#operational = true;
    this.#lost = this.#lost.filter((lost) => hasProcess(view.members, lost) && !this.#linked(lost));
    this.#installedAtMs = this.#nowMs;
    this.#waitMs = this.#timing.proposeWaitMs;
    this.#waitUntilMs = undefined;
    this.#proposers.installed(view.members.map(({ node }) => node));
    const tookMs = this.#first || this.#signAtMs === undefined ? undefined : this.#nowMs - this.#signAtMs;
    this.#first = false;
    this.#signAtMs = undefined;
    this.#host.installed({ view, old, groups, early, tookMs });
    if (this.#changeDue()) this.#changeSoon(this.#timing.joinDebounceMs);
    this.#order.pump();
  }

  #linked(process: ProcessId): boolean {
    return this.#mesh.links.get(process.node)?.inc === process.inc;
  }

  #jittered(spanMs: number): number {
    return spanMs * this.#prng.between(1 - WAIT_JITTER, 1 + WAIT_JITTER);
  }

  /**
   * To the others first, then to this server itself, which may take the next step of the attempt at once. No frame of
   * a view change counts against `max_backlog`: how many there are follows from the windows.
   */
  #broadcast(members: readonly ProcessId[], frame: FlushFrame): void {
    const bytes = encodeServerFrame(frame);
    for (const { node } of members) if (node !== this.#me.node) this.#mesh.send(node, bytes, 0);
    if (hasProcess(members, this.#me)) this.receive(this.#me.node, frame, this.#nowMs);
  }

  #send(to: NodeName, frame: FlushFrame): void {
    if (to === this.#me.node) this.receive(to, frame, this.#nowMs);
    else this.#mesh.send(to, encodeServerFrame(frame), 0);
  }
}
