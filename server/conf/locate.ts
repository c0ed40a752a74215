/** `config locate scope [regex]`: where the scopes of a name stand (momentum.md 7.5). */

import { nameKey } from './ast.ts';
import { shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { compilePcre } from './pcre.ts';
import { quote } from './printer.ts';
import type { ScopeNode } from './scope-tree.ts';

export function locateScopes(
  generation: Generation,
  words: readonly string[],
): { readonly ok: boolean; readonly text: string } {
  const [name, ...patternWords] = words;
  if (name === undefined) return { ok: false, text: 'config locate needs the name of a scope' };
  const pattern = patternWords.length === 0 ? undefined : patternWords.join(' ');
  const compiled = pattern === undefined ? undefined : compilePcre(pattern);
  if (compiled?.ok === false) {
    return { ok: false, text: `'${shown(pattern ?? '')}' is not a pattern: ${compiled.error}` };
  }
  const lines: string[] = [];
  collect(generation, generation.root, [], '', (scope, names, path) => {
    if (nameKey(scope.name) !== nameKey(name)) return;
    if (compiled !== undefined && (scope.instance === undefined || !compiled.value.test(scope.instance)))
      return;
    const spelled = generation.registry.spelling(names);
    lines.push(
      scope.instance === undefined ? spelled : `${spelled} ${quote(scope.instance)}`,
      `  is at ${path}`,
    );
  });
  if (lines.length === 0) return { ok: false, text: `No scope '${shown(words.join(' '))}' was found` };
  return { ok: true, text: lines.join('\n') };
}

function collect(
  generation: Generation,
  scope: ScopeNode,
  names: readonly string[],
  path: string,
  found: (scope: ScopeNode, names: readonly string[], path: string) => void,
): void {
  for (const child of scope.entries) {
    if (child.kind !== 'scope') continue;
    const childNames = [...names, child.name];
    const instance = (child.instance ?? '').replaceAll(':', '\\:');
    const childPath = `${path}${generation.registry.spelling(childNames)}:${instance}:`;
    found(child, childNames, childPath);
    collect(generation, child, childNames, childPath, found);
  }
}
