/**
 * Who asked here for an address to go where it went. The bus knows the mailbox of the dashboard that gave the command; the
 * history is to name the person.
 */

import type { PlannedOperation } from './vip-operation.ts';

/** An owner that changes later than this after the command has other reasons. */
export const ACTOR_KNOWN_MS = 60_000;
/** One for each address that there may be (VIP-35). */
const ADDRESSES_MAX = 10_240;

type Asked = { readonly actor: string; readonly to: string | null; readonly atMs: number };

export class VipActors {
  readonly #asked = new Map<string, Asked>();

  note({ actor, createdMs: atMs, items }: Pick<PlannedOperation, 'actor' | 'createdMs' | 'items'>): void {
    for (const { address, to } of items) {
      this.#asked.delete(address); // the newest go last
      this.#asked.set(address, { actor, to, atMs });
    }
    for (const address of this.#asked.keys()) {
      if (this.#asked.size <= ADDRESSES_MAX) break;
      this.#asked.delete(address);
    }
  }

  /** @param owner who has it now; a drain names nobody beforehand. */
  actorOf(address: string, owner: string | null, nowMs: number): string | undefined {
    const asked = this.#asked.get(address);
    if (asked === undefined || nowMs - asked.atMs > ACTOR_KNOWN_MS) return undefined;
    return asked.to === null || asked.to === owner ? asked.actor : undefined;
  }
}
