/**
 * Drives the addresses of this host to what is wanted, one address at a time: a pure, level-triggered comparison of
 * what is wanted with what is believed to be there; surveys correct the belief (vip.md 4.4, momentum.md 5.2). Knows no
 * cluster: whoever wants an address has agreed on that with the others.
 */

import type { IpAddress } from '../model/ip.ts';
import type { HostPolicy, LocalVip, PlacedAddress } from './api.ts';
import { HookRuns, KnownInterfaces, type Outbox, placesByAddress, Stranded } from './host-outbox.ts';
import { dueOf, isDesired, isIdle, isOurs, isSame, newSlot, placeOf, type Slot } from './host-slots.ts';
import { HostSteps } from './host-steps.ts';

/** Addresses of one command, so that the first of many are told to the network before the last are there. */
export const CHANGE_MAX = 256;
/** Attempts to add an address before another node should have it. */
export const PLUMB_TRIES = 3;
const TRY_AGAIN_MS = 250;
/** Removing is never given up; pauses grow up to this. */
const REMOVE_AGAIN_MAX_MS = 2_000;

export type ReconcilerParts = {
  readonly vips: readonly LocalVip[];
  readonly policy: HostPolicy;
  readonly out: Outbox;
  readonly nextId: () => number;
  readonly onUp: (place: PlacedAddress) => void;
  readonly onDown: (address: IpAddress) => void;
};

export class Reconciler {
  readonly #slots = new Map<IpAddress, Slot>();
  readonly #nextId: () => number;
  readonly #interfaces = new KnownInterfaces();
  /** Nothing is added before all that was left over is known. */
  #surveyed = false;
  readonly #flights = new Map<number, readonly Slot[]>();
  readonly #hooks: HookRuns;
  readonly #steps: HostSteps;
  /** Slots that something happened to in this step. */
  readonly #touched = new Set<Slot>();
  /** Slots that have to be looked at again at a moment. */
  readonly #timed = new Set<Slot>();
  readonly #out: Outbox;
  #surveyWanted = false;
  readonly #stranded = new Stranded();

  constructor({ vips, policy, out, nextId, onUp, onDown }: ReconcilerParts) {
    this.#out = out;
    this.#hooks = new HookRuns(out, nextId);
    this.#steps = new HostSteps({ out, hooks: this.#hooks, policy, onUp, onDown });
    this.#nextId = nextId;
    this.vipsChanged(vips);
  }

  /** Addresses that are or may be on this host by our doing. */
  get held(): number {
    let count = 0;
    for (const slot of this.#slots.values())
      if (slot.at !== undefined || slot.flight !== undefined) count += 1;
    return count;
  }

  get somethingMissing(): boolean {
    return this.#steps.missing > 0 || this.#stranded.waits;
  }

  get deadlineMs(): number | undefined {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const slot of this.#timed) dueMs = Math.min(dueMs, dueOf(slot));
    return Number.isFinite(dueMs) ? dueMs : undefined;
  }

  /** Whether a survey would help; asking takes the wish away. */
  takeSurveyWish(): boolean {
    const wanted = this.#surveyWanted;
    this.#surveyWanted = false;
    return wanted;
  }

  /** Where the address is believed to be on this host. */
  at(address: IpAddress): PlacedAddress | undefined {
    return this.#slots.get(address)?.at;
  }

  isManaged(address: IpAddress): boolean {
    return isOurs(this.#slots.get(address));
  }

  policyChanged(policy: HostPolicy): void {
    this.#steps.policy = policy;
  }

  vipsChanged(vips: readonly LocalVip[]): void {
    const configured = new Set(vips.map(({ address }) => address));
    for (const vip of vips) {
      const slot = this.#slots.get(vip.address);
      if (slot === undefined) this.#slots.set(vip.address, newSlot(vip));
      else {
        slot.vip = vip;
        if (slot.wanted) this.#steps.refuse(slot);
        this.#touched.add(slot);
      }
    }
    for (const slot of this.#slots.values()) {
      if (configured.has(slot.address)) continue;
      slot.vip = undefined;
      this.#stranded.delete(slot.address);
      this.#unwant(slot);
    }
    // An address that is managed from now on may be there already.
    this.#surveyWanted = true;
  }

  acquire(addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      const slot = this.#slots.get(address);
      if (slot?.vip === undefined) {
        this.#out.report({ address, state: 'failed', text: 'it is not configured on this host' });
        continue;
      }
      slot.wanted = true;
      slot.gaveUp = undefined;
      slot.tries = 0;
      slot.againAtMs = 0;
      if (slot.told === 'failed') slot.told = 'down';
      this.#steps.refuse(slot);
      this.#touched.add(slot);
    }
  }

  release(addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      const slot = this.#slots.get(address);
      if (slot === undefined) {
        this.#out.report({ address, state: 'down' });
        continue;
      }
      slot.owesDown = true;
      this.#unwant(slot);
    }
  }

