/** Messages per second over the last seconds, from totals that only grow, or begin anew after a reset. */

import type { MailCounters } from '../mail/api.ts';

/** Rates are over as much of the past as this. */
export const RATE_SPAN_MS = 10_000;
/** A shorter past says nothing. */
const RATE_SPAN_MIN_MS = 900;
/** Looks that come closer together than this are one. */
const LOOK_MS = 500;

type Look = Pick<MailCounters, 'receptions' | 'deliveries' | 'rejections'> & { readonly atMs: number };

export type MailRates = {
  readonly receptionRate: number | null;
  readonly deliveryRate: number | null;
  readonly rejectionRate: number | null;
};

const UNKNOWN: MailRates = { receptionRate: null, deliveryRate: null, rejectionRate: null };

export class RateWatch {
  #looks: Look[] = [];

  /** What was counted before is forgotten. */
  reset(): void {
    this.#looks = [];
  }

  rates({ receptions, deliveries, rejections }: MailCounters, nowMs: number): MailRates {
    const now: Look = { receptions, deliveries, rejections, atMs: nowMs };
    this.#looks = this.#looks.filter(({ atMs }) => atMs >= nowMs - RATE_SPAN_MS);
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (last === undefined || nowMs >= last.atMs + LOOK_MS) this.#looks.push(now);
    if (first === undefined || nowMs - first.atMs < RATE_SPAN_MIN_MS) return UNKNOWN;
    const perSecond = (name: 'receptions' | 'deliveries' | 'rejections'): number =>
      Math.max(0, Math.round(((now[name] - first[name]) / (nowMs - first.atMs)) * 100_000) / 100);
    return {
      receptionRate: perSecond('receptions'),
      deliveryRate: perSecond('deliveries'),
      rejectionRate: perSecond('rejections'),
    };
  }
}
