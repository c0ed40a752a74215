/** The groups that the mailboxes of a client are in, or will be in after a reconnect (MSG-30). */

import type { GroupName } from '../model/names.ts';

export type Joined = { readonly session: string; readonly group: GroupName; readonly capabilities: Buffer };

export class ClientJoins {
  readonly #joins = new Map<string, Joined>();

  /** In the order of joining. */
  get all(): readonly Joined[] {
    return [...this.#joins.values()];
  }

  /** Renews the capabilities of one that is known. @returns true when it is new. */
  remember(joined: Joined): boolean {
    const isNew = !this.#joins.has(keyOf(joined));
    this.#joins.set(keyOf(joined), joined);
    return isNew;
  }

  /** @returns true when it was known. */
  forget(joined: Pick<Joined, 'session' | 'group'>): boolean {
    return this.#joins.delete(keyOf(joined));
  }
}

function keyOf({ session, group }: Pick<Joined, 'session' | 'group'>): string {
  return `${session} ${group}`;
}