  /** Tells the network once more of those that are up. */
  announce(addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      const slot = this.#slots.get(address);
      if (slot?.told === 'up' && slot.at !== undefined) this.#steps.onUp(slot.at);
    }
  }

  /** Nobody waits for hooks any more; everything goes. */
  releaseAll(nowMs: number): void {
    for (const slot of this.#slots.values()) {
      if (!isOurs(slot)) continue;
      this.#unwant(slot);
      this.#steps.letGo(slot, nowMs, false);
      slot.hook = undefined;
      slot.againAtMs = 0;
    }
  }

  /** The system says that nothing is left of all that was here. */
  dropped(nowMs: number): void {
    this.#flights.clear();
    for (const slot of this.#slots.values()) {
      slot.at = undefined;
      slot.flight = undefined;
      slot.leftover = false;
      this.#unwant(slot);
      this.#steps.letGo(slot, nowMs, false);
      slot.hook = undefined;
      if (slot.owesDown || slot.told === 'up')
        this.#steps.tell(slot, { address: slot.address, state: 'down' });
    }
    this.#surveyed = false;
    this.#surveyWanted = true;
  }

  /** @param asked number of the survey: what changed after it was asked is judged by the next. */
  surveyed(
    asked: number,
    found: readonly PlacedAddress[],
    interfaces: readonly { readonly name: string; readonly up: boolean }[],
    nowMs: number,
  ): void {
    this.#interfaces.set(interfaces, nowMs);
    const places = placesByAddress(found, (address) => this.#slots.has(address));
    const first = !this.#surveyed;
    this.#surveyed = true;
    const { ifDownLimitMs } = this.#steps.policy;
    for (const address of this.#stranded.takeWell(this.#interfaces, ifDownLimitMs, nowMs))
      this.#out.report({ address, state: 'well' });
    for (const slot of this.#slots.values()) {
      if (!isOurs(slot)) continue;
      this.#touched.add(slot);
      if (slot.flight !== undefined || slot.sureSince > asked) continue;
      this.#judge(slot, places.get(slot.address) ?? [], first, nowMs);
    }
  }

  changed(id: number, failed: ReadonlyMap<IpAddress, string>, nowMs: number): void {
    const slots = this.#flights.get(id) ?? [];
    this.#flights.delete(id);
    const sureSince = this.#nextId();
    for (const slot of slots) {
      const { flight } = slot;
      if (flight === undefined || flight.id !== id) continue;
      slot.flight = undefined;
      slot.sureSince = sureSince;
      this.#touched.add(slot);
      const problem = failed.get(slot.address);
      if (flight.what === 'remove') this.#removed(slot, problem, nowMs);
      else if (problem === undefined) this.#added(slot, flight.place);
      else this.#failedTry(slot, problem, nowMs);
    }
  }

  hooked(id: number, problem: string | undefined): void {
    const address = this.#hooks.ended(id, problem);
    const slot = address === undefined ? undefined : this.#slots.get(address);
    if (slot?.hook?.id !== id) return;
    slot.hook = undefined;
    this.#touched.add(slot);
  }

  /** A survey cannot be made: whatever is wanted cannot be had. */
  impossible(id: number, text: string, nowMs: number): void {
    const slots = this.#flights.get(id);
    if (slots !== undefined) {
      this.changed(id, new Map(slots.map(({ address }) => [address, text])), nowMs);
      return;
    }
    if (this.#hooks.has(id)) {
      this.hooked(id, text);
      return;
    }
    if (this.#surveyed) return;
    for (const slot of this.#slots.values()) if (isDesired(slot)) this.#failedTry(slot, text, nowMs);
  }

  /** Compares what was touched or is due: what stops comes first, then what goes, then what comes. */
  settle(nowMs: number): void {
    for (const slot of this.#timed) if (dueOf(slot) <= nowMs) this.#touched.add(slot);
    const removes: Slot[] = [];
    const adds: Slot[] = [];
    for (const slot of this.#touched) {
      const what = this.#next(slot, nowMs);
      if (what === 'remove') removes.push(slot);
      if (what === 'add') adds.push(slot);
      // What is due and still waits is waked by a survey.
      const dueMs = dueOf(slot);
      if (Number.isFinite(dueMs) && dueMs > nowMs) this.#timed.add(slot);
      else this.#timed.delete(slot);
      if (slot.vip === undefined && isIdle(slot)) this.#slots.delete(slot.address);
    }
    this.#touched.clear();
    this.#fly(removes, 'remove');
    this.#fly(adds, 'add');
  }

  #next(slot: Slot, nowMs: number): 'add' | 'remove' | undefined {
    if (slot.flight !== undefined) return undefined;
    const desired = isDesired(slot) ? placeOf(slot) : undefined;
    if (slot.at !== undefined) {
      if (!slot.leftover && desired !== undefined && isSame(slot.at, desired)) {
        this.#steps.serve(slot, slot.at);
        return undefined;
      }
      this.#steps.letGo(slot, nowMs, desired === undefined && slot.gaveUp === undefined);
      if (slot.hook !== undefined && slot.hook.untilMs > nowMs) return undefined;
      slot.hook = undefined;
      return slot.againAtMs <= nowMs ? 'remove' : undefined;
    }
    if (!this.#surveyed && slot.gaveUp === undefined) return undefined;
    if (desired !== undefined) return this.#mayAdd(slot, desired, nowMs) ? 'add' : undefined;
    this.#steps.letGo(slot, nowMs, false);
    this.#steps.tellGone(slot);
    return undefined;
  }

  #mayAdd(slot: Slot, place: PlacedAddress, nowMs: number): boolean {
    if (slot.missing !== undefined && !slot.missing.over) return false;
    if (slot.againAtMs > nowMs) return false;
    const problem = this.#interfaces.problemOf(place.interface);
    if (problem === undefined) return true;
    this.#surveyWanted = true;
    this.#failedTry(slot, problem, nowMs);
    if (slot.gaveUp === undefined) return false;
    this.#stranded.add(slot.address, place.interface);
    this.#steps.tellGone(slot);
    return false;
  }

  #fly(slots: readonly Slot[], what: 'add' | 'remove'): void {
    for (let from = 0; from < slots.length; from += CHANGE_MAX) {
      const part = slots.slice(from, from + CHANGE_MAX);
      const id = this.#nextId();
      const places: PlacedAddress[] = [];
      for (const slot of part) {
        const place = what === 'add' ? placeOf(slot) : slot.at;
        if (place === undefined) continue;
        slot.flight = { id, what, place };
        places.push(place);
      }
      this.#flights.set(id, part);
      const [remove, add] = what === 'add' ? [[], places] : [places, []];
      this.#out.command({ type: 'change', id, remove, add });
    }
  }

  #judge(slot: Slot, places: readonly PlacedAddress[], first: boolean, nowMs: number): void {
    const desired = isDesired(slot) ? placeOf(slot) : undefined;
    const problem = desired === undefined ? undefined : this.#interfaces.problemOf(desired.interface);
    const right = places.find((place) => isSame(place, desired));
    const wrong = places.find((place) => !isSame(place, desired));
    if (first && places.length > 0) {
      slot.at = places[0];
      slot.leftover = true;
      for (const place of places.slice(1)) this.#stray(place);
    } else if (wrong !== undefined && slot.at === undefined) {
      slot.at = wrong;
      // Not added by us, so not kept by us either, even if it is wanted by now.
      slot.leftover = true;
      this.#out.happened(
        `found on ${wrong.interface}/${wrong.prefix} without being wanted there`,
        slot.address,
        true,
      );
    } else if (slot.at !== undefined && !places.some((place) => isSame(place, slot.at))) {
      slot.at = undefined;
      slot.leftover = false;
      if (desired !== undefined && problem === undefined) this.#steps.isMissing(slot, nowMs);
    } else if (wrong !== undefined && slot.at !== undefined && isSame(slot.at, desired)) this.#stray(wrong);
    if (problem !== undefined && desired !== undefined && slot.told === 'up') {
      this.#stranded.add(slot.address, desired.interface);
      this.#steps.giveUp(slot, problem);
    }
    this.#judgeMissing(slot, right !== undefined, nowMs);
  }

  #judgeMissing(slot: Slot, isBack: boolean, nowMs: number): void {
    if (slot.missing === undefined) return;
    if (isBack || !isDesired(slot)) this.#steps.isBack(slot);
    else if (nowMs - slot.missing.sinceMs >= this.#steps.policy.ifDownLimitMs) slot.missing.over = true;
  }

  /** The same address once more at a wrong place, beside the right one. */
  #stray(place: PlacedAddress): void {
    this.#out.command({ type: 'change', id: this.#nextId(), remove: [place], add: [] });
  }

  #added(slot: Slot, place: PlacedAddress): void {
    slot.at = place;
    slot.tries = 0;
    const restored = slot.missing !== undefined;
    this.#steps.isBack(slot);
    const desired = isDesired(slot) ? placeOf(slot) : undefined;
    if (!isSame(place, desired)) return;
    if (restored) this.#out.happened('added again', slot.address, false);
    this.#steps.serve(slot, place);
  }

  #removed(slot: Slot, problem: string | undefined, nowMs: number): void {
    if (problem === undefined) {
      slot.at = undefined;
      slot.leftover = false;
      if (slot.owesDown) this.#steps.tell(slot, { address: slot.address, state: 'down' });
      slot.tries = 0;
      slot.againAtMs = 0;
      this.#steps.isBack(slot);
      return;
    }
    if (slot.tries === 0) this.#out.happened(`cannot be removed: ${problem}`, slot.address, true);
    slot.tries += 1;
    slot.againAtMs = nowMs + Math.min(REMOVE_AGAIN_MAX_MS, TRY_AGAIN_MS * slot.tries);
    this.#surveyWanted = true;
  }

  #failedTry(slot: Slot, problem: string, nowMs: number): void {
    slot.tries += 1;
    slot.againAtMs = nowMs + TRY_AGAIN_MS;
    this.#surveyWanted = true;
    this.#touched.add(slot);
    if (slot.tries >= PLUMB_TRIES) this.#steps.giveUp(slot, problem);
  }

  #unwant(slot: Slot): void {
    slot.wanted = false;
    this.#steps.isBack(slot);
    if (slot.gaveUp !== undefined) slot.tries = 0;
    slot.gaveUp = undefined;
    this.#touched.add(slot);
  }
}
