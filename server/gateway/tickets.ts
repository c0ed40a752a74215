/** One-time tickets that turn a session into one live socket. Pure: the caller brings the random text and the time. */

export const TICKET_LIFE_MS = 30_000;
/** Tickets open at once; the oldest goes first. */
export const TICKETS_MAX = 4_096;

type Ticket = { readonly session: string; readonly issuedMs: number };

export class Tickets {
  /** In order of issue. */
  readonly #open = new Map<string, Ticket>();

  /** @param ticket unguessable. @param session id of the session it stands for. */
  issue(ticket: string, session: string, nowMs: number): void {
    for (const [text, old] of this.#open) {
      if (this.#open.size < TICKETS_MAX && nowMs - old.issuedMs <= TICKET_LIFE_MS) break;
      this.#open.delete(text);
    }
    this.#open.set(ticket, { session, issuedMs: nowMs });
  }

  /** The session, once; undefined for a ticket that is unknown, used or too old. */
  redeem(ticket: string, nowMs: number): string | undefined {
    const found = this.#open.get(ticket);
    this.#open.delete(ticket);
    if (found === undefined || nowMs - found.issuedMs > TICKET_LIFE_MS) return undefined;
    return found.session;
  }

  get size(): number {
    return this.#open.size;
  }
}
