/** One process of a network test: alone or in a network namespace, its lines as they come, and an end in any case. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Leash } from '../../server/daemons/demo/leash.ts';
import { inCheckout } from './checkout.ts';

const ROOT = inCheckout('.');
const END_LIMIT_MS = 10_000;
/** What is kept of standard error, for the message of a failure. */
const ERRORS_MAX = 64 * 1024;

export type NetProcessParts = {
  /** A script of this checkout, by its path in it. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Name of a network namespace; undefined for that of the test. */
  readonly namespace?: string | undefined;
  readonly onLine?: (line: string) => void;
  readonly onErrorLine?: (line: string) => void;
};

/** Every one that was started and has not ended; ended with the test program at the latest, even if that is killed. */
const running = new Set<NetProcess>();
let leash: Leash | undefined;

function holdAll(): void {
  leash ??= new Leash();
  leash.hold([...running].map(({ pid }) => pid).filter((pid) => pid > 0));
}

export class NetProcess {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #errors = '';

  constructor({ script, args = [], env = {}, namespace, onLine, onErrorLine }: NetProcessParts) {
    const command = [process.execPath, '--import', 'tsx', script, ...args];
    // `ip netns exec` becomes the program, so signals reach it.
    const whole = namespace === undefined ? command : ['ip', 'netns', 'exec', namespace, ...command];
    const [file = '', ...rest] = whole;
    this.#child = spawn(file, rest, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.add(this);
    holdAll();
    const { stdout, stderr, stdin } = this.#child;
    // Whoever was killed cannot read its orders.
    stdin?.on('error', () => undefined);
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => onLine?.(line));
    if (stderr !== null) {
      createInterface({ input: stderr }).on('line', (line) => {
        this.#errors = `${this.#errors}${line}\n`.slice(-ERRORS_MAX);
        onErrorLine?.(line);
      });
    }
    this.ended = new Promise((resolve) => {
      // Not `exit`: the last lines come after it.
      const over = (): void => {
        running.delete(this);
        holdAll();
        resolve();
      };
      this.#child.once('close', over);
      this.#child.once('error', (error) => {
        this.#errors += error.message;
        over();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of standard error so far. */
  get errors(): string {
    return this.#errors;
  }

  /** One JSON line to its standard input. */
  tell(order: object): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal, also to a stopped process, and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    this.kill(signal);
    this.kill('SIGCONT');
    const timer = setTimeout(() => this.kill('SIGKILL'), END_LIMIT_MS);
    await this.ended;
    clearTimeout(timer);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
