/**
 * The part of every member in a view change: what it says in STATE, what it repairs and exchanges after PLAN, what it
 * promises with READY, and how it closes the old view on INSTALL. An attempt that fails changes nothing in the old
 * view. Rules: SPEC.md BUS-34 to BUS-38 (evs.md 6.6).
 */

import type { NodeName } from '../model/names.ts';
import { Allowance } from './allowance.ts';
import type {
  Batch,
  BatchRef,
  FlushFrame,
  InstallFrame,
  LostServer,
  Membership,
  OldViewPlan,
  OrderedFrame,
  PendingFrame,
  Plan,
  RepairFrame,
  ServerGroups,
} from './frames.ts';
import { type Attempt, hasNode, type ProcessId, sameAttempt, sameMembers, type View } from './ids.ts';
import type { Mesh } from './mesh.ts';
import type { ProtocolTiming } from './options.ts';
import type { Order } from './order.ts';
import type { ServerProbe } from './probe.ts';

/** REPAIR and PENDING of one attempt that arrive before its PLAN, each. */
export const UNPLANNED_FRAMES_MAX = 20_000;
/** Frames of a view that others installed already, kept until INSTALL comes here. */
export const EARLY_FRAMES_MAX = 20_000;
/** Bytes of the bodies in each of these. */
export const EARLY_BYTES_MAX = 32 * 1024 * 1024;
/** PENDING of a large mesh may be more: a window of each member, and what an earlier attempt promised (BUS-23, BUS-37). */
const PENDING_MEMBER_BYTES = 2 * 1024 * 1024;

export type EarlyFrame = { readonly from: NodeName; readonly frame: OrderedFrame };

export type Installed = {
  readonly view: View;
  /** What was decided about the view that ends. */
  readonly old: OldViewPlan;
  /** Memberships told by every server; undefined when all come from the same view. */
  readonly groups: readonly ServerGroups[] | undefined;
  readonly early: readonly EarlyFrame[];
};

export type FlushHost = {
  /** To a member, which may be this server itself. */
  readonly send: (to: NodeName, frame: FlushFrame) => void;
  /** Memberships of own clients once these bodies are applied (evs.md 6.7). */
  readonly membershipsAfter: (bodies: readonly Buffer[]) => readonly Membership[];
  readonly transition: (old: OldViewPlan, next: Attempt) => void;
  readonly count: (counter: string) => void;
};

/** What this server accepted. */
type Accepted = {
  readonly att: Attempt;
  readonly members: readonly ProcessId[];
  readonly pending: Map<string, Batch>;
  readonly early: EarlyFrame[];
  /** What may still be kept of `pending`, `early` and `repairs`. */
  readonly allowed: Readonly<Record<'pending' | 'early' | 'repairs', Allowance>>;
  /** REPAIR that overtook PLAN. */
  readonly repairs: { readonly from: NodeName; readonly frame: RepairFrame }[];
  plan: Plan | undefined;
  ready: boolean;
  /** What READY told about the own clients. */
  memberships: readonly Membership[];
  deadlineMs: number;
};

export class Flush {
  readonly #me: ProcessId;
  readonly #mesh: Mesh;
  readonly #order: Order;
  #timing: ProtocolTiming;
  readonly #probe: ServerProbe;
  readonly #host: FlushHost;
  #accepted: Accepted | undefined = undefined;
  /** Batches of others and own ones that a READY promised to the transitional configuration (BUS-37). */
  readonly #obliged = new Map<string, Batch>();

  constructor(parts: {
    readonly me: ProcessId;
    readonly mesh: Mesh;
    readonly order: Order;
    readonly timing: ProtocolTiming;
    readonly probe: ServerProbe;
    readonly host: FlushHost;
  }) {
    this.#me = parts.me;
    this.#mesh = parts.mesh;
    this.#order = parts.order;
    this.#timing = parts.timing;
    this.#probe = parts.probe;
    this.#host = parts.host;
  }

  /** The attempt under way. */
  get attempt(): { readonly att: Attempt; readonly members: readonly ProcessId[] } | undefined {
    return this.#accepted;
  }

  /** When this member gives the attempt up. */
  get deadlineMs(): number | undefined {
    return this.#accepted?.deadlineMs;
  }

