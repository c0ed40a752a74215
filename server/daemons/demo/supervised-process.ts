/**
 * One child of the demo supervisor: start, signals, and what state it is in. Decides nothing about when.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';

export type ProcessState = 'starting' | 'running' | 'paused' | 'exited';

export type ProcessPlan = {
  /** Name in the cluster, such as `node1`. */
  readonly name: string;
  /** Name of the program, such as `ecnode`. */
  readonly kind: string;
  /** Endpoint of the control listener; null for a program without one. */
  readonly control: string | null;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly logFile: string;
  /** Resolves once the process does its work; rejects never, it may stay pending. */
  readonly whenReady: (signal: AbortSignal) => Promise<void>;
};

export type ProcessExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A log file past this size is put aside at the next start; one older file is kept. */
export const LOG_BYTES_MAX = 8 * 1024 * 1024;

function openLog(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

export class SupervisedProcess {
  readonly plan: ProcessPlan;
  readonly #onChange: (process: SupervisedProcess, exit: ProcessExit | undefined) => void;
  readonly #onMessage: (process: SupervisedProcess, message: unknown) => void;
  #child: ChildProcess | undefined;
  #state: ProcessState = 'exited';
  #sinceMs: number;
  #logStart = 0;
  #ended: Promise<void> = Promise.resolve();
  #ready = new AbortController();

  constructor(
    plan: ProcessPlan,
    onChange: (process: SupervisedProcess, exit: ProcessExit | undefined) => void,
    onMessage: (process: SupervisedProcess, message: unknown) => void,
  ) {
    this.plan = plan;
    this.#onChange = onChange;
    this.#onMessage = onMessage;
    this.#sinceMs = Date.now();
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Wall clock at the last change of state. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the process that runs now has ended; at once when none runs. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  start(): void {
    if (this.#child !== undefined) return;
    const { script, args, env, folder, logFile } = this.plan;
    const log = openLog(logFile);
    this.#logStart = statSync(logFile).size;
    // In a group of its own: Ctrl-C in the terminal reaches the supervisor, which then ends all in order.
    const child = spawn(process.execPath, ['--enable-source-maps', script, ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    this.#ready = new AbortController();
    child.on('message', (message) => this.#onMessage(this, message));
    this.#ended = new Promise((resolve) => {
      child.once('error', () => this.#gone(child, { code: null, signal: null }, resolve));
      child.once('exit', (code, signal) => this.#gone(child, { code, signal }, resolve));
    });
    this.#become('starting');
    const { signal } = this.#ready;
    this.plan.whenReady(signal).then(
      () => {
        if (!signal.aborted && this.#state === 'starting') this.#become('running');
      },
      () => undefined,
    );
  }

  #gone(child: ChildProcess, exit: ProcessExit, resolve: () => void): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#ready.abort();
    this.#become('exited', exit);
    resolve();
  }

  #become(state: ProcessState, exit?: ProcessExit): void {
    this.#state = state;
    this.#sinceMs = Date.now();
    this.#onChange(this, exit);
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      this.#child?.kill(signal);
    } catch {
      // gone in this moment; its exit is on the way
    }
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  /** Asks it to end. A paused process is woken, or it could not. */
  terminate(): void {
    this.#signal('SIGTERM');
    this.#signal('SIGCONT');
  }

  pause(): void {
    if (this.#child === undefined || this.#state === 'paused') return;
    this.#signal('SIGSTOP');
    this.#become('paused');
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#signal('SIGCONT');
    this.#become('running');
  }

  /** Sends a message over the channel; dropped when there is none. */
  tell(message: object): void {
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }

  /** The last lines that it wrote since its start. */
  lastLines(count: number): readonly string[] {
    try {
      const text = readFileSync(this.plan.logFile).subarray(this.#logStart).toString('utf8');
      return text.trimEnd().split('\n').slice(-count);
    } catch {
      return [];
    }
  }
}
