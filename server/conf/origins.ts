/** Which options of a tree were set by command, by whom and when. Nodes of the tree are the keys: a change makes new ones. */

import type { OptionNode, ScopeNode } from './scope-tree.ts';
import { CONSOLE_PLACE } from './set-words.ts';

export type ConsoleOrigin = { readonly user: string; readonly atMs: number };

export class ConsoleOrigins {
  readonly #origins = new WeakMap<OptionNode, ConsoleOrigin>();
  readonly #written = new WeakSet<OptionNode>();

  /** Options of a tree that went live and that nobody has set before. */
  note(root: ScopeNode, origin: ConsoleOrigin): void {
    for (const option of consoleOptions(root)) {
      if (!this.#origins.has(option)) this.#origins.set(option, origin);
    }
  }

  /** Undefined for what was read from a file. */
  of(option: OptionNode): (ConsoleOrigin & { readonly written: boolean }) | undefined {
    const origin = this.#origins.get(option);
    return origin && { ...origin, written: this.#written.has(option) };
  }

  written(option: OptionNode): void {
    this.#written.add(option);
  }
}

function* consoleOptions(scope: ScopeNode): Generator<OptionNode> {
  for (const entry of scope.entries) {
    if (entry.kind === 'scope') yield* consoleOptions(entry);
    else if (entry.at.file === CONSOLE_PLACE.file) yield entry;
  }
}
