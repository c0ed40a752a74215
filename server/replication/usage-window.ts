/** What was used in the time that lies just behind, in slots of a twentieth of it: it is forgotten slot by slot. */

const SLOTS = 20;

export class UsageWindow {
  readonly #perMs: number;
  /** Slots that hold anything, oldest first. */
  readonly #slots: { readonly at: number; amount: number }[] = [];

  constructor(perMs: number) {
    this.#perMs = Math.max(1, perMs);
  }

  get perMs(): number {
    return this.#perMs;
  }

  add(amount: number, nowMs: number): void {
    if (amount <= 0) return;
    const at = this.#slotOf(nowMs);
    const last = this.#slots.at(-1);
    if (last !== undefined && last.at >= at) last.amount += amount;
    else this.#slots.push({ at, amount });
  }

  sum(nowMs: number): number {
    this.#forget(nowMs);
    return this.#slots.reduce((sum, { amount }) => sum + amount, 0);
  }

  /** When something of it is forgotten next; undefined where there is nothing. */
  nextMs(nowMs: number): number | undefined {
    this.#forget(nowMs);
    const [first] = this.#slots;
    return first === undefined ? undefined : (first.at + 1 + SLOTS) * this.#slotMs;
  }

  get #slotMs(): number {
    return this.#perMs / SLOTS;
  }

  #slotOf(nowMs: number): number {
    return Math.floor(nowMs / this.#slotMs);
  }

  /** A slot goes when all of it is older than the window. */
  #forget(nowMs: number): void {
    const oldest = this.#slotOf(nowMs) - SLOTS;
    while ((this.#slots[0]?.at ?? oldest) < oldest) this.#slots.shift();
  }
}
