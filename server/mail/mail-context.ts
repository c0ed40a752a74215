/** What the parts of the mail core share: its plan, its effects, its counts, its clocks and the cluster. */

import type { LogKind } from '../model/log-line.ts';
import type { NodeName } from '../model/names.ts';
import type {
  BindingOwners,
  BindingPlan,
  ConnectionId,
  DeliveryPolicy,
  MailCluster,
  MailEffect,
  MailPlan,
} from './api.ts';
import { DEFAULT_GROUP, MMOVE_BINDING } from './api.ts';
import { noTotals, type QueuePlan, type Totals } from './held.ts';
import { MailNames } from './mail-names.ts';

/** Effects that questions left behind; of more, log lines are dropped and counted. */
export const LEFT_BEHIND_MAX = 20_000;

/** Where messages of a binding are delivered from. */
export type Route =
  | { readonly at: 'here' }
  | { readonly at: 'node'; readonly node: NodeName; readonly listener: string }
  | { readonly at: 'nowhere' };

const HERE: Route = { at: 'here' };
const NOWHERE: Route = { at: 'nowhere' };

export type MailSelf = {
  readonly pid: number;
  readonly plan: MailPlan;
  readonly cluster: MailCluster;
  /** Wall clock of a monotonic moment. */
  readonly wall: { at(ms: number): number };
};

export class MailContext {
  readonly cluster: MailCluster;
  readonly names: MailNames;
  readonly totals: Totals = noTotals();
  readonly #wall: MailSelf['wall'];
  readonly #bindingTotals = new Map<string, Totals>();
  #bindings = new Map<string, BindingPlan>();
  #owners: BindingOwners = new Map();
  #plan: MailPlan;
  #effects: MailEffect[] = [];
  #connections: ConnectionId = 0;
  droppedLines = 0;
  stopped = false;
  spoolProblem: string | undefined = undefined;

  constructor(self: MailSelf) {
    this.cluster = self.cluster;
    this.#wall = self.wall;
    this.#plan = self.plan;
    this.names = new MailNames({ pid: self.pid, node: self.plan.node });
    this.replan(self.plan);
  }

  get plan(): MailPlan {
    return this.#plan;
  }

  get hasEffects(): boolean {
    return this.#effects.length > 0;
  }

  replan(plan: MailPlan): void {
    this.#plan = plan;
    this.#bindings = new Map(plan.bindings.map((binding) => [binding.name, binding]));
    for (const name of this.#bindingTotals.keys()) {
      if (!this.#bindings.has(name) && name !== MMOVE_BINDING) this.#bindingTotals.delete(name);
    }
  }

  setOwners(owners: BindingOwners): void {
    this.#owners = owners;
  }

  binding(name: string): BindingPlan | undefined {
    return this.#bindings.get(name);
  }

  get defaultBinding(): string {
    return this.#plan.bindings[0]?.name ?? DEFAULT_GROUP;
  }

  /** A binding that is in no plan any more gives its messages to the default one. */
  boundTo(name: string): string {
    return this.#bindings.has(name) ? name : this.defaultBinding;
  }

  routeOf(name: string): Route {
    const binding = this.#bindings.get(name);
    if (binding === undefined || !binding.floating) return HERE;
    return this.#owners.get(name) ?? NOWHERE;
  }

  queuePlan(binding: string, domain: string): QueuePlan {
    return {
      group: this.#bindings.get(binding)?.group ?? DEFAULT_GROUP,
      policy: this.policyOf(binding, domain),
    };
  }

  policyOf(binding: string, domain: string): DeliveryPolicy {
    return this.#plan.policy(binding, domain);
  }

  wallMs(nowMs: number): number {
    return this.#wall.at(nowMs);
  }

  nextConnection(): ConnectionId {
    this.#connections += 1;
    return this.#connections;
  }

  emit(effect: MailEffect): void {
    this.#effects.push(effect);
  }

  log(log: LogKind, text: string, nowMs: number): void {
    if (this.#effects.length >= LEFT_BEHIND_MAX) {
      this.droppedLines += 1;
      return;
    }
    this.#effects.push({ type: 'log', line: { log, text, atMs: this.wallMs(nowMs) } });
  }

  takeEffects(): readonly MailEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Counts for the process and for one of its bindings. */
  add(binding: string, key: keyof Totals, amount = 1): void {
    this.totals[key] += amount;
    this.totalsOf(binding)[key] += amount;
  }

  totalsOf(binding: string): Totals {
    const known = this.#bindingTotals.get(binding);
    if (known !== undefined) return known;
    const totals = noTotals();
    this.#bindingTotals.set(binding, totals);
    return totals;
  }
}
