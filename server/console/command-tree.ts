/**
 * The commands one program knows, and the dispatch of a command line to one of them. Generic over the facts that
 * handlers see; a handler returns its reply at once. Also answers `help`, `<group> help` and what it does not know.
 */

import { assert } from '../base/assert.ts';
import { nearest } from '../base/nearest.ts';
import type { CommandReply, CommandSource } from './api.ts';
import { classifyCommand } from './classification.ts';
import { type CommandLine, readCommandLine, tailAfter } from './command-line.ts';
import { type HelpEntry, renderHelp, renderHelpXml } from './help-text.ts';
import { printableLine } from './printable.ts';
import { done, failed, isFailureText, wrapReplyInXml } from './replies.ts';

export type CommandParameter = {
  /** As in the usage line: `node` is shown as `<node>`. */
  readonly name: string;
  readonly optional?: boolean;
  /** The only words allowed; shown as `{ on | off }`. */
  readonly choices?: readonly string[];
  /**
   * Only for the last one. `words`: any number of further words. `line`: the rest of the line as typed, for a
   * command that is passed on; one quoted word stands for its content.
   */
  readonly rest?: 'words' | 'line';
};

export type CommandCall = {
  /** One text per parameter given; with `rest: 'words'` one per further word. */
  readonly args: readonly string[];
  /** What stands after the colon in `sieve:sieve1 flush cache`. */
  readonly instance: string | undefined;
  /** The command was asked for as `xml …`. */
  readonly xml: boolean;
  readonly source: CommandSource;
  /** The whole line as typed, trimmed. */
  readonly line: string;
};

export type CommandSpec<Context> = {
  /** `cluster info`; a first word that ends in a colon (`sieve: flush cache`) takes an instance name. */
  readonly words: string;
  readonly parameters?: readonly CommandParameter[];
  /** As documented, where the parameters do not say it all. */
  readonly usage?: string;
  /** One line for the help list. */
  readonly help: string;
  /** `own`: the handler renders XML itself when `call.xml` is set; otherwise its text is wrapped. */
  readonly xml?: 'own';
  readonly run: (call: CommandCall, context: Context) => CommandReply;
};

/** What completion and generated pages need to know of a command. */
export type CommandInfo = HelpEntry;

type Entry<Context> = CommandSpec<Context> & { readonly path: readonly string[]; readonly usage: string };

/** Commands listed for a line that is only the beginning of some. */
const COMPLETIONS_SHOWN_MAX = 40;

export class CommandTree<Context> {
  readonly #entries = new Map<string, Entry<Context>>();

  constructor() {
    this.register({
      words: 'help',
      parameters: [{ name: 'command', optional: true, rest: 'words' }],
      help: 'Show the available commands, or one of them',
      xml: 'own',
      run: ({ args, xml }) => this.#help(args, xml),
    });
  }

