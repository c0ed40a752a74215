/** Shows a text with the program that $PAGER names, which may have arguments; no shell is involved. */

import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { socketErrorText } from '../adapters/stream-endpoint.ts';
import { err, ok, type Result } from '../base/result.ts';

export const PAGER_DEFAULT = 'less';

/** Program and arguments, split at blanks. */
export function pagerCommand(pager: string | undefined): readonly [string, ...string[]] {
  const [program = PAGER_DEFAULT, ...args] = (pager ?? '').split(/\s+/).filter((word) => word !== '');
  return [program, ...args];
}

/** Resolves when the person has left the pager. The error is one line. */
export function showInPager(
  text: string,
  [program, ...args]: readonly [string, ...string[]],
  output: Writable,
): Promise<Result<null, string>> {
  const onTerminal = output === process.stdout;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', onTerminal ? 'inherit' : 'pipe', 'inherit'] });
    child.once('error', (error) =>
      resolve(err(`cannot run the pager ${program}: ${socketErrorText(error)}`)),
    );
    child.once('close', () => resolve(ok(null)));
    child.stdout?.on('data', (bytes: Buffer) => output.write(bytes));
    // Leaving before the end of a long text is no error.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text.endsWith('\n') ? text : `${text}\n`);
  });
}
