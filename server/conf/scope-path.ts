/** Paths into a scope tree: from code as steps, from a console as words. */

import { nameKey } from './ast.ts';
import type { Registry } from './registry.ts';
import { type ScopeNode, scopeKey, scopesNamed } from './scope-tree.ts';
import { WIDER_NAMED_GLOBAL_SCOPES, WIDER_NAMED_SCOPES } from './tables/wider-product.ts';

export type ScopeStep = { readonly name: string; readonly instance: string | undefined };

/** From the outside in; a text is a scope without a name of its own. Empty for the global scope. */
export type ScopePath = readonly (string | { readonly name: string; readonly instance: string })[];

/** Words of one console path. */
export const PATH_WORDS_MAX = 64;

export function stepsOf(path: ScopePath): readonly ScopeStep[] {
  return path.map((step) => (typeof step === 'string' ? { name: step, instance: undefined } : step));
}

export function scopeAt(root: ScopeNode, steps: readonly ScopeStep[]): ScopeNode | undefined {
  let scope: ScopeNode | undefined = root;
  for (const { name, instance } of steps) scope = scope?.scopes.get(scopeKey(name, instance));
  return scope;
}

export type SplitPath = {
  readonly steps: readonly ScopeStep[];
  /** Undefined when the steps lead to a scope that is not configured. */
  readonly scope: ScopeNode | undefined;
  /** Words after the path, such as an option name. */
  readonly rest: readonly string[];
};

/**
 * Splits words into scope steps and what follows. A word is a scope name if the tables or the configuration know one;
 * the next word is its instance if that scope carries names.
 */
export function splitPath(root: ScopeNode, registry: Registry, words: readonly string[]): SplitPath {
  const steps: ScopeStep[] = [];
  let scope: ScopeNode | undefined = root;
  let at = 0;
  while (at < words.length && at < PATH_WORDS_MAX) {
    const word = words[at] ?? '';
    const names = steps.map((step) => step.name);
    const existing: readonly ScopeNode[] = scope === undefined ? [] : scopesNamed(scope, word);
    const isOption = registry.option(names, word) !== undefined || scope?.options.has(nameKey(word)) === true;
    const known = registry.scope([...names, word])?.table;
    const wider = known === undefined && isWiderNamed(word, at);
    const documented = known !== undefined || wider || (at === 0 && registry.isWiderScope(word));
    if (existing.length === 0 && (!documented || isOption)) break;
    const next = words[at + 1];
    const named =
      known === undefined
        ? wider || existing.some((s) => s.instance !== undefined)
        : known.instance !== 'none';
    const plain = existing.some((s) => s.instance === undefined);
    // A scope that exists both with and without names takes the next word only if it is one of the names.
    const instance = named && (!plain || existing.some((s) => isInstance(s, next))) ? next : undefined;
    if (named && !plain && next === undefined) break;
    const step: ScopeStep = { name: word, instance };
    steps.push(step);
    scope = scope?.scopes.get(scopeKey(word, instance));
    at += instance === undefined ? 1 : 2;
  }
  return { steps, scope, rest: words.slice(at) };
}

function isWiderNamed(word: string, at: number): boolean {
  return WIDER_NAMED_SCOPES.has(nameKey(word)) || (at === 0 && WIDER_NAMED_GLOBAL_SCOPES.has(nameKey(word)));
}

function isInstance(scope: ScopeNode, word: string | undefined): boolean {
  return word !== undefined && scopeKey(scope.name, scope.instance) === scopeKey(scope.name, word);
}
