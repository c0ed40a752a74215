/**
 * Agreed order inside one view: the first member numbers batches, everybody stores and delivers them in that order,
 * safe ones when all members are known to hold them. Windows, acknowledgement and trimming. Knows nothing of how
 * views come about. Rules: SPEC.md BUS-20 to BUS-29 (evs.md 6.4, 6.9).
 */

import { assert } from '../base/assert.ts';
import type { NodeName } from '../model/names.ts';
import { encodeBatchHead, encodeServerFrame } from './encode-frames.ts';
import type { Batch, BatchRef, OldViewPlan, OrderFrame } from './frames.ts';
import { sameAttempt, type View, type ViewId } from './ids.ts';
import { batchShare, type ProtocolTiming, type ProtocolWindows } from './options.ts';
import type { ServerProbe } from './probe.ts';

/** Client operations closed into one body, not yet sent. */
export type Body = { readonly count: number; readonly safe: boolean; readonly body: Buffer };

/** A member that received so much since its last ACK sends one at once. */
const ACK_BYTES = 256 * 1024;

/** Own small batches on their way at once. */
const OWN_BATCHES_UNDER_WAY = 2;

/** What a waiting body takes beside its bytes. */
const BODY_OVERHEAD_BYTES = 256;

export type Delivery = {
  readonly view: View;
  readonly batch: Batch;
  /** Position of the batch; for one without, how many transitional batches without a position came before, from 1. */
  readonly at: { readonly gseq: number } | { readonly pending: number };
  readonly phase: 'regular' | 'transitional';
};

export type OrderHost = {
  /** `body` completes a frame whose head is `frame`. */
  readonly send: (to: NodeName, frame: Buffer, count: number, body?: Buffer) => void;
  /** Messages that wait on the link to a member. */
  readonly backlogOf: (node: NodeName) => number;
  readonly deliver: (delivery: Delivery) => void;
  /** Sends a heartbeat, which carries `recv` and `stable`, to all members at the end of the step. */
  readonly announceStable: () => void;
  /** The member breaks the protocol or stands in everybody's way: its link goes down. */
  readonly condemn: (node: NodeName, cause: 'closed' | 'backlog', detail: string) => void;
  readonly count: (counter: string) => void;
};

export class Order {
  readonly #me: NodeName;
  readonly #host: OrderHost;
  #timing: ProtocolTiming;
  readonly #windows: ProtocolWindows;
  readonly #probe: ServerProbe;
  #maxBacklog: number;
  #view: View;
  /** Closed while the view is frozen for a change: nothing is sent, numbered, stored, acknowledged or made stable. */
  #open = false;
  #log = new Map<number, Batch>();
  #logBytes = 0;
  #recv = 0;
  #delivered = 0;
  #stable = 0;
  #trimmed = 0;
  #lastB = 0;
  #unordered: Batch[] = [];
  #unorderedBytes = 0;
  /** Highest `b` with a position, per origin. */
  #orderedB = new Map<NodeName, number>();
  #queue: Body[] = [];
  /** Members whose link was lost in this view: what was under way on it is missing for good. */
  #torn = new Set<NodeName>();
  /** Sequencer only. */
  #acks = new Map<NodeName, number>();
  #waiting: Batch[] = [];
  #stalledAtMs: number | undefined = undefined;
  #ackedRecv = 0;
  #ackedAtMs = 0;
  #ackBytes = 0;

  constructor(options: {
    readonly me: NodeName;
    /** The view before any view; nothing is sent in it. */
    readonly view: View;
    readonly timing: ProtocolTiming;
    readonly windows: ProtocolWindows;
    readonly maxBacklog: number;
    readonly host: OrderHost;
    readonly probe: ServerProbe;
  }) {
    this.#me = options.me;
    this.#view = options.view;
    this.#timing = options.timing;
    this.#windows = options.windows;
    this.#maxBacklog = options.maxBacklog;
    this.#host = options.host;
    this.#probe = options.probe;
  }

  get view(): View {
    return this.#view;
  }

  get recv(): number {
    return this.#recv;
  }

