/** Messages as they come: whole again, decoded, counted. Knows nothing of what they mean. */

import type { PrivateName } from '../model/names.ts';
import type { VipMessage } from './api.ts';
import { type AnyMessage, decodeMessage, isPrivateKind, isTableKind } from './messages.ts';
import { PartsAssembly } from './parts.ts';

export class Inbox {
  #groupViewId = '';
  #position = 0;
  #refused = 0;
  readonly #parts = new PartsAssembly();
  /** Private messages are not of a view. */
  readonly #privateParts = new PartsAssembly();

  /** Messages to the group since its last view: all its members count alike. */
  get position(): { readonly groupViewId: string; readonly count: number } {
    return { groupViewId: this.#groupViewId, count: this.#position };
  }

  get refused(): number {
    return this.#refused;
  }

  /** Any view of the group; whoever comes with it knows no earlier part of a message. */
  view(id: string): void {
    this.#groupViewId = id;
    this.#position = 0;
    this.#parts.clear();
  }

  lost(): void {
    this.view('');
    this.#privateParts.clear();
  }

  /** @param participants of the view: others may only ask for a snapshot. */
  take(
    sender: PrivateName,
    message: VipMessage,
    participants: readonly PrivateName[],
    nowMs: number,
  ): AnyMessage | undefined {
    const inPrivate = isPrivateKind(message.kind);
    if (!inPrivate && isTableKind(message.kind)) this.#position += 1;
    const parts = inPrivate ? this.#privateParts : this.#parts;
    const known = participants.includes(sender);
    const taken = known || inPrivate ? parts.take(sender, message, known) : undefined;
    if (taken?.type === 'part') return undefined;
    const decoded = taken?.type === 'whole' ? decodeMessage(message.kind, taken.payload, nowMs) : undefined;
    if (decoded?.ok === true) return decoded.value;
    this.#refused += 1;
    return undefined;
  }
}