  /** Frames of the accepted attempt's view wait for INSTALL. True when kept. */
  keepEarly(from: NodeName, frame: OrderedFrame): boolean {
    const accepted = this.#accepted;
    if (accepted === undefined || !sameAttempt(frame.view, accepted.att)) return false;
    const bytes = 'batch' in frame ? frame.batch.body.length : 0;
    if (accepted.allowed.early.take(bytes)) accepted.early.push({ from, frame });
    else this.#mesh.condemn(from, 'backlog', 'too many frames before INSTALL');
    return true;
  }

  /** From here on the old view stands still. */
  accept(att: Attempt, members: readonly ProcessId[], lost: readonly LostServer[], nowMs: number): void {
    const deadlineMs = nowMs + this.#timing.flushMs;
    const pending = new Map<string, Batch>();
    const unplanned = { frames: UNPLANNED_FRAMES_MAX, bytes: EARLY_BYTES_MAX };
    const allowed = {
      pending: new Allowance({
        frames: UNPLANNED_FRAMES_MAX,
        bytes: Math.max(EARLY_BYTES_MAX, members.length * PENDING_MEMBER_BYTES),
      }),
      early: new Allowance({ frames: EARLY_FRAMES_MAX, bytes: EARLY_BYTES_MAX }),
      repairs: new Allowance(unplanned),
    };
    const kept = { pending, early: [], repairs: [], allowed, memberships: [] };
    this.#accepted = { att, members, ...kept, plan: undefined, ready: false, deadlineMs };
    this.#order.freeze();
    this.#probe.accepted?.(att);
    this.#host.send(att.coord, {
      type: 'state',
      att,
      oldView: this.#order.view.id,
      oldMembers: this.#order.view.members,
      recv: this.#order.recv,
      stable: this.#order.stable,
      pending: this.#order.pendingRefs(),
      obliged: [...this.#obliged.values()].map(({ origin, b }) => ({ origin, b })),
      lost,
    });
  }

  abandon(): void {
    this.#accepted = undefined;
  }

  setTiming(timing: ProtocolTiming): void {
    this.#timing = timing;
  }

  forgivePause(gapMs: number): void {
    if (this.#accepted !== undefined) this.#accepted.deadlineMs += gapMs;
  }

  planned(from: NodeName, plan: Plan, nowMs: number): void {
    const accepted = this.#accepted;
    if (accepted === undefined || !this.#current(plan.att) || from !== plan.att.coord) return;
    const old = this.#oldViewOf(plan);
    if (accepted.plan !== undefined || old === undefined || !this.#sensible(accepted, plan, old)) {
      this.#badPlan(plan.att);
      return;
    }
    accepted.plan = plan;
    accepted.deadlineMs = nowMs + this.#timing.flushMs;
    if (old.holder === this.#me.node) this.#repairOthers(plan.att, old);
    this.#sendPending(plan.att, old);
    for (const repair of accepted.repairs.splice(0)) this.#repair(repair.from, repair.frame, old);
    this.#checkReady();
  }

  /** Waits for PLAN, which says from whom and up to where repairs are taken. */
  repaired(from: NodeName, frame: RepairFrame): void {
    const accepted = this.#acceptedFor(from, frame);
    if (accepted === undefined) return;
    const old = accepted.plan === undefined ? undefined : this.#oldViewOf(accepted.plan);
    if (old !== undefined) {
      this.#repair(from, frame, old);
      this.#checkReady();
    } else if (accepted.allowed.repairs.take(frame.batch.body.length)) {
      accepted.repairs.push({ from, frame });
    } else {
      this.#mesh.condemn(from, 'backlog', 'too many frames before PLAN');
    }
  }

  pendingHeard(from: NodeName, frame: PendingFrame): void {
    const accepted = this.#acceptedFor(from, frame);
    if (accepted === undefined) return;
    const key = refKey(frame.batch);
    if (accepted.pending.has(key)) return;
    if (!accepted.allowed.pending.take(frame.batch.body.length)) {
      this.#mesh.condemn(from, 'backlog', 'too many frames before PLAN');
      return;
    }
    accepted.pending.set(key, frame.batch);
    this.#checkReady();
  }

  /**
   * Delivers the rest of the old view and opens the new one. Undefined when the frame does not belong to an attempt
   * that this member is ready for.
   */
  install(from: NodeName, frame: InstallFrame, nowMs: number): Installed | undefined {
    const accepted = this.#accepted;
    if (!this.#current(frame.att) || from !== frame.att.coord || accepted?.ready !== true) return undefined;
    const { plan, att, early } = accepted;
    const old = plan === undefined ? undefined : this.#oldViewOf(plan);
    const pending = old === undefined ? undefined : this.#pendingBatches(old);
    if (plan === undefined || old === undefined || pending === undefined) return undefined;
    if (plan.needGroups && !toldBack(frame.groups, this.#me.node, accepted.memberships)) {
      this.#host.count('bad_install');
      this.#mesh.condemn(att.coord, 'closed', 'an INSTALL without what READY told');
      return undefined;
    }
    this.#order.closeView(old, pending, () => this.#host.transition(old, att));
    const view: View = { id: att, members: plan.members.map(({ node, inc }) => ({ node, inc })) };
    this.#accepted = undefined;
    this.#obliged.clear();
    this.#order.openView(view, nowMs);
    this.#probe.installed?.(view);
    return { view, old, groups: plan.needGroups ? frame.groups : undefined, early };
  }

  /** The accepted attempt, if the frame belongs to it and can still change what this member promises. */
  #acceptedFor(from: NodeName, { att, view }: RepairFrame | PendingFrame): Accepted | undefined {
    const accepted = this.#accepted;
    if (accepted === undefined || accepted.ready || !hasNode(accepted.members, from)) return undefined;
    const current = sameAttempt(accepted.att, att) && sameAttempt(view, this.#order.view.id);
    return current ? accepted : undefined;
  }

  #repair(from: NodeName, { gseq, batch }: RepairFrame, old: OldViewPlan): void {
    if (from !== old.holder || gseq > old.cut) this.#host.count('bad_repair');
    else this.#order.repair(gseq, batch);
  }

  /** The plan speaks of those who were asked, and of what this member said in STATE. */
  #sensible(accepted: Accepted, plan: Plan, old: OldViewPlan): boolean {
    const { together, holder, cut, recvOf } = old;
    const { recv } = this.#order;
    if (!sameMembers(plan.members, accepted.members) || recvOf.length !== together.length) return false;
    if (recvOf[together.indexOf(this.#me.node)] !== recv || !together.includes(holder)) return false;
    return (
      together.every((node) => hasNode(plan.members, node)) &&
      (holder === this.#me.node ? cut === recv : cut >= recv)
    );
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
        this.#host.send(node, { type: 'repair', att, view, gseq, batch });
      }
    }
  }

  #sendPending(att: Attempt, old: OldViewPlan): void {
    const view = this.#order.view.id;
    for (const ref of old.pending) {
      // A REPAIR may overtake PLAN: what got its position that way reaches everybody by the cut.
      if (ref.holder !== this.#me.node || this.#order.hasPosition(ref)) continue;
      const batch = this.#held(ref);
      if (batch === undefined) {
        this.#badPlan(att);
        return;
      }
      // Who receives it may promise it before this member is ready, and deliver it in an attempt without this one.
      this.#obliged.set(refKey(ref), batch);
      for (const node of old.together) {
        if (node !== this.#me.node && node !== ref.origin) {
          this.#host.send(node, { type: 'pending', att, view, batch });
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
    accepted.memberships = memberships;
    this.#host.send(accepted.att.coord, { type: 'ready', att: accepted.att, memberships });
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

  #current(att: Attempt): boolean {
    return sameAttempt(this.#accepted?.att, att);
  }

  #oldViewOf(plan: Plan): OldViewPlan | undefined {
    return plan.oldViews.find((old) => sameAttempt(old.view, this.#order.view.id));
  }
}

/** The tables carry exactly what this server said of its own clients: nobody else decides that. */
function toldBack(
  groups: readonly ServerGroups[],
  node: NodeName,
  memberships: readonly Membership[],
): boolean {
  const own = groups.filter((server) => server.node === node).flatMap((server) => server.memberships);
  return (
    own.length === memberships.length &&
    own.every(({ group, cid, session, capabilities }, index) => {
      const told = memberships[index];
      return (
        told?.group === group &&
        told.cid === cid &&
        told.session === session &&
        told.capabilities.equals(capabilities)
      );
    })
  );
}

function refKey({ origin, b }: BatchRef): string {
  return `${b} ${origin}`;
}
