/**
 * Which messages that nodes hand over are here already. A node whose last answer got lost hands a message over again;
 * a second copy is told from the first by its name and its recipients. What is taken for a copy is not stored, so a
 * name is only known while every recipient of it is still queued here, or was settled here.
 */

import type { MessageId } from './api.ts';
import type { MailNames } from './mail-names.ts';
import type { Shelf } from './shelf.ts';

/** With more, the oldest are forgotten: a second copy of one of them would be delivered. */
export const ARRIVALS_MAX = 65_536;

export class Arrivals {
  readonly #shelf: Shelf;
  readonly #names: MailNames;
  readonly #isAccepting: (id: MessageId) => boolean;
  /** Recipients as they arrived; in order of arrival. */
  readonly #arrived = new Map<MessageId, ReadonlySet<string>>();

  constructor(shelf: Shelf, names: MailNames, isAccepting: (id: MessageId) => boolean) {
    this.#shelf = shelf;
    this.#names = names;
    this.#isAccepting = isAccepting;
  }

  /** True only for what is on disk, and for what was settled here. */
  has(id: MessageId, recipients: readonly string[]): boolean {
    const queued = this.#shelf.get(id)?.envelope.recipients.map(({ address }) => address);
    const known = [this.#arrived.get(id), queued === undefined ? undefined : new Set(queued)];
    return known.some((set) => set !== undefined && recipients.every((address) => set.has(address)));
  }

  isTaken(id: MessageId): boolean {
    return this.#shelf.get(id) !== undefined || this.#isAccepting(id) || this.#arrived.has(id);
  }

  freeName(wallMs: number): MessageId {
    for (;;) {
      const id = this.#names.message(wallMs);
      if (!this.isTaken(id)) return id;
    }
  }

  arrived(id: MessageId, recipients: readonly string[]): void {
    this.#arrived.delete(id);
    this.#arrived.set(id, new Set(recipients));
    for (const oldest of this.#arrived.keys()) {
      if (this.#arrived.size <= ARRIVALS_MAX) return;
      this.#arrived.delete(oldest);
    }
  }

  /** It went on to another node, wholly or in part: if it comes again, it is needed again. */
  left(id: MessageId): void {
    this.#arrived.delete(id);
  }
}
