/**
 * The table of jobs: which nodes were asked, what they answered, who is silent and who left. A pure core; sending,
 * storing and telling browsers are effects or somebody else's. Late replies attach to their job (R1).
 */

import { assert, unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { CommandClass, CommandTarget, Job, JobReply } from '../wire/http.ts';

/** Jobs kept; the oldest finished one goes first. More than the largest operation, or it would push out all others. */
export const JOBS_KEPT_MAX = 1_200;
/** UTF-16 characters of reply texts kept in memory over all jobs. */
export const JOB_CHARACTERS_KEPT_MAX = 16 * 1_048_576;
/** Whole replies of one job kept for download, bytes of UTF-8 in total: four of the longest there are. */
export const JOB_BYTES_MAX = 64 * 1_048_576;
/** The same over all jobs; the oldest finished ones go first. */
export const JOBS_BYTES_MAX = 256 * 1_048_576;

export type BegunJob = {
  readonly id: string;
  readonly command: string;
  readonly redacted: boolean;
  readonly class: CommandClass;
  readonly target: CommandTarget;
  readonly actor: string;
  /** Wall clock. */
  readonly sentMs: number;
  readonly timeoutMs: number;
};

/** A reply as measured by the caller, who may use a hash function. */
export type MeasuredReply = {
  readonly ok: boolean;
  readonly text: string;
  /** Its beginning, at most JOB_TEXT_VIEW_CHARACTERS. */
  readonly view: string;
  readonly bytes: number;
  /** Of the normalised text. */
  readonly hash: string;
};

export type JobInput =
  | { readonly type: 'begun'; readonly job: BegunJob; readonly asked: readonly string[] }
  | { readonly type: 'replied'; readonly job: string; readonly node: string; readonly reply: MeasuredReply }
  | { readonly type: 'askedGone'; readonly job: string; readonly node: string; readonly silent: boolean }
  /** Nobody was heard from then on: what was asked may have been done or not. */
  | { readonly type: 'busLost' };

export type JobEffect =
  | { readonly type: 'keepText'; readonly job: string; readonly node: string; readonly text: string }
  | { readonly type: 'jobChanged'; readonly job: Job }
  /** Once for every job; late replies change it but do not end it again. */
  | { readonly type: 'jobEnded'; readonly job: Job }
  | { readonly type: 'dropJob'; readonly id: string };

type Entry = { job: Job; readonly sentAtMs: number; bytesKept: number; characters: number };

export class JobTable implements Core<JobInput | DeadlineReached, JobEffect> {
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  #characters = 0;
  #bytes = 0;

  /** @param earlier jobs of earlier runs, oldest first; what was running then is `unknown` now. */
  constructor(earlier: readonly Job[] = []) {
    for (const job of earlier.slice(-JOBS_KEPT_MAX)) {
      const entry = {
        job: afterRestart(job),
        sentAtMs: 0,
        bytesKept: bytesOf(job),
        characters: charactersOf(job),
      };
      this.#entries.set(job.id, entry);
      this.#characters += entry.characters;
      this.#bytes += entry.bytesKept;
    }
  }

  get deadlineMs(): number | undefined {
    let earliest: number | undefined;
    for (const { job, sentAtMs } of this.#entries.values()) {
      if (job.state !== 'running') continue;
      const dueMs = sentAtMs + job.timeoutMs;
      if (earliest === undefined || dueMs < earliest) earliest = dueMs;
    }
    return earliest;
  }

  job(id: string): Job | undefined {
    return this.#entries.get(id)?.job;
  }

  /** Newest first. */
  newest(): readonly Job[] {
    return [...this.#entries.values()].map(({ job }) => job).reverse();
  }

  step(input: JobInput | DeadlineReached, nowMs: number): readonly JobEffect[] {
    switch (input.type) {
      case 'begun':
        return this.#begin(input.job, input.asked, nowMs);
      case 'replied':
        return this.#reply(input.job, input.node, input.reply, nowMs);
      case 'askedGone':
        return this.#gone(input.job, input.node, input.silent);
      case 'busLost':
        return this.#unanswered(() => true, 'unknown');
      case 'deadlineReached':
        return this.#timeOut(nowMs);
      default:
        return unreachable(input);
    }
  }

  #begin(begun: BegunJob, asked: readonly string[], nowMs: number): readonly JobEffect[] {
    assert(!this.#entries.has(begun.id), 'a job id is used once');
    const replies = asked.map((node) => unanswered(node, 'asked'));
    const entry: Entry = {
      job: { ...begun, state: 'running', replies },
      sentAtMs: nowMs,
      bytesKept: 0,
      characters: 0,
    };
    this.#entries.set(begun.id, entry);
    return [...this.#drop(), ...this.#changed(entry)];
  }

  #reply(id: string, node: string, reply: MeasuredReply, nowMs: number): readonly JobEffect[] {
    const entry = this.#entries.get(id);
    const old = entry?.job.replies.find((other) => other.node === node);
    if (entry === undefined || old === undefined || old.state === 'answered') return [];
    const fits = entry.bytesKept + reply.bytes <= JOB_BYTES_MAX;
    const text = reply.view;
    replace(entry, {
      node,
      state: 'answered',
      tookMs: nowMs - entry.sentAtMs,
      late: old.state !== 'asked',
      ok: reply.ok,
      bytes: reply.bytes,
      hash: reply.hash,
      text,
      truncated: text.length < reply.text.length,
    });
    entry.characters += text.length;
    this.#characters += text.length;
    const keep: readonly JobEffect[] = fits ? [{ type: 'keepText', job: id, node, text: reply.text }] : [];
    if (fits) {
      entry.bytesKept += reply.bytes;
      this.#bytes += reply.bytes;
    }
    return [...keep, ...this.#changed(entry), ...this.#drop()];
  }

  #gone(id: string, node: string, silent: boolean): readonly JobEffect[] {
    const entry = this.#entries.get(id);
    const old = entry?.job.replies.find((other) => other.node === node);
    if (entry === undefined || old?.state !== 'asked') return [];
    replace(entry, unanswered(node, silent ? 'silent' : 'left'));
    return this.#changed(entry);
  }

  #timeOut(nowMs: number): readonly JobEffect[] {
    return this.#unanswered(({ job, sentAtMs }) => nowMs >= sentAtMs + job.timeoutMs, 'silent');
  }

  /** Ends the running jobs that are meant; who has not answered by now is `state`. */
  #unanswered(meant: (entry: Entry) => boolean, state: 'silent' | 'unknown'): readonly JobEffect[] {
    const ending = [...this.#entries.values()].filter(
      (entry) => entry.job.state === 'running' && meant(entry),
    );
    return ending.flatMap((entry) => {
      for (const reply of entry.job.replies) {
        if (reply.state === 'asked') replace(entry, unanswered(reply.node, state));
      }
      return this.#changed(entry);
    });
  }

  #changed(entry: Entry): readonly JobEffect[] {
    const { state: before, replies } = entry.job;
    if (replies.some(({ state }) => state === 'asked')) return [{ type: 'jobChanged', job: entry.job }];
    const unknown = replies.some(({ state }) => state === 'unknown');
    entry.job = { ...entry.job, state: unknown ? 'unknown' : 'done' };
    if (before !== 'running') return [{ type: 'jobChanged', job: entry.job }];
    return [
      { type: 'jobChanged', job: entry.job },
      { type: 'jobEnded', job: entry.job },
    ];
  }

  /** Keeps the bounds. Running jobs stay, whatever they hold: their number is bounded by the rate limit. */
  #drop(): readonly JobEffect[] {
    const dropped: JobEffect[] = [];
    for (const [id, entry] of this.#entries) {
      if (!this.#overfull()) break;
      if (entry.job.state === 'running') continue;
      this.#entries.delete(id);
      this.#characters -= entry.characters;
      this.#bytes -= entry.bytesKept;
      dropped.push({ type: 'dropJob', id });
    }
    return dropped;
  }

  #overfull(): boolean {
    return (
      this.#entries.size > JOBS_KEPT_MAX ||
      this.#characters > JOB_CHARACTERS_KEPT_MAX ||
      this.#bytes > JOBS_BYTES_MAX
    );
  }
}

/** The node could not be asked any more, or the program ended: nobody knows what became of it. */
function afterRestart(job: Job): Job {
  if (job.state !== 'running') return job;
  const replies = job.replies.map((reply) =>
    reply.state === 'asked' ? unanswered(reply.node, 'unknown') : reply,
  );
  return { ...job, state: 'unknown', replies };
}

function unanswered(node: string, state: JobReply['state']): JobReply {
  return {
    node,
    state,
    tookMs: null,
    late: false,
    ok: null,
    bytes: null,
    hash: null,
    text: null,
    truncated: false,
  };
}

function replace(entry: Entry, reply: JobReply): void {
  const replies = entry.job.replies.map((old) => (old.node === reply.node ? reply : old));
  entry.job = { ...entry.job, replies };
}

function bytesOf(job: Job): number {
  return job.replies.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}

function charactersOf(job: Job): number {
  return job.replies.reduce((sum, { text }) => sum + (text?.length ?? 0), 0);
}
