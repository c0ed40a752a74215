/**
 * The words after `config set` and `config unset`: which scope, which option, what value. A console takes quotes
 * away, so the brackets of arrays and dictionaries are found at the ends of words.
 */

import type { OptionEntry } from '../base/option-table.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { OptionItem, Scalar, Value } from './ast.ts';
import { nameKey } from './ast.ts';
import { type Position, shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { isBareWord } from './lexer.ts';
import { type ConfigAnswer, isKnownOption, printsBare, unknownName } from './queries.ts';
import { type ScopeStep, splitPath } from './scope-path.ts';
import type { OptionNode } from './scope-tree.ts';

/** Where values that were set by command stand. */
export const CONSOLE_PLACE: Position = { file: '(console)', line: 1, column: 1 };

/** Characters of an option or scope name that no table knows, and of an instance name. */
export const CONSOLE_NAME_MAX = 256;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

export type SetRequest = { readonly steps: readonly ScopeStep[]; readonly option: OptionNode };

/** @param words after `set`. */
export function readSet(generation: Generation, words: readonly string[]): Result<SetRequest, ConfigAnswer> {
  const split = splitPath(generation.root, generation.registry, words);
  const [name, ...given] = joined(withoutQuotes(split.rest));
  if (name === undefined) {
    return refused(
      'config set needs the name of an option and a value: config set [ scope ... ] option value',
    );
  }
  const steps = spelledSteps(generation, split.steps);
  const bad = badName(steps, name);
  if (bad !== undefined) return refused(bad);
  if (!isKnownOption(generation, steps, name)) return err(unknownName(generation, steps, name));
  const entry = generation.entry(steps, name);
  const spelled = entry?.name ?? name;
  if (given.length === 0) {
    return refused(`config set needs a value for ${spelled}; an empty text is ""`);
  }
  const value = readValue(entry, spelled, given);
  if (!value.ok) return refused(value.error);
  return ok({ steps, option: { kind: 'option', name: spelled, value: value.value, at: CONSOLE_PLACE } });
}

/** Steps in documented spelling; new scopes are named so. */
export function spelledSteps(generation: Generation, steps: readonly ScopeStep[]): readonly ScopeStep[] {
  return steps.map(({ instance }, i) => ({
    name: generation.registry.spelling(steps.slice(0, i + 1).map((step) => step.name)),
    instance,
  }));
}

/** Quotes that a console left, because a bracket or a `=` touches them: `("a b"` and `key="a b"` are two words each. */
function withoutQuotes(words: readonly string[]): readonly string[] {
  const whole: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    let word = words[at] ?? '';
    const opening = /^[([]?(?:[^"=]*=)?"/.exec(word)?.[0];
    if (opening === undefined) {
      whole.push(word);
      continue;
    }
    while (!/"[)\]]*$/.test(word.slice(opening.length)) && at + 1 < words.length) {
      at += 1;
      word += ` ${words[at] ?? ''}`;
    }
    const [, before = '', text = '', closers = ''] = /^([([]?(?:[^"=]*=)?)"(.*)"([)\]]*)$/s.exec(word) ?? [
      '',
      word,
    ];
    // An empty text must stay a word of its own.
    if (text === '' && before.endsWith('=')) whole.push(before.slice(0, -1), '=', text);
    else whole.push(before + text);
    if (closers !== '') whole.push(closers);
  }
  return whole;
}

/** The `=` is optional: `name = value`, `name =value` and `name=value` all mean the same. */
function joined(rest: readonly string[]): readonly string[] {
  const [first, second, ...more] = rest;
  if (first === undefined) return [];
  const glued = /^(\w+)=(.*)$/s.exec(first);
  if (glued !== null) {
    const value = glued[2] === '' ? [] : [glued[2] ?? ''];
    return [glued[1] ?? '', ...value, ...rest.slice(1)];
  }
  if (second === '=') return [first, ...more];
  if (second?.startsWith('=') === true) return [first, second.slice(1), ...more];
  return rest;
}

function badName(steps: readonly ScopeStep[], name: string): string | undefined {
  if (!isBareWord(name) || name.length > CONSOLE_NAME_MAX)
    return `'${shown(name)}' cannot be the name of an option`;
  for (const step of steps) {
    const instance = step.instance ?? '-';
    if (
      isBareWord(step.name) &&
      instance !== '' &&
      instance.length <= CONSOLE_NAME_MAX &&
      !CONTROL.test(instance)
    ) {
      continue;
    }
    return `'${shown(step.instance ?? step.name)}' cannot be the name of a scope`;
  }
  return undefined;
}

function readValue(
  entry: OptionEntry | undefined,
  name: string,
  words: readonly string[],
): Result<Value, string> {
  if (words.some((word) => CONTROL.test(word)))
    return err(`the value of ${name} contains a control character`);
  const any = entry === undefined || entry.type === 'any';
  const dictionary = bracketed(words, '[', ']');
  if (entry?.type === 'dictionary' || (any && dictionary !== undefined)) {
    return dictionary === undefined
      ? err(`${name} takes a dictionary: config set ... ${name} [ key = "value" ]`)
      : readPairs(entry, name, dictionary);
  }
  const array = any || entry?.array === true ? bracketed(words, '(', ')') : undefined;
  if (array !== undefined) {
    const elements = array.map((word) => word.replace(/(.),$/, '$1')).filter((word) => word !== ',');
    return ok({ kind: 'array', elements: elements.map((text) => scalar(entry, text)), at: CONSOLE_PLACE });
  }
  const [text = '', ...more] = words;
  if (more.length === 0) return ok(scalar(entry, text));
  const all = words.join(' ');
  const whole = `one value with a blank needs double quotes: "${shown(all)}"`;
  return err(
    any || entry?.array === true
      ? `${name} has more than one value; ${whole}; several values are an array: ( ${shown(all)} )`
      : `${name} takes one value; ${whole}`,
  );
}

/** What stands between brackets; undefined when the words do not begin and end with them. */
function bracketed(words: readonly string[], open: string, close: string): readonly string[] | undefined {
  const first = words[0] ?? '';
  const last = words.at(-1) ?? '';
  if (!first.startsWith(open) || !last.endsWith(close) || (words.length === 1 && first.length < 2))
    return undefined;
  const inner = [...words];
  inner[0] = first.slice(open.length);
  inner[inner.length - 1] = (inner.at(-1) ?? '').slice(0, -close.length);
  // An empty word stands for "" in the middle, and for nothing where only the bracket stood.
  return inner.filter((word, i) => word !== '' || (i > 0 && i < inner.length - 1));
}

function readPairs(
  entry: OptionEntry | undefined,
  name: string,
  words: readonly string[],
): Result<Value, string> {
  const items: OptionItem[] = [];
  for (let at = 0; at < words.length; ) {
    const [key = '', ...value] = /^([^=]+)(=?)(.*)$/s.exec(words[at] ?? '')?.slice(1) ?? [];
    at += 1;
    let text = value.join('');
    if (text === '') text = words[at++] ?? '';
    if (text === '=') text += words[at++] ?? '\0';
    if (!text.startsWith('=') || text === '=\0' || !isBareWord(key)) {
      return err(`${name} takes pairs key = "value"; '${shown(key)}' is none`);
    }
    if (items.some((item) => nameKey(item.name) === nameKey(key))) {
      return err(`${name} names '${shown(key)}' twice`);
    }
    const pair = scalar(undefined, text.slice(1));
    const quoted = entry !== undefined || !isBareWord(pair.text);
    items.push({
      kind: 'option',
      name: key,
      attributes: [],
      value: { ...pair, quoted },
      at: CONSOLE_PLACE,
    });
  }
  return ok({ kind: 'dict', items, at: CONSOLE_PLACE });
}

function scalar(entry: OptionEntry | undefined, text: string): Scalar {
  return { kind: 'scalar', text, quoted: !printsBare(entry, text), at: CONSOLE_PLACE };
}

function refused(text: string): Result<SetRequest, ConfigAnswer> {
  return err({ ok: false, text });
}
