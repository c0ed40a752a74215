/**
 * Turns what arrives on the socket into typed live data. One bad row is dropped and counted, the rest stays: a
 * gateway of another version must not blank the page. Knows shapes, not meaning.
 */

import '../api/schemas-without-eval.ts';
import {
  COLLECTIONS,
  type CollectionName,
  type LiveHeartbeat,
  type LiveModel,
  type LivePatch,
  liveHeartbeat,
  livePatch,
  liveSnapshot,
} from '../../server/wire/live.ts';
import {
  EMPTY_MODEL,
  type ParsedPatch,
  type ParsedResync,
  type ParsedSnapshot,
  type RowChange,
} from './live-rows.ts';

function parseChange(c: CollectionName, k: string, row: unknown): RowChange | undefined {
  if (row === null) return { c, k, row: null } as RowChange;
  const parsed = COLLECTIONS[c].safeParse(row);
  return parsed.success ? ({ c, k, row: parsed.data } as RowChange) : undefined;
}

export function parseSnapshot(value: unknown): ParsedSnapshot | undefined {
  const parsed = liveSnapshot.safeParse(value);
  if (!parsed.success) return undefined;
  const { epoch, seq, serverMs } = parsed.data;
  const model: Record<string, Record<string, unknown>> = { ...EMPTY_MODEL };
  let rejectedRows = 0;
  for (const [name, rows] of Object.entries(parsed.data.model)) {
    const collection: Record<string, unknown> = {};
    for (const [key, row] of Object.entries(rows)) {
      const change = parseChange(name as CollectionName, key, row);
      if (change?.row) collection[key] = change.row;
      else rejectedRows += 1;
    }
    model[name] = collection;
  }
  return { epoch, seq, serverMs, model: model as LiveModel, rejectedRows };
}

function checkedPatch(patch: LivePatch): ParsedPatch {
  const changes = patch.changes.map(({ c, k, row }) => parseChange(c, k, row));
  const kept = changes.filter((change) => change !== undefined);
  return { ...patch, changes: kept, rejectedRows: changes.length - kept.length };
}

export function parsePatch(value: unknown): ParsedPatch | undefined {
  const parsed = livePatch.safeParse(value);
  return parsed.success ? checkedPatch(parsed.data) : undefined;
}

export function parseHeartbeat(value: unknown): LiveHeartbeat | undefined {
  const parsed = liveHeartbeat.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

export function parseResync(value: unknown): ParsedResync | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  if (value.kind === 'snapshot' && 'snapshot' in value) {
    const snapshot = parseSnapshot(value.snapshot);
    return snapshot && { kind: 'snapshot', snapshot };
  }
  if (value.kind !== 'patches' || !('patches' in value) || !Array.isArray(value.patches)) return undefined;
  const patches = value.patches.map(parsePatch);
  const whole = patches.filter((patch) => patch !== undefined);
  return whole.length === patches.length ? { kind: 'patches', patches: whole } : undefined;
}
