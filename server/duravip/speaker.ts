/** What every member has to say of itself, from the difference between the table and what is so here. */

import type { IpAddress } from '../model/ip.ts';
import type { PrivateName } from '../model/names.ts';
import type { VipOffer, VipPolicy } from './api.ts';
import type { Courier } from './courier.ts';
import { AGAIN_MS } from './courier.ts';
import { type Holds, holdsOf, withHolds } from './holds.ts';
import type { TableMessage } from './messages.ts';
import type { OwnVips } from './own-vips.ts';
import { type NodeState, type Ownership, sameOffers } from './ownership.ts';
import type { Replica } from './replica.ts';
import { ORDER_MS, RESET_EVERY_MS, SPEAK_AFTER_MS, type VipTiming } from './timing.ts';
import type { Wants } from './wants.ts';

const ORDERS_MAX = 1_000;
/** In place of the beginning of a move: what another keeps since parts met. */
const LET_GO = 0;

export type Here = {
  readonly me: PrivateName;
  readonly offers: ReadonlyMap<IpAddress, VipOffer>;
  readonly policy: VipPolicy;
  readonly timing: VipTiming;
  readonly replica: Replica;
  readonly courier: Courier;
  readonly wants: Wants;
  readonly own: OwnVips;
  /** Nothing of this member's addresses changed, here or in the table, since the last run. */
  readonly unchanged: boolean;
  readonly viewId: string;
  readonly nowMs: number;
  readonly startedMs: number;
  readonly stopping: boolean;
  /** Has to come back before anything is believed. */
  readonly unconfirmed: number | undefined;
  readonly wake: (atMs: number) => void;
};

type Order = { readonly message: TableMessage; readonly untilMs: number; readonly number: number };

export class Speaker {
  #viewSinceMs = 0;
  /** When addresses have to be looked at again although nothing changed. */
  #lookAtMs = Number.NEGATIVE_INFINITY;
  #heartbeatAtMs = Number.NEGATIVE_INFINITY;
  #resetMs = Number.NEGATIVE_INFINITY;
  #resetting = false;
  #suspectSinceMs: number | undefined;
  readonly #released = new Map<IpAddress, { readonly since: number; readonly againMs: number }>();
  #orders: Order[] = [];
  #ordersSaid = 0;
  /** Pairs of offers that were found equal. */
  #equal: readonly [NodeState['offers'], NodeState['offers']] | undefined;

  /** This member lets go of everything, because its table is not that of most. */
  get resetting(): boolean {
    return this.#resetting;
  }

  newView(nowMs: number): void {
    this.#lookAtMs = Number.NEGATIVE_INFINITY;
    this.#viewSinceMs = nowMs;
    this.#released.clear();
    this.#resetting = false;
    this.#suspectSinceMs = undefined;
  }

  /** @returns false when too many are under way. */
  order(message: TableMessage, nowMs: number): boolean {
    if (this.#orders.length >= ORDERS_MAX) return false;
    this.#ordersSaid += 1;
    this.#orders.push({ message, untilMs: nowMs + ORDER_MS, number: this.#ordersSaid });
    return true;
  }

  /** An own message of the present view came back. */
  returned(type: TableMessage['type'], courier: Courier): void {
    const at = this.#orders.findIndex(({ message }) => message.type === type);
    const order = this.#orders[at];
    if (order === undefined) return;
    this.#orders.splice(at, 1);
    courier.returned(orderKey(order));
  }

  run(here: Here): void {
    const { replica, unconfirmed } = here;
    if (unconfirmed !== undefined)
      this.#say(here, 'confirm', () => ({ type: 'confirm', number: unconfirmed }));
    if (!replica.synced) {
      this.#speakForMates(here);
      return;
    }
    this.#sayNode(here);
    if (here.unchanged && here.nowMs < this.#lookAtMs) here.wake(this.#lookAtMs);
    else this.#sayAddresses(here);
    this.#sayOrders(here);
    this.#sayHeartbeat(here);
    this.#sayReset(here);
  }

  #sayAddresses(here: Here): void {
    this.#lookAtMs = Number.POSITIVE_INFINITY;
    const wake = (atMs: number): void => {
      this.#lookAtMs = Math.min(this.#lookAtMs, atMs);
      here.wake(atMs);
    };
    this.#sayHosted({ ...here, wake });
    this.#sayReleased({ ...here, wake });
  }

  #say(here: Here, key: string, message: () => TableMessage): void {
    const { courier, viewId, nowMs } = here;
    if (courier.freeAtMs(key) <= nowMs) courier.publish(viewId, message(), { key, nowMs });
    here.wake(courier.freeAtMs(key));
  }

