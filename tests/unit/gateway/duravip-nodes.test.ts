/** The gateway over whole nodes on a network in memory: what it sends is obeyed, and what it tells is what happened. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../../server/adapters/sql-store.ts';
import { createGateway, type Gateway } from '../../../server/gateway/gateway.ts';
import type { Store } from '../../../server/gateway/store-port.ts';
import { historyReply, type OperationRow, whatIfReply } from '../../../server/wire/duravip.ts';
import { auditReply, ROLES } from '../../../server/wire/http.ts';
import { operationIn } from '../../support/duravip-pages.ts';
import { ADDRESSES, DuravipWorld, NODES } from '../../support/duravip-world.ts';
import {
  type Answer,
  codeOf,
  PASSWORD,
  Page,
  SILENT_LOGGER,
  TEST_OPTIONS,
} from '../../support/gateway-world.ts';
import type { Watcher } from '../../support/process-world.ts';

const SLICE_MS = 20;
const FIRST = '127.0.9.1';
let vips: DuravipWorld;
let watcher: Watcher;
let folder: string;
let store: Store;
let gateway: Gateway;
let operator: Page;
let keys = 0;

beforeEach(async () => {
  vips = new DuravipWorld();
  watcher = vips.world.watch('manager');
  vips.run(4_000);
  folder = mkdtempSync(join(tmpdir(), 'muster-nodes-'));
  store = await openSqliteStore(join(folder, 'store.db'));
  const { observer } = watcher;
  const parts = { observer, store, clock: vips.world.clock, logger: SILENT_LOGGER, options: TEST_OPTIONS };
  gateway = await createGateway(parts);
  await gateway.seedAccounts(ROLES.map((role) => ({ name: role, password: PASSWORD, role })));
  operator = await Page.signedIn(gateway, 'operator');
});
afterEach(async () => {
  await gateway.stop();
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Virtual time goes on, and what waits for the disk gets its turns. */
async function run(spanMs: number): Promise<void> {
  for (let ms = 0; ms < spanMs; ms += SLICE_MS) {
    vips.run(SLICE_MS);
    await setImmediate();
  }
}

async function post(path: string, body: unknown = {}): Promise<Answer> {
  keys += 1;
  return await operator.post(`/api/duravip/${path}`, body, { 'idempotency-key': `nodes-key-${keys}` });
}

function ownerOf(address: string): string {
  const [owner, another] = vips.holders(address);
  if (owner === undefined || another !== undefined) throw new Error(`one holder of ${address}`);
  return owner;
}

const othersThan = (node: string): readonly string[] => NODES.filter((name) => name !== node);

async function move(address: string, to: string): Promise<Answer> {
  const row = watcher.observer.model().vips[address];
  const expected = { owner: row?.owner ?? null, version: row?.version ?? '' };
  return await post('moves', { items: [{ address, to, expected }] });
}

async function followed(answer: Answer): Promise<OperationRow> {
  return operationIn(await operator.get(`/api/duravip/operations/${operationIn(answer).id}`));
}

