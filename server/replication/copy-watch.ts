/**
 * Finds copies that differ from what their owners have: each member tells the digest of its share of an object now and
 * then. A copy that differs is asked for anew, not more often than RESYNC_MS. Rules: SPEC.md REPL-30 to REPL-33.
 */

import type { NodeName, PrivateName } from '../model/names.ts';
import type { ShareDigest } from './messages.ts';
import { OWN } from './object-store.ts';
import type { Outbox } from './outbox.ts';
import type { Peer, Peers } from './peers.ts';
import type { SharedObject } from './shared-object.ts';
import { agrees } from './snapshot-receiver.ts';

/** Between two digests of a share that changed, and of one that did not. */
export const DIGEST_RESTLESS_MS = 10_000;
export const DIGEST_QUIET_MS = 60_000;
/** Between two wishes for the same share. */
export const RESYNC_MS = 10_000;

type Difference = { readonly sinceMs: number; askedMs: number | undefined; readonly node: NodeName };

export class CopyWatch {
  readonly #outbox: Outbox;
  readonly #peers: Peers;
  readonly #differences = new Map<SharedObject, Map<PrivateName, Difference>>();

  constructor(outbox: Outbox, peers: Peers) {
    this.#outbox = outbox;
    this.#peers = peers;
  }

  /** When the own digest is told next. */
  deadlineMs({ digestToldMs, restless }: SharedObject): number {
    return digestToldMs + (restless ? DIGEST_RESTLESS_MS : DIGEST_QUIET_MS);
  }

  /** All changes were told before, and no value stands still. */
  tell(object: SharedObject, nowMs: number): void {
    object.digestToldMs = nowMs;
    object.restless = false;
    const { store, plan } = object;
    const message = {
      type: 'digest',
      object: plan.name,
      ...store.digest(OWN),
      entries: store.entries(OWN),
    } as const;
    if (plan.audience === 'all') this.#outbox.say(message);
    else {
      for (const { member } of this.#peers.others) {
        if (member.role === 'manager') this.#outbox.sayTo(member.name, message);
      }
    }
  }

  /** @returns whether the share has to be asked for anew. */
  compare(object: SharedObject, { member, owner }: Peer, told: ShareDigest, nowMs: number): boolean {
    const { name, node } = member;
    if (agrees(object, owner, told)) {
      this.drop(object, name);
      return false;
    }
    const known = this.#differences.get(object)?.get(name);
    const difference = known ?? { sinceMs: nowMs, askedMs: undefined, node };
    if (known === undefined) {
      const owners = this.#differences.get(object) ?? new Map<PrivateName, Difference>();
      this.#differences.set(object, owners.set(name, difference));
      this.#outbox.differs('diverged', object.plan.name, node);
    }
    if (difference.askedMs !== undefined && nowMs < difference.askedMs + RESYNC_MS) return false;
    difference.askedMs = nowMs;
    return true;
  }

  sinceMs(object: SharedObject, owner: PrivateName): number | undefined {
    return this.#differences.get(object)?.get(owner)?.sinceMs;
  }

  /** It does not differ, or is not there any more. */
  drop(object: SharedObject, owner: PrivateName): void {
    const difference = this.#differences.get(object)?.get(owner);
    if (difference === undefined) return;
    this.#differences.get(object)?.delete(owner);
    this.#outbox.differs('converged', object.plan.name, difference.node);
  }

  forget(object: SharedObject): void {
    for (const name of [...(this.#differences.get(object)?.keys() ?? [])]) this.drop(object, name);
    this.#differences.delete(object);
  }
}
