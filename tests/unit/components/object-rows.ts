/** Rows of replicated objects for tests of components, to be changed where a test needs it. */

import { type ObjectLine, ObjectLines } from '../../../components/objects/object-lines.ts';
import type { ObjectAtNode, ObjectColumns, ObjectRow } from '../../../server/wire/objects.ts';

export const OBJECTS_NOW_MS = 1_700_000_000_000;
export const OBJECT_NODES: readonly string[] = ['labrat-1', 'labrat-2', 'labrat-3'];

export function atNodeOf(node: string, change: Partial<ObjectAtNode> = {}): ObjectAtNode {
  return {
    node,
    privateName: `#ec1-4711#${node}`,
    entries: 30,
    total: 310,
    own: { entries: 10, total: 100 },
    pending: 12,
    oldestPendingMs: 400,
    sentKeys: 40,
    receivedKeys: 80,
    sentBytes: 1_400,
    receivedBytes: 2_800,
    rates: { sentKeysPerS: 40, receivedKeysPerS: 80, sentBytesPerS: 1_400, receivedBytesPerS: 2_800 },
    hits: null,
    misses: null,
    owners: OBJECT_NODES.filter((other) => other !== node).map((other) => ({
      node: other,
      entries: 10,
      heardAgoMs: 300,
      awaiting: false,
      divergedAgoMs: null,
    })),
    skewSinceMs: null,
    upMs: 60_000,
    toldMs: OBJECTS_NOW_MS - 500,
    ...change,
  };
}

export function objectRowOf(id: string, change: Partial<ObjectRow> = {}): ObjectRow {
  return {
    id,
    type: id,
    kind: 'cidrtree',
    snapshots: true,
    parameters: [],
    bindingGroup: null,
    maxDelayMs: 1_000,
    maxPending: 100,
    maxSize: null,
    nodes: OBJECT_NODES.map((node) => atNodeOf(node)),
    omitted: 0,
    ...change,
  };
}

/** A copy at this node has been wrong for so long. */
export function divergedAt(node: string, forMs: number): ObjectAtNode {
  const at = atNodeOf(node);
  const [first, ...rest] = at.owners;
  return { ...at, owners: first === undefined ? [] : [{ ...first, divergedAgoMs: forMs - 500 }, ...rest] };
}

type Moment = { readonly silent?: readonly string[]; readonly nowMs?: number };

/** Every node is heard, unless it is said otherwise. */
export function objectLinesOf(
  rows: readonly ObjectRow[],
  { silent = [], nowMs = OBJECTS_NOW_MS }: Moment = {},
  keeper = new ObjectLines(),
): readonly ObjectLine[] {
  return keeper.linesOf({
    objects: Object.fromEntries(rows.map((row) => [row.id, row])),
    heard: new Set(OBJECT_NODES.filter((node) => !silent.includes(node))),
    gone: new Set(),
    nowMs,
  });
}

type GivenRow = {
  readonly key: string;
  readonly values: readonly (number | null)[];
  readonly children?: boolean;
  readonly textDiffers?: boolean;
};

/** What the gateway answers, of all nodes. */
export function columnsOf(rows: readonly GivenRow[], change: Partial<ObjectColumns> = {}): ObjectColumns {
  return {
    object: 'inbound_cidr',
    view: 'global',
    columns: OBJECT_NODES.map((node) => ({
      node,
      state: 'told' as const,
      text: '',
      atMs: OBJECTS_NOW_MS,
      found: rows.length,
      atMost: 0,
    })),
    rows: rows.map(({ children = false, textDiffers = false, ...row }) => ({
      ...row,
      values: [...row.values],
      children,
      textDiffers,
      text: null,
      expiresInMs: null,
    })),
    ...change,
  };
}
