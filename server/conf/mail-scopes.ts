/**
 * Which scopes of a configuration hold for mail of a binding to a domain or a host (momentum.md 3.2, 8.1, 8.3): exact
 * names first, then patterns in the order of the file.
 */

import { ok, type Result } from '../base/result.ts';
import { nameKey } from './ast.ts';
import { compilePcre, type Pcre } from './pcre.ts';
import { type ScopeNode, scopeKey, scopesNamed } from './scope-tree.ts';

/** Messages on their way to another node; no configuration defines it (momentum.md 5.9). */
export const MMOVE_NAME = '#mmove';

/** Of `Domain "/pattern/"`, which is matched without regard to case; undefined for one that is called by its name. */
export function domainPattern({ instance }: ScopeNode): Result<Pcre, string> | undefined {
  const source = /^\/(.*)\/$/s.exec(instance ?? '')?.[1];
  return source === undefined ? undefined : compilePcre(`(?i)${source}`);
}

type Patterns = readonly { readonly pattern: Pcre; readonly scope: ScopeNode }[];

/** A scope never changes, and every queue asks. */
const PATTERNS = new WeakMap<ScopeNode, Patterns>();

/** The Domain scope in a scope that holds for a domain. @param domain in lower case. */
export function domainScope(outer: ScopeNode, domain: string): ScopeNode | undefined {
  const exact = outer.scopes.get(scopeKey('Domain', domain));
  if (exact !== undefined) return exact;
  return patternsOf(outer).find(({ pattern }) => pattern.test(domain))?.scope;
}

export function hostScope(outer: ScopeNode, host: string): ScopeNode | undefined {
  return outer.scopes.get(scopeKey('Host', host));
}

function patternsOf(outer: ScopeNode): Patterns {
  const known = PATTERNS.get(outer);
  if (known !== undefined) return known;
  const patterns = scopesNamed(outer, 'Domain').flatMap((scope) => {
    const pattern = domainPattern(scope) ?? ok(undefined);
    return pattern.ok && pattern.value !== undefined ? [{ pattern: pattern.value, scope }] : [];
  });
  PATTERNS.set(outer, patterns);
  return patterns;
}

/** Where a binding is written. */
export type BindingPlace = {
  readonly name: string;
  readonly binding: ScopeNode;
  /** Undefined outside of all groups. */
  readonly group: ScopeNode | undefined;
};

/** In order of the configuration; of equal names the first. */
export function bindingPlaces(root: ScopeNode): readonly BindingPlace[] {
  const found = new Map<string, BindingPlace>();
  const add = (binding: ScopeNode, group: ScopeNode | undefined): void => {
    const name = binding.instance ?? '';
    if (name !== '' && name !== MMOVE_NAME && !found.has(name)) found.set(name, { name, binding, group });
  };
  for (const scope of root.entries) {
    if (scope.kind !== 'scope') continue;
    const key = nameKey(scope.name);
    if (key === 'binding') add(scope, undefined);
    else if (key === 'binding_group') for (const one of scopesNamed(scope, 'Binding')) add(one, scope);
  }
  return [...found.values()];
}