  #speakForMates(here: Here): void {
    const { replica, me, nowMs, own, wants, unconfirmed } = here;
    const owes = replica.owes(me);
    const holds = (): Holds => holdsOf(own, wants, unconfirmed === undefined);
    const speaksFor = replica.mates;
    const dueMs = this.#viewSinceMs + speaksFor.indexOf(me) * SPEAK_AFTER_MS;
    if (owes.table && nowMs >= dueMs) {
      const image = (): Ownership => withHolds(replica.state, [[me, holds()]]);
      this.#say(here, 'state', () => ({ type: 'state', speaksFor, image: image() }));
      return;
    }
    if (owes.table) here.wake(dueMs);
    if (owes.holds) this.#say(here, 'holds', () => ({ type: 'holds', ...holds() }));
  }

  #sayNode(here: Here): void {
    const { replica, me, policy, offers, nowMs } = here;
    const node = replica.state.nodes.get(me);
    if (node === undefined) return;
    const dropsAlone = policy.isolated === 'drop';
    const setSize = policy.balanceSetSize;
    if (!this.#same(node.offers, offers) || node.setSize !== setSize || node.dropsAlone !== dropsAlone) {
      this.#say(here, 'config', () => ({
        type: 'config',
        setSize,
        dropsAlone,
        offers: [...offers.values()],
      }));
    }
    if (here.stopping && !node.leaving) this.#say(here, 'leaving', () => ({ type: 'leaving' }));
    if (!node.suspect || here.wants.held.size > 0) this.#suspectSinceMs = undefined;
    else {
      this.#suspectSinceMs ??= nowMs;
      const dueMs = this.#suspectSinceMs + here.timing.clearMs;
      if (nowMs < dueMs) here.wake(dueMs);
      else this.#say(here, 'cleared', () => ({ type: 'cleared' }));
    }
  }

  #same(a: NodeState['offers'], b: NodeState['offers']): boolean {
    if (a === b || (this.#equal?.[0] === a && this.#equal[1] === b)) return true;
    if (!sameOffers(a, b)) return false;
    this.#equal = [a, b];
    return true;
  }

  #sayHosted(here: Here): void {
    const { replica, wants, me, nowMs } = here;
    const up: IpAddress[] = [];
    const coming: IpAddress[] = [];
    const well: IpAddress[] = [];
    for (const { address, moving, state } of here.own.owned.values()) {
      if (moving || wants.isUp(address) === (state === 'up')) continue;
      (state === 'up' ? coming : up).push(address);
    }
    for (const address of here.own.failed.keys()) if (!wants.failures.has(address)) well.push(address);
    const failed: { readonly address: IpAddress; readonly text: string }[] = [];
    for (const [address, { text, untilMs }] of wants.failures) {
      // While others may be told of it, another may be about to take the address.
      if (nowMs >= untilMs && here.courier.freeAtMs('hosted') === Number.NEGATIVE_INFINITY) {
        wants.forgive(address);
        here.wake(nowMs);
        if (replica.state.vips.get(address)?.failed.has(me)) well.push(address);
        continue;
      }
      if (nowMs < untilMs) here.wake(untilMs);
      const vip = replica.state.vips.get(address);
      if (vip !== undefined && here.offers.has(address) && !vip.failed.has(me))
        failed.push({ address, text });
    }
    if (up.length + coming.length + failed.length + well.length === 0) return;
    this.#say(here, 'hosted', () => ({ type: 'hosted', up, coming, failed, well }));
  }

  #sayReleased(here: Here): void {
    const { wants, courier, viewId, nowMs } = here;
    const items: { readonly address: IpAddress; readonly since: number }[] = [];
    const say = (address: IpAddress, since: number): void => {
      const said = this.#released.get(address);
      if (said?.since === since && nowMs < said.againMs) {
        here.wake(said.againMs);
        return;
      }
      this.#released.set(address, { since, againMs: nowMs + AGAIN_MS });
      here.wake(nowMs + AGAIN_MS);
      items.push({ address, since });
    };
    for (const { address, moving, since } of here.own.owned.values()) {
      if (moving && !wants.held.has(address)) say(address, since);
    }
    for (const address of here.own.shed.keys()) if (!wants.held.has(address)) say(address, LET_GO);
    if (items.length > 0) courier.publish(viewId, { type: 'released', items }, { key: undefined, nowMs });
  }

  #sayOrders(here: Here): void {
    const { nowMs, courier, viewId } = here;
    this.#orders = this.#orders.filter(({ untilMs }) => nowMs < untilMs);
    for (const order of this.#orders) {
      const key = orderKey(order);
      // Once in each view: what a view has taken comes back in it.
      if (courier.freeAtMs(key) === Number.NEGATIVE_INFINITY) {
        courier.publish(viewId, order.message, { key, nowMs });
      }
    }
  }

  #sayHeartbeat(here: Here): void {
    const { timing, startedMs, nowMs, replica, wants, courier, viewId } = here;
    if (timing.heartbeatMs <= 0) return;
    const dueMs = Math.max(startedMs + timing.heartbeatStartMs, this.#heartbeatAtMs);
    if (nowMs < dueMs) {
      here.wake(dueMs);
      return;
    }
    this.#heartbeatAtMs = nowMs + timing.heartbeatMs;
    here.wake(this.#heartbeatAtMs);
    const { n, hash } = replica;
    courier.publish(viewId, { type: 'heartbeat', n, hash, up: wants.held.size }, { key: undefined, nowMs });
  }

  #sayReset(here: Here): void {
    const { replica, wants, nowMs } = here;
    if (!this.#resetting) {
      const { agree, disagree, leader } = replica.agreement();
      const minority = disagree > agree + 1 || (disagree === agree + 1 && leader === false);
      if (!minority || nowMs < this.#resetMs + RESET_EVERY_MS) return;
      this.#resetting = true;
      this.#resetMs = nowMs;
      here.wake(nowMs);
      return;
    }
    if (wants.held.size === 0) this.#say(here, 'reset', () => ({ type: 'reset' }));
  }
}

function orderKey({ number }: Order): string {
  return `order ${number}`;
}
