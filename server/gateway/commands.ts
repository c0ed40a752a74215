/**
 * Commands from browsers to nodes: authorise, write the audit record, send, collect replies, complete the record.
 * Nothing is queued: a command goes out at once or is refused, and a refusal is audited as well.
 */

import { unreachable } from '../base/assert.ts';
import { type Driver, drive } from '../base/core.ts';
import type { Clock, Logger } from '../base/ports.ts';
import type { Observer, ObserverEvent } from '../cluster/observer-api.ts';
import { classifyCommand, typedNameFor } from '../console/classification.ts';
import type { CommandClass, CommandTarget, Job } from '../wire/http.ts';
import { ApiProblem } from './api-problem.ts';
import type { Actor, AuditFields, AuditLog, AuditOutcome } from './audit-log.ts';
import { mayAskApproval, maySend } from './authorisation.ts';
import { busJoined, losesBus } from './bus-state.ts';
import { busDown, outcomeOf, problemOf, targetNames } from './command-outcome.ts';
import { JobSaver } from './job-saver.ts';
import { JOBS_KEPT_MAX, type JobEffect, type JobInput, JobTable } from './jobs.ts';
import type { Metrics } from './metrics.ts';
import { redactCommand } from './redaction.ts';
import { measureReply } from './reply-text.ts';
import { newId, sha256 } from './secrets.ts';
import type { SignedIn } from './sessions.ts';
import type { Store } from './store-port.ts';
import { staysWithin } from './target-nodes.ts';

/** A key is remembered for this long. */
export const IDEMPOTENCY_KEPT_MS = 24 * 3_600_000;

export type CommandAsk = {
  readonly command: string;
  readonly target: CommandTarget;
  readonly timeoutMs: number;
  readonly typedName?: string | undefined;
  readonly reason?: string | undefined;
};

export type CommandParts = {
  readonly observer: Observer;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly clusterName: string;
  readonly onJob: (job: Job) => void;
};

/** Who sends: the caller, and who approved it where the caller alone may not. */
export type Sender = {
  readonly caller: SignedIn;
  readonly actor: Actor;
  /** Present if somebody else approved: class and typed name were looked at then. */
  readonly approvedBy?: string;
};

/** What the class of a command asks of one caller. */
export type Review = {
  readonly class: CommandClass;
  readonly known: boolean;
  /** What must be typed to confirm; null for R, W1, W2. */
  readonly typedName: string | null;
  readonly allowed: boolean;
  /** Why not; null when allowed. */
  readonly reason: string | null;
};

export class Commands {
  readonly #parts: CommandParts;
  readonly #table: JobTable;
  readonly #driver: Driver<JobInput>;
  /** Audit records of running jobs. */
  readonly #records = new Map<string, number>();
  /** What the observer says about a job while it is being sent: facts that come before `begun`. */
  readonly #early = new Map<string, JobInput[]>();
  /** By idempotency key, so that the same request twice at once is sent once. */
  readonly #sending = new Map<string, Promise<Job>>();
  readonly #saver: JobSaver;
  #completing: Promise<void> = Promise.resolve();
  readonly #unsubscribe: () => void;

  static async load(parts: CommandParts): Promise<Commands> {
    await parts.store.dropIdempotencyKeys(parts.clock.wallMs() - IDEMPOTENCY_KEPT_MS);
    return new Commands(parts, (await parts.store.jobs(JOBS_KEPT_MAX)).map(withoutSecret));
  }

  private constructor(parts: CommandParts, earlier: readonly Job[]) {
    this.#parts = parts;
    this.#table = new JobTable(earlier);
    this.#saver = new JobSaver(parts.store, (what, error) => this.#storeFailed(what, error));
    this.#driver = drive(this.#table, parts.clock, (effect) => this.#perform(effect));
    this.#unsubscribe = parts.observer.subscribe((event) => this.#hear(event));
  }

