/**
 * Mail of one node: the mail core with its plan, told who owns the floating bindings, and its effects as those of the
 * node. A node that never had a listener or a binding has no core. Knows neither sockets nor the spool.
 */

import { unreachable } from '../base/assert.ts';
import { type Core, DEADLINE_REACHED, type DeadlineReached } from '../base/core.ts';
import type { VipTable } from '../duravip/api.ts';
import type { BindingOwners, MailCluster, MailFact, MailInput } from '../mail/api.ts';
import { MailCore } from '../mail/mail-core.ts';
import type { NodeName } from '../model/names.ts';
import { bindingOwners, sameOwners } from './mail-owners.ts';
import type { NodeMailPlan } from './mail-plan.ts';
import { RateWatch } from './mail-rates.ts';
import type { AppEffect } from './process-app.ts';
import type { MailStatus } from './status-message.ts';
import type { WallClock } from './wall-clock.ts';

/** Thousands of addresses may move at once: what they are by then is looked at together. */
const OWNERS_GATHER_MS = 50;

export type NodeMailOptions = {
  readonly node: NodeName;
  readonly pid: number;
  readonly plan: NodeMailPlan;
  readonly cluster: MailCluster;
  readonly wall: WallClock;
};

export type NodeMailInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'mailFact'; readonly fact: MailFact }
  | { readonly type: 'configured'; readonly plan: NodeMailPlan }
  | { readonly type: 'claimed'; readonly id: number; readonly granted: boolean };

export class NodeMail implements Core<NodeMailInput | DeadlineReached, AppEffect> {
  readonly #options: NodeMailOptions;
  readonly #rates = new RateWatch();
  #plan: NodeMailPlan;
  #core: MailCore | undefined;
  #started = false;
  #stopped = false;
  /** Questions to DNS at the last reset. */
  #dnsAsked = 0;
  #owners: BindingOwners = new Map();
  #followedMs = Number.NEGATIVE_INFINITY;
  /** When the owners are looked at again. */
  #followAtMs: number | undefined;
  /** What the owners were made from. */
  #ownersOf: readonly unknown[] = [];
  #effects: AppEffect[] = [];

  constructor(options: NodeMailOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#createCore();
  }

  /** Undefined where this node runs no mail. */
  get core(): MailCore | undefined {
    return this.#core;
  }

  get plan(): NodeMailPlan {
    return this.#plan;
  }

  /** It was asked to stop, and deliveries or receptions are under way. */
  get ending(): boolean {
    return this.#stopped && this.#core?.quiet === false;
  }

  /** Questions to DNS since the start or the last reset. */
  get dns(): MailCore['dns'] {
    const { asked, pending } = this.#core?.dns ?? { asked: 0, pending: 0 };
    return { asked: asked - this.#dnsAsked, pending };
  }

  get deadlineMs(): number | undefined {
    const due = [this.#core?.deadlineMs, this.#followAtMs].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: NodeMailInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    switch (input.type) {
      case 'start':
        this.#started = true;
        this.#give(input, nowMs);
        break;
      case 'stop':
        this.#stopped = true;
        this.#give(input, nowMs);
        break;
      case 'mailFact':
        this.#give(input.fact, nowMs);
        break;
      case 'configured':
        this.#configure(input.plan, nowMs);
        break;
      case 'claimed':
        this.#give(input, nowMs);
        break;
      case 'deadlineReached':
        if ((this.#core?.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs)
          this.#give(DEADLINE_REACHED, nowMs);
        break;
      default:
        unreachable(input);
    }
    return this.take();
  }

  /** @param listenerOf address of the cluster listener of a present node. @param members changes with what it says. */
  follow(
    table: VipTable,
    listenerOf: (node: NodeName) => string | undefined,
    members: unknown,
    nowMs: number,
  ): readonly AppEffect[] {
    if (this.#core === undefined) return [];
    const from = [this.#plan, table.epoch, table.viewId, table.synced, members];
    if (from.every((one, i) => one === this.#ownersOf[i])) {
      this.#followAtMs = undefined;
      return [];
    }
    this.#followAtMs ??= Math.max(nowMs, this.#followedMs + OWNERS_GATHER_MS);
    if (nowMs < this.#followAtMs) return [];
    this.#followAtMs = undefined;
    this.#followedMs = nowMs;
    this.#ownersOf = from;
    const { bindings } = this.#plan.core;
    const owners = bindingOwners(bindings, table.entries(), this.#options.node, listenerOf);
    if (sameOwners(owners, this.#owners)) return [];
    this.#owners = owners;
    this.#give({ type: 'owners', owners }, nowMs);
    return this.take();
  }

  /** What a command of the console left behind. */
  commanded(nowMs: number): void {
    this.#give({ type: 'asked' }, nowMs);
  }

  resetCounters(nowMs: number): void {
    this.#rates.reset();
    this.#dnsAsked = this.#core?.dns.asked ?? 0;
    this.#core?.resetCounters(nowMs);
  }

  take(): readonly AppEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  status(nowMs: number): MailStatus | undefined {
    if (this.#core === undefined) return undefined;
    const { counters } = this.#core;
    return { ...counters, ...this.#rates.rates(counters, nowMs) };
  }

  #configure(plan: NodeMailPlan, nowMs: number): void {
    const before = this.#plan;
    const same =
      plan.basis.length === before.basis.length && plan.basis.every((part, i) => part === before.basis[i]);
    // What has nothing to do with mail leaves its sessions alone.
    this.#plan = same ? { ...plan, core: before.core } : plan;
    if (same && plan.runs === before.runs) return;
    if (this.#core !== undefined) this.#give({ type: 'configured', plan: plan.core }, nowMs);
    else {
      this.#createCore();
      if (this.#started) this.#give({ type: 'start' }, nowMs);
    }
  }

  /** Once there is one it stays: what is queued must be delivered, whatever is configured later. */
  #createCore(): void {
    if (!this.#plan.runs) return;
    const { pid, cluster, wall } = this.#options;
    this.#core = new MailCore({ pid, plan: this.#plan.core, cluster, wall });
  }

  #give(input: MailInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.#core?.step(input, nowMs) ?? []) {
      this.#effects.push(
        effect.type === 'log' ? { type: 'logLine', line: effect.line } : { type: 'mail', command: effect },
      );
    }
  }
}
