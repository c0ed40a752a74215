/**
 * What a mail server hears that asks this node for its policy: limits that hold for the whole cluster, by throttles that
 * all nodes share. Asked for each recipient (RCPT) or once for a message (DATA, END-OF-MESSAGE); a message that was
 * charged by recipient is not charged again. Where nothing is said against it, the answer is DUNNO.
 */

import type { ListenEndpoint } from '../conf/addresses.ts';
import type { Generation } from '../conf/generation.ts';
import { parseThrottle } from '../conf/values.ts';
import type { SharedData } from '../replication/api.ts';
import type { PolicyAttributes } from './policy-protocol.ts';
import { type ListenPlan, listenPlans } from './process-options.ts';

/** Messages of which it is remembered that their recipients were charged. */
export const CHARGED_MAX = 10_000;
const THROTTLES = 'shared_named_throttles';
const EPSILON = 0.95;
const KEY_CHARACTERS_MAX = 400;
const DUNNO: Decision = { action: 'DUNNO', waitMs: 0 };

export type Decision = { readonly action: string; readonly waitMs: number };
type Charge = {
  readonly attributes: PolicyAttributes;
  readonly plan: PolicyPlan;
  readonly taken: Set<string>;
  readonly recipients: number;
};
type Rate = { readonly amount: number; readonly perMs: number };

/** Of one `Policy_Listener::Listen`, wider values where it says nothing. */
export type PolicyPlan = {
  readonly client: Rate | undefined;
  readonly sender: Rate | undefined;
  readonly recipientDomain: Rate | undefined;
  readonly recipientsMax: number | undefined;
};

const NAMES = [
  ['client', 'Throttle_Client'],
  ['sender', 'Throttle_Sender'],
  ['recipientDomain', 'Throttle_Recipient_Domain'],
] as const;

/** @param instance of the Listen scope. */
export function policyPlan(generation: Generation, instance: string): PolicyPlan {
  const path = ['Policy_Listener', { name: 'Listen', instance }];
  const rate = (name: string): Rate | undefined => {
    const parsed = parseThrottle(generation.getString(path, name) ?? '');
    return parsed.ok ? { amount: parsed.value.count, perMs: parsed.value.perSeconds * 1_000 } : undefined;
  };
  return {
    client: rate('Throttle_Client'),
    sender: rate('Throttle_Sender'),
    recipientDomain: rate('Throttle_Recipient_Domain'),
    recipientsMax: generation.getInteger(path, 'Recipients_Max'),
  };
}

export const SHARED_LISTENER = 'Shared_Listener';
export const POLICY_LISTENER = 'Policy_Listener';

/** Nothing is listened on by itself. */
export function socketPlans(generation: Generation, listener: string): readonly ListenPlan[] {
  return generation.instances([listener], 'Listen').length === 0 ? [] : listenPlans(generation, listener, '');
}

/** Nobody proves who they are there, so other machines have no way to it. */
export function isLocal(endpoint: ListenEndpoint, isLoopback: (host: string) => boolean): boolean {
  return endpoint.kind === 'unix' || endpoint.host === 'localhost' || isLoopback(endpoint.host);
}

export class PolicyDesk {
  readonly #data: () => Pick<SharedData, 'throttle'>;
  /** By `instance` of the request, oldest first. */
  readonly #charged = new Set<string>();

  constructor(data: () => Pick<SharedData, 'throttle'>) {
    this.#data = data;
  }

  /**
   * @param taken throttles that gave what this request asks of them; this call adds to it.
   * @returns `waitMs` where one has nothing left now: the same may be asked again.
   */
  decide(attributes: PolicyAttributes, plan: PolicyPlan, taken: Set<string>, nowMs: number): Decision {
    switch (attributes.get('protocol_state')) {
      case 'RCPT':
        return this.#charge({ attributes, plan, taken, recipients: 1 }, nowMs);
      case 'DATA':
      case 'END-OF-MESSAGE':
        return this.#message(attributes, plan, taken, nowMs);
      default:
        return DUNNO;
    }
  }

  #message(attributes: PolicyAttributes, plan: PolicyPlan, taken: Set<string>, nowMs: number): Decision {
    const count = Number.parseInt(attributes.get('recipient_count') ?? '', 10);
    const recipients = Number.isSafeInteger(count) && count > 0 ? count : 1;
    if (plan.recipientsMax !== undefined && recipients > plan.recipientsMax) {
      return { action: `REJECT 5.5.3 at most ${plan.recipientsMax} recipients`, waitMs: 0 };
    }
    const instance = attributes.get('instance') ?? '';
    if (instance !== '' && this.#charged.has(instance)) return DUNNO;
    return this.#charge({ attributes, plan, taken, recipients }, nowMs);
  }

  #charge({ attributes, plan, taken, recipients }: Charge, nowMs: number): Decision {
    for (const [kind, option] of NAMES) {
      const rate = plan[kind];
      const name = keyOf(kind, attributes);
      if (rate === undefined || name === undefined || taken.has(kind)) continue;
      // More at once than ever fit would wait for ever.
      const amount = Math.min(recipients, Math.max(1, rate.amount));
      const limit = { ...rate, epsilon: EPSILON };
      const waitMs =
        rate.amount === 0
          ? rate.perMs
          : this.#data().throttle(THROTTLES, `${option} ${name}`, limit, amount, nowMs);
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1_000);
        return {
          action: `DEFER_IF_PERMIT 4.7.1 ${WORDS[kind]} sends too much, try again in ${seconds} s`,
          waitMs,
        };
      }
      taken.add(kind);
    }
    this.#note(attributes.get('instance') ?? '');
    return DUNNO;
  }

  #note(instance: string): void {
    if (instance === '') return;
    this.#charged.delete(instance);
    this.#charged.add(instance.slice(0, KEY_CHARACTERS_MAX));
    for (const oldest of this.#charged) {
      if (this.#charged.size <= CHARGED_MAX) return;
      this.#charged.delete(oldest);
    }
  }
}

const WORDS = { client: 'this client', sender: 'this sender', recipientDomain: 'the cluster to this domain' };

function keyOf(kind: (typeof NAMES)[number][0], attributes: PolicyAttributes): string | undefined {
  switch (kind) {
    case 'client':
      return named(attributes.get('client_address'));
    case 'sender':
      return named(attributes.get('sender')?.toLowerCase());
    case 'recipientDomain': {
      const recipient = attributes.get('recipient')?.toLowerCase() ?? '';
      return named(recipient.slice(recipient.lastIndexOf('@') + 1));
    }
  }
}

/** The null sender, and a message to several recipients, have none. */
function named(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text.length > KEY_CHARACTERS_MAX ? undefined : text;
}
