/** A scope tree with one thing changed: the scopes on the way are new, all others are shared with the tree before. */

import { nameKey } from './ast.ts';
import type { Position } from './diagnostics.ts';
import { type ScopeStep, scopeAt } from './scope-path.ts';
import { type OptionNode, type ScopeNode, scopeKey, scopeNode } from './scope-tree.ts';

type Steps = readonly ScopeStep[];

/** Sets an option; scopes that are not there yet are made. */
export function withOption(root: ScopeNode, steps: Steps, option: OptionNode): ScopeNode {
  const key = nameKey(option.name);
  return changed(root, steps, option.at, (scope) => {
    const node = Object.freeze(option);
    if (!scope.options.has(key)) return scopeNode(scope, [...scope.entries, node]);
    const entries = scope.entries.map((entry) =>
      entry.kind === 'option' && nameKey(entry.name) === key ? node : entry,
    );
    return scopeNode(scope, entries);
  });
}

/** The scope itself stays, even when nothing is left in it. */
export function withoutOption(root: ScopeNode, steps: Steps, name: string): ScopeNode {
  const key = nameKey(name);
  if (scopeAt(root, steps)?.options.has(key) !== true) return root;
  return changed(root, steps, root.at, (scope) =>
    scopeNode(
      scope,
      scope.entries.filter((entry) => entry.kind !== 'option' || nameKey(entry.name) !== key),
    ),
  );
}

/** An empty scope where there is none. */
export function withScope(root: ScopeNode, steps: Steps, at: Position): ScopeNode {
  if (scopeAt(root, steps) !== undefined) return root;
  return changed(root, steps, at, (scope) => scope);
}

/** Removes a scope with everything in it. */
export function withoutScope(root: ScopeNode, steps: Steps): ScopeNode {
  const last = steps.at(-1);
  if (last === undefined || scopeAt(root, steps) === undefined) return root;
  const key = scopeKey(last.name, last.instance);
  return changed(root, steps.slice(0, -1), root.at, (scope) =>
    scopeNode(
      scope,
      scope.entries.filter((entry) => entry.kind !== 'scope' || scopeKey(entry.name, entry.instance) !== key),
    ),
  );
}

function changed(
  scope: ScopeNode,
  steps: Steps,
  at: Position,
  change: (scope: ScopeNode) => ScopeNode,
): ScopeNode {
  const [step, ...rest] = steps;
  if (step === undefined) return change(scope);
  const key = scopeKey(step.name, step.instance);
  const before = scope.scopes.get(key);
  const after = changed(before ?? scopeNode({ ...step, at }, []), rest, at, change);
  if (before === undefined) return scopeNode(scope, [...scope.entries, after]);
  return scopeNode(
    scope,
    scope.entries.map((entry) => (entry === before ? after : entry)),
  );
}
