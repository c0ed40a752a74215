/** What stands between two trees as changes that can be written, made and printed one by one. */

import { unreachable } from '../base/assert.ts';
import type { Item, Scalar } from './ast.ts';
import { type Position, shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { printItemLines } from './printer.ts';
import { spelledPath } from './queries.ts';
import { withOption, withoutOption, withoutScope, withScope } from './scope-edit.ts';
import type { ScopeStep } from './scope-path.ts';
import { type OptionNode, type ScopeNode, scopeNode } from './scope-tree.ts';
import { isSecret, masked } from './secrets.ts';
import { diffTrees, type TreeChange } from './tree-diff.ts';

type Steps = readonly ScopeStep[];

export type Change =
  | { readonly kind: 'set'; readonly steps: Steps; readonly option: OptionNode }
  | { readonly kind: 'unset'; readonly steps: Steps; readonly name: string }
  /** An empty scope; one with options is made by them. */
  | { readonly kind: 'make'; readonly steps: Steps }
  /** A scope with everything in it. */
  | { readonly kind: 'drop'; readonly steps: Steps };

/** What to do with the first tree to get the second. */
export function changesBetween(before: ScopeNode, after: ScopeNode): readonly Change[] {
  const changes: Change[] = [];
  let dropped: Steps | undefined;
  for (const change of diffTrees(before, after)) {
    // Everything inside a scope that goes follows it directly.
    if (dropped !== undefined && isInside(change.steps, dropped)) continue;
    dropped = undefined;
    if (change.kind === 'scope' && !change.appeared) {
      dropped = change.steps;
      changes.push({ kind: 'drop', steps: change.steps });
    } else changes.push(...singleChange(change));
  }
  return changes;
}

function singleChange(change: TreeChange): readonly Change[] {
  const { steps } = change;
  if (change.kind === 'scope') return [{ kind: 'make', steps }];
  if (change.after !== undefined) return [{ kind: 'set', steps, option: change.after }];
  return change.before === undefined ? [] : [{ kind: 'unset', steps, name: change.before.name }];
}

function isInside(steps: Steps, outer: Steps): boolean {
  return outer.every(({ name, instance }, i) => steps[i]?.name === name && steps[i]?.instance === instance);
}

export function applied(root: ScopeNode, changes: readonly Change[], at: Position): ScopeNode {
  return changes.reduce((tree, change) => withChange(tree, change, at), root);
}

function withChange(tree: ScopeNode, change: Change, at: Position): ScopeNode {
  switch (change.kind) {
    case 'set':
      return withOption(tree, change.steps, change.option);
    case 'unset':
      return withoutOption(tree, change.steps, change.name);
    case 'make':
      return withScope(tree, change.steps, at);
    case 'drop':
      return withoutScope(tree, change.steps);
    default:
      return unreachable(change);
  }
}

/** What sets and makes, as the lines of a file; `below` is the scope in which they will stand. */
export function changeLines(changes: readonly Change[], below = 0): readonly string[] {
  const at: Position = { file: '', line: 1, column: 1 };
  const relative = changes.flatMap((change): Change[] =>
    change.kind === 'set' || change.kind === 'make' ? [{ ...change, steps: change.steps.slice(below) }] : [],
  );
  const empty = scopeNode({ name: '', instance: undefined, at }, []);
  return printItemLines(itemsOf(applied(empty, relative, at)));
}

/** For people: with secrets masked, and what cannot be written in a file as a comment. */
export function shownChanges(generation: Generation, changes: readonly Change[]): readonly string[] {
  const visible = changes.map((change): Change => {
    if (change.kind !== 'set') return change;
    const names = change.steps.map((step) => step.name);
    if (!isSecret(generation.registry, names, change.option.name)) return change;
    return { ...change, option: { ...change.option, value: masked(change.option.value) } };
  });
  return [...changeLines(visible), ...removalComments(generation, changes)];
}

/** A file cannot say that an option is not set; a comment can. */
export function removalComments(generation: Generation, changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change) => {
    if (change.kind !== 'unset' && change.kind !== 'drop') return [];
    const words = [spelledPath(generation, change.steps), change.kind === 'unset' ? change.name : ''];
    return [`# unset: ${shown(words.filter((word) => word !== '').join(' '))}`];
  });
}

function itemsOf(scope: ScopeNode): readonly Item[] {
  return scope.entries.map((entry): Item => {
    const { name, at } = entry;
    if (entry.kind === 'option') return { kind: 'option', name, attributes: [], value: entry.value, at };
    const instance: Scalar | undefined =
      entry.instance === undefined ? undefined : { kind: 'scalar', text: entry.instance, quoted: true, at };
    return { kind: 'scope', name, module: undefined, instance, attributes: [], items: itemsOf(entry), at };
  });
}
