/**
 * The reading `config` commands of a console, as pure functions from a generation to text (momentum.md 7.5; the
 * samples of the manuals are conformance tests). Options print as they were written, names in documented spelling.
 */

import { nearest } from '../base/nearest.ts';
import type { OptionEntry } from '../base/option-table.ts';
import { shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { isBareWord } from './lexer.ts';
import { locateScopes } from './locate.ts';
import { printOption, quote } from './printer.ts';
import { GLOBAL_SCOPE_NAME } from './registry.ts';
import { type ScopeStep, scopeAt, splitPath } from './scope-path.ts';
import type { OptionNode, ScopeNode } from './scope-tree.ts';
import { isSecret, masked } from './secrets.ts';

/** What a console prints; `ok` false becomes exit code 1 in batch mode. */
export type ConfigAnswer = { readonly ok: boolean; readonly text: string };

/** Blanks before an option of a nested scope, as in the samples of `get` (A47). */
export const NESTED_INDENT = ' '.repeat(8);

export const CONFIG_QUERY_USAGE: readonly string[] = [
  'config eval [ scope_name ... ] { optname }',
  'config get [ scope_name ... ] { optname }',
  'config locate { scope_name } [ regex ]',
  'config show [ scope_name ... ] [ option_name ]',
  'config showrecurse [ scope_name ... ]',
];

/**
 * Answers `config <verb> …`; undefined when the verb is not one of the reading commands.
 * @param words after `config`, quotes removed.
 */
export function answerConfigQuery(
  generation: Generation,
  words: readonly string[],
): ConfigAnswer | undefined {
  const [verb = '', ...rest] = words;
  switch (verb.toLowerCase()) {
    case 'show':
      return showScope(generation, rest);
    case 'showrecurse':
      return showScopeRecursively(generation, rest);
    case 'get':
      return getOption(generation, rest);
    case 'eval':
      return evaluateOption(generation, rest);
    case 'locate':
      return locateScopes(generation, rest);
    case 'help':
      return answer(CONFIG_QUERY_USAGE);
    default:
      return undefined;
  }
}

/** `config show [scope …] [option]`: options of the scope, scopes in it as `Name "instance" { ... }`. */
export function showScope(generation: Generation, words: readonly string[]): ConfigAnswer {
  const { steps, scope, rest } = splitPath(generation.root, generation.registry, words);
  const [option, ...more] = rest;
  if (option !== undefined && more.length === 0) return showOption(generation, steps, option, '');
  if (option !== undefined) return unknownName(generation, steps, option);
  return answer(
    scope === undefined ? [] : scope.entries.flatMap((entry) => shortLines(generation, steps, entry)),
  );
}

/** `config showrecurse [scope …]`: the scope with everything in it; the global scope without a frame. */
export function showScopeRecursively(generation: Generation, words: readonly string[]): ConfigAnswer {
  const { steps, scope, rest } = splitPath(generation.root, generation.registry, words);
  if (rest[0] !== undefined) return unknownName(generation, steps, rest[0]);
  if (scope === undefined) return answer([]);
  if (steps.length > 0) return answer(longLines(generation, steps.slice(0, -1), scope));
  return answer(scope.entries.flatMap((entry) => longLines(generation, steps, entry)));
}

/** `config get [scope …] option`: only what that very scope sets. */
export function getOption(generation: Generation, words: readonly string[]): ConfigAnswer {
  const { steps, rest } = splitPath(generation.root, generation.registry, words);
  const [option, ...more] = rest;
  if (option === undefined) return answer(['config get needs the name of an option'], false);
  if (more.length > 0) return unknownName(generation, steps, option);
  return showOption(generation, steps, option, steps.length === 0 ? '' : NESTED_INDENT);
}

/** `config eval [scope …] option`: falls back to wider scopes and the default, even from a scope that is not there (A44). */
export function evaluateOption(generation: Generation, words: readonly string[]): ConfigAnswer {
  const { steps, rest } = splitPath(generation.root, generation.registry, words);
  const option = rest.at(-1);
  if (option === undefined) return answer(['config eval needs the name of an option'], false);
  const effective = generation.effective(steps, option);
  const indent = steps.length === 0 && rest.length === 1 ? '' : NESTED_INDENT;
  if (effective === undefined) {
    return isKnownOption(generation, steps, option)
      ? notSet(generation, steps, option)
      : unknownName(generation, steps, option);
  }
  if (effective.from === 'scope') {
    return answer(optionLines(generation, effective.steps, effective.option).map((line) => indent + line));
  }
  const lines = defaultLines(effective.entry);
  return lines === undefined ? notSet(generation, steps, option) : answer(lines.map((line) => indent + line));
}

function showOption(
  generation: Generation,
  steps: readonly ScopeStep[],
  option: string,
  indent: string,
): ConfigAnswer {
  const scope = scopeAt(generation.root, steps);
  const node = scope?.options.get(option.toLowerCase());
  if (node !== undefined) return answer(optionLines(generation, steps, node).map((line) => indent + line));
  return isKnownOption(generation, steps, option)
    ? notSet(generation, steps, option)
    : unknownName(generation, steps, option);
}

/** In a scope whose table does not tell all, any name may be an option. */
export function isKnownOption(generation: Generation, steps: readonly ScopeStep[], option: string): boolean {
  if (generation.entry(steps, option) !== undefined) return true;
  return generation.registry.isOpen(steps.map((step) => step.name));
}

export function notSet(generation: Generation, steps: readonly ScopeStep[], option: string): ConfigAnswer {
  const name = spelledOption(generation, steps, option);
  return answer([`Option '${name}' is not set in scope '${spelledPath(generation, steps)}'.`]);
}

export function unknownName(generation: Generation, steps: readonly ScopeStep[], name: string): ConfigAnswer {
  const names = steps.map((step) => step.name);
  const scopeName = names.length === 0 ? GLOBAL_SCOPE_NAME : generation.registry.spelling(names);
  const { registry } = generation;
  const close = nearest(name, [...registry.optionNames(names), ...registry.childScopes(names)]);
  const lines = [`'${shown(name)}' is not a valid scope name in scope '${scopeName}'`];
  if (close !== undefined) lines.push(`did you mean '${close}'?`);
  return answer(lines, false);
}

function shortLines(
  generation: Generation,
  steps: readonly ScopeStep[],
  entry: OptionNode | ScopeNode,
): readonly string[] {
  if (entry.kind === 'option') return optionLines(generation, steps, entry);
  return [`${scopeHead(generation, steps, entry)} { ... }`];
}

function longLines(
  generation: Generation,
  steps: readonly ScopeStep[],
  entry: OptionNode | ScopeNode,
): readonly string[] {
  if (entry.kind === 'option') return optionLines(generation, steps, entry);
  const inner = [...steps, { name: entry.name, instance: entry.instance }];
  const lines = entry.entries.flatMap((child) => longLines(generation, inner, child));
  return [`${scopeHead(generation, steps, entry)} {`, ...lines.map((line) => `  ${line}`), '}'];
}

export function optionLines(
  generation: Generation,
  steps: readonly ScopeStep[],
  { name, value }: OptionNode,
): readonly string[] {
  const secret = isSecret(
    generation.registry,
    steps.map((step) => step.name),
    name,
  );
  return printOption(spelledOption(generation, steps, name), secret ? masked(value) : value);
}

/** Undefined when there is no default. */
function defaultLines(entry: OptionEntry): readonly string[] | undefined {
  const { default: standard, name } = entry;
  if (standard === undefined) return undefined;
  if (entry.type === 'dictionary')
    return [`${name} = [`, ...[standard].flat().map((pair) => `  ${pair}`), ']'];
  const printed = (text: string): string => (printsBare(entry, text) ? text : quote(text));
  if (typeof standard === 'string') return [`${name} = ${printed(standard)}`];
  return [`${name} = (`, ...standard.map((text) => `  ${printed(text)}`), ')'];
}

/** Numbers and booleans stand without quotes, everything else in them. */
export function printsBare(entry: OptionEntry | undefined, text: string): boolean {
  const type = entry?.type ?? 'any';
  if (!isBareWord(text)) return false;
  if (type === 'int' || type === 'number' || type === 'bool') return true;
  return type === 'any' && /^(-?\d+(\.\d+)?|true|false|yes|no)$/.test(text);
}

function scopeHead(generation: Generation, steps: readonly ScopeStep[], scope: ScopeNode): string {
  const name = generation.registry.spelling([...steps.map((step) => step.name), scope.name]);
  return scope.instance === undefined ? name : `${name} ${quote(scope.instance)}`;
}

export function spelledOption(generation: Generation, steps: readonly ScopeStep[], name: string): string {
  const names = steps.map((step) => step.name);
  const known = generation.registry.option(names, name);
  if (known !== undefined) return known.name;
  const closed = names.length > 0 && !generation.registry.isOpen(names);
  return (closed ? undefined : generation.registry.widerOption(name)?.name) ?? name;
}

/** Scope names and instances as words; empty for the global scope. */
export function spelledPath(generation: Generation, steps: readonly ScopeStep[]): string {
  return steps
    .flatMap(({ instance }, i) => {
      const name = generation.registry.spelling(steps.slice(0, i + 1).map((step) => step.name));
      return instance === undefined ? [name] : [name, instance];
    })
    .join(' ');
}

function answer(lines: readonly string[], ok = true): ConfigAnswer {
  return { ok, text: lines.join('\n') };
}
