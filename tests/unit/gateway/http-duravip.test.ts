/** Operations on DuraVIPs from the request to the audit log, over nodes that obey in memory. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  changedDetails,
  type OperationRow,
  operationReply,
  refusedDetails,
} from '../../../server/wire/duravip.ts';
import { type AuditRecord, apiError, auditReply } from '../../../server/wire/http.ts';
import { type Answer, codeOf, Machine, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

const FIRST = '10.80.116.1';
let clock: HandClock;
let world: World;
let operator: Page;
let admin: Page;
let keys = 0;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({
    clock,
    nodes: ['labrat-1', 'labrat-2', 'labrat-3', 'labrat-4'],
    vips: { addresses: 300, ipv6: 2 },
  });
  operator = await Page.signedIn(world.gateway, 'operator');
  admin = await Page.signedIn(world.gateway, 'admin');
});
afterEach(async () => world.close());

function expectedOf(address: string) {
  const { owner, version } = world.cluster.vips.row(address);
  return { owner, version };
}

function headers(key?: string) {
  keys += 1;
  return { 'idempotency-key': key ?? `duravip-key-${keys}` };
}

async function move(
  addresses: readonly string[],
  to: string,
  more: Readonly<Record<string, unknown>> = {},
  { page = operator, key }: { readonly page?: Page; readonly key?: string } = {},
): Promise<Answer> {
  const items = addresses.map((address) => ({ address, to, expected: expectedOf(address) }));
  return await page.post('/api/duravip/moves', { items, ...more }, headers(key));
}

const rowOf = (answer: Answer): OperationRow => operationReply.parse(answer.body).operation;

async function followed(id: string): Promise<OperationRow> {
  return rowOf(await operator.get(`/api/duravip/operations/${id}`));
}

/** What was asked for goes out once it is on disk. */
async function sent(count: number): Promise<void> {
  await until(() => world.cluster.observer.sent.length >= count);
}

async function audit(): Promise<readonly AuditRecord[]> {
  const { records, chainOk } = auditReply.parse((await admin.get('/api/audit?limit=500')).body);
  expect(chainOk).toBe(true);
  return records.filter(({ action }) => action === 'command');
}

const commands = (): readonly string[] => world.cluster.observer.sent.map(({ command }) => command);

