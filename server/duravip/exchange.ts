/**
 * What the members of a view say where histories meet, until all have spoken: the first of each history tells its table, the
 * others what they hold of it.
 */

import type { NodeName, PrivateName } from '../model/names.ts';
import type { Holds } from './holds.ts';
import { type Merged, mergeParts, type Part } from './merge.ts';

export type Owes = { readonly table: boolean; readonly holds: boolean };

export class Exchange {
  #names: readonly PrivateName[] = [];
  #parts: Part[] = [];
  /** Of those that spoke; undefined where they told a table, which says it. */
  readonly #holds = new Map<PrivateName, Holds | undefined>();
  readonly #excluded = new Map<PrivateName, NodeName>();

  /** @param names of the view, in order. */
  begin(names: readonly PrivateName[]): void {
    this.#names = names;
    this.#parts = [];
    this.#holds.clear();
    this.#excluded.clear();
  }

  /** What is missing of a member. */
  owes(name: PrivateName): Owes {
    if (this.#excluded.has(name)) return { table: false, holds: false };
    return {
      table: !this.#parts.some(({ members }) => members.includes(name)),
      holds: !this.#holds.has(name),
    };
  }

  /** Those that said nothing yet, or whose history nobody told. */
  missing(): readonly PrivateName[] {
    return this.#names.filter((name) => {
      const { table, holds } = this.owes(name);
      return table || holds;
    });
  }

  /** @returns false where it counts for nothing, here and below. */
  tell(sender: PrivateName, part: Part): boolean {
    const { members } = part;
    if (!members.includes(sender)) return false;
    if (!members.every((name) => this.#names.includes(name) && this.owes(name).table)) return false;
    this.#parts.push(part);
    this.#holds.set(sender, undefined);
    return true;
  }

  hold(sender: PrivateName, holds: Holds): boolean {
    if (!this.owes(sender).holds) return false;
    this.#holds.set(sender, holds);
    return true;
  }

  /** Only the first of the others may say whom nobody waits for. */
  exclude(
    sender: PrivateName,
    names: readonly PrivateName[],
    nodeOf: (name: PrivateName) => NodeName,
  ): boolean {
    if (sender !== this.#names.find((name) => !names.includes(name))) return false;
    for (const name of this.missing()) if (names.includes(name)) this.#excluded.set(name, nodeOf(name));
    return true;
  }

  /** Once nobody is missing. */
  merge(nowMs: number): Merged {
    const rank = (part: Part): number => Math.min(...part.members.map((name) => this.#names.indexOf(name)));
    const parts = [...this.#parts].sort((a, b) => rank(a) - rank(b));
    const merged = mergeParts(
      { members: this.#names, parts, holds: this.#holds, excluded: this.#excluded },
      nowMs,
    );
    this.#parts = [];
    return merged;
  }
}