  get stable(): number {
    return this.#stable;
  }

  get retained(): number {
    return this.#log.size;
  }

  get queued(): number {
    return this.#queue.length + this.#unordered.length;
  }

  /** Bytes of closed bodies that wait to be sent. */
  get queuedBytes(): number {
    return this.#queue.reduce((sum, { body }) => sum + body.length + BODY_OVERHEAD_BYTES, 0);
  }

  get sequencer(): NodeName {
    return this.#view.members[0]?.node ?? this.#me;
  }

  /**
   * So many own batches are on their way to the sequencer that another small one would only be one more: what comes
   * meanwhile goes into one batch, which leaves when a position comes back.
   */
  get busy(): boolean {
    return this.#open && this.#unordered.length >= OWN_BATCHES_UNDER_WAY;
  }

  /** Something waits for room on a link or in a window. */
  get blocked(): boolean {
    return this.#queue.length > 0 || this.#waiting.length > 0 || !this.#windowOpen();
  }

  /** The bus takes client operations now. */
  get accepting(): boolean {
    return this.#open && this.#queue.length === 0 && this.#windowOpen();
  }

  /** A link to a member was lost, so this view can no longer keep its order even if the link is back. */
  get torn(): boolean {
    return this.#torn.size > 0;
  }

  tear(node: NodeName): void {
    this.#torn.add(node);
  }

  /** Sequencer only: the member because of which more than half of the log has to be kept (BUS-24). */
  get heldUpBy(): NodeName | undefined {
    const held = this.#open && this.sequencer === this.#me && this.#logBytes * 2 > this.#windows.viewBytes;
    return held ? this.#slowest() : undefined;
  }

  setTiming(timing: ProtocolTiming): void {
    this.#timing = timing;
  }

  setMaxBacklog(maxBacklog: number): void {
    this.#maxBacklog = maxBacklog;
    this.pump();
  }

