/**
 * The mail plane of one node as a core (momentum.md 5.9, 7.5): every accepted message is queued, delivered, moved to
 * the node that has its binding, or bounced; none is forgotten without a final answer. Bodies, sockets and DNS are
 * elsewhere. Parts: what clients hear (reception-desk), what is queued (shelf), deliveries (dispatch), moves
 * (transfers), what answers mean (outcomes).
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type {
  ConnectionFacts,
  Envelope,
  MailConsole,
  MailCounters,
  MailEffect,
  MailHost,
  MailInput,
  MessageId,
  QueuedMessage,
  Reception,
  RecipientResult,
} from './api.ts';
import { Arrivals } from './arrivals.ts';
import { Dispatch, least } from './dispatch.ts';
import type { Queue } from './held.ts';
import { MailContext, type MailSelf } from './mail-context.ts';
import { receptionLine } from './mail-lines.ts';
import { MailListing } from './mail-listing.ts';
import { Outcomes } from './outcomes.ts';
import { ReceptionDesk } from './reception-desk.ts';
import { Shelf } from './shelf.ts';
import { Transfers } from './transfers.ts';

/** Delayed messages that become active in one step. */
export const DUE_AT_ONCE = 10_000;
/** Documented. */
const PURGED = '554 Message manually purged.';

export class MailCore implements Core<MailInput | DeadlineReached, MailEffect>, MailConsole {
  readonly #context: MailContext;
  readonly #shelf: Shelf;
  readonly #desk: ReceptionDesk;
  readonly #arrivals: Arrivals;
  readonly #outcomes: Outcomes;
  readonly #dispatch: Dispatch;
  readonly #transfers: Transfers;
  readonly #listing: MailListing;
  #nowMs = 0;