describe('a move', () => {
  test('[VP-3] goes through its stages in order, and its audit record is the command byte for byte', async () => {
    const answer = await move([FIRST], 'labrat-4', { reason: 'INC-1234' });
    expect(answer.status).toBe(202);
    const { id } = rowOf(answer);
    await sent(1);
    expect(commands()).toEqual([`cluster duravip move ${FIRST} to labrat-4`]);
    expect(world.cluster.observer.sent[0]?.asked.map(({ node }) => node)).toEqual(world.cluster.nodes);
    expect((await audit())[0]).toMatchObject({ result: 'pending', command: commands()[0], class: 'W1' });
    expect((await followed(id)).items[0]?.stages.map(({ stage }) => stage)).toEqual(['requested']);
    clock.advance(70);
    expect((await followed(id)).items[0]?.stages.map(({ stage }) => stage)).toEqual(['requested', 'ordered']);
    clock.advance(6_000);
    const done = await followed(id);
    expect(done).toMatchObject({ state: 'done', counts: { all: 1, done: 1, failed: 0, unknown: 0 } });
    expect(done.items[0]?.stages.map(({ stage, node }) => [stage, node])).toEqual([
      ['requested', null],
      ['ordered', 'labrat-1'],
      ['released', 'labrat-1'],
      ['plumbed', 'labrat-4'],
      ['mature', null],
    ]);
    await until(async () => (await audit())[0]?.result === 'done');
    expect(await audit()).toMatchObject([
      {
        actor: 'operator',
        result: 'done',
        command: commands()[0],
        detail: 'INC-1234',
        targets: world.cluster.nodes,
      },
    ]);
  });

  test('[VP-4] of an address that changed since is refused with the present rows, and nothing is sent', async () => {
    const expected = expectedOf(FIRST);
    world.cluster.vips.own(FIRST, 'labrat-2', 'failure');
    const items = [{ address: FIRST, to: 'labrat-4', expected }];
    const answer = await operator.post('/api/duravip/moves', { items }, headers());
    expect([answer.status, codeOf(answer)]).toEqual([409, 'changed']);
    const [detail] = changedDetails.parse(apiError.parse(answer.body).details);
    expect(detail).toMatchObject({ address: FIRST, reason: 'labrat-2 has it', row: { owner: 'labrat-2' } });
    expect(commands()).toEqual([]);
    expect(await audit()).toMatchObject([
      { result: 'refused', command: `cluster duravip move ${FIRST} to labrat-4` },
    ]);
  });

  test('[VP-6] twice with one key, and twice at once by two people, is one command', async () => {
    const [one, again] = await Promise.all([
      move([FIRST], 'labrat-4', {}, { key: 'the-same-key' }),
      move([FIRST], 'labrat-4', {}, { key: 'the-same-key' }),
    ]);
    expect([one.status, again.status, rowOf(one).id === rowOf(again).id]).toEqual([202, 202, true]);
    const other = await move([FIRST], 'labrat-3', {}, { page: admin });
    expect([other.status, codeOf(other)]).toEqual([409, 'changed']);
    await sent(1);
    clock.advance(7_000);
    expect(commands()).toHaveLength(1);
    const foreign = await move([FIRST], 'labrat-2', {}, { key: 'the-same-key' });
    expect(codeOf(foreign)).toBe('idempotency_mismatch');
  });

  test('[VP-10] refusals come with a reason for every address, and nothing is sent', async () => {
    world.cluster.vips.set('10.80.116.2', { phase: 'broken', owner: null, flags: ['broken'] });
    world.cluster.vips.tellNode('labrat-3', { present: false });
    const wanted = [
      ['10.80.117.1', 'labrat-4'],
      ['10.80.116.2', 'labrat-1'],
      ['10.80.116.3', 'labrat-9'],
      ['10.80.116.4', 'labrat-4.example.com'],
      ['10.80.116.5', 'labrat-3'],
    ] as const;
    const items = wanted.map(([address, to]) => ({ address, to, expected: expectedOf(address) }));
    const unknown = { address: '10.1.1.1', to: 'labrat-2', expected: { owner: null, version: '1' } };
    const answer = await operator.post('/api/duravip/moves', { items: [...items, unknown] }, headers());
    expect([answer.status, codeOf(answer)]).toEqual([422, 'refused']);
    expect(refusedDetails.parse(apiError.parse(answer.body).details).map(({ reason }) => reason)).toEqual([
      'labrat-4 cannot have it: no Topology holds it',
      'it is broken: binding names differ between nodes, nobody may have it',
      'no node is named labrat-9',
      'labrat-4.example.com is a host name, not the name of a node on the bus; did you mean labrat-4?',
      'labrat-3 is not here: it departed',
      'no such address',
    ]);
    expect(commands()).toEqual([]);
    expect(await audit()).toMatchObject([{ result: 'refused' }]);
  });
});

async function post(path: string, body: unknown = {}, page: Page = operator): Promise<Answer> {
  return await page.post(`/api/duravip/${path}`, body, headers());
}

async function finished(answer: Answer, count = 1): Promise<OperationRow> {
  await sent(count);
  clock.advance(8_000);
  return await followed(rowOf(answer).id);
}

