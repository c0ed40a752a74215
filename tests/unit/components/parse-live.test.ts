import { expect, test } from 'vitest';
import {
  parseHeartbeat,
  parsePatch,
  parseResync,
  parseSnapshot,
} from '../../../components/live/parse-live.ts';
import { emptyModel } from '../../../server/wire/empty-model.ts';
import { LIVE_PROTOCOL_VERSION } from '../../../server/wire/live.ts';
import { memberRowOf } from './rows.ts';

const HEAD = { version: LIVE_PROTOCOL_VERSION, epoch: 'a', seq: 3, serverMs: 1 } as const;
const EMPTY = emptyModel();

test('a bad row is dropped and counted, the rest of the snapshot stays', () => {
  const members = { node1: memberRowOf('node1'), node2: { id: 'node2' }, node3: null };
  const snapshot = parseSnapshot({ ...HEAD, model: { ...EMPTY, members } });
  expect(Object.keys(snapshot?.model.members ?? {})).toEqual(['node1']);
  expect(snapshot?.rejectedRows).toBe(2);
});

test('a bad row of a patch is dropped, its removal is not', () => {
  const changes = [
    { c: 'members', k: 'node1', row: 7 },
    { c: 'members', k: 'node2', row: null },
  ];
  const patch = parsePatch({ epoch: 'a', seq: 4, serverMs: 1, changes });
  expect(patch?.changes).toEqual([{ c: 'members', k: 'node2', row: null }]);
  expect(patch?.rejectedRows).toBe(1);
});

test('another protocol version is unreadable', () => {
  expect(parseSnapshot({ ...HEAD, version: LIVE_PROTOCOL_VERSION + 1, model: EMPTY })).toBeUndefined();
});

test('anything else is unreadable and does not throw', () => {
  for (const value of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { kind: 'patches' },
    { kind: 'patches', patches: [1] },
  ]) {
    expect(parseSnapshot(value)).toBeUndefined();
    expect(parsePatch(value)).toBeUndefined();
    expect(parseHeartbeat(value)).toBeUndefined();
    expect(parseResync(value)).toBeUndefined();
  }
});

test('an answer to a resync is patches or a snapshot', () => {
  expect(parseResync({ kind: 'patches', patches: [] })).toEqual({ kind: 'patches', patches: [] });
  expect(parseResync({ kind: 'snapshot', snapshot: { ...HEAD, model: EMPTY } })?.kind).toBe('snapshot');
});
