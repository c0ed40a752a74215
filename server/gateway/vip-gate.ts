/** What every request for an operation on DuraVIPs has to pass, and what leaves a record if it does not. */

import type { Observer } from '../cluster/observer-api.ts';
import { classifyCommand } from '../console/classification.ts';
import { UNDO_MS } from '../wire/duravip.ts';
import { ApiProblem } from './api-problem.ts';
import type { AuditLog } from './audit-log.ts';
import { busJoined } from './bus-state.ts';
import { busDown } from './command-outcome.ts';
import type { Commands, Sender } from './commands.ts';
import { newId } from './secrets.ts';
import type { PlannedOperation } from './vip-operation.ts';

/** A command on DuraVIPs is only safe as a broadcast (VIP-17). */
export const EVERY_NODE = { kind: 'all' } as const;
/** An undo must still be good at the moment of the revert itself. */
const REVERT_MARGIN_MS = 60_000;

/** What every request carries. */
export type VipAsk = {
  readonly reason: string;
  readonly key: string;
  readonly revertAfterS?: number | null | undefined;
};

export type WantedOperation = Pick<
  PlannedOperation,
  'kind' | 'of' | 'node' | 'items' | 'commands' | 'inverses'
>;

export type VipGateParts = {
  readonly observer: Observer;
  readonly audit: AuditLog;
  readonly commands: Pick<Commands, 'review'>;
};

export class VipGate {
  readonly #parts: VipGateParts;

  constructor(parts: VipGateParts) {
    this.#parts = parts;
  }

  /**
   * A refusal leaves a record.
   * @param asked `about`: the command for that record; null where there are many.
   */
  async checked<T>(
    asked: { readonly reason: string; readonly about: string | null },
    { actor }: Sender,
    work: () => T,
  ): Promise<T> {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      const { reason, about } = asked;
      await this.#parts.audit.record({
        actor,
        action: 'command',
        targets: ['all'],
        result: 'refused',
        detail: [reason, error.message].filter((part) => part !== '').join(': '),
        ...(about === null ? {} : { class: classifyCommand(about).class, command: about }),
      });
      throw error;
    }
  }

  /** By the first of commands that are all of one class. @throws ApiProblem `forbidden`, `bus_down`. */
  admit([command]: readonly string[], { caller }: Sender): void {
    if (command === undefined) return;
    const { allowed, reason } = this.#parts.commands.review({ command, target: EVERY_NODE }, caller);
    if (!allowed) throw new ApiProblem('forbidden', reason ?? 'not allowed');
    if (!busJoined(this.#parts.observer)) throw busDown();
  }
}

export function plannedOperation(given: {
  readonly wanted: WantedOperation;
  readonly ask: VipAsk;
  readonly sender: Sender;
  readonly key: string;
  readonly bodyHash: string;
  readonly createdMs: number;
}): PlannedOperation {
  const { wanted, ask, sender, key, bodyHash, createdMs } = given;
  const { caller, actor } = sender;
  const revertS = ask.revertAfterS ?? null;
  const revertAtMs = revertS === null ? null : createdMs + revertS * 1_000;
  return {
    ...wanted,
    id: newId(),
    actor: actor.name,
    reason: ask.reason,
    createdMs,
    revertAtMs,
    undoUntilMs: Math.max(createdMs + UNDO_MS, (revertAtMs ?? 0) + REVERT_MARGIN_MS),
    sender: {
      account: caller.account,
      sourceAddress: actor.sourceAddress,
      token: caller.token === undefined ? null : caller.session,
    },
    key,
    bodyHash,
  };
}
