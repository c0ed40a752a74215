/** What the gateway may expect of any store: operations on DuraVIPs, and who had them when. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../server/adapters/sql-store.ts';
import type { OwnershipEvent, Store } from '../../server/gateway/store-port.ts';
import type { KeptOperation } from '../../server/gateway/vip-operation.ts';

const A = '10.80.116.50';
const B = '2001:db8::50';
const event = (
  atMs: number,
  address: string,
  owner: string | null,
  more: Partial<OwnershipEvent> = {},
): OwnershipEvent => ({ address, atMs, owner, cause: 'failure', by: null, claims: [], ...more });
const operation = (id: string, reason = 'INC-1'): KeptOperation => ({
  id,
  kind: 'move',
  of: null,
  node: null,
  actor: 'ana',
  reason,
  createdMs: 1,
  inverses: [
    {
      command: `cluster duravip move ${A} to labrat-1`,
      address: A,
      to: 'labrat-1',
      holder: 'labrat-4',
    },
  ],
  undoUntilMs: 900_001,
  sender: { account: 'ana', sourceAddress: '::1', token: null },
  key: `ana key-of-${id}`,
  bodyHash: 'hash',
  row: {
    id,
    kind: 'move',
    of: null,
    node: null,
    actor: 'ana',
    reason,
    createdMs: 1,
    state: 'running',
    counts: { all: 1, done: 0, failed: 0, unknown: 0 },
    items: [
      {
        address: A,
        from: 'labrat-1',
        to: 'labrat-4',
        command: `cluster duravip move ${A} to labrat-4`,
        stages: [{ stage: 'requested', atMs: 2, node: null }],
        state: 'running',
        text: 'hostile \u0000 text',
      },
    ],
    undo: [],
    undoUntilMs: null,
    revertAtMs: 61_000,
    kept: null,
  },
  goals: ['owned'],
});

describe.each([['libsql', openSqliteStore]] as const)('a store (%s)', (_name, open) => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-store-'));
    store = await open(join(folder, 'store.db'));
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function reopened(): Promise<Store> {
    await store.close();
    store = await open(join(folder, 'store.db'));
    return store;
  }

  test('keeps operations over a restart, the newest ones, oldest first', async () => {
    for (const id of ['one', 'two', 'three']) await store.vips.saveOperation(operation(id));
    await store.vips.saveOperation(operation('one', 'changed'));
    await store.vips.dropOperation('three');
    const { vips } = await reopened();
    expect(await vips.operations(10)).toEqual([operation('one', 'changed'), operation('two')]);
    expect(await vips.operations(1)).toEqual([operation('two')]);
  });

  test('keeps events in their order, with all that they say', async () => {
    const claimed = event(20, A, 'labrat-2', { cause: 'operator', by: 'ana', claims: ['labrat-1'] });
    await store.vips.addEvents([event(10, A, 'labrat-1'), event(15, B, null), claimed]);
    await store.vips.addEvents([]);
    const { vips } = await reopened();
    const all = { addresses: [A, B], fromMs: 0, toMs: 100, limit: 100 };
    expect(await vips.events(all)).toEqual([event(10, A, 'labrat-1'), event(15, B, null), claimed]);
    expect(await vips.keptSinceMs()).toBe(10);
  });

  test('gives what was so at the beginning of a time, and nothing of after its end', async () => {
    await store.vips.addEvents([
      event(10, A, 'labrat-1'),
      event(20, A, 'labrat-2'),
      event(20, A, 'labrat-3'),
      event(30, A, null),
      event(40, A, 'labrat-1'),
    ]);
    const ask = { addresses: [A, B], fromMs: 25, toMs: 30, limit: 100 };
    expect(await store.vips.events(ask)).toEqual([event(20, A, 'labrat-3'), event(30, A, null)]);
    expect(await store.vips.eventsAt(20)).toEqual([event(20, A, 'labrat-3')]);
    expect(await store.vips.eventsAt(5)).toEqual([]);
  });

  test('takes 10,240 events at once', async () => {
    const many = Array.from({ length: 10_240 }, (_, index) =>
      event(1, `10.1.${index >> 8}.${index & 255}`, 'labrat-1'),
    );
    await store.vips.addEvents(many);
    expect(await store.vips.eventsAt(1)).toHaveLength(10_240);
  });

  test('forgets by age, but not what was so then', async () => {
    await store.vips.addEvents([
      event(10, A, 'labrat-1'),
      event(11, B, 'labrat-1'),
      event(12, B, null),
      event(20, A, 'labrat-2'),
      event(30, A, 'labrat-3'),
    ]);
    await store.vips.dropEvents(25, 100);
    const all = { addresses: [A, B], fromMs: 0, toMs: 100, limit: 100 };
    expect(await store.vips.events(all)).toEqual([event(20, A, 'labrat-2'), event(30, A, 'labrat-3')]);
    expect(await store.vips.keptSinceMs()).toBe(25);
  });

  test('forgets by count, the oldest first', async () => {
    await store.vips.addEvents(Array.from({ length: 50 }, (_, index) => event(index, A, `labrat-${index}`)));
    await store.vips.dropEvents(0, 10);
    const left = await store.vips.events({ addresses: [A], fromMs: -1, toMs: 100, limit: 100 });
    expect(left.map(({ atMs }) => atMs)).toEqual([39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
    expect(await store.vips.keptSinceMs()).toBe(40);
  });

  test('keeps when nothing was seen, and when it was seen last', async () => {
    await store.vips.beginBlind(10);
    await store.vips.endBlind(20);
    await store.vips.beginBlind(30);
    await store.vips.markSeen(29);
    await store.vips.markSeen(41);
    const { vips } = await reopened();
    expect(await vips.blind(0, 100)).toEqual([
      { fromMs: 10, toMs: 20 },
      { fromMs: 30, toMs: null },
    ]);
    expect(await vips.blind(21, 29)).toEqual([]);
    expect(await vips.blind(35, 36)).toEqual([{ fromMs: 30, toMs: null }]);
    expect(await vips.seenMs()).toBe(41);
  });

  test('knows nothing at first', async () => {
    const { vips } = store;
    expect([await vips.seenMs(), await vips.keptSinceMs(), await vips.operations(5)]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    await vips.dropEvents(100, 10);
    await vips.endBlind(5);
    expect(await vips.blind(0, 10)).toEqual([]);
  });
});
