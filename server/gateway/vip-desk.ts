/**
 * Operations on DuraVIPs as people and programs ask for them: checked against the rows of now, kept, sent through the
 * one command path (authorised, audited, one command per address), followed to their end. Nothing is sent twice.
 */

import { unreachable } from '../base/assert.ts';
import { type Driver, drive } from '../base/core.ts';
import type { Clock, Logger } from '../base/ports.ts';
import type { ModelChange, Observer, ObserverEvent } from '../cluster/observer-api.ts';
import { parseNodeName } from '../model/names.ts';
import { OPERATIONS_KEPT, type OperationRow } from '../wire/duravip.ts';
import type { Job } from '../wire/http.ts';
import { ApiProblem } from './api-problem.ts';
import type { AuditLog } from './audit-log.ts';
import { losesBus } from './bus-state.ts';
import type { Commands, Sender } from './commands.ts';
import type { Metrics } from './metrics.ts';
import { newId, sha256 } from './secrets.ts';
import type { SignedIn } from './sessions.ts';
import type { Store } from './store-port.ts';
import { VipActors } from './vip-actors.ts';
import { EVERY_NODE, plannedOperation, type VipAsk, VipGate, type WantedOperation } from './vip-gate.ts';
import { VipKeeper } from './vip-keeper.ts';
import { type PlannedItem, shortened } from './vip-operation.ts';
import {
  type OperationEffect,
  type OperationFact,
  type OperationInput,
  VipOperations,
} from './vip-operations.ts';
import {
  COMMANDS,
  canonical,
  planDrain,
  planMoves,
  planRetry,
  planUndo,
  planUnpin,
  presentRows,
  type VipRows,
  type WantedMove,
  whyNotDrain,
} from './vip-plans.ts';
import { changedOf, commandOf, passed, refused } from './vip-problems.ts';

/** Fewer than are kept, and what takes one back is not counted: there is always room for that. */
export const OPERATIONS_RUNNING_MAX = 40;
const COMMAND_TIMEOUT_MS = 10_000;

export type VipDeskParts = {
  readonly observer: Observer;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly commands: Pick<Commands, 'send' | 'review' | 'job'>;
  /** Of tokens, by their sessions. */
  readonly alive: (sessions: readonly string[]) => Promise<ReadonlyMap<string, SignedIn>>;
  /** Of the collection `vipOperations`. */
  readonly onRows: (changes: readonly ModelChange[]) => void;
};

type Wanted = WantedOperation & {
  /** Done in the turn in which the operation begins. */
  readonly begun?: () => void;
};

export class VipDesk {
  readonly #parts: VipDeskParts;
  readonly #core: VipOperations;
  readonly #driver: Driver<OperationInput>;
  /** Who sends the commands of an operation that runs. */
  readonly #senders = new Map<string, Sender>();
  readonly #keeper: VipKeeper;
  readonly #gate: VipGate;
  readonly #actors = new VipActors();
  readonly #unsubscribe: () => void;
  /** Keys of commands of other runs are other keys. No caller can choose these: theirs have no blank. */
  readonly #run = newId();

  static async load(parts: VipDeskParts): Promise<VipDesk> {
    const { clock, store } = parts;
    const earlier = await store.vips.operations(OPERATIONS_KEPT);
    return new VipDesk(parts, new VipOperations(earlier, { wallMs: clock.wallMs(), nowMs: clock.nowMs() }));
  }

