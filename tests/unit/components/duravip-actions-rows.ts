/** Operations on addresses for tests of components: one move that is done, to be changed where a test needs it. */

import { type OperationItem, type OperationRow, STAGES, type Stage } from '../../../server/wire/duravip.ts';

export const ASKED_MS = Date.UTC(2026, 10, 20, 13, 2, 31);
const STAGE_EVERY_MS = 100;

/** Each stage 100 ms after the one before, told by the node that does it. */
export function reachedStages(...stages: readonly Stage[]): OperationItem['stages'] {
  return stages.map((stage) => ({
    stage,
    atMs: ASKED_MS + STAGES.indexOf(stage) * STAGE_EVERY_MS,
    node:
      stage === 'released' ? 'labrat-1' : stage === 'plumbed' || stage === 'announced' ? 'labrat-2' : null,
  }));
}

export function itemOf(change: Partial<OperationItem> = {}): OperationItem {
  return {
    address: '10.80.116.50',
    from: 'labrat-1',
    to: 'labrat-2',
    command: 'cluster duravip move 10.80.116.50 to labrat-2',
    stages: reachedStages(...STAGES),
    state: 'done',
    text: '',
    ...change,
  };
}

export function operationOf(change: Partial<OperationRow> = {}): OperationRow {
  return {
    id: 'op1',
    kind: 'move',
    of: null,
    node: null,
    actor: 'ana',
    reason: '',
    createdMs: ASKED_MS,
    state: 'done',
    counts: { all: 1, done: 1, failed: 0, unknown: 0 },
    items: [itemOf()],
    undo: [],
    undoUntilMs: null,
    revertAtMs: null,
    kept: null,
    ...change,
  };
}
