/**
 * Keeps the processes of a demo cluster: starts them, shows how they end, does what the rehearsal panel asks, stops
 * them all. A cluster process that ended stays ended until somebody starts it: that is what a rehearsal is for. Only
 * the dashboard is started again, a few times and never silently, since without it there is no panel.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { Leash } from './leash.ts';
import { type ProcessExit, type ProcessPlan, SupervisedProcess } from './supervised-process.ts';

export type RehearsalAction = 'kill' | 'restart' | 'pause' | 'resume';

export type SupervisorEvents = {
  /** One line for the terminal. */
  readonly say: (line: string) => void;
  /** A process changed its state or id. */
  readonly changed: () => void;
  /** A message from a child over its channel. */
  readonly message: (from: SupervisedProcess, message: unknown) => void;
};

/** A child that has not ended this long after being asked to is killed. */
export const STOP_LIMIT_MS = 5_000;
/** A start that takes longer is reported as failed. */
export const START_LIMIT_MS = 60_000;
/** Starts of the dashboard after unexpected ends, within RESTART_WINDOW_MS. */
export const RESTARTS_MAX = 5;
export const RESTART_WINDOW_MS = 60_000;
const LAST_LINES = 5;
const STOPPING = 'The demo cluster is stopping.';

export class DemoSupervisor {
  readonly processes: readonly SupervisedProcess[];
  readonly #pages: string;
  readonly #events: SupervisorEvents;
  readonly #leash = new Leash();
  readonly #expectedEnds = new Set<SupervisedProcess>();
  #restartsMs: readonly number[] = [];
  #phase: 'starting' | 'live' | 'stopping' = 'starting';
  #startFailed: (reason: Error) => void = () => undefined;

  /** @param pages name of the process that serves the pages, started with the others and kept alive */
  constructor(plans: readonly ProcessPlan[], pages: string, events: SupervisorEvents) {
    this.#pages = pages;
    this.#events = events;
    this.processes = plans.map(
      (plan) => new SupervisedProcess(plan, (changed, exit) => this.#onChange(changed, exit), events.message),
    );
  }

  /**
   * Starts everything and waits until all do their work.
   * @throws Error with one line for people when one ends or the time is over; whatever runs must then be stopped.
   */
  async startAll(): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      this.#startFailed = reject;
    });
    failed.catch(() => undefined);
    for (const started of this.processes) started.start();
    await Promise.race([failed, this.#allRunning()]);
    this.#phase = 'live';
  }

  async #allRunning(): Promise<void> {
    const pollMs = 20;
    for (let waitedMs = 0; waitedMs < START_LIMIT_MS && this.#phase === 'starting'; waitedMs += pollMs) {
      if (this.processes.every(({ state }) => state === 'running')) return;
      await wait(pollMs);
    }
    const late = this.processes.filter(({ state }) => state !== 'running').map(({ plan }) => plan.name);
    throw new Error(`${late.join(', ')} did not get ready within ${START_LIMIT_MS / 1_000} s.`);
  }

  /** Ends everything: asks, waits, kills what remains. */
  async stopAll(): Promise<void> {
    this.#phase = 'stopping';
    await Promise.all(this.processes.map((process) => this.#stop(process)));
    this.#leash.release();
  }

  /** Ends everything at once. */
  killAll(): void {
    this.#phase = 'stopping';
    for (const process of this.processes) process.kill();
  }

  async #stop(process: SupervisedProcess): Promise<void> {
    if (process.pid === undefined) return;
    process.terminate();
    const limit = new AbortController();
    const late = wait(STOP_LIMIT_MS, false, { signal: limit.signal }).catch(() => false);
    const ended = await Promise.race([process.ended.then(() => true), late]);
    limit.abort();
    if (ended) return;
    this.#events.say(`${process.plan.name} did not end within ${STOP_LIMIT_MS / 1_000} s, killing it.`);
    process.kill();
    await process.ended;
  }

  /** Also asked after waiting, when it may have become true. */
  get #isStopping(): boolean {
    return this.#phase === 'stopping';
  }

  /** @returns undefined when done, else why not. */
  async act(name: string, action: RehearsalAction): Promise<string | undefined> {
    const process = this.processes.find(({ plan }) => plan.name === name);
    if (process === undefined) return `There is no process ${name}.`;
    if (this.#isStopping) return STOPPING;
    const serves = name === this.#pages;
    switch (action) {
      case 'kill':
        if (serves) return 'Killing the dashboard would take this panel away; restart it instead.';
        if (process.pid === undefined) return `${name} does not run.`;
        this.#expectedEnds.add(process);
        process.kill();
        return undefined;
      case 'restart':
        this.#expectedEnds.add(process);
        await this.#stop(process);
        this.#expectedEnds.delete(process);
        if (this.#isStopping) return STOPPING;
        process.start();
        return undefined;
      case 'pause':
        if (serves) return 'Pausing the dashboard would take this panel away.';
        if (process.pid === undefined) return `${name} does not run.`;
        process.pause();
        return undefined;
      case 'resume':
        if (process.state !== 'paused') return `${name} is not paused.`;
        process.resume();
        return undefined;
    }
  }

  #onChange(process: SupervisedProcess, exit: ProcessExit | undefined): void {
    this.#leash.hold(this.processes.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
    if (exit !== undefined) this.#onExit(process, exit);
    this.#events.changed();
  }

  #onExit(process: SupervisedProcess, { code, signal }: ProcessExit): void {
    if (this.#phase === 'stopping') return;
    const { name } = process.plan;
    const how = signal ?? (code === null ? 'it could not be started' : `exit code ${code}`);
    this.#events.say(`${name} ended: ${how}`);
    const expected = this.#expectedEnds.delete(process);
    if (expected) return;
    if (signal === null) for (const line of process.lastLines(LAST_LINES)) this.#events.say(`  ${line}`);
    if (this.#phase === 'starting') {
      this.#startFailed(new Error(`${name} ended while starting; its log is ${process.plan.logFile}`));
    } else if (name === this.#pages) {
      this.#startAgain(process);
    }
  }

  #startAgain(process: SupervisedProcess): void {
    const nowMs = performance.now();
    this.#restartsMs = [...this.#restartsMs.filter((atMs) => nowMs - atMs < RESTART_WINDOW_MS), nowMs];
    if (this.#restartsMs.length > RESTARTS_MAX) {
      this.#events.say(`${process.plan.name} ended ${RESTARTS_MAX} times in a minute and is left alone.`);
      return;
    }
    this.#events.say(`starting ${process.plan.name} again`);
    process.start();
  }
}