  private constructor(parts: VipDeskParts, core: VipOperations) {
    this.#parts = parts;
    this.#core = core;
    this.#gate = new VipGate(parts);
    this.#keeper = new VipKeeper({
      ...parts,
      store: parts.store.vips,
      row: (id) => core.row(id),
      keptForm: (id) => core.keptForm(id),
      failed: (error) => {
        parts.metrics.storeFailures.inc();
        parts.logger.error('store.failed', { what: 'operation', reason: String(error) });
      },
    });
    this.#driver = drive(core, parts.clock, (effect) => this.#perform(effect));
    this.#unsubscribe = parts.observer.subscribe((event) => this.#hear(event));
  }

  /** Resolves once everything that is known is on disk. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#driver.stop();
    await this.#keeper.stop();
  }

  /** As the collection `vipOperations` has them. */
  rows(): Readonly<Record<string, OperationRow>> {
    return Object.fromEntries(this.#core.rows().map((row) => [row.id, shortened(row)]));
  }

  operation(id: string): OperationRow | undefined {
    return this.#core.row(id);
  }

  /** Who asked here for the address to go to `owner` just now. */
  actorOf(address: string, owner: string | null): string | undefined {
    return this.#actors.actorOf(address, owner, this.#parts.clock.wallMs());
  }

  jobChanged(job: Job): void {
    this.#give({ type: 'job', job });
  }

  /** @throws ApiProblem `changed`, `refused`, `forbidden`, `bus_down`, `idempotency_mismatch`; nothing was sent then. */
  async move(items: readonly WantedMove[], ask: VipAsk, sender: Sender): Promise<OperationRow> {
    return await this.#begin({ ...ask, body: ['move', items], about: commandOf(items) }, sender, () => {
      const plan = planMoves(items, this.#rows(), (address) => this.#core.busy(address));
      return { kind: 'move', of: null, node: null, commands: [], ...passed(plan) };
    });
  }

  /** @throws ApiProblem as `move`. */
  async drain(node: string, undrain: boolean, ask: VipAsk, sender: Sender): Promise<OperationRow> {
    const [command, inverse] = undrain
      ? [COMMANDS.undrain(node), COMMANDS.drain(node)]
      : [COMMANDS.drain(node), COMMANDS.undrain(node)];
    return await this.#begin({ ...ask, body: [command], about: command }, sender, () => {
      const rows = this.#rows();
      const reason = whyNotDrain(node, undrain, rows);
      if (reason !== undefined) throw refused([{ address: node, reason }]);
      const items = undrain ? [] : this.#drained(node);
      const back = { command: inverse, address: null, to: null, holder: null };
      return {
        kind: undrain ? 'undrain' : 'drain',
        of: null,
        node,
        items,
        commands: items.length === 0 ? [command] : [],
        inverses: [back],
      };
    });
  }

  /** @throws ApiProblem as `move`. */
  async unpin(address: string, ask: VipAsk, sender: Sender): Promise<OperationRow> {
    const command = COMMANDS.unpin(canonical(address));
    return await this.#begin({ ...ask, body: [command], about: command }, sender, () => {
      const plan = planUnpin(address, this.#rows());
      return { kind: 'unpin', of: null, node: null, commands: [], ...passed(plan) };
    });
  }

  /** @throws ApiProblem as `move`. */
  async announce(ask: VipAsk, sender: Sender): Promise<OperationRow> {
    const command = COMMANDS.announce();
    return await this.#begin({ ...ask, body: [command], about: command }, sender, () => {
      return { kind: 'announce', of: null, node: null, items: [], commands: [command], inverses: [] };
    });
  }

  /** @throws ApiProblem as `move`, and `not_found`, or `conflict` where nothing can be taken back. */
  async undo(
    id: string,
    ask: VipAsk,
    sender: Sender,
    kind: 'undo' | 'revert' = 'undo',
  ): Promise<OperationRow> {
    const about = this.#core.inverses(id)[0]?.command ?? null;
    return await this.#begin({ ...ask, body: [kind, id], about }, sender, () => {
      const row = this.#known(id);
      const inverses = this.#core.inverses(id);
      const commands = inverses.flatMap(({ command, address }) => (address === null ? [command] : []));
      const free = inverses.filter(({ address }) => address === null || !this.#core.busy(address, id));
      const items = planUndo(free, this.#rows());
      if (items.length + commands.length === 0) throw this.#nothingLeft(row);
      const node = row.node;
      const begun = (): void => this.#give({ type: 'undone', id, text: '' });
      return { kind, of: id, node, items, commands, inverses: [], begun };
    });
  }

  /** @throws ApiProblem `not_found`, or `conflict` if nothing waits to be reverted. */
  async keep(id: string, sender: Sender): Promise<OperationRow> {
    const { revertAtMs } = this.#known(id);
    const detail = `keep operation ${id}`;
    const { actor } = sender;
    if (revertAtMs === null) {
      await this.#parts.audit.record({ actor, action: 'operation', result: 'refused', detail });
      throw new ApiProblem('conflict', 'this operation is not to be reverted');
    }
    this.#give({ type: 'kept', id, by: actor.name });
    await this.#parts.audit.record({ actor, action: 'operation', result: 'done', detail });
    return this.#known(id);
  }

  /** Items that failed go out again, from where their addresses are now. @throws ApiProblem as `undo`. */
  async retry(id: string, ask: VipAsk, sender: Sender): Promise<OperationRow> {
    const failed = this.#known(id).items.filter(({ state }) => state === 'failed' || state === 'refused');
    const about = failed[0]?.command ?? null;
    await this.#gate.checked({ ...ask, about }, sender, () => {
      if (failed.length === 0) throw new ApiProblem('conflict', 'nothing in this operation failed');
      const { kind } = this.#known(id);
      const free = failed.filter(({ address }) => !this.#core.busy(address));
      const again = passed(planRetry(free, kind === 'drain' ? 'away' : 'owned', this.#rows()));
      this.#gate.admit(
        again.items.map(({ command }) => command),
        sender,
      );
      this.#senders.set(id, sender);
      this.#keeper.again(id);
      this.#give({ type: 'retried', id, ...again });
    });
    await this.#keeper.kept(id);
    return this.#known(id);
  }

  /** From looking at the rows to the moment when the addresses count as busy nothing waits. */
  async #begin(
    ask: VipAsk & { readonly body: unknown; readonly about: string | null },
    sender: Sender,
    plan: () => Wanted,
  ): Promise<OperationRow> {
    const key = `${sender.caller.account} ${ask.key}`;
    const bodyHash = sha256(JSON.stringify([ask.body, ask.reason, ask.revertAfterS ?? null]));
    const used = this.#core.withKey(key);
    if (used !== undefined && used.bodyHash !== bodyHash) {
      throw new ApiProblem('idempotency_mismatch', 'this idempotency-key was used for something else');
    }
    if (used !== undefined) return this.#known(used.id);
    const id = await this.#gate.checked(ask, sender, () => {
      const { begun, ...wanted } = plan();
      if (wanted.of === null && this.#core.running >= OPERATIONS_RUNNING_MAX) {
        throw new ApiProblem('rate_limited', 'too many operations run: wait until some have ended');
      }
      this.#gate.admit([...wanted.commands, ...wanted.items.map(({ command }) => command)], sender);
      const createdMs = this.#parts.clock.wallMs();
      const planned = plannedOperation({ wanted, ask, sender, key, bodyHash, createdMs });
      this.#senders.set(planned.id, sender);
      this.#actors.note(planned);
      this.#give({ type: 'asked', plan: planned });
      begun?.();
      return planned.id;
    });
    await this.#keeper.kept(id);
    return this.#known(id);
  }

  #drained(node: string): readonly PlannedItem[] {
    const name = parseNodeName(node);
    const predicted = name.ok
      ? this.#parts.observer.whatIf({ without: [], drained: [name.value] })
      : undefined;
    return planDrain(node, this.#rows(), predicted?.moves ?? []);
  }

  #nothingLeft(row: OperationRow): ApiProblem {
    if (row.kind === 'undo' || row.kind === 'revert' || row.kind === 'announce') {
      return new ApiProblem('conflict', 'this cannot be taken back');
    }
    const until = this.#core.keptForm(row.id)?.undoUntilMs ?? null;
    if (until === null) return new ApiProblem('conflict', 'the time to take it back is over');
    const addresses = row.items.map(({ address }) => address);
    return changedOf(addresses, this.#rows());
  }

  #known(id: string): OperationRow {
    const row = this.#core.row(id);
    if (row === undefined) throw new ApiProblem('not_found', 'there is no such operation');
    return row;
  }

  #rows(): VipRows {
    const { vips, vipNodes } = this.#parts.observer.model();
    return { vips, vipNodes };
  }

  #give(input: OperationFact): void {
    this.#driver.give({ ...input, atMs: this.#parts.clock.wallMs() });
  }

  #hear(event: ObserverEvent): void {
    if (event.type === 'vips') {
      for (const what of event.happenings) this.#give({ type: 'happened', what });
      return;
    }
    if (event.type !== 'changed') return;
    if (event.changes.some(losesBus)) this.#give({ type: 'busLost' });
    const watched = event.changes.filter(({ c, k }) => c === 'vips' && this.#core.watches(k));
    if (watched.length === 0) return;
    const rows = presentRows(
      watched.map(({ k }) => k),
      this.#rows(),
    );
    this.#give({ type: 'rows', rows });
  }

  #perform(effect: OperationEffect): void {
    switch (effect.type) {
      case 'send':
        void this.#send(effect);
        return;
      case 'changed':
        this.#keeper.changed(effect.id);
        return;
      case 'revert':
        void this.#revert(effect.id);
        return;
      case 'dropped':
        this.#senders.delete(effect.id);
        this.#keeper.dropped(effect.id);
        return;
      default:
        unreachable(effect);
    }
  }

  async #send({ id, line, command }: Extract<OperationEffect, { type: 'send' }>): Promise<void> {
    const sender = this.#senders.get(id);
    const { commands, logger } = this.#parts;
    try {
      await this.#keeper.kept(id);
      if (sender === undefined) throw new ApiProblem('internal', 'nobody is known who asked for it');
      const reason = this.#core.row(id)?.reason ?? '';
      const ask = { command, target: EVERY_NODE, timeoutMs: COMMAND_TIMEOUT_MS, reason };
      const { id: job } = await commands.send(ask, `operation ${this.#run} ${id} ${line}`, sender);
      this.#give({ type: 'sent', id, line, job });
      const now = commands.job(job);
      if (now !== undefined) this.#give({ type: 'job', job: now }); // what was answered meanwhile
    } catch (error) {
      if (!(error instanceof ApiProblem)) logger.error('operation.send', { reason: String(error) });
      const text = error instanceof ApiProblem ? error.message : 'the gateway failed; its log says why';
      this.#give({ type: 'notSent', id, line, text });
    }
  }

  /** In the name of who asked, if they still may. */
  async #revert(id: string): Promise<void> {
    const kept = this.#core.keptForm(id);
    if (kept === undefined) return;
    const { account, sourceAddress, token } = kept.sender;
    try {
      const caller = await this.#callerOf(account, token);
      if (caller === undefined) throw new ApiProblem('forbidden', `${kept.actor} may not do it any more`);
      const actor = { name: caller.name, role: caller.role, sourceAddress };
      const ask = { reason: `reverted: nobody kept operation ${id}`, key: `revert ${id}` };
      await this.undo(id, ask, { caller, actor }, 'revert');
    } catch (error) {
      if (!(error instanceof ApiProblem))
        this.#parts.logger.error('operation.revert', { reason: String(error) });
      const text = error instanceof ApiProblem ? error.message : 'the gateway failed; its log says why';
      this.#give({ type: 'undone', id, text: `not reverted: ${text}` });
    }
  }

  async #callerOf(account: string, token: string | null): Promise<SignedIn | undefined> {
    if (token !== null) return (await this.#parts.alive([token])).get(token);
    const known = await this.#parts.store.account(account);
    return known === undefined
      ? undefined
      : { session: '', account, name: known.name, role: known.role, csrf: undefined };
  }
}