  constructor(self: MailSelf) {
    const context = new MailContext(self);
    this.#context = context;
    this.#shelf = new Shelf(
      (binding, domain) => context.queuePlan(binding, domain),
      (queue) => this.#forget(queue),
    );
    this.#arrivals = new Arrivals(
      this.#shelf,
      context.names,
      (id) => this.#desk.isAccepting(id) || this.#outcomes.isBounce(id),
    );
    this.#desk = new ReceptionDesk(context, this.#arrivals, () => this.#shelf.size);
    this.#outcomes = new Outcomes(context, this.#shelf, this.#arrivals);
    this.#transfers = new Transfers(context, this.#shelf, this.#outcomes);
    this.#dispatch = new Dispatch(context, this.#shelf, this.#outcomes, () => this.#transfers.outbounds.size);
    this.#listing = new MailListing(context, this.#shelf, {
      desk: this.#desk,
      dispatch: this.#dispatch,
      transfers: this.#transfers,
    });
  }

  get deadlineMs(): number | undefined {
    if (this.#context.hasEffects) return this.#nowMs;
    return least(this.#shelf.dueMs, this.#dispatch.dueMs, this.#transfers.dueMs);
  }

  /** What the reception asks. */
  get reception(): Reception {
    return this.#desk;
  }

  /** Nothing is under way: no connection, no message that is being written. */
  get quiet(): boolean {
    const outbound = this.#dispatch.outbounds.size + this.#transfers.outbounds.size;
    return outbound === 0 && this.#desk.accepting === 0;
  }

  /** Questions to DNS since the start, and those without an answer. */
  get dns(): { readonly asked: number; readonly pending: number } {
    const { questions, pending } = this.#dispatch.resolver;
    return { asked: questions, pending };
  }

  /** Log lines that were dropped because nobody took them. */
  get droppedLines(): number {
    return this.#context.droppedLines;
  }

  step(input: MailInput | DeadlineReached, nowMs: number): readonly MailEffect[] {
    this.#nowMs = nowMs;
    this.#take(input, nowMs);
    for (let due = 0; due < DUE_AT_ONCE; due += 1) {
      const held = this.#shelf.takeDue(nowMs);
      if (held === undefined) break;
      this.#touch(held.queue);
    }
    this.#dispatch.work(nowMs);
    this.#transfers.work(nowMs);
    return this.#context.takeEffects();
  }

  #take(input: MailInput | DeadlineReached, nowMs: number): void {
    switch (input.type) {
      case 'start':
      case 'stop':
        this.#context.stopped = input.type === 'stop';
        this.#touchAll();
        this.#transfers.stop();
        return;
      case 'configured':
        this.#context.replan(input.plan);
        this.#shelf.replan();
        this.#adopt(() => true, nowMs);
        this.#transfers.replan();
        this.#touchAll();
        return;
      case 'owners':
        this.#context.setOwners(input.owners);
        this.#touchAll();
        return;
      case 'recovered':
        for (const envelope of input.envelopes) this.#recover(envelope, nowMs);
        return;
      case 'spooled':
        this.#spooled(input.envelope, nowMs);
        return;
      case 'notSpooled':
        this.#desk.takeAccepting(input.id);
        this.#outcomes.notBounced(input.id, nowMs);
        return;
      case 'spoolState':
        this.#context.spoolProblem = input.problem;
        return;
      case 'clientClosed':
        this.#desk.closed(input.connection, nowMs);
        return;
      case 'asked':
      case 'deadlineReached':
        return;
      case 'resolved':
        this.#dispatch.resolved(input.domain, input.answer, nowMs);
        return;
      case 'claimed':
        this.#dispatch.claimed(input.id, input.granted, nowMs);
        return;
      case 'connected':
      case 'sent':
      case 'disconnected':
        this.#connection(input, nowMs);
        return;
      default:
        unreachable(input);
    }
  }

  #connection(
    input: Extract<MailInput, { type: 'connected' | 'sent' | 'disconnected' }>,
    nowMs: number,
  ): void {
    const delivery = this.#dispatch.outbounds.get(input.connection);
    const move = this.#transfers.outbounds.get(input.connection);
    const message = (delivery ?? move)?.message;
    switch (input.type) {
      case 'connected':
        if (delivery !== undefined) this.#dispatch.connected(delivery, input.host, input.address, nowMs);
        if (move !== undefined) this.#transfers.connected(move, nowMs);
        return;
      case 'sent': {
        // An answer about anything but the message under way belongs to none.
        if (message === undefined || message.envelope.id !== input.outcome.message) return;
        const results: readonly RecipientResult[] = input.outcome.results;
        if (delivery !== undefined) this.#dispatch.sent(delivery, results, nowMs);
        if (move !== undefined) this.#transfers.sent(move, results, nowMs);
        break;
      }
      case 'disconnected':
        if (delivery !== undefined) this.#dispatch.disconnected(delivery, input, nowMs);
        if (move !== undefined) this.#transfers.disconnected(move, nowMs);
        break;
      default:
        unreachable(input);
    }
    if (message !== undefined) this.#touch(message.queue);
  }

  #recover(envelope: Envelope, nowMs: number): void {
    if (this.#shelf.get(envelope.id) !== undefined || envelope.recipients.length === 0) return;
    const binding = this.#context.boundTo(envelope.binding);
    const bound = binding === envelope.binding ? envelope : { ...envelope, binding };
    if (bound !== envelope) this.#context.emit({ type: 'update', envelope: bound });
    const waitMs = envelope.nextAttemptWallMs - this.#context.wallMs(nowMs);
    const held = this.#shelf.add(bound, envelope.id, waitMs > 0 ? nowMs + waitMs : undefined, nowMs);
    this.#touch(held.queue);
  }

  #spooled(envelope: Envelope, nowMs: number): void {
    const { id, recipients, binding } = envelope;
    if (this.#shelf.get(id) !== undefined) return;
    const accepting = this.#desk.takeAccepting(id);
    if (accepting !== undefined) {
      const { ip, connection, batch, protocol } = accepting;
      const names = this.#context.names;
      const group = this.#context.binding(binding)?.group ?? 'default';
      const line = { ...envelope, message: id, batch, connection: names.connection(connection), ip, group };
      for (const { address } of recipients) {
        const atWallMs = this.#context.wallMs(nowMs);
        this.#context.log(
          'mainlog',
          receptionLine({ ...line, atWallMs, recipient: address }, protocol),
          nowMs,
        );
        this.#context.add(binding, 'receptions');
      }
      if (protocol === 'esmtp') this.#context.cluster.meter('reception', ip, nowMs);
      if (protocol === 'xfer') {
        this.#arrivals.arrived(
          id,
          recipients.map(({ address }) => address),
        );
      }
    }
    const bound = { ...envelope, binding: this.#context.boundTo(binding) };
    const held = this.#shelf.add(bound, accepting?.batch ?? id, this.#dueOf(bound, nowMs), nowMs);
    this.#outcomes.bounced(id, envelope, nowMs);
    this.#touch(held.queue);
  }

  /** A message that was handed over keeps its attempts, but is tried at once: it may have another way now. */
  #dueOf({ nextAttemptWallMs }: Envelope, nowMs: number): number | undefined {
    const waitMs = nextAttemptWallMs - this.#context.wallMs(nowMs);
    return waitMs > 0 ? nowMs + waitMs : undefined;
  }

  /** Messages of bindings that are in the plan no more go to the default one. @returns how many were looked at. */
  #adopt(isMeant: (queue: Queue) => boolean, nowMs: number): number {
    let looked = 0;
    for (const queue of [...this.#shelf.queues()].filter(isMeant)) {
      const binding = this.#context.boundTo(queue.binding);
      looked += queue.active.size + queue.delayed.size;
      if (binding === queue.binding) continue;
      for (const held of [...queue.active, ...queue.delayed]) {
        const envelope = { ...held.envelope, binding };
        this.#context.emit({ type: 'update', envelope });
        this.#shelf.requeue(held, envelope, nowMs);
        this.#touch(held.queue);
      }
    }
    return looked;
  }

  #touch(queue: Queue): void {
    this.#dispatch.touch(queue);
    this.#transfers.look(queue);
  }

  #touchAll(): void {
    for (const queue of this.#shelf.queues()) this.#touch(queue);
  }

  #forget(queue: Queue): void {
    this.#dispatch.forget(queue);
    this.#transfers.forget(queue);
  }

  // What console and status see.

  get counters(): MailCounters {
    return this.#listing.counters;
  }

  get resetAtMs(): number | undefined {
    return this.#listing.resetAtMs;
  }

  resetCounters(nowMs: number): void {
    this.#listing.reset(nowMs);
  }

  queues(): ReturnType<MailConsole['queues']> {
    return this.#listing.queues();
  }

  bindings(): ReturnType<MailConsole['bindings']> {
    return this.#listing.bindings();
  }

  inbound(): readonly ConnectionFacts[] {
    return this.#desk.facts();
  }

  outbound(): readonly ConnectionFacts[] {
    return this.#listing.outbound();
  }

  hosts(domain: string): readonly MailHost[] | undefined {
    const known = this.#dispatch.resolver.peek(domain.toLowerCase());
    return known === undefined ? undefined : known.ok ? known.hosts : [];
  }

  messages(
    domain: string,
    binding: string | undefined,
    from: number,
    most: number,
  ): readonly QueuedMessage[] {
    return this.#listing.messages(domain.toLowerCase(), binding, from, most);
  }

  rebind(binding: string | undefined, domain: string | undefined, nowMs: number): number {
    const isMeant = meant(binding, domain);
    for (const queue of this.#shelf.queues()) if (isMeant(queue)) queue.rebound = true;
    const looked = this.#adopt(isMeant, nowMs);
    for (const queue of this.#shelf.queues()) if (isMeant(queue)) this.#touch(queue);
    return looked;
  }

  flush(domain: string | undefined, binding: string | undefined, nowMs: number): number {
    let flushed = 0;
    for (const queue of [...this.#shelf.queues()].filter(meant(binding, domain))) {
      queue.notBeforeMs = 0;
      for (const held of [...queue.delayed]) {
        this.#shelf.activate(held);
        flushed += 1;
      }
      this.#touch(queue);
    }
    this.#nowMs = nowMs;
    return flushed;
  }

  fail(domain: string, binding: string | undefined, bounce: 'bounce' | 'quiet', nowMs: number): number {
    let failed = 0;
    for (const queue of [...this.#shelf.queues()].filter(meant(binding, domain))) {
      for (const held of [...queue.active, ...queue.delayed]) {
        this.#outcomes.failAll(held, PURGED, bounce === 'bounce', nowMs);
        failed += 1;
      }
    }
    return failed;
  }

  /** One queued message. */
  message(id: MessageId): Envelope | undefined {
    return this.#shelf.get(id)?.envelope;
  }
}

function meant(binding: string | undefined, domain: string | undefined): (queue: Queue) => boolean {
  const wanted = domain?.toLowerCase();
  return (queue) =>
    (binding === undefined || queue.binding === binding) && (wanted === undefined || queue.domain === wanted);
}
