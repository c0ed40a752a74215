/** Runs the user's program when an address comes or goes: an argument vector, no shell, and an end in any case. */

import { spawn } from 'node:child_process';
import type { HostCommand, HostFact } from '../duravip/api.ts';

type HookCommand = Extract<HostCommand, { type: 'hook' }>;

/** Of what it wrote on standard error, for the text of a problem. */
const OUTPUT_MAX = 400;
/** Programs at once; the others wait. */
const RUNNING_MAX = 16;

export class HookRunner {
  readonly #onFact: (fact: HostFact) => void;
  /** In order; two for one address never run at the same time. */
  #waiting: HookCommand[] = [];
  readonly #running = new Set<string>();

  constructor(onFact: (fact: HostFact) => void) {
    this.#onFact = onFact;
  }

  run(command: HookCommand): void {
    this.#waiting.push(command);
    this.#next();
  }

  #next(): void {
    const blocked = new Set<string>(this.#running);
    const later: HookCommand[] = [];
    for (const command of this.#waiting) {
      const { address } = command;
      if (this.#running.size < RUNNING_MAX && !blocked.has(address)) this.#start(command);
      else later.push(command);
      blocked.add(address);
    }
    this.#waiting = later;
  }

  #start(command: HookCommand): void {
    const { id, address } = command;
    this.#running.add(address);
    void runHook(command).then((problem) => {
      this.#running.delete(address);
      this.#onFact({ type: 'hooked', id, problem });
      this.#next();
    });
  }
}

/** @returns what went wrong, with the end of what the program wrote on standard error. */
export function runHook({ program, limitMs, event, address }: HookCommand): Promise<string | undefined> {
  const [file = '', ...first] = program;
  return new Promise((resolve) => {
    let errors = '';
    let late = false;
    // A group of its own, so that what it started ends with it.
    const child = spawn(file, [...first, event, address], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const timer = setTimeout(() => {
      late = true;
      endGroup(child.pid);
      // Whoever kept its standard error open is not waited for.
      child.stderr.destroy();
    }, limitMs);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      errors = `${errors}${text}`.slice(-OUTPUT_MAX);
    });
    const over = (problem: string | undefined): void => {
      clearTimeout(timer);
      resolve(problem);
    };
    child.once('error', (error) => over(`${file} cannot be run: ${error.message}`));
    child.once('close', (code, signal) => {
      const said = errors.trim() === '' ? '' : `: ${errors.trim()}`;
      if (late) over(`${file} ran longer than ${limitMs} ms and was ended${said}`);
      else if (code !== 0) over(`${file} ended with ${signal ?? `exit code ${code}`}${said}`);
      else over(undefined);
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
