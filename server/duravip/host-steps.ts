/** The steps that one address of a host takes, with what has to be said and done at each, in order. */

import type { IpAddress } from '../model/ip.ts';
import type { HostPolicy, HostReport, PlacedAddress } from './api.ts';
import type { HookRuns, Outbox } from './host-outbox.ts';
import { placeOf, type Slot } from './host-slots.ts';

/** A hook may hold an address for so long when it is released; the others wait 3 s (vip.md 4.3, FORCE). */
const HOOK_HOLDS_MS = 2_000;

export type HostStepsParts = {
  readonly out: Outbox;
  readonly hooks: HookRuns;
  readonly policy: HostPolicy;
  /** The network has to hear of it. */
  readonly onUp: (place: PlacedAddress) => void;
  readonly onDown: (address: IpAddress) => void;
};

export class HostSteps {
  readonly onUp: (place: PlacedAddress) => void;
  policy: HostPolicy;
  readonly #onDown: (address: IpAddress) => void;
  readonly #out: Outbox;
  readonly #hooks: HookRuns;
  readonly #missing = new Set<Slot>();

  constructor({ out, hooks, policy, onUp, onDown }: HostStepsParts) {
    this.#out = out;
    this.#hooks = hooks;
    this.policy = policy;
    this.onUp = onUp;
    this.#onDown = onDown;
  }

  /** How many are gone without our doing. */
  get missing(): number {
    return this.#missing.size;
  }

  isBack(slot: Slot): void {
    slot.missing = undefined;
    this.#missing.delete(slot);
  }

  isMissing(slot: Slot, nowMs: number): void {
    slot.missing = { sinceMs: nowMs, over: false };
    this.#missing.add(slot);
    this.#out.happened('gone without our doing', slot.address, true);
    this.#onDown(slot.address);
    this.tell(slot, { address: slot.address, state: 'down' });
  }

  serve(slot: Slot, place: PlacedAddress): void {
    if (slot.serving && slot.told === 'up') return;
    if (!slot.serving) {
      slot.serving = true;
      slot.hook = undefined;
      slot.owesDown = false;
      this.#out.service(slot.address, true);
      this.#hooks.run('acquire', slot.address, this.policy);
    }
    this.tell(slot, { address: slot.address, state: 'up' });
    this.onUp(place);
  }

  refuse(slot: Slot): void {
    if (slot.vip !== undefined && placeOf(slot) === undefined)
      this.giveUp(slot, slot.vip.refused ?? 'no Topology names an interface for it');
  }

  giveUp(slot: Slot, text: string): void {
    if (slot.gaveUp !== undefined) return;
    slot.gaveUp = text;
    slot.tries = 0;
    slot.againAtMs = 0;
    this.isBack(slot);
    this.#out.happened(`plumb failed: ${text}`, slot.address, true);
  }

  /** Services stop before the address goes; then the hook, which may take its time or may not. */
  letGo(slot: Slot, nowMs: number, hookHolds: boolean): void {
    this.#onDown(slot.address);
    if (!slot.serving) return;
    slot.serving = false;
    this.#out.service(slot.address, false);
    const id = this.#hooks.run('release', slot.address, this.policy);
    if (id === undefined || !hookHolds) return;
    slot.hook = { id, untilMs: nowMs + Math.min(HOOK_HOLDS_MS, this.policy.hookTimeoutMs) };
  }

  tellGone(slot: Slot): void {
    const { address, gaveUp } = slot;
    if (gaveUp !== undefined && slot.wanted) {
      if (slot.told !== 'failed') this.tell(slot, { address, state: 'failed', text: gaveUp });
      return;
    }
    if (slot.owesDown || slot.told === 'up') this.tell(slot, { address, state: 'down' });
    slot.told = 'down';
  }

  tell(slot: Slot, report: HostReport): void {
    slot.told = report.state;
    if (report.state === 'down') slot.owesDown = false;
    this.#out.report(report);
  }
}
