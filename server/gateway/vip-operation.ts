/**
 * One operation on addresses as data: what was asked, how far each address got, and what would undo it. Pure; when
 * something happens to it is `vip-operations.ts`.
 */

import type { ObserverEvent } from '../cluster/observer-api.ts';
import {
  OPERATION_ITEMS_SHOWN,
  type OperationItem,
  type OperationRow,
  STAGES,
  type Stage,
} from '../wire/duravip.ts';

export type Happening = Extract<ObserverEvent, { type: 'vips' }>['happenings'][number];

/** One address, and when it counts as reached: `owned`: `to` has it up. `away`: somebody else than `from` has. */
export type PlannedItem = {
  readonly goal: 'owned' | 'away' | 'unpinned';
  readonly address: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly command: string;
};

/** What takes back one part. It is good only while `holder` has the address. */
export type Inverse = {
  readonly command: string;
  /** Null: of a node, such as `undrain`. */
  readonly address: string | null;
  readonly to: string | null;
  readonly holder: string | null;
};

/** Who asked, as far as it is needed to send again later. */
export type OperationSender = {
  readonly account: string;
  readonly sourceAddress: string;
  /** Session of the token, for a machine. */
  readonly token: string | null;
};

export type PlannedOperation = {
  readonly id: string;
  readonly kind: OperationRow['kind'];
  readonly of: string | null;
  readonly node: string | null;
  readonly actor: string;
  readonly reason: string;
  readonly createdMs: number;
  readonly revertAtMs: number | null;
  readonly items: readonly PlannedItem[];
  /** Commands without items of their own; those of items are in the items. */
  readonly commands: readonly string[];
  readonly inverses: readonly Inverse[];
  readonly undoUntilMs: number | null;
  readonly sender: OperationSender;
  /** Account and idempotency key; the same key and body is the same operation. */
  readonly key: string;
  readonly bodyHash: string;
};

/** As it is kept over restarts. */
export type KeptOperation = Omit<PlannedOperation, 'items' | 'commands' | 'revertAtMs'> & {
  /** With all items. */
  readonly row: OperationRow;
  /** Of the items, in their order. */
  readonly goals: readonly PlannedItem['goal'][];
};

export type ItemState = OperationItem['state'];
const ENDED: readonly ItemState[] = ['done', 'refused', 'failed', 'unknown'];

export function hasEnded({ state }: Pick<OperationItem, 'state'>): boolean {
  return ENDED.includes(state);
}

export function reached(item: OperationItem, stage: Stage): boolean {
  return item.stages.some((one) => one.stage === stage);
}

/** The item with this stage, in its place; as it is if it has it already. */
export function withStage(
  item: OperationItem,
  stage: Stage,
  atMs: number,
  node: string | null,
): OperationItem {
  if (reached(item, stage)) return item;
  const stages = [...item.stages, { stage, atMs, node }].sort(
    (a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage),
  );
  const fresh = item.state === 'late' || item.state === 'waiting';
  return { ...item, stages, ...(fresh ? { state: 'running' as const, text: '' } : {}) };
}

/** The stage that is waited for; undefined after the last. */
export function awaited(item: OperationItem): Stage | undefined {
  if (!reached(item, 'requested')) return 'requested';
  if (reached(item, 'plumbed')) return reached(item, 'mature') ? undefined : 'mature';
  if (reached(item, 'released')) return 'plumbed';
  return reached(item, 'ordered') ? 'released' : 'ordered';
}

/** Of all items; `lines`: of the commands without items. Undefined while something is open. */
export function outcome(
  items: readonly Pick<OperationItem, 'state'>[],
  lines: readonly ItemState[],
): Exclude<OperationRow['state'], 'running'> | undefined {
  const states = [...items.map(({ state }) => state), ...lines];
  if (!states.every((state) => ENDED.includes(state))) return undefined;
  if (states.includes('unknown')) return 'unknown';
  const [first = 'done'] = states;
  if (states.every((state) => state === first))
    return first === 'refused' || first === 'failed' ? first : 'done';
  return states.includes('done') ? 'partly' : 'failed';
}

export function countsOf(items: readonly OperationItem[]): OperationRow['counts'] {
  const count = (...wanted: readonly ItemState[]): number =>
    items.filter(({ state }) => wanted.includes(state)).length;
  return {
    all: items.length,
    done: count('done'),
    failed: count('failed', 'refused'),
    unknown: count('unknown'),
  };
}

/** As live rows carry it. */
export function shortened(row: OperationRow): OperationRow {
  return row.items.length <= OPERATION_ITEMS_SHOWN
    ? row
    : { ...row, items: row.items.slice(0, OPERATION_ITEMS_SHOWN) };
}
