/**
 * Operations while the gateway runs: their items, their commands, and how both are kept and shown. Pure; what happens
 * to them is decided in `vip-operations.ts`.
 */

import type { OperationItem, OperationRow } from '../wire/duravip.ts';
import type { Job } from '../wire/http.ts';
import {
  countsOf,
  hasEnded,
  type Inverse,
  type ItemState,
  type KeptOperation,
  outcome,
  type PlannedItem,
  type PlannedOperation,
  reached,
} from './vip-operation.ts';
import { type ItemFact, type LiveItem, newItem } from './vip-operation-item.ts';

/** One command: of its items, or of none. */
export type Line = {
  readonly command: string;
  readonly items: readonly number[];
  state: 'waiting' | 'sending' | 'open' | 'ended';
  /** How it ended, for commands without items. */
  result: ItemState;
};

export type Operation = {
  plan: PlannedOperation;
  readonly items: LiveItem[];
  /** Places of addresses in `items`. */
  readonly places: ReadonlyMap<string, number>;
  readonly lines: Line[];
  inverses: readonly Inverse[];
  undoUntilMs: number | null;
  revertAtMs: number | null;
  kept: OperationRow['kept'];
  /** It was to be reverted while nobody could, or was unknown before a restart. */
  readonly unknown: boolean;
};

export function newOperation(plan: PlannedOperation): Operation {
  const { inverses, undoUntilMs, revertAtMs } = plan;
  const reversible = inverses.length > 0;
  return {
    plan,
    items: plan.items.map(newItem),
    places: placesOf(plan.items),
    lines: [
      ...plan.commands.map((command) => newLine(command, [])),
      ...linesOf(plan.items.map((item, index) => ({ plan: item, index }))),
    ],
    inverses,
    undoUntilMs: reversible ? undoUntilMs : null,
    revertAtMs: reversible ? revertAtMs : null,
    kept: null,
    unknown: false,
  };
}

/** Items with the same command share it: a drain is one command for all addresses of a node. */
export function linesOf(items: readonly { readonly plan: PlannedItem; readonly index: number }[]): Line[] {
  const shared = new Map<string, number[]>();
  for (const { plan, index } of items) {
    const places = shared.get(plan.command);
    if (places === undefined) shared.set(plan.command, [index]);
    else places.push(index);
  }
  return [...shared].map(([command, places]) => newLine(command, places));
}

export function newLine(command: string, items: readonly number[]): Line {
  return { command, items, state: 'waiting', result: 'running' };
}

function placesOf(items: readonly PlannedItem[]): ReadonlyMap<string, number> {
  return new Map(items.map(({ address }, index) => [address, index]));
}

export function addressesOf({ places, inverses }: Operation): ReadonlySet<string> {
  const undone = inverses.flatMap(({ address }) => (address === null ? [] : [address]));
  return new Set([...places.keys(), ...undone]);
}

export function isOnlyOf({ items }: Line, index: number): boolean {
  return items.length === 1 && items[0] === index;
}

/** With one address the end of the command is not the end of the move, and the next may wait for that. */
export function isAtOneAddress({ items: [index, another] }: Line, operation: Operation): boolean {
  const view = operation.items[index ?? -1]?.view;
  if (view === undefined || another !== undefined) return false;
  return !hasEnded(view) && view.state !== 'late' && !reached(view, 'plumbed');
}

export function resultOf(job: Job): ItemState {
  const answered = job.replies.filter(({ state }) => state === 'answered');
  if (answered.some(({ ok }) => ok === true)) return 'done';
  return answered.length > 0 ? 'refused' : 'unknown';
}

/** Somebody else has the address than the one from whom it would be taken back. */
export function isOver(
  inverse: Inverse,
  address: string,
  fact: ItemFact,
  item: LiveItem | undefined,
): boolean {
  if (inverse.address !== address || item?.view.state === 'unknown') return false;
  const settled = item === undefined || item.view.state === 'done' || reached(item.view, 'plumbed');
  if (!settled) return false;
  if (fact.type === 'row') {
    return fact.row === null || (fact.row.phase !== 'unknown' && fact.row.owner !== inverse.holder);
  }
  return fact.type === 'happened' && fact.what.type === 'owner' && fact.what.to !== inverse.holder;
}

export function rowOf(operation: Operation): OperationRow {
  const { plan, inverses, undoUntilMs, revertAtMs, kept, unknown } = operation;
  const items: OperationItem[] = operation.items.map(({ view }) => view);
  const lines = operation.lines.filter(({ items: of }) => of.length === 0);
  const ended = outcome(
    items,
    lines.map(({ result }) => result),
  );
  return {
    id: plan.id,
    kind: plan.kind,
    of: plan.of,
    node: plan.node,
    actor: plan.actor,
    reason: plan.reason,
    createdMs: plan.createdMs,
    state: unknown ? 'unknown' : (ended ?? 'running'),
    counts: countsOf(items),
    items,
    undo: inverses.map(({ command }) => command),
    undoUntilMs: inverses.length === 0 ? null : undoUntilMs,
    revertAtMs,
    kept,
  };
}

export function keptFormOf(operation: Operation): KeptOperation {
  const { items, commands: _commands, revertAtMs: _revert, ...plan } = operation.plan;
  const goals = items.map(({ goal }) => goal);
  return {
    ...plan,
    goals,
    inverses: operation.inverses,
    undoUntilMs: operation.undoUntilMs,
    row: rowOf(operation),
  };
}

const RESTARTED = 'the gateway was started again while this ran';
const MISSED = 'it was to be reverted while the gateway was down: it was not reverted';

export function afterRestart(
  { row, goals, ...kept }: KeptOperation,
  { wallMs, nowMs }: { readonly wallMs: number; readonly nowMs: number },
): Operation {
  const missed = row.revertAtMs !== null && row.revertAtMs <= wallMs;
  const expired = kept.undoUntilMs === null || kept.undoUntilMs <= wallMs;
  const items = row.items.map((view, index): LiveItem => {
    const { address, from, to, command } = view;
    const plan = { goal: goals[index] ?? 'owned', address, from, to, command };
    const state = hasEnded(view) ? view.state : view.state === 'waiting' ? 'failed' : 'unknown';
    const text = missed ? MISSED : state === view.state ? view.text : RESTARTED;
    return { plan, view: { ...view, state, text }, dueMs: undefined, sinceMs: nowMs, row: null, silent: [] };
  });
  const before = row.state === 'running' ? 'unknown' : row.state === 'partly' ? 'done' : row.state;
  const line: Line = { ...newLine('', []), state: 'ended', result: before };
  const plans = items.map(({ plan }) => plan);
  return {
    plan: { ...kept, items: plans, commands: [], revertAtMs: null },
    items,
    places: placesOf(plans),
    lines: items.length > 0 ? [] : [line],
    inverses: expired ? [] : kept.inverses,
    undoUntilMs: expired ? null : kept.undoUntilMs,
    revertAtMs: missed ? null : row.revertAtMs,
    kept: row.kept,
    unknown: missed || row.state === 'unknown',
  };
}
