/**
 * Two people for one command: an operator asks, an admin who is not the same person approves, and the command that
 * was frozen then is sent in the name of who asked. Nothing is sent if the target or the class is not what it was.
 * Every step is in the audit log. A secret in a command is kept in memory only.
 */

import type { Clock, Logger, Timer } from '../base/ports.ts';
import type { Observer } from '../cluster/observer-api.ts';
import { classifyCommand } from '../console/classification.ts';
import { APPROVAL_EXPIRES_MS, type Approval, type CommandTarget, type Job } from '../wire/http.ts';
import { ApiProblem } from './api-problem.ts';
import { type Present, refuseDecider, refuseHarmless, voidBecause } from './approval-rules.ts';
import type { Actor, AuditLog } from './audit-log.ts';
import { busJoined } from './bus-state.ts';
import { busDown, targetNames, unknownTarget } from './command-outcome.ts';
import type { Commands } from './commands.ts';
import { redactCommand } from './redaction.ts';
import { newId } from './secrets.ts';
import type { SignedIn } from './sessions.ts';
import { accountKey, type Store, type StoredApproval } from './store-port.ts';
import { nodesMeant } from './target-nodes.ts';

/** Requests that wait, over all and of one person. */
export const APPROVALS_WAITING_MAX = 100;
export const APPROVALS_WAITING_OWN_MAX = 20;
/** Requests kept, decided ones as well; the oldest decided one goes first. */
export const APPROVALS_KEPT_MAX = 200;

export type ApprovalAsk = {
  readonly command: string;
  readonly target: CommandTarget;
  readonly timeoutMs: number;
  readonly reason: string;
};
export type Decision = { readonly note: string; readonly typedName?: string | undefined };

export type ApprovalParts = {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly observer: Observer;
  readonly commands: Pick<Commands, 'send'>;
  readonly clusterName: string;
};

/** `command`: the one to send; undefined if it held a secret and the gateway was started again since. */
type Entry = { kept: StoredApproval; readonly command: string | undefined };

/** What a record is about: a request, or what was asked for in vain. Without secrets. */
type About = Pick<StoredApproval, 'command' | 'target'> &
  Partial<Pick<StoredApproval, 'class' | 'nodesThen' | 'job'>>;

const GATEWAY: Actor = { name: 'gateway', role: '', sourceAddress: '' };

