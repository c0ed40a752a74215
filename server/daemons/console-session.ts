/**
 * ec_console at a terminal: banner, prompt, line editing, history, completion from the target's own grammar, pager. A
 * target that goes away is told at once, and the next command connects again.
 */

import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ClusterError } from '../base/errors.ts';
import { quoteWord } from '../console/command-line.ts';
import {
  type Completion,
  completeConfig,
  completeLine,
  configPathOf,
  type GrammarCommand,
  readGrammar,
} from '../console/completion.ts';
import { printableText } from '../console/printable.ts';
import type { ConsoleClient } from './console-client.ts';
import { type ConsoleHistory, HISTORY_LINES_MAX, mayHoldSecret } from './console-history.ts';
import { pagerCommand, showInPager } from './console-pager.ts';
import type { SignedInClient } from './console-sign-in.ts';

/** Lines that the program answers itself. */
const OWN_WORDS = ['\\pager', 'exit', 'history', 'quit'];

export type ConsoleSessionOptions = {
  readonly input: Readable & { readonly setRawMode?: (raw: boolean) => void };
  readonly output: Writable;
  readonly connection: ConsoleClient;
  readonly client: SignedInClient;
  /** As the person wrote it. */
  readonly address: string;
  readonly clockTime: () => string;
  readonly history: ConsoleHistory;
  /** Value of $PAGER. */
  readonly pager: string | undefined;
  /** Resolves with false once nobody reads the output any more. */
  readonly print: (text: string) => Promise<boolean>;
};

export class ConsoleSession {
  readonly #options: ConsoleSessionOptions;
  /** Undefined until it is asked for; asked again after a new connection. */
  #grammar: Promise<readonly GrammarCommand[]> | undefined;
  /** Replies of `config show` by path, until the next command. */
  readonly #shown = new Map<string, Promise<string>>();
  #paging = false;

  constructor(options: ConsoleSessionOptions) {
    this.#options = options;
  }

  /** Resolves when the person leaves. @throws ClusterError when the target cannot be reached to begin with. */
  async run(): Promise<void> {
    const { client, connection, input, output, print, history } = this.#options;
    await print(await client.ask('version'));
    client.keepTerminal();
    const lines = createInterface({
      input,
      output,
      history: [...history.lines].reverse(),
      historySize: HISTORY_LINES_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string, done: CompleterCallback) =>
        void this.#complete(line).then((found) => done(null, found)),
    });
    lines.on('history', (kept: string[]) => {
      if (mayHoldSecret(kept[0] ?? '')) kept.shift();
    });
    lines.on('SIGINT', () => this.#dropLine(lines));
    connection.onIdleEnd = () => this.#tellLoss(lines);
    this.#prompt(lines);
    let quit = false;
    for await (const line of lines) {
      const command = line.trim();
      quit = isQuit(command);
      if (quit) break;
      if (command !== '') await this.#obey(command, lines);
      this.#prompt(lines);
    }
    connection.onIdleEnd = undefined;
    lines.close();
    if (!quit) output.write('\n'); // Ctrl-D leaves the cursor behind the prompt.
  }

  async #obey(command: string, lines: Interface): Promise<void> {
    const { history, print } = this.#options;
    history.add(command);
    this.#shown.clear();
    if (command === 'history') await print(history.list());
    else if (command === '\\pager') await print(this.#togglePager());
    else await this.#show(await this.#askKindly(command), lines);
  }

  /** In a session a lost connection is told and the next command connects again. */
  async #askKindly(command: string): Promise<string> {
    try {
      return await this.#options.client.ask(command);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      this.#grammar = undefined;
      return `ec_console: ${error.message}`;
    }
  }

  #togglePager(): string {
    this.#paging = !this.#paging;
    return this.#paging ? `Pager is on: ${pagerCommand(this.#options.pager).join(' ')}` : 'Pager is off';
  }

  async #show(text: string, lines: Interface): Promise<void> {
    const { print, input, output, pager } = this.#options;
    if (!this.#paging || text === '') {
      await print(text);
      return;
    }
    lines.pause();
    input.setRawMode?.(false);
    const shown = await showInPager(printableText(text), pagerCommand(pager), output);
    input.setRawMode?.(true);
    lines.resume();
    if (shown.ok) return;
    this.#paging = false;
    await print(`${text}\nec_console: ${shown.error}; the pager is off`);
  }

  #prompt(lines: Interface, keepLine = false): void {
    const { clockTime, address } = this.#options;
    lines.setPrompt(`${clockTime()} ${address}> `);
    lines.prompt(keepLine);
  }

  /** Ctrl-C drops what was typed, as in a shell. */
  #dropLine(lines: Interface): void {
    this.#options.output.write('^C\n');
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    this.#prompt(lines);
  }

  /** A transaction on the target has died with the connection, so this must be seen. */
  #tellLoss(lines: Interface): void {
    const { output, address } = this.#options;
    this.#grammar = undefined;
    this.#shown.clear();
    cursorTo(output, 0);
    clearLine(output, 0);
    output.write(`ec_console: ${address} closed the connection; the next command connects again\n`);
    this.#prompt(lines, true);
  }

  /** Never fails: without an answer there is nothing to complete. */
  async #complete(line: string): Promise<[string[], string]> {
    try {
      const path = configPathOf(line);
      const found =
        path === undefined
          ? completeLine(line, await this.#grammarOf(), OWN_WORDS)
          : await this.#completePath(line, path);
      const words = found.words.length === 1 ? found.words.map((word) => `${word} `) : [...found.words];
      return [words, found.fragment];
    } catch {
      return [[], line]; // the next command tells what is wrong with the target
    }
  }

  #grammarOf(): Promise<readonly GrammarCommand[]> {
    this.#grammar ??= this.#options.client.ask('xml help').then(readGrammar);
    this.#grammar.catch(() => {
      this.#grammar = undefined;
    });
    return this.#grammar;
  }

  async #completePath(line: string, path: readonly string[]): Promise<Completion> {
    const inside = completeConfig(line, await this.#showScope(path), undefined);
    const last = path.at(-1);
    if (last === undefined) return inside;
    const around = completeConfig(line, await this.#showScope(path.slice(0, -1)), last);
    return { ...inside, words: [...new Set([...around.words, ...inside.words])] };
  }

  #showScope(path: readonly string[]): Promise<string> {
    const command = ['config show', ...path.map(quoteWord)].join(' ');
    const known = this.#shown.get(command);
    if (known !== undefined) return known;
    const reply = this.#options.client.ask(command);
    this.#shown.set(command, reply);
    return reply;
  }
}

type CompleterCallback = (error: null, result: [string[], string]) => void;

export function isQuit(command: string): boolean {
  return command === 'quit' || command === 'exit';
}
