/** Operations on DuraVIPs that are taken back, kept, or about many addresses, and who may ask for them. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OPERATIONS_RUNNING_MAX } from '../../../server/gateway/vip-desk.ts';
import { changedDetails, historyReply, refusedDetails } from '../../../server/wire/duravip.ts';
import { apiError } from '../../../server/wire/http.ts';
import { DuravipPages, operationIn } from '../../support/duravip-pages.ts';
import { codeOf, Machine, Page } from '../../support/gateway-world.ts';
import { until } from '../../support/until.ts';

const FIRST = '10.80.116.1';
let pages: DuravipPages;

beforeEach(async () => {
  pages = await DuravipPages.open();
});
afterEach(async () => pages.close());

describe('taking back', () => {
  test('[VP-8] undo restores the owner, and keeps it there', async () => {
    const moved = await pages.move([FIRST], 'labrat-4');
    expect((await pages.finished(moved)).undo).toEqual([`cluster duravip move ${FIRST} to labrat-1`]);
    const undo = await pages.post(`operations/${operationIn(moved).id}/undo`);
    expect([undo.status, operationIn(undo).kind, operationIn(undo).of]).toEqual([
      202,
      'undo',
      operationIn(moved).id,
    ]);
    await pages.sent(2);
    pages.clock.advance(8_000);
    expect(pages.world.cluster.vips.row(FIRST)).toMatchObject({ owner: 'labrat-1', pinned: 'labrat-1' });
    expect(await pages.followed(operationIn(undo).id)).toMatchObject({ state: 'done', undo: [] });
    expect(await pages.followed(operationIn(moved).id)).toMatchObject({ undo: [] });
    expect(codeOf(await pages.post(`operations/${operationIn(moved).id}/undo`))).toBe('changed');
    const done = (await pages.audit()).filter(({ result }) => result !== 'refused');
    expect(done.map(({ command }) => command).reverse()).toEqual([
      `cluster duravip move ${FIRST} to labrat-4`,
      `cluster duravip move ${FIRST} to labrat-1`,
    ]);
  });

  test('[VP-8] undo is withdrawn after an unrelated change, and after its time', async () => {
    const moved = await pages.move([FIRST, '10.80.116.2'], 'labrat-4');
    const { id } = operationIn(moved);
    expect((await pages.finished(moved, 2)).undo).toHaveLength(2);
    pages.world.cluster.vips.own(FIRST, 'labrat-3', 'failure');
    expect((await pages.followed(id)).undo).toEqual(['cluster duravip move 10.80.116.2 to labrat-2']);
    pages.clock.advance(15 * 60_000);
    expect(await pages.followed(id)).toMatchObject({ undo: [], undoUntilMs: null, state: 'done' });
    const late = await pages.post(`operations/${id}/undo`);
    expect([late.status, codeOf(late)]).toEqual([409, 'conflict']);
  });

  test('[VP-8] undo after ownership changed for another reason is refused as changed, with the rows', async () => {
    const moved = await pages.move([FIRST], 'labrat-4');
    await pages.finished(moved);
    pages.world.cluster.vips.own(FIRST, 'labrat-3', 'failure');
    const answer = await pages.post(`operations/${operationIn(moved).id}/undo`);
    expect([answer.status, codeOf(answer)]).toEqual([409, 'changed']);
    expect(changedDetails.parse(apiError.parse(answer.body).details)).toMatchObject([
      { row: { owner: 'labrat-3' } },
    ]);
    expect(pages.commands()).toHaveLength(1);
  });

  test('[VP-9] nobody keeps it: the gateway takes it back by itself, in the name of who asked', async () => {
    const moved = await pages.move([FIRST], 'labrat-4', { revertAfterS: 60 });
    expect((await pages.finished(moved)).revertAtMs).toBe(operationIn(moved).createdMs + 60_000);
    pages.clock.advance(60_000);
    await pages.sent(2);
    pages.clock.advance(8_000);
    expect(pages.world.cluster.vips.row(FIRST)).toMatchObject({ owner: 'labrat-1' });
    expect(await pages.followed(operationIn(moved).id)).toMatchObject({
      revertAtMs: null,
      undo: [],
      kept: null,
    });
    expect(await pages.audit()).toMatchObject([
      { actor: 'operator', detail: `reverted: nobody kept operation ${operationIn(moved).id}` },
      { actor: 'operator' },
    ]);
  });

  test('the history names the person who asked, not the mailbox that the bus knows', async () => {
    await pages.finished(await pages.move([FIRST], 'labrat-4'));
    pages.world.cluster.vips.own('10.80.116.2', 'labrat-3', 'operator', '#dashboard-00007#eccmgr');
    pages.clock.advance(1_000);
    const addresses = [FIRST, '10.80.116.2'];
    const span = { fromMs: 0, toMs: pages.clock.wallMs() + 1 };
    const answer = await pages.operator.post('/api/duravip/history', { addresses, ...span });
    const { lanes } = historyReply.parse(answer.body);
    expect(lanes.map(({ segments }) => segments.at(-1)?.by)).toEqual(['operator', '#dashboard-00007#eccmgr']);
  });

  test('[VP-9] what is kept stays', async () => {
    const moved = await pages.move([FIRST], 'labrat-4', { revertAfterS: 60 });
    const { id } = operationIn(moved);
    await pages.finished(moved);
    const kept = await pages.post(`operations/${id}/keep`, {}, pages.admin);
    expect(operationIn(kept)).toMatchObject({ revertAtMs: null, kept: { by: 'admin' } });
    pages.clock.advance(120_000);
    expect(pages.commands()).toHaveLength(1);
    expect(codeOf(await pages.post(`operations/${id}/keep`))).toBe('conflict');
  });

  test('[VP-9] an account that may not do it any more reverts nothing, and that is told', async () => {
    const moved = await pages.move([FIRST], 'labrat-4', { revertAfterS: 60 });
    await pages.finished(moved);
    await pages.admin.request('PATCH', '/api/accounts/operator', { role: 'viewer' });
    pages.clock.advance(60_000);
    const { id } = operationIn(moved);
    const told = async (): Promise<string> =>
      operationIn(await pages.admin.get(`/api/duravip/operations/${id}`)).items[0]?.text ?? '';
    await until(async () => (await told()) !== '');
    expect(await told()).toContain('not reverted');
    expect(pages.commands()).toHaveLength(1);
  });
});

describe('many addresses', () => {
  const many = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `10.80.116.${index + 1}`);

  test('[VP-19] one command for each, few at once, failures listed, and only failures tried again', async () => {
    const { vips } = pages.world.cluster;
    const all = many(200).filter((address) => vips.row(address).owner !== 'labrat-4');
    const answer = await pages.move(all, 'labrat-4');
    expect(operationIn(answer).items).toHaveLength(all.length);
    await until(() => pages.world.cluster.observer.sent.length === 32);
    vips.failing.set('labrat-4', 'no more addresses');
    while (pages.world.cluster.observer.sent.length < 96) {
      const before = pages.world.cluster.observer.sent.length;
      pages.clock.advance(250);
      await until(() => pages.world.cluster.observer.sent.length > before);
      expect(pages.world.cluster.observer.sent.length - before).toBeLessThanOrEqual(32);
    }
    vips.failing.clear();
    for (let count = 96; count < all.length; ) {
      pages.clock.advance(250);
      await until(() => pages.world.cluster.observer.sent.length > count);
      count = pages.world.cluster.observer.sent.length;
    }
    pages.clock.advance(8_000);
    const { id } = operationIn(answer);
    const partly = await pages.followed(id);
    expect([partly.state, partly.counts.unknown]).toEqual(['partly', 0]);
    expect(partly.counts.failed).toBeGreaterThan(0);
    expect(partly.counts.done + partly.counts.failed).toBe(all.length);
    const failed = partly.items.filter(({ state }) => state === 'failed');
    const expected = failed.map(({ address }) => `cluster duravip move ${address} to labrat-4`);
    const before = pages.commands().length;
    const retried = await pages.post(`operations/${id}/retry`);
    expect(retried.status).toBe(202);
    for (let rest = failed.length; rest > 0; ) {
      await until(() => pages.commands().length > before + failed.length - rest);
      pages.clock.advance(250);
      rest = failed.length - (pages.commands().length - before);
    }
    pages.clock.advance(8_000);
    expect(pages.commands().slice(before).sort()).toEqual([...expected].sort());
    expect(await pages.followed(id)).toMatchObject({
      state: 'done',
      counts: { done: all.length, failed: 0 },
    });
    expect(codeOf(await pages.post(`operations/${id}/retry`))).toBe('conflict');
  });

  test('[VP-19] one that may not be moved keeps all of them from being sent', async () => {
    const answer = await pages.move([...many(3), '10.80.117.1'], 'labrat-4');
    expect(codeOf(answer)).toBe('refused');
    expect(refusedDetails.parse(apiError.parse(answer.body).details)).toEqual([
      { address: '10.80.117.1', reason: 'labrat-4 cannot have it: no Topology holds it' },
    ]);
    expect(pages.commands()).toEqual([]);
  });

  test('a drain is one command, and follows every address of the node', async () => {
    const { vips } = pages.world.cluster;
    const mine = Object.values(pages.world.cluster.observer.model().vips).filter(
      ({ owner }) => owner === 'labrat-2',
    );
    const answer = await pages.post('drains', { node: 'labrat-2', reason: 'new disk' });
    const done = await pages.finished(answer);
    expect(pages.commands()).toEqual(['cluster duravip drain labrat-2']);
    expect(done).toMatchObject({
      kind: 'drain',
      node: 'labrat-2',
      state: 'done',
      counts: { all: mine.length, done: mine.length },
      undo: ['cluster duravip undrain labrat-2'],
    });
    expect(done.items.every(({ to }) => to !== null && to !== 'labrat-2')).toBe(true);
    expect(await pages.audit()).toMatchObject([
      { class: 'W2', command: 'cluster duravip drain labrat-2', detail: 'new disk' },
    ]);
    expect(codeOf(await pages.post('drains', { node: 'labrat-2' }))).toBe('refused');
    const undo = await pages.post(`operations/${done.id}/undo`);
    expect(await pages.finished(undo, 2)).toMatchObject({ state: 'done', node: 'labrat-2' });
    expect(pages.commands()[1]).toBe('cluster duravip undrain labrat-2');
    expect(vips.row(FIRST).owner).toBe('labrat-1');
  });

  test('operations that run are bounded; what takes one back is not refused', async () => {
    for (const node of pages.world.cluster.nodes) pages.world.cluster.vips.mute.add(node);
    const first = await pages.move([FIRST], 'labrat-4');
    for (let n = 1; n < OPERATIONS_RUNNING_MAX; n += 1) {
      expect((await pages.post('announcements')).status).toBe(202);
    }
    expect(codeOf(await pages.post('announcements'))).toBe('rate_limited');
    await pages.sent(1);
    pages.clock.advance(300);
    expect((await pages.post(`operations/${operationIn(first).id}/undo`)).status).toBe(202);
  });

  test('unpin and announce view are one command each', async () => {
    expect(codeOf(await pages.post('unpins', { address: FIRST }))).toBe('refused');
    pages.world.cluster.vips.set(FIRST, { pinned: 'labrat-1' });
    expect(await pages.finished(await pages.post('unpins', { address: FIRST }))).toMatchObject({
      state: 'done',
      undo: [`cluster duravip move ${FIRST} to labrat-1`],
    });
    expect(await pages.finished(await pages.post('announcements'), 2)).toMatchObject({
      kind: 'announce',
      state: 'done',
      undo: [],
    });
    expect(pages.commands()).toEqual([`cluster duravip unpin ${FIRST}`, 'cluster duravip announce view']);
  });
});

describe('who may', () => {
  test('[VP-18] a viewer is refused on the server, and a token by its scope and its subclusters', async () => {
    const viewer = await Page.signedIn(pages.world.gateway, 'viewer');
    expect((await pages.move([FIRST], 'labrat-4', {}, { page: viewer })).status).toBe(403);
    const reads = await Machine.of(pages.world.gateway, pages.admin, { scope: 'read' });
    const items = [{ address: FIRST, to: 'labrat-4', expected: pages.expectedOf(FIRST) }];
    const asked = async (machine: Machine): Promise<number> =>
      (await machine.request('POST', '/api/duravip/moves', { items }, pages.headers())).status;
    expect(await asked(reads)).toBe(403);
    const bound = await Machine.of(pages.world.gateway, pages.admin, {
      scope: 'command',
      subclusters: ['default'],
    });
    expect(await asked(bound)).toBe(403);
    expect(pages.commands()).toEqual([]);
    const writes = await Machine.of(pages.world.gateway, pages.admin, { scope: 'command' });
    expect(await asked(writes)).toBe(202);
    await pages.sent(1);
    expect((await pages.audit()).filter(({ result }) => result === 'pending')[0]?.actor).toMatch(/^token:/);
  });
});
