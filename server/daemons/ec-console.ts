/**
 * The program ec_console: a command line to any control listener. A command on the command line or commands on a
 * standard input that is no terminal run as a batch, anything else is a session with banner and prompt.
 */

import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { quoteWord } from '../console/command-line.ts';
import {
  CONTROL_ENDPOINT_DEFAULT,
  type ControlEndpoint,
  parseControlEndpoint,
} from '../console/control-endpoint.ts';
import { printableText } from '../console/printable.ts';
import { isFailureText } from '../console/replies.ts';
import { ANSWER_TIMEOUT_MS, ConsoleClient } from './console-client.ts';
import { defaultEndpoint } from './console-environment.ts';
import { ConsoleHistory, HISTORY_FILE_NAME } from './console-history.ts';
import { ConsoleSession, isQuit } from './console-session.ts';
import { PASSWORD_VARIABLE, passwordPrompt, SignedInClient } from './console-sign-in.ts';

export type EcConsoleOptions = {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly input: Readable & { readonly isTTY?: boolean; readonly setRawMode?: (raw: boolean) => void };
  readonly output: Writable & { readonly isTTY?: boolean };
  readonly errors: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home directory, for the history; undefined keeps none. */
  readonly home: string | undefined;
  /** Who signs in where the endpoint names nobody. */
  readonly userName: string;
  /** Local time of the prompt. */
  readonly clockTime: () => string;
};

export const EC_CONSOLE_USAGE = `Usage: ec_console [--environment FILE] [remoteaddr [command ...]]
  remoteaddr   socket path, a name in /tmp, host:port, user@host:port, [v6]:port or user@[v6]:port;
               CONTROL of the environment file, else ${CONTROL_ENDPOINT_DEFAULT} when absent
  command      runs it, prints the reply and exits with 1 when it failed
Commands also come from a standard input that is no terminal, one per line.
A password is asked for at the terminal; a batch takes it from ${PASSWORD_VARIABLE}.
In a session: Tab completes, history lists what was typed (kept in ~/${HISTORY_FILE_NAME}),
\\pager turns $PAGER on and off, quit leaves.`;

type Arguments = {
  readonly address: string;
  readonly endpoint: ControlEndpoint;
  readonly command: readonly string[];
  readonly warnings: readonly string[];
};

type Connected = {
  readonly connection: ConsoleClient;
  readonly client: SignedInClient;
  readonly address: string;
  /** False once nobody reads the output any more. */
  readonly print: (text: string) => Promise<boolean>;
};

/** @returns the exit code: 0, or 1 when a reply was a failure, nobody answered, or the arguments are wrong. */
export async function runEcConsole(options: EcConsoleOptions): Promise<number> {
  const { args, input, output, errors } = options;
  const print = printer(output);
  const complain = printer(errors);
  if (['--help', '-h', '--man'].includes(args[0] ?? '')) {
    await print(EC_CONSOLE_USAGE);
    return 0;
  }
  const read = readArguments(options);
  if (!read.ok) {
    await complain(`ec_console: ${read.error}\n${EC_CONSOLE_USAGE}`);
    return 1;
  }
  const { address, endpoint, command, warnings } = read.value;
  for (const warning of warnings) await complain(`ec_console: ${warning}`);
  const connection = new ConsoleClient({ endpoint, address, answerTimeoutMs: ANSWER_TIMEOUT_MS });
  const client = new SignedInClient({
    client: connection,
    endpoint,
    address,
    userName: options.userName,
    password: options.env[PASSWORD_VARIABLE],
    askPassword: input.isTTY === true ? passwordPrompt(input, errors) : undefined,
  });
  const connected = { connection, client, address, print };
  try {
    if (command.length > 0) return await runOne(connected, joinCommand(command));
    return input.isTTY === true ? await interact(connected, options) : await runBatch(connected, input);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    await complain(`ec_console: ${error.message}`);
    return 1;
  } finally {
    connection.close();
  }
}

function readArguments({ args, env }: EcConsoleOptions): Result<Arguments, string> {
  const [first, second] = args;
  const named = first === '--environment' ? (second ?? '') : undefined;
  const [given, ...command] = named === undefined ? args : args.slice(2);
  if (named === '') return err('--environment needs a file');
  if (given?.startsWith('-') === true) return err(`unknown option ${given}`);
  const standard = defaultEndpoint(env, named);
  if (!standard.ok) return standard;
  const { address, warnings } = given === undefined ? standard.value : { address: given, warnings: [] };
  const endpoint = parseControlEndpoint(address);
  if (!endpoint.ok) return endpoint;
  return ok({ address, endpoint: endpoint.value, command, warnings });
}

/** One word is taken as a line; several are joined, with quotes where a word needs them. */
function joinCommand(words: readonly string[]): string {
  const [only] = words;
  return words.length === 1 && only !== undefined ? only : words.map(quoteWord).join(' ');
}

async function runOne({ client, print }: Connected, command: string): Promise<number> {
  const text = await client.ask(command);
  await print(text);
  return isFailureText(text) ? 1 : 0;
}

/** Each line is a command; all run, also after one that failed. */
async function runBatch({ connection, client, print }: Connected, input: Readable): Promise<number> {
  // Nobody there is an error even when there is nothing to say.
  await connection.connect();
  let exitCode = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const command = line.trim();
    if (command === '') continue;
    if (isQuit(command)) break;
    const text = await client.ask(command);
    if (isFailureText(text)) exitCode = 1;
    if (!(await print(text))) break;
  }
  return exitCode;
}

async function interact(connected: Connected, options: EcConsoleOptions): Promise<number> {
  const { input, output, clockTime, env, home } = options;
  const history = new ConsoleHistory(home);
  const session = new ConsoleSession({
    ...connected,
    input,
    output,
    clockTime,
    history,
    pager: env['PAGER'],
  });
  await session.run();
  return 0;
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