  /** Resolves once everything that is known is on disk. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#driver.stop();
    await this.#saver.settled();
    await this.#completing;
  }

  job(id: string): Job | undefined {
    return this.#table.job(id);
  }

  newest(): readonly Job[] {
    return this.#table.newest();
  }

  async replyText(job: string, node: string): Promise<string | undefined> {
    await this.#saver.settled();
    return await this.#parts.store.replyText(job, node);
  }

  review({ command, target }: Pick<CommandAsk, 'command' | 'target'>, caller: SignedIn): Review {
    const found = classifyCommand(command);
    const typedName = typedNameFor(found, { target, clusterName: this.#parts.clusterName });
    const reason = this.#notAllowed(found.class, target, caller);
    return { class: found.class, known: found.known, typedName, allowed: reason === null, reason };
  }

  /**
   * The same key and body give the same job again, without sending or auditing anything.
   * @throws ApiProblem with the reason of a refusal; the refusal is in the audit log by then.
   */
  async send(ask: CommandAsk, key: string, sender: Sender): Promise<Job> {
    const fullKey = `${sender.caller.account} ${key}`;
    await this.#sending.get(fullKey)?.catch(() => undefined); // its own caller hears of a refusal
    const sending = this.#sendOnce(ask, fullKey, sender);
    this.#sending.set(fullKey, sending);
    try {
      return await sending;
    } finally {
      if (this.#sending.get(fullKey) === sending) this.#sending.delete(fullKey);
    }
  }

  async #sendOnce(ask: CommandAsk, fullKey: string, sender: Sender): Promise<Job> {
    const body = [ask.command, ask.target, ask.timeoutMs, ask.reason ?? null];
    const bodyHash = sha256(JSON.stringify(body));
    const used = await this.#parts.store.usedIdempotencyKey(fullKey);
    if (used !== undefined) return this.#repeated(used.job, used.bodyHash === bodyHash);
    const review = this.review(ask, sender.caller);
    const problem = this.#objection(ask, review, sender);
    if (problem !== undefined) {
      await this.#refuse(ask, review.class, sender, problem.message);
      throw problem;
    }
    const job = this.#newJob(ask, review.class, sender.actor);
    const audit = this.#parts.audit.opening({
      ...fieldsOf(ask, review.class, sender),
      result: 'pending',
      detail: ask.reason ?? '',
      job: job.id,
    });
    const idempotency = { key: fullKey, bodyHash, createdMs: job.sentMs };
    const begun = await this.#parts.store.beginCommand({ idempotency, job, audit });
    if (begun.kind === 'repeated') return this.#repeated(begun.job, begun.bodyHash === bodyHash);
    return await this.#sendNow(job, ask, begun.entry.record);
  }

  /** Why this command is not even tried. */
  #objection(ask: CommandAsk, review: Review, sender: Sender): ApiProblem | undefined {
    if (sender.approvedBy !== undefined) return busJoined(this.#parts.observer) ? undefined : busDown();
    if (!review.allowed) return forbidden(review, sender.caller);
    if (review.typedName !== null && ask.typedName !== review.typedName) {
      const text = `class ${review.class} needs the name "${review.typedName}" typed`;
      return new ApiProblem('forbidden', text, [{ path: 'typedName', message: 'does not match' }]);
    }
    if (review.class === 'W4' && (ask.reason ?? '').trim() === '') {
      const text = 'class W4 needs a reason, for the audit log';
      return new ApiProblem('forbidden', text, [{ path: 'reason', message: 'is missing' }]);
    }
    return busJoined(this.#parts.observer) ? undefined : busDown();
  }

  /** Null if the caller may send this class there. */
  #notAllowed(commandClass: CommandClass, target: CommandTarget, caller: SignedIn): string | null {
    if (!maySend(commandClass, caller.role)) {
      return `class ${commandClass} is not open to the role ${caller.role}`;
    }
    const { subclusters = [] } = caller.token ?? {};
    if (subclusters.length === 0) return null;
    const { members } = this.#parts.observer.model();
    if (staysWithin(members, target, subclusters)) return null;
    return `this token is for the subclusters ${subclusters.join(', ')} only`;
  }

  async #sendNow(job: Job, ask: CommandAsk, record: number): Promise<Job> {
    const early: JobInput[] = [];
    this.#early.set(job.id, early);
    const sent = this.#parts.observer.send(job.id, ask.command, job.target);
    this.#early.delete(job.id);
    if (!sent.ok) {
      const problem = problemOf(sent.error);
      await this.#parts.store.abandonCommand(job.id);
      const detail = [ask.reason ?? '', problem.message].filter((part) => part !== '').join(': ');
      await this.#complete(record, job.class, {
        result: 'refused',
        detail,
        perNode: {},
        targets: targetNames(job.target),
      });
      throw problem;
    }
    this.#records.set(job.id, record);
    const asked = [...new Set(sent.value.map(({ node }) => node))];
    const { state: _state, replies: _replies, ...begun } = job;
    this.#driver.give({ type: 'begun', job: begun, asked });
    for (const input of early) this.#driver.give(input);
    return this.#table.job(job.id) ?? job;
  }

  #repeated(id: string, sameBody: boolean): Job {
    if (!sameBody) {
      throw new ApiProblem('idempotency_mismatch', 'this idempotency-key was used for another command');
    }
    const job = this.#table.job(id);
    if (job === undefined)
      throw new ApiProblem('conflict', 'the command with this idempotency-key is being sent');
    return job;
  }

  #newJob(ask: CommandAsk, commandClass: CommandClass, actor: Actor): Job {
    const command = redactCommand(ask.command);
    return {
      id: newId(),
      command,
      redacted: command !== ask.command,
      class: commandClass,
      target: ask.target,
      actor: actor.name,
      sentMs: this.#parts.clock.wallMs(),
      timeoutMs: ask.timeoutMs,
      state: 'running',
      replies: [],
    };
  }

  async #refuse(ask: CommandAsk, commandClass: CommandClass, sender: Sender, detail: string): Promise<void> {
    this.#parts.metrics.commands.inc({ class: commandClass, result: 'refused' });
    await this.#parts.audit.record({ ...fieldsOf(ask, commandClass, sender), result: 'refused', detail });
  }

  async #complete(record: number, commandClass: CommandClass, outcome: AuditOutcome): Promise<void> {
    this.#parts.metrics.commands.inc({ class: commandClass, result: outcome.result });
    await this.#parts.audit.complete(record, outcome);
  }

  #hear(event: ObserverEvent): void {
    switch (event.type) {
      case 'changed':
        if (event.changes.some(losesBus)) this.#driver.give({ type: 'busLost' });
        return;
      case 'reply': {
        const reply = measureReply(event.ok, event.text);
        this.#take({ type: 'replied', job: event.request, node: event.node, reply });
        return;
      }
      case 'askedGone': {
        const silent = event.cause === 'silence';
        this.#take({ type: 'askedGone', job: event.request, node: event.node, silent });
        return;
      }
      case 'vips':
        return;
      default:
        unreachable(event);
    }
  }

  #take(input: Extract<JobInput, { type: 'replied' | 'askedGone' }>): void {
    const early = this.#early.get(input.job);
    if (early === undefined) this.#driver.give(input);
    else early.push(input);
  }

  #perform(effect: JobEffect): void {
    switch (effect.type) {
      case 'keepText':
        this.#saver.keepText(effect.job, { node: effect.node, text: effect.text });
        return;
      case 'jobChanged':
        this.#saver.changed(effect.job);
        this.#parts.onJob(effect.job);
        return;
      case 'jobEnded':
        this.#end(effect.job);
        return;
      case 'dropJob':
        this.#saver.dropped(effect.id);
        return;
      default:
        unreachable(effect);
    }
  }

  #end(job: Job): void {
    const record = this.#records.get(job.id);
    this.#records.delete(job.id);
    if (record === undefined) return;
    const completing = this.#complete(record, job.class, outcomeOf(job));
    const settled = completing.catch((error: unknown) => this.#storeFailed('audit.complete', error));
    this.#completing = Promise.all([this.#completing, settled]).then(() => undefined);
  }

  #storeFailed(what: string, error: unknown): void {
    this.#parts.metrics.storeFailures.inc();
    this.#parts.logger.error('store.failed', {
      what,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Jobs of before there were these rules. */
function withoutSecret(job: Job): Job {
  const command = redactCommand(job.command);
  return command === job.command ? job : { ...job, command, redacted: true };
}

function fieldsOf(
  ask: CommandAsk,
  commandClass: CommandClass,
  { actor, approvedBy }: Sender,
): Omit<AuditFields, 'result'> {
  return {
    actor,
    action: 'command',
    class: commandClass,
    command: redactCommand(ask.command),
    targets: targetNames(ask.target),
    ...(approvedBy === undefined ? {} : { approvedBy }),
  };
}

/** Says where a second person can help. */
function forbidden({ class: commandClass, reason }: Review, caller: SignedIn): ApiProblem {
  const text = reason ?? 'not allowed';
  if (!mayAskApproval(commandClass, caller)) return new ApiProblem('forbidden', text);
  const hint = 'an admin can approve it: ask for approval';
  return new ApiProblem('forbidden', `${text}; ${hint}`, [{ path: 'approval', message: hint }]);
}
