/**
 * One `ip -force -batch -` kept open: a change costs a tenth of a millisecond instead of two. What failed stands on its
 * standard error by line number; the end of a request is marked by a command that nobody knows, so that all is one
 * stream in order.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const MARK = 'muster-mark';
const FAILED = /^Command failed -:(\d+)$/;
/** A kernel that does not answer for so long: the program is ended and its requests have failed. */
const ANSWER_LIMIT_MS = 10_000;
const NO_ANSWER = `ip did not answer for ${ANSWER_LIMIT_MS} ms`;
/** A killed program ends at once, unless the kernel holds it. */
const END_LIMIT_MS = 500;
const TEXT_MAX = 500;

/** What the system said of each line, by its index; lines that succeeded are missing. */
export type LineFailures = ReadonlyMap<number, string>;

type Request = {
  readonly firstLine: number;
  readonly lines: number;
  readonly failures: Map<number, string>;
  readonly resolve: (failures: LineFailures) => void;
};

export class IpBatch {
  #child: ChildProcessWithoutNullStreams | undefined;
  #linesWritten = 0;
  /** What was said since the last failure. */
  #said: string[] = [];
  #waiting: Request[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Never rejects; when `ip` ends or cannot run, all lines without an answer have failed with its words. */
  run(lines: readonly string[]): Promise<LineFailures> {
    if (lines.length === 0) return Promise.resolve(new Map());
    const child = this.#child ?? this.#start();
    return new Promise((resolve) => {
      const firstLine = this.#linesWritten + 1;
      this.#linesWritten += lines.length + 1;
      this.#waiting.push({ firstLine, lines: lines.length, failures: new Map(), resolve });
      child.stdin.write(`${lines.join('\n')}\n${MARK}\n`);
      this.#timer ??= setTimeout(() => void this.end(NO_ANSWER), ANSWER_LIMIT_MS);
    });
  }

  /** Ends it at once, also in the middle of a request; another request starts another one. Resolves once it is gone. */
  end(why: string): Promise<void> {
    const child = this.#child;
    this.#fail(why);
    if (child === undefined || child.pid === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, END_LIMIT_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill('SIGKILL');
    });
  }

  #start(): ChildProcessWithoutNullStreams {
    const child = spawn('ip', ['-force', '-batch', '-'], { env: { ...process.env, LC_ALL: 'C' } });
    this.#child = child;
    this.#linesWritten = 0;
    this.#said = [];
    child.stdout.resume();
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (this.#child === child) this.#took(line);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (this.#child === child) this.#fail(textOf(error));
    });
    child.once('close', (code, signal) => {
      if (this.#child === child) this.#fail([...this.#said, `ip ended with ${signal ?? code}`].join('; '));
    });
    return child;
  }

  #took(line: string): void {
    const number = Number(FAILED.exec(line)?.[1] ?? 0);
    if (number === 0) {
      this.#said = [...this.#said, line.trim()].slice(-5);
      return;
    }
    const text = this.#said.join('; ').slice(0, TEXT_MAX);
    this.#said = [];
    const [request] = this.#waiting;
    if (request === undefined) return;
    const index = number - request.firstLine;
    if (index < request.lines) {
      request.failures.set(index, text === '' ? 'ip refused it' : text);
      return;
    }
    this.#waiting.shift();
    this.#timer?.refresh();
    if (this.#waiting.length === 0) this.#disarm();
    request.resolve(request.failures);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Whatever has no answer has failed. */
  #fail(text: string): void {
    this.#child = undefined;
    this.#disarm();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { lines, failures, resolve } of waiting) {
      for (let index = 0; index < lines; index += 1) {
        if (!failures.has(index)) failures.set(index, text.slice(0, TEXT_MAX));
      }
      resolve(failures);
    }
  }
}

/** For people: what is wrong with the program `ip` on this host. */
export function textOf(error: { readonly code?: unknown; readonly message: string }): string {
  if (error.code === 'ENOENT') return 'there is no program ip (Debian: apt-get install iproute2)';
  if (error.code === 'EACCES') return 'this user may not run the program ip';
  return error.message;
}
