/** `config locate scope [regex]`: where the scopes of a name stand (momentum.md 7.5). */

import { nameKey } from './ast.ts';
import { shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { quote } from './printer.ts';
import type { ScopeNode } from './scope-tree.ts';

/** Characters of a pattern, and of an instance name that is matched. */
export const LOCATE_PATTERN_MAX = 256;
export const LOCATE_INSTANCE_MAX = 128;
/** Repetitions in a pattern. With more of them, or with groups that repeat, matching could take forever. */
export const LOCATE_REPEATS_MAX = 2;

export function locateScopes(
  generation: Generation,
  words: readonly string[],
): { readonly ok: boolean; readonly text: string } {
  const [name, ...patternWords] = words;
  if (name === undefined) return { ok: false, text: 'config locate needs the name of a scope' };
  const pattern = patternWords.length === 0 ? undefined : patternWords.join(' ');
  const matcher = pattern === undefined ? undefined : matcherOf(pattern);
  if (pattern !== undefined && matcher === undefined) {
    return { ok: false, text: `'${shown(pattern)}' is not a pattern that can be searched for` };
  }
  const lines: string[] = [];
  collect(generation, generation.root, [], '', (scope, names, path) => {
    if (nameKey(scope.name) !== nameKey(name)) return;
    if (matcher !== undefined && (scope.instance === undefined || !matcher(scope.instance))) return;
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

/** Finds the pattern anywhere in a name. Undefined for patterns that are malformed or could take too long. */
function matcherOf(pattern: string): ((instance: string) => boolean) | undefined {
  if (pattern.length > LOCATE_PATTERN_MAX) return undefined;
  const plain = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  const repeats = plain.match(/[*+{]/g)?.length ?? 0;
  // References back and assertions have no bound on their cost, nor has a group that repeats.
  if (repeats > LOCATE_REPEATS_MAX || /\)[*+{]|\(\?[^:]/.test(plain) || /\\[1-9k]/.test(pattern))
    return undefined;
  try {
    const expression = new RegExp(pattern, 'u');
    return (instance) => expression.test(instance.slice(0, LOCATE_INSTANCE_MAX));
  } catch {
    return undefined; // Malformed: the caller says so.
  }
}
