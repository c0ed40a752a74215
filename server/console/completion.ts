/**
 * Tab completion of a command line from the grammar of the target, as its `xml help` gives it. Pure: reads text, asks
 * nobody. What a target says is text of others: names that are no plain words are left out.
 */

import { printableLine } from './printable.ts';

export type GrammarCommand = {
  readonly path: readonly string[];
  /** Words allowed for each parameter; empty where anything is. */
  readonly choices: readonly (readonly string[])[];
};

/** Commands read of one target, and bytes of its reply. */
export const GRAMMAR_COMMANDS_MAX = 2_000;
export const GRAMMAR_CHARACTERS_MAX = 2 * 1024 * 1024;
/** Candidates shown. */
export const COMPLETIONS_MAX = 200;

export type Completion = {
  /** Words that may stand in place of `fragment`, sorted. */
  readonly words: readonly string[];
  /** The unfinished word. */
  readonly fragment: string;
};

/** Empty when the reply is not such a document. */
export function readGrammar(xml: string): readonly GrammarCommand[] {
  if (!xml.startsWith('<Commands') || xml.length > GRAMMAR_CHARACTERS_MAX) return [];
  const commands: GrammarCommand[] = [];
  for (const piece of xml.split('<Command ').slice(1)) {
    const path = /^words="([^"]*)"/.exec(piece)?.[1]?.split(' ') ?? [];
    if (path.length === 0 || !path.every(isPlainWord)) continue;
    const parameters = piece.split('<Parameter ').slice(1);
    const choices = parameters.map((parameter) =>
      [...parameter.matchAll(/<Choice>([^<]*)<\/Choice>/g)].map(([, word = '']) => word).filter(isPlainWord),
    );
    commands.push({ path, choices });
    if (commands.length >= GRAMMAR_COMMANDS_MAX) break;
  }
  return commands;
}

/** @param own words that the client itself understands at the beginning of a line. */
export function completeLine(
  line: string,
  commands: readonly GrammarCommand[],
  own: readonly string[],
): Completion {
  const { typed, fragment } = splitLine(line);
  const first = typed[0]?.toLowerCase();
  const passedOn = first === 'xml' || first === 'help';
  const words = passedOn ? typed.slice(1) : typed;
  const found = new Set<string>(typed.length === 0 ? [...own, 'xml'] : []);
  for (const command of commands) {
    for (const word of nextWords(command, words)) found.add(word);
  }
  return { words: candidates(found, fragment), fragment };
}

const CONFIG_VERBS: ReadonlySet<string> = new Set([
  'get',
  'eval',
  'set',
  'unset',
  'show',
  'showrecurse',
  'locate',
]);

/**
 * For the unfinished path of a `config` command: the words of the path before it, to be asked for with `config show`.
 * Undefined for every other line.
 */
export function configPathOf(line: string): readonly string[] | undefined {
  const { typed } = splitLine(line);
  const words = typed[0]?.toLowerCase() === 'xml' ? typed.slice(1) : typed;
  const [command, verb, ...path] = words;
  return command?.toLowerCase() === 'config' && CONFIG_VERBS.has(verb?.toLowerCase() ?? '')
    ? path
    : undefined;
}

/**
 * Names of the options and scopes that a `config show` lists.
 * @param after the last word of the path when it is a scope with instances there; then the names of these.
 */
export function completeConfig(line: string, shown: string, after: string | undefined): Completion {
  const { fragment } = splitLine(line);
  const found = new Set<string>();
  for (const row of shown.split('\n')) {
    const match = /^"?([\w.-]+)"?(?: (?:"((?:[^"\\]|\\.)*)"|([^\s={]+)))? (=|\{)/.exec(row);
    if (match === null) continue;
    const [, name = '', quoted, bare] = match;
    if (after === undefined) found.add(name);
    else if (name.toLowerCase() === after.toLowerCase()) found.add(quoted ?? bare ?? '');
  }
  const words = [...found].filter(
    (word) => word !== '' && word === printableLine(word) && !/[\s"\\]/.test(word),
  );
  return { words: candidates(new Set(words), fragment), fragment };
}

function nextWords({ path, choices }: GrammarCommand, typed: readonly string[]): readonly string[] {
  const matches = path.every((word, index) => {
    const given = typed[index]?.toLowerCase();
    return given === undefined || given === word || (word.endsWith(':') && given.startsWith(word));
  });
  if (!matches) return [];
  const next = path[typed.length];
  return next === undefined ? (choices[typed.length - path.length] ?? []) : [next];
}

function candidates(found: ReadonlySet<string>, fragment: string): readonly string[] {
  const begins = fragment.toLowerCase();
  const words = [...found].filter((word) => word.toLowerCase().startsWith(begins));
  return words.sort().slice(0, COMPLETIONS_MAX);
}

function splitLine(line: string): { readonly typed: readonly string[]; readonly fragment: string } {
  const words = line.trimStart().split(/\s+/);
  return { typed: words.slice(0, -1), fragment: words.at(-1) ?? '' };
}

function isPlainWord(word: string): boolean {
  return /^[\w.:-]{1,64}$/.test(word);
}
