/** Which options of a tree were set by command, by whom and when. Nodes of the tree are the keys: a change makes new ones. */

import { nameKey } from './ast.ts';
import { withOption } from './scope-edit.ts';
import { type ScopeStep, scopeAt } from './scope-path.ts';
import { type OptionNode, type ScopeNode, scopeKey, unshared } from './scope-tree.ts';
import { CONSOLE_PLACE } from './set-words.ts';
import { sameValue } from './tree-diff.ts';

export type ConsoleOrigin = { readonly user: string; readonly atMs: number };

export class ConsoleOrigins {
  readonly #origins = new WeakMap<OptionNode, ConsoleOrigin>();
  readonly #written = new WeakSet<OptionNode>();

  /** Options of a tree that went live in place of another, and that nobody has set before. */
  note(root: ScopeNode, before: ScopeNode, origin: ConsoleOrigin): void {
    for (const { option } of consoleOptions(root, before)) {
      if (!this.#origins.has(option)) this.#origins.set(option, origin);
    }
  }

  /** Undefined for what was read from a file. */
  of(option: OptionNode): (ConsoleOrigin & { readonly written: boolean }) | undefined {
    const origin = this.#origins.get(option);
    return origin && { ...origin, written: this.#written.has(option) };
  }

  /**
   * A tree that means what another one means, with the nodes that were set by command where they still stand.
   * @param filed what the files say: what stands there too has been written.
   */
  kept(root: ScopeNode, before: ScopeNode, filed: ScopeNode): ScopeNode {
    let tree = root;
    for (const { steps, option } of consoleOptions(before)) {
      const key = nameKey(option.name);
      if (!sameValue(scopeAt(root, steps)?.options.get(key)?.value, option.value)) continue;
      tree = withOption(tree, steps, option);
      if (sameValue(scopeAt(filed, steps)?.options.get(key)?.value, option.value)) this.#written.add(option);
    }
    return tree;
  }
}

type Placed = { readonly steps: readonly ScopeStep[]; readonly option: OptionNode };

/** @param known what it shares with the scope is left out. */
function* consoleOptions(
  scope: ScopeNode,
  known?: ScopeNode,
  steps: readonly ScopeStep[] = [],
): Generator<Placed> {
  for (const entry of unshared(scope.entries, known?.entries ?? [])) {
    if (entry.kind === 'scope') {
      const before = known?.scopes.get(scopeKey(entry.name, entry.instance));
      const inner = [...steps, { name: entry.name, instance: entry.instance }];
      if (before !== entry) yield* consoleOptions(entry, before, inner);
    } else if (entry.at.file === CONSOLE_PLACE.file) yield { steps, option: entry };
  }
}
