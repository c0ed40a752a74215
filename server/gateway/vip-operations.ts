/**
 * Operations on addresses: which commands are out, how far each address got by what the nodes say, who is late, and
 * what can be taken back (ui.md 2.2, 4.5). A pure core: sending, storing and telling browsers are effects. Intent is
 * never taken for fact: a stage is reached only when a node or the agreed table said so.
 */

import { assert, unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import { OPERATIONS_KEPT, type OperationRow, type VipRow } from '../wire/duravip.ts';
import type { Job } from '../wire/http.ts';
import {
  type Happening,
  hasEnded,
  type Inverse,
  type KeptOperation,
  type PlannedItem,
  type PlannedOperation,
  reached,
} from './vip-operation.ts';
import { type ItemFact, type LiveItem, newItem, stepItem } from './vip-operation-item.ts';
import {
  addressesOf,
  afterRestart,
  isAtOneAddress,
  isOnlyOf,
  isOver,
  keptFormOf,
  type Line,
  linesOf,
  newOperation,
  type Operation,
  resultOf,
  rowOf,
} from './vip-operation-live.ts';

/** Commands that are out at once, over all operations. */
export const IN_FLIGHT_MAX = 32;

export type OperationFact =
  | { readonly type: 'asked'; readonly plan: PlannedOperation }
  | { readonly type: 'sent'; readonly id: string; readonly line: number; readonly job: string }
  | { readonly type: 'notSent'; readonly id: string; readonly line: number; readonly text: string }
  /** Items that failed or were refused go out again, from where their addresses are now. */
  | {
      readonly type: 'retried';
      readonly id: string;
      readonly items: readonly PlannedItem[];
      readonly inverses: readonly Inverse[];
    }
  | { readonly type: 'job'; readonly job: Job }
  | { readonly type: 'happened'; readonly what: Happening }
  | {
      readonly type: 'rows';
      readonly rows: readonly { readonly address: string; readonly row: VipRow | null }[];
    }
  | { readonly type: 'busLost' }
  | { readonly type: 'kept'; readonly id: string; readonly by: string }
  /** An undo was asked for, or a revert was tried. */
  | { readonly type: 'undone'; readonly id: string; readonly text: string };

/** Every fact carries the wall clock, for moments on screen. */
export type OperationInput = { readonly atMs: number } & OperationFact;

export type OperationEffect =
  | { readonly type: 'send'; readonly id: string; readonly line: number; readonly command: string }
  /** Row and kept form are new; keep it before what follows is performed. */
  | { readonly type: 'changed'; readonly id: string }
  /** Its time is over and nobody kept it. */
  | { readonly type: 'revert'; readonly id: string }
  | { readonly type: 'dropped'; readonly id: string };

export class VipOperations implements Core<OperationInput | DeadlineReached, OperationEffect> {
  /** Oldest first. */
  readonly #operations = new Map<string, Operation>();
  /** Operations that an address is in. */
  readonly #byAddress = new Map<string, Set<string>>();
  readonly #jobs = new Map<string, { readonly id: string; readonly line: number }>();
  /** Commands that have not gone out. */
  readonly #waiting: { readonly id: string; readonly line: number }[] = [];
  #inFlight = 0;
  /** Nothing is due before; it may be earlier than the first that is. */
  #earliestMs = Number.POSITIVE_INFINITY;
  /** Wall clock minus the driver's. */
  #aheadMs: number;

  /** @param earlier of earlier runs, oldest first. What ran then is unknown now, and a moment missed is not made up for. */
  constructor(earlier: readonly KeptOperation[], now: { readonly wallMs: number; readonly nowMs: number }) {
    this.#aheadMs = now.wallMs - now.nowMs;
    for (const kept of earlier.slice(-OPERATIONS_KEPT)) this.#add(afterRestart(kept, now));
  }

  get deadlineMs(): number | undefined {
    return this.#earliestMs === Number.POSITIVE_INFINITY ? undefined : this.#earliestMs;
  }

  /** True while an operation of this gateway, other than `except`, is at the address and in time. */
  busy(address: string, except?: string): boolean {
    return [...(this.#byAddress.get(address) ?? [])].some((id) => {
      const view = this.#item(id, address)?.view;
      return id !== except && view !== undefined && !hasEnded(view) && view.state !== 'late';
    });
  }

  /** Whether facts about this address matter here. */
  watches(address: string): boolean {
    return this.#byAddress.has(address);
  }

  /** Newest first, with all items. */
  rows(): readonly OperationRow[] {
    return [...this.#operations.values()].map(rowOf).reverse();
  }

  row(id: string): OperationRow | undefined {
    const operation = this.#operations.get(id);
    return operation === undefined ? undefined : rowOf(operation);
  }

  keptForm(id: string): KeptOperation | undefined {
    const operation = this.#operations.get(id);
    return operation === undefined ? undefined : keptFormOf(operation);
  }

  /** How many have not ended. */
  get running(): number {
    return [...this.#operations.values()].filter((one) => rowOf(one).state === 'running').length;
  }

  inverses(id: string): readonly Inverse[] {
    return this.#operations.get(id)?.inverses ?? [];
  }

  withKey(key: string): { readonly id: string; readonly bodyHash: string } | undefined {
    for (const { plan } of this.#operations.values()) {
      if (plan.key === key) return { id: plan.id, bodyHash: plan.bodyHash };
    }
    return undefined;
  }

  step(input: OperationInput | DeadlineReached, nowMs: number): readonly OperationEffect[] {
    if (input.type === 'deadlineReached') return this.#due(nowMs);
    this.#aheadMs = input.atMs - nowMs;
    switch (input.type) {
      case 'asked':
        return this.#ask(input.plan, nowMs);
      case 'sent':
        return this.#sent(input, nowMs);
      case 'notSent':
        return this.#give(input.id, input.line, { type: 'notSent', text: input.text }, nowMs);
      case 'retried':
        return this.#retry(input, nowMs);
      case 'job':
        return this.#job(input.job, nowMs);
      case 'happened':
        return this.#happened(input.what, nowMs);
      case 'rows':
        return input.rows.flatMap(({ address, row }) =>
          this.#ofAddress(address, { type: 'row', row }, nowMs),
        );
      case 'busLost':
        return this.#busLost(nowMs);
      case 'kept':
        return this.#keep(input);
      case 'undone':
        return this.#undone(input.id, input.text);
      default:
        return unreachable(input);
    }
  }

  #ask(plan: PlannedOperation, nowMs: number): readonly OperationEffect[] {
    assert(!this.#operations.has(plan.id), 'an id is used once');
    const operation = newOperation(plan);
    this.#add(operation);
    for (const line of operation.lines.keys()) this.#waiting.push({ id: plan.id, line });
    return [{ type: 'changed', id: plan.id }, ...this.#drop(), ...this.#pump(nowMs)];
  }

  #add(operation: Operation): void {
    const { id } = operation.plan;
    this.#operations.set(id, operation);
    for (const address of addressesOf(operation)) {
      const ids = this.#byAddress.get(address) ?? new Set();
      this.#byAddress.set(address, ids.add(id));
    }
    this.#wantMoments(operation);
  }

  #item(id: string, address: string): LiveItem | undefined {
    const operation = this.#operations.get(id);
    return operation?.items[operation.places.get(address) ?? -1];
  }

  /** Sends what may go out: in order, and never more at once than IN_FLIGHT_MAX. */
  #pump(nowMs: number): readonly OperationEffect[] {
    const effects: OperationEffect[] = [];
    while (this.#inFlight < IN_FLIGHT_MAX) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      const operation = this.#operations.get(next.id);
      const line = operation?.lines[next.line];
      if (operation === undefined || line?.state !== 'waiting') continue;
      line.state = 'sending';
      this.#inFlight += 1;
      for (const index of line.items) this.#stepOne(operation, index, { type: 'sending' }, nowMs);
      effects.push({ type: 'send', ...next, command: line.command });
    }
    return effects;
  }

  #sent(
    { id, line, job }: { readonly id: string; readonly line: number; readonly job: string },
    nowMs: number,
  ): readonly OperationEffect[] {
    this.#jobs.set(job, { id, line });
    const one = this.#operations.get(id)?.lines[line];
    if (one?.state === 'sending') one.state = 'open';
    return this.#give(id, line, { type: 'sent' }, nowMs);
  }

  #job(job: Job, nowMs: number): readonly OperationEffect[] {
    const place = this.#jobs.get(job.id);
    if (place === undefined) return [];
    if (job.state !== 'running') this.#jobs.delete(job.id);
    return this.#give(place.id, place.line, { type: 'job', job }, nowMs);
  }

  /** One fact for all items of a command. */
  #give(id: string, line: number, fact: ItemFact, nowMs: number): readonly OperationEffect[] {
    const operation = this.#operations.get(id);
    const one = operation?.lines[line];
    if (operation === undefined || one === undefined) return [];
    for (const index of one.items) this.#stepOne(operation, index, fact, nowMs);
    if (fact.type === 'notSent') one.result = 'failed';
    if (fact.type === 'job' && fact.job.state !== 'running') one.result = resultOf(fact.job);
    if (one.result !== 'running' && !isAtOneAddress(one, operation)) this.#endLine(one);
    return [{ type: 'changed', id }, ...this.#pump(nowMs)];
  }

  /** @returns whether anything is new. */
  #stepOne(operation: Operation, index: number, fact: ItemFact, nowMs: number): boolean {
    const old = operation.items[index];
    if (old === undefined) return false;
    const item = stepItem(old, fact, { nowMs, atMs: nowMs + this.#aheadMs });
    if (item === old) return false;
    operation.items[index] = item;
    this.#earliestMs = Math.min(this.#earliestMs, item.dueMs ?? this.#earliestMs);
    const { view } = item;
    if (view.state === 'refused' || view.state === 'failed') {
      this.#withdraw(operation, (inverse) => inverse.address === view.address);
    }
    const took = reached(view, 'plumbed') && !reached(old.view, 'plumbed');
    // A command is not in the way of others any more once its address is up, late, or done with.
    if (hasEnded(view) || view.state === 'late' || took) {
      for (const line of operation.lines) if (isOnlyOf(line, index)) this.#endLine(line);
    }
    return item.view !== old.view;
  }

  #endLine(line: Line): void {
    if (line.state === 'sending' || line.state === 'open') this.#inFlight -= 1;
    line.state = 'ended';
  }

  #retry(
    { id, items, inverses }: Extract<OperationInput, { type: 'retried' }>,
    nowMs: number,
  ): readonly OperationEffect[] {
    const operation = this.#operations.get(id);
    if (operation === undefined) return [];
    const again = items.flatMap((plan) => {
      const index = operation.places.get(plan.address);
      if (index === undefined) return [];
      operation.items[index] = newItem(plan);
      return [{ plan, index }];
    });
    for (const line of linesOf(again)) {
      operation.lines.push(line);
      this.#waiting.push({ id, line: operation.lines.length - 1 });
    }
    if (operation.undoUntilMs !== null) operation.inverses = [...operation.inverses, ...inverses];
    return [{ type: 'changed', id }, ...this.#pump(nowMs)];
  }

  #happened(what: Happening, nowMs: number): readonly OperationEffect[] {
    return 'address' in what ? this.#ofAddress(what.address, { type: 'happened', what }, nowMs) : [];
  }

  #ofAddress(address: string, fact: ItemFact, nowMs: number): readonly OperationEffect[] {
    const effects: OperationEffect[] = [];
    for (const id of this.#byAddress.get(address) ?? []) {
      const operation = this.#operations.get(id);
      if (operation === undefined) continue;
      const index = operation.places.get(address);
      const moved = index !== undefined && this.#stepOne(operation, index, fact, nowMs);
      const item = index === undefined ? undefined : operation.items[index];
      const withdrawn = this.#withdraw(operation, (inverse) => isOver(inverse, address, fact, item));
      if (moved || withdrawn) effects.push({ type: 'changed', id });
    }
    return effects.length === 0 ? effects : [...effects, ...this.#pump(nowMs)];
  }

  #withdraw(operation: Operation, over: (inverse: Inverse) => boolean): boolean {
    const left = operation.inverses.filter((inverse) => !over(inverse));
    if (left.length === operation.inverses.length) return false;
    operation.inverses = left;
    if (left.length === 0) operation.revertAtMs = null;
    return true;
  }

  #busLost(nowMs: number): readonly OperationEffect[] {
    const effects: OperationEffect[] = [];
    for (const [id, operation] of this.#operations) {
      if (rowOf(operation).state !== 'running') continue;
      for (const index of operation.items.keys()) this.#stepOne(operation, index, { type: 'busLost' }, nowMs);
      for (const line of operation.lines) {
        if (line.result === 'running') line.result = line.state === 'waiting' ? 'failed' : 'unknown';
        this.#endLine(line);
      }
      effects.push({ type: 'changed', id });
    }
    return effects;
  }

  #due(nowMs: number): readonly OperationEffect[] {
    const effects: OperationEffect[] = [];
    const wallMs = nowMs + this.#aheadMs;
    this.#earliestMs = Number.POSITIVE_INFINITY;
    for (const [id, operation] of this.#operations) {
      let fresh = false;
      for (const [index, { dueMs }] of operation.items.entries()) {
        if (dueMs === undefined || dueMs > nowMs) continue;
        fresh = this.#stepOne(operation, index, { type: 'due' }, nowMs) || fresh;
      }
      const { revertAtMs, undoUntilMs } = operation;
      const reverts = revertAtMs !== null && wallMs >= revertAtMs;
      if (reverts) operation.revertAtMs = null;
      if (undoUntilMs !== null && wallMs >= undoUntilMs) {
        operation.undoUntilMs = null;
        fresh = this.#withdraw(operation, () => true) || fresh;
      }
      if (fresh || reverts) effects.push({ type: 'changed', id });
      if (reverts) effects.push({ type: 'revert', id });
      this.#wantMoments(operation);
    }
    return [...effects, ...this.#pump(nowMs)];
  }

  #wantMoments({ items, revertAtMs, undoUntilMs }: Operation): void {
    const wall = [revertAtMs, undoUntilMs]
      .filter((atMs) => atMs !== null)
      .map((atMs) => atMs - this.#aheadMs);
    let earliest = Math.min(this.#earliestMs, ...wall);
    for (const { dueMs } of items) earliest = Math.min(earliest, dueMs ?? earliest);
    this.#earliestMs = earliest;
  }

  #keep({ id, by, atMs }: Extract<OperationInput, { type: 'kept' }>): readonly OperationEffect[] {
    const operation = this.#operations.get(id);
    if (operation === undefined) return [];
    operation.revertAtMs = null;
    operation.kept = { by, atMs };
    return [{ type: 'changed', id }];
  }

  #undone(id: string, text: string): readonly OperationEffect[] {
    const operation = this.#operations.get(id);
    if (operation === undefined) return [];
    operation.revertAtMs = null;
    if (text === '') this.#withdraw(operation, () => true);
    for (const [index, item] of operation.items.entries()) {
      if (text !== '') operation.items[index] = { ...item, view: { ...item.view, text } };
    }
    return [{ type: 'changed', id }];
  }

  /** The oldest that have ended go; what runs stays. */
  #drop(): readonly OperationEffect[] {
    const effects: OperationEffect[] = [];
    for (const [id, operation] of this.#operations) {
      if (this.#operations.size <= OPERATIONS_KEPT) break;
      if (rowOf(operation).state === 'running') continue;
      this.#operations.delete(id);
      for (const address of addressesOf(operation)) {
        const ids = this.#byAddress.get(address);
        ids?.delete(id);
        if (ids?.size === 0) this.#byAddress.delete(address);
      }
      effects.push({ type: 'dropped', id });
    }
    return effects;
  }
}