  register(spec: CommandSpec<Context>): this {
    const path = spec.words.split(' ');
    assert(
      path.every((word) => /^[a-z0-9_-]+:?$/.test(word)),
      `a command is lower case words: ${spec.words}`,
    );
    assert(!this.#entries.has(spec.words), `a command is registered once: ${spec.words}`);
    const parameters = spec.parameters ?? [];
    assert(
      parameters.slice(0, -1).every(({ rest, optional }) => rest === undefined && optional !== true),
      `only the last parameter is open: ${spec.words}`,
    );
    const usage = spec.usage ?? [spec.words, ...parameters.map(renderParameter)].join(' ');
    assert(usage.startsWith(spec.words), `a usage begins with its command: ${usage}`);
    this.#entries.set(spec.words, { ...spec, path, usage });
    return this;
  }

  /** All commands, sorted by their words. */
  list(): readonly CommandInfo[] {
    return this.#sorted().map(describe);
  }

  /** Never throws on what people type. A failed reply always has a text that `isFailureText` recognises. */
  dispatch(text: string, source: CommandSource, context: Context): CommandReply {
    const whole = text.trim();
    const xml = /^xml(\s|$)/i.test(whole);
    const line = readCommandLine(xml ? whole.slice(3).trim() : whole);
    if (line.words.length === 0) return xml ? failed('Usage: xml <command>') : done('');
    const entry = this.#find(line);
    const own = entry?.xml === 'own';
    const reply =
      entry === undefined ? this.#unknown(line) : run(entry, line, { xml, source, whole }, context);
    const checked = reply.ok || isFailureText(reply.text) ? reply : { ...reply, ...failed(reply.text) };
    if (!xml || (own && checked.ok)) return checked;
    return wrapReplyInXml(printableLine(line.line), checked);
  }

  /** The command with the most words that the line begins with. */
  #find({ words }: CommandLine): Entry<Context> | undefined {
    let best: Entry<Context> | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.path.length <= (best?.path.length ?? 0)) continue;
      if (entry.path.every((word, index) => matches(word, words[index]))) best = entry;
    }
    return best;
  }

  #unknown(line: CommandLine): CommandReply {
    const typed = line.words.map(({ text }) => text.toLowerCase());
    if (typed.length > 1 && typed.at(-1) === 'help') {
      const group = this.#under(typed.slice(0, -1));
      if (group.length > 0) return done(renderHelp(group));
    }
    const shown = printableLine(line.line).slice(0, 200);
    const under = this.#under(typed);
    if (under.length > 0) {
      const list = under.slice(0, COMPLETIONS_SHOWN_MAX).map(({ usage }) => `  ${usage}`);
      return failed(`Unknown command: ${shown}\nCommands that begin with it:\n${list.join('\n')}`);
    }
    const meant = this.#nearest(typed);
    return failed(`Unknown command: ${shown}${meant === undefined ? '' : `\nNearest match: ${meant}`}`);
  }

  #under(typed: readonly string[]): readonly Entry<Context>[] {
    return this.#sorted().filter(
      ({ path }) => path.length > typed.length && typed.every((word, index) => path[index] === word),
    );
  }

  /** Compares as many words as a command has, so that arguments do not count as mistakes. */
  #nearest(typed: readonly string[]): string | undefined {
    const entries = this.#sorted();
    const longest = Math.max(...entries.map(({ path }) => path.length));
    for (let count = Math.min(longest, typed.length); count > 0; count -= 1) {
      const ofLength = entries.filter(({ path }) => path.length === count).map(({ words }) => words);
      const meant = nearest(typed.slice(0, count).join(' '), ofLength);
      if (meant !== undefined) return this.#entries.get(meant)?.usage;
    }
    const groups = new Set(entries.map(({ path }) => path[0] ?? ''));
    return nearest(typed[0] ?? '', groups);
  }

  #help(words: readonly string[], xml: boolean): CommandReply {
    const typed = words.map((word) => word.toLowerCase());
    const found = this.#sorted().filter(({ path }) => typed.every((word, index) => path[index] === word));
    if (found.length > 0) return done(xml ? renderHelpXml(found.map(describe)) : renderHelp(found));
    return this.#unknown(readCommandLine(words.join(' ')));
  }

  #sorted(): readonly Entry<Context>[] {
    return [...this.#entries.values()].sort((a, b) => (a.words < b.words ? -1 : 1));
  }
}

type CallFacts = { readonly xml: boolean; readonly source: CommandSource; readonly whole: string };

function run<Context>(
  entry: Entry<Context>,
  line: CommandLine,
  { xml, source, whole }: CallFacts,
  context: Context,
): CommandReply {
  const args = readArguments(entry, line);
  if (args === undefined) return failed(`Usage: ${entry.usage}`);
  const first = line.words[0]?.text ?? '';
  const instance = entry.path[0]?.endsWith(':') === true ? first.slice(first.indexOf(':') + 1) : undefined;
  return entry.run({ args, instance, xml, source, line: whole }, context);
}

/** Undefined when there are too few, too many, or a wrong choice. */
function readArguments<Context>(entry: Entry<Context>, line: CommandLine): readonly string[] | undefined {
  const parameters = entry.parameters ?? [];
  const given = line.words.slice(entry.path.length).map(({ text }) => text);
  const required = parameters.filter(({ optional }) => optional !== true).length;
  const last = parameters.at(-1);
  if (given.length < required) return undefined;
  if (last?.rest === 'line') {
    const tail = tailAfter(line, entry.path.length + parameters.length - 1);
    const head = given.slice(0, parameters.length - 1);
    return tail === '' ? head : [...head, tail];
  }
  if (line.unterminated) return undefined;
  if (given.length > parameters.length && last?.rest !== 'words') return undefined;
  const allowed = parameters.every(({ choices }, index) => {
    const word = given[index];
    return choices === undefined || word === undefined || choices.includes(word.toLowerCase());
  });
  return allowed ? given : undefined;
}

function describe<Context>({ words, usage, help, parameters = [] }: Entry<Context>): CommandInfo {
  const { class: commandClass } = classifyCommand(sampleLine(words, parameters));
  return { words, usage, help, class: commandClass, parameters };
}

/** The shortest line of this form; a command that passes on another one gets the class of an unknown one. */
function sampleLine(words: string, parameters: readonly CommandParameter[]): string {
  const given = parameters
    .filter(({ optional }) => optional !== true)
    .map(({ choices }) => choices?.[0] ?? 'x');
  return [words.replace(':', ':x'), ...given].join(' ');
}

function matches(word: string, typed: { readonly text: string } | undefined): boolean {
  const text = typed?.text.toLowerCase();
  if (text === undefined) return false;
  return word.endsWith(':') ? text.startsWith(word) && text.length > word.length : text === word;
}

function renderParameter({ name, optional, choices }: CommandParameter): string {
  const shown = choices === undefined ? `<${name}>` : `{ ${choices.join(' | ')} }`;
  return optional === true ? `[${shown}]` : shown;
}
