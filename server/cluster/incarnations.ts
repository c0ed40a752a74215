/** How often a member joined under its name. Bounded: of too many names the ones seen longest ago are forgotten. */

export const HISTORY_NAMES_MAX = 1_024;

export class Incarnations {
  readonly #counts = new Map<string, number>();

  /** Counts one more. @returns how many there were, this one included. */
  count(name: string): number {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.delete(name);
    this.#counts.set(name, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > HISTORY_NAMES_MAX && oldest !== undefined) this.#counts.delete(oldest);
    return count;
  }
}
