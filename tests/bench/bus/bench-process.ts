/** One process of the bus benchmark, from outside. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ChildNews, ChildOrder } from './orders.ts';

/** Beside the program that starts it: scripts/bundle.mjs. */
export const PROGRAM = new URL('bench-bus.mjs', import.meta.url);
/** What a process is asked for happens within it, or the run fails. */
const ANSWER_MS = 60_000;

const nobodyListens = (): void => undefined;

export class BenchProcess {
  readonly #process: ChildProcess;
  /** Not heard yet. */
  readonly #news: ChildNews[] = [];
  #look: () => void = nobodyListens;

  constructor() {
    this.#process = fork(PROGRAM);
    const heard = (news: ChildNews): void => {
      this.#news.push(news);
      this.#look();
    };
    this.#process.on('message', heard);
    this.#process.on('exit', () => heard({ news: 'problem', text: 'A process of the benchmark ended.' }));
  }

  tell(order: ChildOrder): void {
    this.#process.send(order);
  }

  /** The next news of a kind that passes; older ones of this kind are dropped, other kinds wait. One caller at a time. */
  async hear<N extends ChildNews['news']>(
    kind: N,
    passes: (news: Extract<ChildNews, { news: N }>) => boolean = () => true,
  ): Promise<Extract<ChildNews, { news: N }>> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`Nothing ${kind} within ${ANSWER_MS} ms.`)), ANSWER_MS);
        this.#look = () => {
          for (let at = 0; at < this.#news.length; ) {
            const news = this.#news[at];
            if (news?.news === 'problem') return reject(new Error(news.text));
            if (news === undefined || !isOf(news, kind)) {
              at += 1;
              continue;
            }
            this.#news.splice(at, 1);
            if (passes(news)) return resolve(news);
          }
        };
        this.#look();
      });
    } finally {
      this.#look = nobodyListens;
      clearTimeout(timer);
    }
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(signal);
  }

  async kill(): Promise<void> {
    await this.#gone(() => this.#process.kill('SIGKILL'));
  }

  async stop(): Promise<void> {
    await this.#gone(() => {
      if (this.#process.connected) this.#process.disconnect();
    });
  }

  async #gone(end: () => void): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    end();
    await exited;
  }
}

function isOf<N extends ChildNews['news']>(
  news: ChildNews,
  kind: N,
): news is Extract<ChildNews, { news: N }> {
  return news.news === kind;
}

/** Benchmarks that run beside each other begin to look for ports in different places. */
const PORT_FIRST = 20_000;
const PORT_SPREAD = 12_000;

export function preferredPort(): number {
  return PORT_FIRST + (process.pid % PORT_SPREAD);
}
