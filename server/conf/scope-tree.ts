/**
 * A configuration as scopes: includes resolved, same-named scopes merged, later options in place of earlier ones.
 * Plain frozen data; the order of first appearance is kept, because `config show` prints it.
 */

import type { Item, Value } from './ast.ts';
import { nameKey } from './ast.ts';
import type { Position } from './diagnostics.ts';

export type OptionNode = {
  readonly kind: 'option';
  /** As written where it was defined last. */
  readonly name: string;
  readonly value: Value;
  readonly at: Position;
};

export type ScopeNode = {
  readonly kind: 'scope';
  /** As written first; empty for the global scope. */
  readonly name: string;
  readonly instance: string | undefined;
  /** Options and scopes in order of first appearance. */
  readonly entries: readonly (OptionNode | ScopeNode)[];
  /** By lower-case name. */
  readonly options: ReadonlyMap<string, OptionNode>;
  /** By `scopeKey`. */
  readonly scopes: ReadonlyMap<string, ScopeNode>;
  /** Where it was opened first. */
  readonly at: Position;
};

/** Scopes whose instance names are told apart by case (momentum.md 8.1). */
const CASE_SENSITIVE: ReadonlySet<string> = new Set(['binding', 'binding_group']);

/** Equal for names that mean the same scope. */
export function scopeKey(name: string, instance: string | undefined): string {
  const key = nameKey(name);
  if (instance === undefined) return key;
  return `${key}\n${CASE_SENSITIVE.has(key) ? instance : instance.toLowerCase()}`;
}

/** A frozen scope of entries that are frozen themselves. */
export function scopeNode(
  { name, instance, at }: Pick<ScopeNode, 'name' | 'instance' | 'at'>,
  entries: readonly (OptionNode | ScopeNode)[],
): ScopeNode {
  const options = new Map<string, OptionNode>();
  const scopes = new Map<string, ScopeNode>();
  for (const entry of entries) {
    if (entry.kind === 'option') options.set(nameKey(entry.name), entry);
    else scopes.set(scopeKey(entry.name, entry.instance), entry);
  }
  const { freeze } = Object;
  return freeze({ kind: 'scope', name, instance, entries: freeze(entries), options, scopes, at });
}

/** @param items without includes and 2.2 forms. */
export function buildScopeTree(items: readonly Item[], at: Position): ScopeNode {
  const root = new Draft('', undefined, at);
  root.add(items);
  return root.freeze();
}

/**
 * The entries without those that stand at the beginning and at the end of `others`, too, as the very same nodes: what
 * is left to look at where two trees were made from one another, however large they are.
 */
export function unshared(
  entries: readonly (OptionNode | ScopeNode)[],
  others: readonly (OptionNode | ScopeNode)[],
): readonly (OptionNode | ScopeNode)[] {
  const shorter = Math.min(entries.length, others.length);
  let from = 0;
  while (from < shorter && entries[from] === others[from]) from += 1;
  let end = 0;
  while (end < shorter - from && entries.at(-1 - end) === others.at(-1 - end)) end += 1;
  return from + end === 0 ? entries : entries.slice(from, entries.length - end);
}

/** Children of a name, in order. */
export function scopesNamed(scope: ScopeNode, name: string): readonly ScopeNode[] {
  const key = nameKey(name);
  return scope.entries
    .filter((entry) => entry.kind === 'scope')
    .filter((child) => nameKey(child.name) === key);
}

class Draft {
  readonly #name: string;
  readonly #instance: string | undefined;
  readonly #at: Position;
  /** Insertion order is the order of first appearance; options and scopes cannot share a key. */
  readonly #entries = new Map<string, OptionNode | Draft>();

  constructor(name: string, instance: string | undefined, at: Position) {
    this.#name = name;
    this.#instance = instance;
    this.#at = at;
  }

  add(items: readonly Item[]): void {
    for (const item of items) {
      if (item.kind === 'option') {
        const { name, value, at } = item;
        this.#entries.set(`option ${nameKey(name)}`, { kind: 'option', name, value, at });
      } else if (item.kind === 'scope') {
        const instance = item.instance?.text;
        const key = `scope ${scopeKey(item.name, instance)}`;
        const before = this.#entries.get(key);
        const draft = before instanceof Draft ? before : new Draft(item.name, instance, item.at);
        if (draft !== before) this.#entries.set(key, draft);
        draft.add(item.items);
      }
    }
  }

  freeze(): ScopeNode {
    const entries = [...this.#entries.values()].map((entry) =>
      Object.freeze(entry instanceof Draft ? entry.freeze() : entry),
    );
    return scopeNode({ name: this.#name, instance: this.#instance, at: this.#at }, entries);
  }
}
