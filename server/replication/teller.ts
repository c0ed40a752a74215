/**
 * Tells own changes (REP-14, REP-15): all of an object that wait, once the oldest waited for `max_delay` or `max_pending`
 * of them wait. While the bus is slow to bring messages back, changes go on waiting; a key that changes twice is told once.
 */

import type { PrivateName } from '../model/names.ts';
import { MESSAGE_BYTES_MAX } from './api.ts';
import { FieldWriter } from './fields.ts';
import { beginEntries } from './messages.ts';
import type { Outbox } from './outbox.ts';
import type { Peers } from './peers.ts';
import type { SharedObject } from './shared-object.ts';

/** Messages that were published and did not come back. */
export const UNDER_WAY_MAX = 64;

export class Teller {
  readonly #outbox: Outbox;
  readonly #peers: Peers;
  #underWay = 0;

  constructor(outbox: Outbox, peers: Peers) {
    this.#outbox = outbox;
    this.#peers = peers;
  }

  /** Nothing that was sent will come back. */
  reset(): void {
    this.#underWay = 0;
  }

  cameBack(): void {
    this.#underWay = Math.max(0, this.#underWay - 1);
  }

  get mayTell(): boolean {
    return this.#underWay < UNDER_WAY_MAX;
  }

  /** Moment at which an object has something to tell. */
  deadlineMs(object: SharedObject): number | undefined {
    return this.mayTell ? object.tellAtMs : undefined;
  }

  tellDue(objects: Iterable<SharedObject>, nowMs: number): void {
    for (const object of objects) {
      if ((this.deadlineMs(object) ?? Number.POSITIVE_INFINITY) <= nowMs) this.tell(object);
    }
  }

  /** All that waits, whatever is under way. */
  tell(object: SharedObject): void {
    const { store } = object;
    object.urgentAtMs = undefined;
    if (store.changes.size === 0) return;
    object.restless = true;
    const { name } = object.plan;
    const one = new FieldWriter();
    let w = beginEntries({ type: 'delta', object: name });
    const headBytes = w.length;
    let keys = 0;
    for (const entry of [...store.changes.entries()]) {
      one.clear();
      store.writeChange(entry, one);
      if (keys > 0 && w.length + one.length > MESSAGE_BYTES_MAX) {
        this.#publish(object, w.finish(), keys);
        w = beginEntries({ type: 'delta', object: name }, headBytes + MESSAGE_BYTES_MAX);
        keys = 0;
      }
      w.raw(one.written);
      keys += 1;
      store.changes.delete(entry);
    }
    this.#publish(object, w.finish(), keys);
  }

  #publish(object: SharedObject, payload: Buffer, keys: number): void {
    object.sent.add(payload.length, keys);
    if (object.plan.audience === 'all') {
      this.#underWay += 1;
      this.#outbox.publish(payload);
      return;
    }
    for (const name of this.#managers()) this.#outbox.send(name, payload);
  }

  #managers(): readonly PrivateName[] {
    return this.#peers.others.flatMap(({ member }) => (member.role === 'manager' ? [member.name] : []));
  }
}
