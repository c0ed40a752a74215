/**
 * Completion from the grammar that a node told of itself: what may follow the line as typed so far, whole commands
 * first, then the words a parameter may take, then only a hint. Pure. Texts come from nodes: show them inert.
 */

import type { CommandsReply } from '../../server/wire/options.ts';

export type GrammarCommand = CommandsReply['commands'][number];

export type Suggestion = {
  /** Of the list; the line that it makes, as `text`, is not always unique. */
  readonly key: string;
  /** The whole line once it is taken. */
  readonly text: string;
  /** What the list shows first: a usage, or one word of a choice. */
  readonly label: string;
  readonly help: string;
  readonly class: GrammarCommand['class'];
  /** The words of the command it belongs to. */
  readonly words: string;
};

export type ParameterHint = {
  readonly usage: string;
  readonly help: string;
  /** The one that is being typed; null where the command is complete. */
  readonly parameter: GrammarCommand['parameters'][number] | null;
};

export type Suggestions = {
  /** At most SUGGESTIONS_MAX. */
  readonly list: readonly Suggestion[];
  readonly omitted: number;
  readonly hint: ParameterHint | null;
};

export const SUGGESTIONS_MAX = 50;
export const NO_SUGGESTIONS: Suggestions = { list: [], omitted: 0, hint: null };

/** @param line everything before the caret. */
export function suggestionsFor(line: string, commands: readonly GrammarCommand[]): Suggestions {
  const typed = readTyped(line);
  const all = commands.flatMap((command) => commandSuggestion(command, typed));
  const owner = commandOf(typed, commands);
  const choices = owner === undefined ? [] : choiceSuggestions(owner, typed);
  const list = [...choices, ...all];
  return {
    list: list.slice(0, SUGGESTIONS_MAX),
    omitted: Math.max(0, list.length - SUGGESTIONS_MAX),
    hint: owner === undefined ? null : hintOf(owner, typed),
  };
}

/** What Tab may add without choosing: the beginning that all suggestions share; the line itself where it adds nothing. */
export function sharedBeginning(line: string, list: readonly Suggestion[]): string {
  const [first, ...rest] = list.map(({ text }) => text);
  if (first === undefined) return line;
  let { length } = first;
  for (const text of rest) {
    let at = 0;
    while (at < length && at < text.length && text[at]?.toLowerCase() === first[at]?.toLowerCase()) at += 1;
    length = at;
  }
  return length > line.length ? first.slice(0, length) : line;
}

/** Words of commands that one grammar has and the other has not; a changed usage counts as another command. */
export function grammarDifference(
  ours: readonly GrammarCommand[],
  theirs: readonly GrammarCommand[],
): { readonly missing: readonly string[]; readonly more: readonly string[] } {
  const usages = (list: readonly GrammarCommand[]): ReadonlySet<string> =>
    new Set(list.map(({ usage }) => usage));
  const own = usages(ours);
  const other = usages(theirs);
  return {
    missing: ours.filter(({ usage }) => !other.has(usage)).map(({ words }) => words),
    more: theirs.filter(({ usage }) => !own.has(usage)).map(({ words }) => words),
  };
}

type Typed = {
  /** What stands before the words, taken as it is: blanks and `xml`. */
  readonly lead: string;
  /** Words that are followed by a blank. */
  readonly words: readonly string[];
  /** The word under the caret; empty after a blank. */
  readonly partial: string;
  /** The line up to the word under the caret. */
  readonly before: string;
};

function readTyped(line: string): Typed {
  const lead = /^\s*(?:xml\s+)?/i.exec(line)?.[0] ?? '';
  const rest = line.slice(lead.length);
  const parts = rest.split(/\s+/);
  const partial = parts.at(-1) ?? '';
  const words = parts.slice(0, -1);
  return { lead, words, partial, before: line.slice(0, line.length - partial.length) };
}

function commandSuggestion(command: GrammarCommand, typed: Typed): readonly Suggestion[] {
  const path = command.words.split(' ');
  const { words, partial } = typed;
  if (words.length >= path.length || !words.every((word, index) => wordMatches(path[index], word))) return [];
  const next = path[words.length] ?? '';
  if (!wordBegins(next, partial)) return [];
  const { usage, help, class: commandClass } = command;
  const text = `${typed.before}${remainder(path.slice(words.length), partial, command)}`;
  return [{ key: usage, text, label: usage, help, class: commandClass, words: command.words }];
}

/** A word with an instance, such as `sieve:sieve1`, is completed up to its colon: the instance is the reader's. */
function remainder(path: readonly string[], partial: string, command: GrammarCommand): string {
  const [first = '', ...rest] = path;
  const opensInstance = first.endsWith(':');
  const typedInstance = opensInstance && partial.length > first.length;
  if (opensInstance && !typedInstance) return first;
  const words = [typedInstance ? partial : first, ...rest].join(' ');
  return command.parameters.length === 0 ? words : `${words} `;
}

function commandOf({ words }: Typed, commands: readonly GrammarCommand[]): GrammarCommand | undefined {
  let best: GrammarCommand | undefined;
  let bestLength = 0;
  for (const command of commands) {
    const path = command.words.split(' ');
    if (path.length <= bestLength || path.length > words.length) continue;
    if (!path.every((word, index) => wordMatches(word, words[index] ?? ''))) continue;
    best = command;
    bestLength = path.length;
  }
  return best;
}

function parameterOf(command: GrammarCommand, typed: Typed): GrammarCommand['parameters'][number] | null {
  const index = typed.words.length - command.words.split(' ').length;
  return command.parameters[index] ?? null;
}

function choiceSuggestions(command: GrammarCommand, typed: Typed): readonly Suggestion[] {
  const parameter = parameterOf(command, typed);
  if (parameter === null) return [];
  return parameter.choices
    .filter((choice) => choice.toLowerCase().startsWith(typed.partial.toLowerCase()))
    .map((choice) => ({
      key: `${command.usage} ${choice}`,
      text: `${typed.before}${choice}`,
      label: choice,
      help: `${parameter.name} of ${command.words}`,
      class: command.class,
      words: command.words,
    }));
}

function hintOf(command: GrammarCommand, typed: Typed): ParameterHint {
  return { usage: command.usage, help: command.help, parameter: parameterOf(command, typed) };
}

function wordMatches(pathWord: string | undefined, word: string): boolean {
  if (pathWord === undefined) return false;
  const lower = word.toLowerCase();
  return pathWord.endsWith(':')
    ? lower.startsWith(pathWord) && lower.length > pathWord.length
    : lower === pathWord;
}

function wordBegins(pathWord: string, partial: string): boolean {
  const lower = partial.toLowerCase();
  return pathWord.startsWith(lower) || (pathWord.endsWith(':') && lower.startsWith(pathWord));
}
