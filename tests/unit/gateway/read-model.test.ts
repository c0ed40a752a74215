import { describe, expect, test } from 'vitest';
import { CHANGES_KEPT_MAX, PATCHES_KEPT_MAX, PatchLog } from '../../../server/gateway/patch-log.ts';
import { ReadModel } from '../../../server/gateway/read-model.ts';
import { emptyModel } from '../../../server/wire/empty-model.ts';
import { type LiveModel, liveSnapshot } from '../../../server/wire/live.ts';

const EMPTY: LiveModel = emptyModel();
const row = (n: number) => ({ c: 'events' as const, k: `k${n}`, row: { n } });

function modelAt(seq: number): ReadModel {
  const model = new ReadModel('e1', EMPTY);
  for (let n = 1; n <= seq; n += 1) {
    model.apply([row(n)], n);
    model.flush();
  }
  return model;
}

describe('read model', () => {
  test('all changes of one turn become one patch, the last row of a key wins, the first moment is stamped', () => {
    const model = new ReadModel('e1', EMPTY);
    model.apply([row(1), { c: 'events', k: 'x', row: { old: true } }], 100);
    model.apply([{ c: 'events', k: 'x', row: { old: false } }], 107);
    expect(model.flush()).toEqual({
      epoch: 'e1',
      seq: 1,
      serverMs: 100,
      changes: [row(1), { c: 'events', k: 'x', row: { old: false } }],
    });
  });

  test('a turn without changes takes no number', () => {
    const model = modelAt(2);
    model.apply([], 5);
    expect(model.flush()).toBeUndefined();
    expect(model.seq).toBe(2);
  });

  test('a snapshot is the sum of the patches and fits its schema', () => {
    const model = modelAt(3);
    model.apply([{ c: 'events', k: 'k2', row: null }], 9);
    model.flush();
    const snapshot = liveSnapshot.parse(model.snapshot(42));
    expect(snapshot).toMatchObject({ epoch: 'e1', seq: 4, serverMs: 42 });
    expect(snapshot.model.events).toEqual({ k1: { n: 1 }, k3: { n: 3 } });
  });

  test('a client that missed patches gets exactly those', () => {
    const reply = modelAt(5).resync({ epoch: 'e1', seq: 3 }, 0);
    expect(reply.kind === 'patches' && reply.patches.map(({ seq }) => seq)).toEqual([4, 5]);
  });

  test('a client that is up to date gets no patches', () => {
    expect(modelAt(5).resync({ epoch: 'e1', seq: 5 }, 0)).toEqual({ kind: 'patches', patches: [] });
  });

  test.each([
    ['another epoch', { epoch: 'e0', seq: 3 }],
    ['no state at all', { epoch: null, seq: null }],
    ['a number that was never given', { epoch: 'e1', seq: 6 }],
    ['a negative number', { epoch: 'e1', seq: -1 }],
  ])('%s gets a snapshot', (_what, at) => {
    expect(modelAt(5).resync(at, 0).kind).toBe('snapshot');
  });

  test('a gap that reaches behind the kept patches gets a snapshot, one patch later it is repaired', () => {
    const model = modelAt(PATCHES_KEPT_MAX + 2);
    expect(model.resync({ epoch: 'e1', seq: 1 }, 0).kind).toBe('snapshot');
    expect(model.resync({ epoch: 'e1', seq: 2 }, 0).kind).toBe('patches');
  });

  test('a row named like a property of every object is a row like others', () => {
    const model = new ReadModel('e1', EMPTY);
    model.apply([{ c: 'members', k: '__proto__', row: { n: 1 } }], 1);
    model.flush();
    expect(model.row('members', '__proto__')).toEqual({ n: 1 });
    expect(Object.keys(model.snapshot(0).model.members ?? {})).toEqual(['__proto__']);
  });
});

describe('patch log', () => {
  test('keeps no more changes than its bound', () => {
    const log = new PatchLog();
    const changes = Array.from({ length: CHANGES_KEPT_MAX / 2 }, (_, n) => row(n));
    for (let seq = 1; seq <= 3; seq += 1) log.add({ epoch: 'e', seq, serverMs: 0, changes });
    expect(log.since(0, 3)).toBeUndefined();
    expect(log.since(1, 3)?.length).toBe(2);
  });

  test('counts a row of long lists as what it holds, so that rows of large clusters do not pile up', () => {
    const log = new PatchLog();
    const owners = Array.from({ length: 50 }, (_, n) => ({ node: `n${n}`, entries: n }));
    const nodes = Array.from({ length: 50 }, (_, n) => ({ node: `n${n}`, owners }));
    const changes = [{ c: 'objects' as const, k: 'x', row: { id: 'x', nodes } }];
    for (let seq = 1; seq <= 200; seq += 1) log.add({ epoch: 'e', seq, serverMs: 0, changes });
    const kept = Array.from({ length: 200 }, (_, seq) => log.since(seq, 200)).filter(Boolean).length;
    expect(kept).toBeGreaterThan(10);
    expect(kept * 50 * 50).toBeLessThan(10 * CHANGES_KEPT_MAX);
  });

  test('a number that is left out is a bug', () => {
    const log = new PatchLog();
    log.add({ epoch: 'e', seq: 1, serverMs: 0, changes: [] });
    expect(() => log.add({ epoch: 'e', seq: 3, serverMs: 0, changes: [] })).toThrow('without gaps');
  });
});