export class Approvals {
  readonly #parts: ApprovalParts;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  #timer: Timer | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  static async load(parts: ApprovalParts): Promise<Approvals> {
    return new Approvals(parts, await parts.store.desk.approvals());
  }

  private constructor(parts: ApprovalParts, earlier: readonly StoredApproval[]) {
    this.#parts = parts;
    for (const kept of earlier) {
      this.#entries.set(kept.id, { kept, command: kept.redacted ? undefined : kept.command });
    }
    this.#wake();
  }

  /** Resolves once every step is on disk. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#turn;
  }

  get waiting(): number {
    return this.#waiting().length;
  }

  /** Newest first: admins see all, others their own. */
  async list(caller: SignedIn): Promise<{ approvals: Approval[]; waiting: number }> {
    await this.#inTurn(() => this.#expire());
    const mine = [...this.#entries.values()].filter(
      ({ kept }) => caller.role === 'admin' || isOf(kept, caller.name),
    );
    const toDecide = this.#waiting().filter(({ kept }) => !isOf(kept, caller.name));
    return {
      approvals: mine.map(({ kept }) => this.#shown(kept)).reverse(),
      waiting: caller.role === 'admin' ? toDecide.length : 0,
    };
  }

  /** @throws ApiProblem `bad_request`, `bus_down`, or `rate_limited` if too many wait. */
  async ask(ask: ApprovalAsk, actor: Actor): Promise<Approval> {
    return await this.#inTurn(async () => {
      await this.#expire();
      const command = redactCommand(ask.command);
      const { commandClass, nodes } = await this.#recorded(actor, { ...ask, command }, () =>
        this.#askable(ask, actor),
      );
      const nowMs = this.#parts.clock.wallMs();
      const kept: StoredApproval = {
        ...ask,
        id: newId(),
        command,
        class: commandClass,
        nodesThen: nodes,
        requestedBy: actor.name,
        requestedFrom: actor.sourceAddress,
        requestedMs: nowMs,
        expiresMs: nowMs + APPROVAL_EXPIRES_MS,
        state: 'waiting',
        decidedBy: null,
        decidedMs: null,
        note: '',
        job: null,
        redacted: command !== ask.command,
      };
      const entry: Entry = { kept, command: ask.command };
      await this.#record(kept, actor, 'done', `asked: ${ask.reason}`);
      await this.#keep(entry, kept);
      this.#wake();
      return this.#shown(kept);
    });
  }

  #askable(ask: ApprovalAsk, actor: Actor): { commandClass: Approval['class']; nodes: string[] } {
    const commandClass = refuseHarmless(ask.command);
    if (!busJoined(this.#parts.observer)) throw busDown();
    const nodes = this.#nodesOf(ask.target);
    if (nodes === undefined) throw unknownTarget(targetNames(ask.target).join(', '));
    const own = this.#waiting().filter(({ kept }) => isOf(kept, actor.name)).length;
    if (own >= APPROVALS_WAITING_OWN_MAX || this.waiting >= APPROVALS_WAITING_MAX) {
      throw new ApiProblem('rate_limited', 'too many requests wait for approval');
    }
    return { commandClass, nodes: [...nodes] };
  }

  /** @throws ApiProblem `not_found`, `forbidden`, `bus_down` (it waits on), or `conflict` if it is no longer good. */
  async approve(id: string, decision: Decision, actor: Actor): Promise<Approval> {
    return await this.#inTurn(async () => {
      const entry = await this.#undecided(id, actor);
      const { kept, command } = entry;
      const present = await this.#present(kept);
      await this.#recorded(actor, kept, () => {
        const by = { name: actor.name, typedName: decision.typedName, clusterName: this.#parts.clusterName };
        refuseDecider(kept, by, command ?? kept.command);
        if (!busJoined(this.#parts.observer)) throw busDown();
      });
      const reason = voidBecause(kept, command, present);
      if (reason !== undefined || command === undefined) return await this.#void(entry, actor, reason ?? '');
      const job = await this.#send(entry, command, actor, present);
      return await this.#decide(entry, actor, { state: 'approved', note: decision.note, job: job.id });
    });
  }

  async deny(id: string, decision: Decision, actor: Actor): Promise<Approval> {
    return await this.#inTurn(async () => {
      const entry = await this.#undecided(id, actor);
      return await this.#decide(entry, actor, { state: 'denied', note: decision.note, job: null });
    });
  }

  /** In the name of who asked; the key makes a second approval after a crash the same job. */
  async #send(entry: Entry, command: string, actor: Actor, { requester }: Present): Promise<Job> {
    const { kept } = entry;
    const { target, timeoutMs, reason, requestedBy: name, requestedFrom } = kept;
    const role = requester?.role ?? 'viewer';
    const caller: SignedIn = { session: '', account: accountKey(name), name, role, csrf: undefined };
    const sender = {
      caller,
      actor: { name, role, sourceAddress: requestedFrom },
      approvedBy: actor.name,
    };
    const ask = { command, target, timeoutMs, reason };
    return await this.#recorded(actor, kept, () =>
      this.#parts.commands.send(ask, sendingKey(kept.id), sender),
    );
  }

  /** @throws ApiProblem `conflict`, always: nothing was sent. */
  async #void(entry: Entry, actor: Actor, reason: string): Promise<never> {
    await this.#decide(entry, actor, { state: 'void', note: reason, job: null });
    throw new ApiProblem('conflict', `${reason}; nothing was sent`, [{ path: 'state', message: 'void' }]);
  }

  async #decide(
    entry: Entry,
    actor: Actor,
    wanted: Pick<StoredApproval, 'state' | 'note' | 'job'>,
  ): Promise<Approval> {
    const decidedMs = this.#parts.clock.wallMs();
    const sentBefore = wanted.job === null ? await this.#sentBefore(entry.kept) : undefined;
    const note = 'it was sent before this could be written down';
    const outcome = sentBefore === undefined ? wanted : { state: 'approved' as const, note, job: sentBefore };
    const kept: StoredApproval = { ...entry.kept, ...outcome, decidedBy: actor.name, decidedMs };
    const good = outcome.state === 'approved' || outcome.state === 'denied';
    const detail = outcome.note === '' ? outcome.state : `${outcome.state}: ${outcome.note}`;
    await this.#record(kept, actor, good ? 'done' : 'refused', detail);
    await this.#keep(entry, kept);
    this.#wake();
    return this.#shown(kept);
  }

  /** The job of an approval that was cut short after the command went out. */
  async #sentBefore({ id, requestedBy }: StoredApproval): Promise<string | undefined> {
    const key = `${accountKey(requestedBy)} ${sendingKey(id)}`;
    return (await this.#parts.store.usedIdempotencyKey(key))?.job;
  }

  async #undecided(id: string, actor: Actor): Promise<Entry> {
    await this.#expire();
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new ApiProblem('not_found', 'there is no such request');
    const { state } = entry.kept;
    return await this.#recorded(actor, entry.kept, () => {
      if (state === 'waiting') return entry;
      const details = [{ path: 'state', message: state }];
      throw new ApiProblem('conflict', `this request is ${state} already`, details);
    });
  }

  /** What is refused leaves a record. */
  async #recorded<T>(actor: Actor, about: About, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ApiProblem) await this.#record(about, actor, 'refused', error.message);
      throw error;
    }
  }

  async #expire(): Promise<void> {
    const nowMs = this.#parts.clock.wallMs();
    for (const entry of this.#waiting()) {
      if (nowMs < entry.kept.expiresMs) continue;
      await this.#decide(entry, GATEWAY, { state: 'expired', note: '', job: null });
    }
  }

  /** At the end of the request that ends first. */
  #wake(): void {
    this.#timer?.cancel();
    const ends = this.#waiting().map(({ kept }) => kept.expiresMs);
    if (ends.length === 0) return;
    const { clock, logger } = this.#parts;
    const inMs = Math.max(0, Math.min(...ends) - clock.wallMs());
    this.#timer = clock.at(clock.nowMs() + inMs, () => {
      this.#inTurn(() => this.#expire()).catch((error: unknown) =>
        logger.error('approval.expire', { reason: String(error) }),
      );
    });
  }

  async #keep(entry: Entry, kept: StoredApproval): Promise<void> {
    await this.#parts.store.desk.saveApproval(kept);
    entry.kept = kept;
    // What is decided is never sent again: the command with its secret goes.
    this.#entries.set(kept.id, kept.state === 'waiting' ? entry : { kept, command: undefined });
    for (const [id, { kept: old }] of this.#entries) {
      if (this.#entries.size <= APPROVALS_KEPT_MAX) break;
      if (old.state === 'waiting') continue;
      this.#entries.delete(id);
      await this.#parts.store.desk.dropApproval(id);
    }
  }

  #waiting(): readonly Entry[] {
    return [...this.#entries.values()].filter(({ kept }) => kept.state === 'waiting');
  }

  #nodesOf(target: CommandTarget): readonly string[] | undefined {
    return nodesMeant(this.#parts.observer.model().members, target);
  }

  async #present(kept: StoredApproval): Promise<Present> {
    const requester = await this.#parts.store.account(accountKey(kept.requestedBy));
    return { nodes: this.#nodesOf(kept.target), requester };
  }

  #shown({
    timeoutMs: _timeout,
    requestedFrom: _from,
    redacted: _redacted,
    ...kept
  }: StoredApproval): Approval {
    const asks = kept.state === 'waiting' && busJoined(this.#parts.observer);
    return { ...kept, nodesNow: asks ? [...(this.#nodesOf(kept.target) ?? [])] : null };
  }

  async #record(about: About, actor: Actor, result: 'done' | 'refused', detail: string) {
    const { command, target, nodesThen, job = null } = about;
    await this.#parts.audit.record({
      actor,
      action: 'approval',
      class: about.class ?? classifyCommand(command).class,
      command,
      targets: nodesThen ?? targetNames(target),
      result,
      detail,
      ...(job === null ? {} : { job }),
    });
  }

  /** One after the other: two admins at once decide once. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined); // the one who waits for `mine` hears of it
    return await mine;
  }
}

/** No caller can choose this one: theirs have no blank. */
function sendingKey(id: string): string {
  return `approval ${id}`;
}

function isOf(kept: StoredApproval, name: string): boolean {
  return accountKey(kept.requestedBy) === accountKey(name);
}