describe('real nodes', () => {
  test('[VP-3] obey a move, and every stage is told by the node that reached it', async () => {
    const from = ownerOf(FIRST);
    const [to = ''] = othersThan(from);
    const answer = await move(FIRST, to);
    expect(answer.status).toBe(202);
    await run(8_000);
    expect(vips.holders(FIRST)).toEqual([to]);
    const done = await followed(answer);
    expect(done.items[0]).toMatchObject({ state: 'done', from, to });
    expect(done.items[0]?.stages.map(({ stage, node }) => [stage, node])).toEqual([
      ['requested', null],
      ['ordered', from],
      ['released', from],
      ['plumbed', to],
      ['announced', to],
      ['mature', null],
    ]);
    const { records } = auditReply.parse((await operator.get('/api/audit')).body);
    expect(records.filter(({ action }) => action === 'command')).toMatchObject([
      { command: `cluster duravip move ${FIRST} to ${to}`, result: 'done', targets: [...NODES] },
    ]);
  });

  test('[VP-8] give it back, and keep it where it was', async () => {
    const from = ownerOf(FIRST);
    const [to = ''] = othersThan(from);
    const moved = await move(FIRST, to);
    await run(8_000);
    const undo = await post(`operations/${operationIn(moved).id}/undo`);
    expect(undo.status).toBe(202);
    await run(8_000);
    expect(vips.holders(FIRST)).toEqual([from]);
    expect(watcher.observer.model().vips[FIRST]).toMatchObject({ owner: from, pinned: from });
    expect(await followed(undo)).toMatchObject({ state: 'done' });
  });

  test('[VP-4] a move on what was so before is refused, and nothing reaches a node', async () => {
    const stale = watcher.observer.model().vips[FIRST];
    const from = ownerOf(FIRST);
    const [other = '', third = ''] = othersThan(from);
    vips.broadcast(`cluster duravip move ${FIRST} to ${other}`);
    const expected = { owner: stale?.owner ?? null, version: stale?.version ?? '' };
    const answer = await post('moves', { items: [{ address: FIRST, to: third, expected }] });
    expect(codeOf(answer)).toBe('changed');
    await run(1_000);
    expect(vips.holders(FIRST)).toEqual([other]);
  });

  test('[VP-5] a target that dies on the way: failed, and the table says who has it', async () => {
    const from = ownerOf(FIRST);
    const [to = ''] = othersThan(from);
    const answer = await move(FIRST, to);
    vips.node(to).kill();
    await run(70_000);
    const [item] = (await followed(answer)).items;
    expect(item?.state).toMatch(/failed|refused/);
    expect(vips.holders(FIRST).filter((name) => name !== to)).toHaveLength(1);
  });

  test('drain a node with one command, as what-if predicted, and let it back', async () => {
    const [node] = NODES;
    const mine = ADDRESSES.filter((address) => ownerOf(address) === node);
    const asked = await operator.post('/api/duravip/whatif', { drained: [node] });
    const predicted = whatIfReply.parse(asked.body).moves;
    expect(predicted.map(({ address }) => address)).toEqual(mine);
    const answer = await post('drains', { node });
    await run(10_000);
    const done = await followed(answer);
    expect(done).toMatchObject({ state: 'done', counts: { all: mine.length, done: mine.length } });
    for (const { address, to } of predicted) expect(vips.holders(address)).toEqual([to]);
    const undo = await post(`operations/${done.id}/undo`);
    await run(3_000);
    expect(await followed(undo)).toMatchObject({ state: 'done' });
    expect(watcher.observer.model().vipNodes[node ?? '']).toMatchObject({ draining: false });
  });

  test('a death is in the history with its cause, and so is who moved what', async () => {
    const fromMs = vips.world.clock.wallMs();
    const [lost = ''] = [ownerOf(FIRST)];
    vips.node(lost).kill();
    await run(3_000);
    const [to = ''] = othersThan(ownerOf(FIRST)).filter((name) => name !== lost);
    const heir = ownerOf(FIRST) === lost ? '' : vips.holders(FIRST).find((name) => name !== lost);
    await move(FIRST, to);
    await run(3_000);
    const body = { addresses: [FIRST], fromMs, toMs: vips.world.clock.wallMs() };
    const { lanes } = historyReply.parse((await operator.post('/api/duravip/history', body)).body);
    expect(lanes[0]?.segments.map(({ owner, cause, blind }) => [owner, cause, blind])).toEqual([
      [lost, 'elected', false],
      [heir, 'failure', false],
      [to, 'operator', false],
    ]);
    expect(lanes[0]?.segments[2]?.by).not.toBeNull();
  });

  test('announce a view', async () => {
    const answer = await post('announcements');
    await run(3_000);
    expect(await followed(answer)).toMatchObject({ kind: 'announce', state: 'done' });
  });
});