describe('what becomes of a move', () => {
  test('[VP-5] a target that cannot bring it up makes it failed, with the text of its host', async () => {
    world.cluster.vips.failing.set('labrat-4', 'RTNETLINK answers: Operation not permitted');
    const done = await finished(await move([FIRST], 'labrat-4'));
    expect(done).toMatchObject({ state: 'failed', undo: [], counts: { failed: 1 } });
    expect(done.items[0]?.text).toBe(
      'labrat-4 could not bring it up: RTNETLINK answers: Operation not permitted',
    );
  });

  test('[VP-5] a target that dies on the way makes it failed, and says who has it', async () => {
    const { vips } = world.cluster;
    vips.stuck.add('labrat-1');
    const answer = await move([FIRST], 'labrat-4');
    await sent(1);
    clock.advance(200);
    vips.cancel(FIRST);
    expect((await followed(rowOf(answer).id)).items[0]).toMatchObject({
      state: 'failed',
      text: 'it stays at labrat-1: the move was given up',
    });
  });

  test('an owner that does not let go is late, and named; later it is done all the same', async () => {
    const { vips } = world.cluster;
    vips.stuck.add('labrat-1');
    const answer = await move([FIRST], 'labrat-4');
    await sent(1);
    clock.advance(5_100);
    const { id } = rowOf(answer);
    expect((await followed(id)).items[0]).toMatchObject({
      state: 'late',
      text: 'labrat-1 has not released it for 5 s',
    });
    vips.take(FIRST, 'labrat-4', 'suspect');
    vips.host(FIRST, 'up');
    clock.advance(5_000);
    const done = await followed(id);
    expect(done).toMatchObject({ state: 'done', items: [{ state: 'done', text: '' }] });
    // Whoever was given up on has released nothing.
    expect(done.items[0]?.stages.map(({ stage }) => stage)).toEqual([
      'requested',
      'ordered',
      'plumbed',
      'mature',
    ]);
  });

  test('nodes that do not answer are named', async () => {
    const { vips, nodes } = world.cluster;
    for (const node of nodes) vips.mute.add(node);
    vips.delays.ordered = 600_000;
    vips.delays.released = 600_000;
    vips.delays.up = 600_000;
    const answer = await move([FIRST], 'labrat-4');
    await sent(1);
    clock.advance(5_100);
    expect((await followed(rowOf(answer).id)).items[0]).toMatchObject({
      state: 'late',
      text: 'no answer from labrat-1, labrat-2, labrat-3, labrat-4 for 5 s',
    });
    clock.advance(60_000);
    expect((await followed(rowOf(answer).id)).items[0]).toMatchObject({
      state: 'failed',
      text: 'no answer from labrat-1, labrat-2, labrat-3, labrat-4 for 60 s',
    });
  });

  test('what every node refuses is refused, in their words', async () => {
    world.cluster.vips.refusal = 'labrat-4 left the cluster';
    const done = await finished(await move([FIRST], 'labrat-4'));
    expect(done).toMatchObject({ state: 'refused', undo: [] });
    expect(done.items[0]?.text).toBe('labrat-1: labrat-4 left the cluster');
    await until(async () => (await audit())[0]?.result === 'failed');
  });

  test('a bus that is lost after sending makes it unknown; nothing is sent again, and who has it is told later', async () => {
    const answer = await move([FIRST], 'labrat-4');
    await sent(1);
    world.cluster.setBus('lost');
    const { id } = rowOf(answer);
    expect(await followed(id)).toMatchObject({ state: 'unknown', items: [{ state: 'unknown' }] });
    world.cluster.setBus('joined');
    clock.advance(120_000);
    expect(commands()).toHaveLength(1);
    expect((await followed(id)).items[0]).toMatchObject({
      state: 'unknown',
      text: 'the gateway lost the bus after sending; now labrat-4 has it',
    });
    await until(async () => (await audit())[0]?.result === 'unknown');
  });

  test('without a bus nothing is sent', async () => {
    world.cluster.setBus('lost');
    expect(codeOf(await move([FIRST], 'labrat-4'))).toBe('bus_down');
    expect([commands(), (await audit()).length]).toEqual([[], 1]);
  });

  test('a node that says something else keeps a move from being settled', async () => {
    const { vips } = world.cluster;
    const answer = await move([FIRST], 'labrat-4');
    await sent(1);
    clock.advance(1_000);
    vips.set(FIRST, { disagree: [{ node: 'labrat-3', owner: 'labrat-1' }] });
    clock.advance(30_000);
    const { id } = rowOf(answer);
    expect((await followed(id)).items[0]).toMatchObject({
      state: 'late',
      text: 'labrat-3 says something else for 20 s',
    });
    vips.set(FIRST, { disagree: [] });
    clock.advance(2_000);
    expect(await followed(id)).toMatchObject({ state: 'done' });
  });
});

