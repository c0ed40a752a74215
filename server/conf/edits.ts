/** `config set` and `config unset` as a change of the tree that a session sees. Decides nothing about what is valid. */

import { answered, refused, setCommand, setText, unsetCommand, unsetText } from './config-texts.ts';
import { shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { type ConfigAnswer, isKnownOption, notSet, spelledPath, unknownName } from './queries.ts';
import { withOption, withoutOption, withoutScope } from './scope-edit.ts';
import { type ScopeStep, scopeAt, splitPath } from './scope-path.ts';
import type { ScopeNode } from './scope-tree.ts';
import { readSet, spelledSteps } from './set-words.ts';
import { sameValue } from './tree-diff.ts';

export type Edit = {
  readonly root: ScopeNode;
  /** As it can be typed again. */
  readonly command: string;
  /** Once it is done. */
  readonly answer: (now: Generation) => ConfigAnswer;
};

export function readSetEdit(generation: Generation, words: readonly string[]): Edit | ConfigAnswer {
  const read = readSet(generation, words);
  if (!read.ok) return read.error;
  const { steps, option } = read.value;
  const before = scopeAt(generation.root, steps)?.options.get(option.name.toLowerCase());
  const node = before !== undefined && sameValue(before.value, option.value) ? before : option;
  return {
    // An alias of the option would stand beside it otherwise.
    root: withOption(withoutAliases(generation, generation.root, steps, option.name), steps, node),
    command: setCommand(generation, steps, option),
    answer: (now) => setText(now, steps, option),
  };
}

export function readUnsetEdit(generation: Generation, words: readonly string[]): Edit | ConfigAnswer {
  const split = splitPath(generation.root, generation.registry, words);
  const steps = spelledSteps(generation, split.steps);
  const [name, ...more] = split.rest;
  if (name === undefined && steps.length === 0) {
    return refused('config unset needs the name of an option or scope; the global scope cannot be unset');
  }
  if (name === undefined) {
    const path = spelledPath(generation, steps);
    if (split.scope === undefined) return refused(`The scope '${shown(path)}' is not configured`);
    return {
      root: withoutScope(generation.root, steps),
      command: unsetCommand(steps, undefined),
      answer: () => answered(`The scope '${path}' has been unset`),
    };
  }
  if (more.length > 0 || !isKnownOption(generation, steps, name)) return unknownName(generation, steps, name);
  const option = generation.entry(steps, name)?.name ?? name;
  const stripped = withoutAliases(generation, generation.root, steps, option);
  const root = withoutOption(stripped, steps, option);
  if (root === generation.root) return notSet(generation, steps, option);
  return {
    root,
    command: unsetCommand(steps, option),
    answer: (now) => unsetText(now, steps, option),
  };
}

function withoutAliases(
  { registry }: Generation,
  root: ScopeNode,
  steps: readonly ScopeStep[],
  option: string,
): ScopeNode {
  const table = registry.scope(steps.map((step) => step.name))?.table;
  const aliases = (table?.options ?? []).filter(
    ({ aliasOf }) => aliasOf?.toLowerCase() === option.toLowerCase(),
  );
  return aliases.reduce((tree, alias) => withoutOption(tree, steps, alias.name), root);
}
