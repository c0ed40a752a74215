/**
 * The program ec_console: a command line to any control listener. A command on the command line or commands on a
 * standard input that is no terminal run as a batch, anything else is a session with banner and prompt.
 */

import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ClusterError } from '../base/errors.ts';
import { quoteWord } from '../console/command-line.ts';
import { CONTROL_ENDPOINT_DEFAULT, parseControlEndpoint } from '../console/control-endpoint.ts';
import { printableText } from '../console/printable.ts';
import { isFailureText } from '../console/replies.ts';
import { ANSWER_TIMEOUT_MS, ConsoleClient } from './console-client.ts';

export type EcConsoleOptions = {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
  readonly errors: Writable;
  /** Local time of the prompt. */
  readonly clockTime: () => string;
};

export const EC_CONSOLE_USAGE = `Usage: ec_console [remoteaddr [command ...]]
  remoteaddr   socket path, host:port, :port or [v6]:port; ${CONTROL_ENDPOINT_DEFAULT} when absent
  command      runs it, prints the reply and exits with 1 when it failed
Commands also come from a standard input that is no terminal, one per line.`;

/** Commands kept for \`history\`. */
const HISTORY_MAX = 1_000;

type Session = {
  readonly client: ConsoleClient;
  readonly address: string;
  /** False once nobody reads the output any more. */
  readonly print: (text: string) => Promise<boolean>;
};

/** @returns the exit code: 0, or 1 when a reply was a failure, nobody answered, or the arguments are wrong. */
export async function runEcConsole(options: EcConsoleOptions): Promise<number> {
  const { args, input, output, errors } = options;
  const print = printer(output);
  if (args[0] === '--help' || args[0] === '-h') {
    await print(EC_CONSOLE_USAGE);
    return 0;
  }
  const address = args[0] ?? CONTROL_ENDPOINT_DEFAULT;
  const endpoint = parseControlEndpoint(address);
  if (address.startsWith('-') || !endpoint.ok) {
    const reason = endpoint.ok ? `unknown option ${address}` : endpoint.error;
    await printer(errors)(`ec_console: ${reason}\n${EC_CONSOLE_USAGE}`);
    return 1;
  }
  const client = new ConsoleClient({ endpoint: endpoint.value, address, answerTimeoutMs: ANSWER_TIMEOUT_MS });
  const session: Session = { client, address, print };
  try {
    if (args.length > 1) return await runOne(session, joinCommand(args.slice(1)));
    return input.isTTY === true ? await interact(session, options) : await runBatch(session, input);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    await printer(errors)(`ec_console: ${error.message}`);
    return 1;
  } finally {
    client.close();
  }
}

/** One word is taken as a line; several are joined, with quotes where a word needs them. */
function joinCommand(words: readonly string[]): string {
  const [only] = words;
  return words.length === 1 && only !== undefined ? only : words.map(quoteWord).join(' ');
}

async function runOne({ client, print }: Session, command: string): Promise<number> {
  const text = await client.ask(command);
  await print(text);
  return isFailureText(text) ? 1 : 0;
}

/** Each line is a command; all run, also after one that failed. */
async function runBatch(session: Session, input: Readable): Promise<number> {
  // Nobody there is an error even when there is nothing to say.
  await session.client.connect();
  let exitCode = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const command = line.trim();
    if (command === '') continue;
    if (isQuit(command)) break;
    const text = await session.client.ask(command);
    if (isFailureText(text)) exitCode = 1;
    if (!(await session.print(text))) break;
  }
  return exitCode;
}

async function interact(session: Session, { input, output, clockTime }: EcConsoleOptions): Promise<number> {
  const { client, address, print } = session;
  await print(await client.ask('version'));
  const history: string[] = [];
  const lines = createInterface({ input, output, historySize: HISTORY_MAX, removeHistoryDuplicates: true });
  const prompt = (): void => {
    lines.setPrompt(`${clockTime()} ${address}> `);
    lines.prompt();
  };
  lines.on('SIGINT', () => {
    // Ctrl-C drops what was typed, as in a shell.
    output.write('^C\n');
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    prompt();
  });
  prompt();
  let quit = false;
  for await (const line of lines) {
    const command = line.trim();
    quit = isQuit(command);
    if (quit) break;
    if (command !== '') {
      history.push(command);
      if (history.length > HISTORY_MAX) history.shift();
      await print(command === 'history' ? listHistory(history) : await askKindly(client, command));
    }
    prompt();
  }
  lines.close();
  if (!quit) output.write('\n'); // Ctrl-D leaves the cursor behind the prompt.
  return 0;
}

/** In a session a lost connection is told and the next command connects again. */
async function askKindly(client: ConsoleClient, command: string): Promise<string> {
  try {
    return await client.ask(command);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return `ec_console: ${error.message}`;
  }
}

function isQuit(command: string): boolean {
  return command === 'quit' || command === 'exit';
}

function listHistory(history: readonly string[]): string {
  return history.map((command, index) => `${String(index + 1).padStart(5)}  ${command}`).join('\n');
}

/** Prints a text and a line end and waits until it is out, so that nothing is cut when the process ends. */
function printer(output: EcConsoleOptions['output']): (text: string) => Promise<boolean> {
  let broken = false;
  output.on('error', () => {
    broken = true; // The reader went away, for example `head`; the rest has no reader.
  });
  return async (text) => {
    if (broken) return false;
    if (text === '') return true;
    // What a node sent must not steer the terminal of whoever reads it; a file gets it as it is.
    const shown = output.isTTY === true ? printableText(text) : text;
    await new Promise<void>((resolve) => {
      output.write(shown.endsWith('\n') ? shown : `${shown}\n`, () => resolve());
    });
    return !broken;
  };
}