describe('taking back', () => {
  test('[VP-8] undo restores the owner and takes the pin away again', async () => {
    const moved = await move([FIRST], 'labrat-4');
    expect((await finished(moved)).undo).toEqual([
      `cluster duravip move ${FIRST} to labrat-1`,
      `cluster duravip unpin ${FIRST}`,
    ]);
    const undo = await post(`operations/${rowOf(moved).id}/undo`);
    expect([undo.status, rowOf(undo).kind, rowOf(undo).of]).toEqual([202, 'undo', rowOf(moved).id]);
    await sent(2);
    clock.advance(300);
    await sent(3);
    clock.advance(8_000);
    expect(world.cluster.vips.row(FIRST)).toMatchObject({ owner: 'labrat-1', pinned: null });
    expect(await followed(rowOf(undo).id)).toMatchObject({ state: 'done', undo: [] });
    expect(await followed(rowOf(moved).id)).toMatchObject({ undo: [] });
    expect(codeOf(await post(`operations/${rowOf(moved).id}/undo`))).toBe('changed');
    const done = (await audit()).filter(({ result }) => result !== 'refused');
    expect(done.map(({ command }) => command).reverse()).toEqual([
      `cluster duravip move ${FIRST} to labrat-4`,
      `cluster duravip move ${FIRST} to labrat-1`,
      `cluster duravip unpin ${FIRST}`,
    ]);
  });

  test('[VP-8] undo is withdrawn after an unrelated change, and after its time', async () => {
    const moved = await move([FIRST, '10.80.116.2'], 'labrat-4');
    const { id } = rowOf(moved);
    expect((await finished(moved, 2)).undo).toHaveLength(4);
    world.cluster.vips.own(FIRST, 'labrat-3', 'failure');
    expect((await followed(id)).undo).toEqual([
      'cluster duravip move 10.80.116.2 to labrat-2',
      'cluster duravip unpin 10.80.116.2',
    ]);
    clock.advance(15 * 60_000);
    expect(await followed(id)).toMatchObject({ undo: [], undoUntilMs: null, state: 'done' });
    const late = await post(`operations/${id}/undo`);
    expect([late.status, codeOf(late)]).toEqual([409, 'conflict']);
  });

  test('[VP-8] undo after ownership changed for another reason is refused as changed, with the rows', async () => {
    const moved = await move([FIRST], 'labrat-4');
    await finished(moved);
    world.cluster.vips.own(FIRST, 'labrat-3', 'failure');
    const answer = await post(`operations/${rowOf(moved).id}/undo`);
    expect([answer.status, codeOf(answer)]).toEqual([409, 'changed']);
    expect(changedDetails.parse(apiError.parse(answer.body).details)).toMatchObject([
      { row: { owner: 'labrat-3' } },
    ]);
    expect(commands()).toHaveLength(1);
  });

  test('[VP-9] nobody keeps it: the gateway takes it back by itself, in the name of who asked', async () => {
    const moved = await move([FIRST], 'labrat-4', { revertAfterS: 60 });
    expect((await finished(moved)).revertAtMs).toBe(rowOf(moved).createdMs + 60_000);
    clock.advance(60_000);
    await sent(2);
    clock.advance(300);
    await sent(3);
    clock.advance(8_000);
    expect(world.cluster.vips.row(FIRST)).toMatchObject({ owner: 'labrat-1' });
    expect(await followed(rowOf(moved).id)).toMatchObject({ revertAtMs: null, undo: [], kept: null });
    expect(await audit()).toMatchObject([
      { actor: 'operator', detail: `reverted: nobody kept operation ${rowOf(moved).id}` },
      { actor: 'operator', detail: `reverted: nobody kept operation ${rowOf(moved).id}` },
      { actor: 'operator' },
    ]);
  });

  test('[VP-9] what is kept stays', async () => {
    const moved = await move([FIRST], 'labrat-4', { revertAfterS: 60 });
    const { id } = rowOf(moved);
    await finished(moved);
    const kept = await post(`operations/${id}/keep`, {}, admin);
    expect(rowOf(kept)).toMatchObject({ revertAtMs: null, kept: { by: 'admin' } });
    clock.advance(120_000);
    expect(commands()).toHaveLength(1);
    expect(codeOf(await post(`operations/${id}/keep`))).toBe('conflict');
  });

  test('[VP-9] an account that may not do it any more reverts nothing, and that is told', async () => {
    const moved = await move([FIRST], 'labrat-4', { revertAfterS: 60 });
    await finished(moved);
    await admin.request('PATCH', '/api/accounts/operator', { role: 'viewer' });
    clock.advance(60_000);
    const { id } = rowOf(moved);
    const told = async (): Promise<string> =>
      rowOf(await admin.get(`/api/duravip/operations/${id}`)).items[0]?.text ?? '';
    await until(async () => (await told()) !== '');
    expect(await told()).toContain('not reverted');
    expect(commands()).toHaveLength(1);
  });
});

