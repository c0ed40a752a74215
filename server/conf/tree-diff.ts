/** What differs between two scope trees, in the order of the trees. Positions and quotes make no difference. */

import type { ArrayElement, Item, Value } from './ast.ts';
import { nameKey } from './ast.ts';
import { printOption } from './printer.ts';
import type { ScopeStep } from './scope-path.ts';
import { type OptionNode, type ScopeNode, scopeKey, unshared } from './scope-tree.ts';

export type TreeChange =
  | {
      readonly kind: 'option';
      readonly steps: readonly ScopeStep[];
      readonly before: OptionNode | undefined;
      readonly after: OptionNode | undefined;
    }
  /** A scope that is new or gone, before the changes inside it. */
  | { readonly kind: 'scope'; readonly steps: readonly ScopeStep[]; readonly appeared: boolean };

export function diffTrees(before: ScopeNode, after: ScopeNode): readonly TreeChange[] {
  const changes: TreeChange[] = [];
  compare(before, after, [], changes);
  return changes;
}

export function sameTree(a: ScopeNode, b: ScopeNode): boolean {
  return a === b || diffTrees(a, b).length === 0;
}

export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.kind !== b.kind) return false;
  if (a.kind === 'scalar' && b.kind === 'scalar') return a.text === b.text;
  return meaningOf(a) === meaningOf(b);
}

/** Equal for the same option of the same scope, however they are written. */
export function placeKey(steps: readonly ScopeStep[], option: string): string {
  return [...steps.map(({ name, instance }) => scopeKey(name, instance)), nameKey(option)].join('\0');
}

function compare(
  before: ScopeNode | undefined,
  after: ScopeNode | undefined,
  steps: readonly ScopeStep[],
  changes: TreeChange[],
): void {
  if (before === after) return;
  if (before === undefined || after === undefined) {
    changes.push({ kind: 'scope', steps, appeared: before === undefined });
  }
  const [olds, news] = [before?.entries ?? [], after?.entries ?? []];
  for (const is of unshared(news, olds)) {
    if (is.kind === 'option') {
      const was = before?.options.get(nameKey(is.name));
      if (!sameValue(was?.value, is.value)) changes.push({ kind: 'option', steps, before: was, after: is });
    } else {
      const was = before?.scopes.get(scopeKey(is.name, is.instance));
      if (was !== is) compare(was, is, [...steps, stepOf(is)], changes);
    }
  }
  for (const was of unshared(olds, news)) {
    if (was.kind === 'option') {
      const gone = after?.options.has(nameKey(was.name)) !== true;
      if (gone) changes.push({ kind: 'option', steps, before: was, after: undefined });
    } else if (after?.scopes.has(scopeKey(was.name, was.instance)) !== true) {
      compare(was, undefined, [...steps, stepOf(was)], changes);
    }
  }
}

function stepOf({ name, instance }: ScopeNode): ScopeStep {
  return { name, instance };
}

/** A text that is equal for values that mean the same. */
function meaningOf(value: Value): string {
  return printOption('_', unquoted(value)).join('\n');
}

function unquoted(value: Value): Value {
  if (value.kind === 'scalar') return { ...value, quoted: true };
  if (value.kind === 'array') return { ...value, elements: value.elements.map(unquotedElement) };
  return { ...value, items: value.items.map(unquotedItem) };
}

function unquotedElement(element: ArrayElement): ArrayElement {
  if (element.kind === 'scalar') return { ...element, quoted: true };
  return {
    ...element,
    head: { ...element.head, quoted: true },
    value: element.value && unquoted(element.value),
  };
}

function unquotedItem(item: Item): Item {
  return item.kind === 'option' ? { ...item, value: unquoted(item.value) } : item;
}
