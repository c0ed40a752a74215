/**
 * Ends the children when the supervisor itself is killed: a small shell process reads their ids from a pipe, and ends
 * them when the pipe closes. It also wakes paused ones, which could not end by themselves.
 */

import { type ChildProcess, spawn } from 'node:child_process';

/** Each line replaces the list of ids. Fixed text: nothing from outside is ever part of it. */
const SCRIPT = `
trap '' INT TERM HUP
ids=
while read -r line; do ids=$line; done
[ -n "$ids" ] || exit 0
kill -TERM $ids 2>/dev/null
kill -CONT $ids 2>/dev/null
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  kill -0 $ids 2>/dev/null || exit 0
  sleep 0.1
done
kill -KILL $ids 2>/dev/null
exit 0
`;

export class Leash {
  readonly #shell: ChildProcess;

  constructor() {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    // Without a shell the children still end in every orderly way; nothing more can be done here.
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
  }

  /** @param ids process ids of all children that run now */
  hold(ids: readonly number[]): void {
    this.#shell.stdin?.write(`${ids.join(' ')}\n`);
  }

  /** Lets go without ending anything. */
  release(): void {
    this.#shell.stdin?.end('\n');
  }
}