describe('many addresses', () => {
  const many = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `10.80.116.${index + 1}`);

  test('[VP-19] one command for each, few at once, failures listed, and only failures tried again', async () => {
    const { vips } = world.cluster;
    const all = many(200).filter((address) => vips.row(address).owner !== 'labrat-4');
    const answer = await move(all, 'labrat-4');
    expect(rowOf(answer).items).toHaveLength(all.length);
    await until(() => world.cluster.observer.sent.length === 32);
    vips.failing.set('labrat-4', 'no more addresses');
    while (world.cluster.observer.sent.length < 96) {
      const before = world.cluster.observer.sent.length;
      clock.advance(250);
      await until(() => world.cluster.observer.sent.length > before);
      expect(world.cluster.observer.sent.length - before).toBeLessThanOrEqual(32);
    }
    vips.failing.clear();
    for (let count = 96; count < all.length; ) {
      clock.advance(250);
      await until(() => world.cluster.observer.sent.length > count);
      count = world.cluster.observer.sent.length;
    }
    clock.advance(8_000);
    const { id } = rowOf(answer);
    const partly = await followed(id);
    expect([partly.state, partly.counts.unknown]).toEqual(['partly', 0]);
    expect(partly.counts.failed).toBeGreaterThan(0);
    expect(partly.counts.done + partly.counts.failed).toBe(all.length);
    const failed = partly.items.filter(({ state }) => state === 'failed');
    const expected = failed.map(({ address }) => `cluster duravip move ${address} to labrat-4`);
    const before = commands().length;
    const retried = await post(`operations/${id}/retry`);
    expect(retried.status).toBe(202);
    for (let rest = failed.length; rest > 0; ) {
      await until(() => commands().length > before + failed.length - rest);
      clock.advance(250);
      rest = failed.length - (commands().length - before);
    }
    clock.advance(8_000);
    expect(commands().slice(before).sort()).toEqual([...expected].sort());
    expect(await followed(id)).toMatchObject({ state: 'done', counts: { done: all.length, failed: 0 } });
    expect(codeOf(await post(`operations/${id}/retry`))).toBe('conflict');
  });

  test('[VP-19] one that may not be moved keeps all of them from being sent', async () => {
    const answer = await move([...many(3), '10.80.117.1'], 'labrat-4');
    expect(codeOf(answer)).toBe('refused');
    expect(refusedDetails.parse(apiError.parse(answer.body).details)).toEqual([
      { address: '10.80.117.1', reason: 'labrat-4 cannot have it: no Topology holds it' },
    ]);
    expect(commands()).toEqual([]);
  });

  test('a drain is one command, and follows every address of the node', async () => {
    const { vips } = world.cluster;
    const mine = Object.values(world.cluster.observer.model().vips).filter(
      ({ owner }) => owner === 'labrat-2',
    );
    const answer = await post('drains', { node: 'labrat-2', reason: 'new disk' });
    const done = await finished(answer);
    expect(commands()).toEqual(['cluster duravip drain labrat-2']);
    expect(done).toMatchObject({
      kind: 'drain',
      node: 'labrat-2',
      state: 'done',
      counts: { all: mine.length, done: mine.length },
      undo: ['cluster duravip undrain labrat-2'],
    });
    expect(done.items.every(({ to }) => to !== null && to !== 'labrat-2')).toBe(true);
    expect(await audit()).toMatchObject([
      { class: 'W2', command: 'cluster duravip drain labrat-2', detail: 'new disk' },
    ]);
    expect(codeOf(await post('drains', { node: 'labrat-2' }))).toBe('refused');
    const undo = await post(`operations/${done.id}/undo`);
    expect(await finished(undo, 2)).toMatchObject({ state: 'done', node: 'labrat-2' });
    expect(commands()[1]).toBe('cluster duravip undrain labrat-2');
    expect(vips.row(FIRST).owner).toBe('labrat-1');
  });

  test('unpin and announce view are one command each', async () => {
    expect(codeOf(await post('unpins', { address: FIRST }))).toBe('refused');
    world.cluster.vips.set(FIRST, { pinned: 'labrat-1' });
    expect(await finished(await post('unpins', { address: FIRST }))).toMatchObject({
      state: 'done',
      undo: [`cluster duravip move ${FIRST} to labrat-1`],
    });
    expect(await finished(await post('announcements'), 2)).toMatchObject({
      kind: 'announce',
      state: 'done',
      undo: [],
    });
    expect(commands()).toEqual([`cluster duravip unpin ${FIRST}`, 'cluster duravip announce view']);
  });
});

describe('who may', () => {
  test('[VP-18] a viewer is refused on the server, and a token by its scope and its subclusters', async () => {
    const viewer = await Page.signedIn(world.gateway, 'viewer');
    expect((await move([FIRST], 'labrat-4', {}, { page: viewer })).status).toBe(403);
    const reads = await Machine.of(world.gateway, admin, { scope: 'read' });
    const items = [{ address: FIRST, to: 'labrat-4', expected: expectedOf(FIRST) }];
    const asked = async (machine: Machine): Promise<number> =>
      (await machine.request('POST', '/api/duravip/moves', { items }, headers())).status;
    expect(await asked(reads)).toBe(403);
    const bound = await Machine.of(world.gateway, admin, { scope: 'command', subclusters: ['default'] });
    expect(await asked(bound)).toBe(403);
    expect(commands()).toEqual([]);
    const writes = await Machine.of(world.gateway, admin, { scope: 'command' });
    expect(await asked(writes)).toBe(202);
    await sent(1);
    expect((await audit()).filter(({ result }) => result === 'pending')[0]?.actor).toMatch(/^token:/);
  });
});