  /** This process was not scheduled: nobody stalled it meanwhile. */
  forgivePause(gapMs: number): void {
    if (this.#stalledAtMs !== undefined) this.#stalledAtMs += gapMs;
  }

  submit(body: Body): void {
    this.#queue.push(body);
    this.pump();
  }

  /** Sends what is queued while the own window is open. */
  pump(): void {
    while (this.#open && this.#windowOpen()) {
      const body = this.#queue.shift();
      if (body === undefined) return;
      this.#lastB += 1;
      const batch: Batch = { origin: this.#me, b: this.#lastB, ...body };
      this.#unordered.push(batch);
      this.#unorderedBytes += batch.body.length;
      this.#probe.sent?.(this.#view, batch);
      if (this.sequencer === this.#me) {
        this.#waiting.push(batch);
        this.orderWaiting();
      } else {
        this.#send(this.sequencer, encodeBatchHead({ type: 'data', view: this.#view.id, batch }), batch);
      }
    }
  }

  data(from: NodeName, view: ViewId, batch: Batch): void {
    const mine = this.#open && this.sequencer === this.#me && sameAttempt(view, this.#view.id);
    if (!mine || batch.origin !== from || !this.#view.members.some(({ node }) => node === from)) {
      this.#host.count('frames_dropped_old_view');
      return;
    }
    if (this.#tornFrom(from)) return;
    this.#waiting.push(batch);
    this.orderWaiting();
  }

  /** Numbers what waits, unless a window is full. */
  orderWaiting(): void {
    while (this.#waiting.length > 0) {
      if (!this.#mayOrder()) return;
      const batch = this.#waiting.shift();
      if (batch === undefined) return;
      if (this.#fits(batch)) this.#order(batch);
      else this.#host.condemn(batch.origin, 'closed', 'sent a batch out of turn');
    }
    this.#stalledAtMs = undefined;
  }

  order(from: NodeName, frame: OrderFrame): void {
    if (!this.#open || !sameAttempt(frame.view, this.#view.id) || from !== this.sequencer) {
      this.#host.count('frames_dropped_old_view');
      return;
    }
    if (this.#tornFrom(from)) return;
    if (frame.gseq !== this.#recv + 1) {
      this.#host.condemn(from, 'closed', `order ${frame.gseq} where ${this.#recv + 1} was next`);
      return;
    }
    const batch = this.#whole(frame);
    if (batch === undefined || !this.#fits(batch)) {
      this.#host.condemn(from, 'closed', 'ordered a batch that its origin did not send next');
      return;
    }
    this.#store(frame.gseq, batch);
    this.#ackBytes += batch.body.length;
    this.#raiseStable(Math.min(frame.stable, this.#recv));
    this.#advance();
    this.pump();
  }

  /** What a member received, from its ACK or its heartbeat. */
  ack(from: NodeName, view: ViewId, recv: number): void {
    if (!this.#open || !sameAttempt(view, this.#view.id) || this.sequencer !== this.#me) return;
    const known = this.#acks.get(from);
    if (known === undefined || recv <= known) return;
    if (recv > this.#recv) {
      this.#host.condemn(from, 'closed', 'acknowledged what was not sent');
      return;
    }
    this.#acks.set(from, recv);
    this.#settleStable();
    this.orderWaiting();
  }

  /** What the sequencer says all members hold. */
  stableFrom(from: NodeName, view: ViewId, stable: number): void {
    if (!this.#open || !sameAttempt(view, this.#view.id) || from !== this.sequencer) return;
    this.#raiseStable(Math.min(stable, this.#recv));
    this.#advance();
  }

  /** At the end of each step: acknowledges when it is due, gives up on a member that stalls everybody. */
  settle(nowMs: number): void {
    if (!this.#open) return;
    if (this.sequencer === this.#me) {
      this.#judgeStall(nowMs);
      return;
    }
    this.#judgeSequencer(nowMs);
    if (this.#recv === this.#ackedRecv) return;
    const urgent = this.#delivered < this.#recv || this.#ackBytes >= ACK_BYTES;
    if (!urgent && nowMs < this.#ackedAtMs + this.#timing.ackMs) return;
    this.acknowledged(nowMs);
    this.#host.send(
      this.sequencer,
      encodeServerFrame({ type: 'ack', view: this.#view.id, recv: this.#recv }),
      1,
    );
  }

  /** A heartbeat to the sequencer acknowledges as well. */
  acknowledged(nowMs: number): void {
    this.#ackedRecv = this.#recv;
    this.#ackedAtMs = nowMs;
    this.#ackBytes = 0;
  }

  /** Moment at which `settle` has something to do; undefined if only after another input. */
  get deadlineMs(): number | undefined {
    if (!this.#open || this.sequencer === this.#me || this.#recv === this.#ackedRecv) return undefined;
    return this.#ackedAtMs + this.#timing.ackMs;
  }

  /** The view stands still from here on: what STATE says stays true until the next view, except through `repair`. */
  freeze(): void {
    this.#open = false;
    this.#waiting = [];
    this.#stalledAtMs = undefined;
  }

  pendingRefs(): readonly BatchRef[] {
    return this.#unordered.map(({ origin, b }) => ({ origin, b }));
  }

  ownPending(b: number): Batch | undefined {
    return this.#unordered.find((batch) => batch.b === b);
  }

  logged(gseq: number): Batch | undefined {
    return this.#log.get(gseq);
  }

  /** A batch below the cut that this member lacked. */
  repair(gseq: number, batch: Batch): void {
    if (gseq === this.#recv + 1 && this.#fits(batch)) this.#store(gseq, batch);
  }

  /** The batch has a place in the order of this view, as far as this member received it. */
  hasPosition({ origin, b }: BatchRef): boolean {
    return b <= (this.#orderedB.get(origin) ?? 0);
  }

  /** Bodies of own batches that this member delivers between now and the end of the old view. */
  ownUndelivered(cut: number, pending: readonly Batch[]): readonly Buffer[] {
    const bodies: Buffer[] = [];
    for (let gseq = this.#delivered + 1; gseq <= cut; gseq += 1) {
      const batch = this.#log.get(gseq);
      if (batch?.origin === this.#me) bodies.push(batch.body);
    }
    const rest = pending.filter((batch) => batch.origin === this.#me && !this.hasPosition(batch));
    return [...bodies, ...rest.map((batch) => batch.body)];
  }

  /**
   * Delivers the rest of the old view: regular up to the safe line, `transition`, the rest up to the cut, then the
   * pending batches. Own batches that were not delivered are un-sent: they go first into the next view (S2).
   */
  closeView(old: OldViewPlan, pending: readonly Batch[], transition: () => void): void {
    assert(this.#recv === old.cut, 'a view closes with everything up to the cut');
    const line = this.#safeLine(old);
    while (this.#delivered + 1 < line) this.#deliverNext('regular');
    this.#probe.transition?.(this.#view, old.together);
    transition();
    while (this.#delivered < old.cut) this.#deliverNext('transitional');
    const left = pending.filter((batch) => !this.hasPosition(batch));
    left.forEach((batch, index) => {
      this.#probe.delivered?.(this.#view, batch, undefined, 'transitional');
      this.#host.deliver({ view: this.#view, batch, at: { pending: index + 1 }, phase: 'transitional' });
    });
    const settled = new Set(left.filter(({ origin }) => origin === this.#me).map(({ b }) => b));
    const unsent = this.#unordered.filter(({ b }) => !settled.has(b));
    this.#queue = [...unsent.map(({ count, safe, body }) => ({ count, safe, body })), ...this.#queue];
    this.#unordered = [];
    this.#unorderedBytes = 0;
  }

  openView(view: View, nowMs: number): void {
    this.#view = view;
    this.#log = new Map();
    this.#logBytes = 0;
    this.#recv = 0;
    this.#delivered = 0;
    this.#stable = 0;
    this.#trimmed = 0;
    this.#lastB = 0;
    this.#orderedB = new Map();
    this.#torn = new Set();
    this.#waiting = [];
    this.#acks = new Map(view.members.map(({ node }) => [node, 0]));
    this.#ackedRecv = 0;
    this.#ackedAtMs = nowMs;
    this.#ackBytes = 0;
    this.#stalledAtMs = undefined;
    this.#open = true;
  }

  /** DATA and ORDER of a torn link have a gap before them; the view change that is due settles what is missing. */
  #tornFrom(node: NodeName): boolean {
    if (!this.#torn.has(node)) return false;
    this.#host.count('frames_dropped_torn_link');
    return true;
  }

  /** Links differ in `max_backlog`, and it may change: no batch alone may be more than a link takes. */
  #send(to: NodeName, head: Buffer, batch: Batch): void {
    this.#host.send(to, head, Math.min(batch.count, batchShare(this.#maxBacklog)), batch.body);
  }

  /** The link to a member takes one more batch. */
  #hasRoom(node: NodeName): boolean {
    return node === this.#me || this.#host.backlogOf(node) < this.#maxBacklog / 2;
  }

  #windowOpen(): boolean {
    if (!this.#hasRoom(this.sequencer)) return false;
    if (this.#unordered.length === 0) return true;
    return this.#unordered.length < this.#windows.ownBatches && this.#unorderedBytes < this.#windows.ownBytes;
  }

  #mayOrder(): boolean {
    if (!this.#open) return false;
    if (this.#logBytes >= this.#windows.viewBytes) return false;
    return this.#view.members.every(({ node }) => this.#hasRoom(node));
  }

  #order(batch: Batch): void {
    const gseq = this.#recv + 1;
    this.#store(gseq, batch);
    const frame = { type: 'order', view: this.#view.id, gseq, stable: this.#stable, batch } as const;
    const head = encodeBatchHead({ ...frame, own: false });
    for (const { node } of this.#view.members) {
      if (node === this.#me) continue;
      if (node === batch.origin) this.#host.send(node, encodeBatchHead({ ...frame, own: true }), 1);
      else this.#send(node, head, batch);
    }
    this.#acks.set(this.#me, this.#recv);
    this.#settleStable();
    this.#advance();
  }

  /** Own batches come back without their body. */
  #whole({ batch, own }: OrderFrame): Batch | undefined {
    if (!own) return batch;
    const [sent] = this.#unordered;
    return batch.origin === this.#me && sent?.b === batch.b ? sent : undefined;
  }

  /** Batches of one origin get positions in the order 1, 2, 3 …, own ones only after they were sent (B3). */
  #fits(batch: Batch): boolean {
    if (batch.b !== (this.#orderedB.get(batch.origin) ?? 0) + 1) return false;
    return batch.origin !== this.#me || this.#unordered[0]?.b === batch.b;
  }

  #store(gseq: number, batch: Batch): void {
    this.#log.set(gseq, batch);
    this.#logBytes += batch.body.length;
    this.#recv = gseq;
    this.#orderedB.set(batch.origin, batch.b);
    if (batch.origin !== this.#me) return;
    const own = this.#unordered.shift();
    assert(own?.b === batch.b, 'own batches get positions in the order in which they were sent');
    this.#unorderedBytes -= own.body.length;
  }

  #settleStable(): void {
    const stable = Math.min(...this.#acks.values());
    if (stable <= this.#stable) return;
    const blocked = this.#delivered < this.#recv;
    this.#raiseStable(stable);
    this.#advance();
    if (blocked) this.#host.announceStable();
  }

  #raiseStable(stable: number): void {
    if (stable > this.#stable) this.#stable = stable;
  }

  #advance(): void {
    while (this.#delivered < this.#recv) {
      const next = this.#delivered + 1;
      if (this.#log.get(next)?.safe === true && next > this.#stable) break;
      this.#deliverNext('regular');
    }
    const keepFrom = Math.min(this.#stable, this.#delivered);
    for (; this.#trimmed < keepFrom; this.#trimmed += 1) {
      const gseq = this.#trimmed + 1;
      this.#logBytes -= this.#log.get(gseq)?.body.length ?? 0;
      this.#log.delete(gseq);
    }
  }

  #deliverNext(phase: 'regular' | 'transitional'): void {
    const gseq = this.#delivered + 1;
    const batch = this.#log.get(gseq);
    assert(batch !== undefined, 'the log holds what was not delivered');
    this.#delivered = gseq;
    this.#probe.delivered?.(this.#view, batch, gseq, phase);
    this.#host.deliver({ view: this.#view, batch, at: { gseq }, phase });
  }

  /** The first position that cannot be promised to the whole old view. */
  #safeLine(old: OldViewPlan): number {
    for (let gseq = Math.max(old.stableMax, this.#delivered) + 1; gseq <= old.cut; gseq += 1) {
      if (this.#log.get(gseq)?.safe === true) return gseq;
    }
    return old.cut + 1;
  }

  /** A sequencer that lives but takes nothing stands in the way of the clients of this server. */
  #judgeSequencer(nowMs: number): void {
    if (this.#hasRoom(this.sequencer)) {
      this.#stalledAtMs = undefined;
      return;
    }
    this.#stalledAtMs ??= nowMs;
    if (nowMs - this.#stalledAtMs < this.#windows.stallMs) return;
    this.#stalledAtMs = undefined;
    this.#host.condemn(this.sequencer, 'backlog', 'takes no batches');
  }

  #judgeStall(nowMs: number): void {
    if (this.#waiting.length === 0 || this.#mayOrder()) {
      this.orderWaiting();
      this.#stalledAtMs = undefined;
      return;
    }
    this.#stalledAtMs ??= nowMs;
    if (nowMs - this.#stalledAtMs < this.#windows.stallMs) return;
    this.#stalledAtMs = undefined;
    const slowest = this.#slowest();
    if (slowest !== undefined) this.#host.condemn(slowest, 'backlog', 'holds up the order of all');
  }

  /** The member that acknowledged least. */
  #slowest(): NodeName | undefined {
    const others = this.#view.members.filter(({ node }) => node !== this.#me);
    const acked = ({ node }: { readonly node: NodeName }) => this.#acks.get(node) ?? 0;
    return others.sort((a, b) => acked(a) - acked(b))[0]?.node;
  }
}
