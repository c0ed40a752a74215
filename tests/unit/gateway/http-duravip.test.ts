/** Moves of DuraVIPs from the request to the audit log, over nodes that obey in memory, and what can go wrong. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changedDetails, refusedDetails } from '../../../server/wire/duravip.ts';
import { apiError } from '../../../server/wire/http.ts';
import { DuravipPages, operationIn } from '../../support/duravip-pages.ts';
import { codeOf } from '../../support/gateway-world.ts';
import { until } from '../../support/until.ts';

const FIRST = '10.80.116.1';
let pages: DuravipPages;

beforeEach(async () => {
  pages = await DuravipPages.open();
});
afterEach(async () => pages.close());

describe('a move', () => {
  test('[VP-3] goes through its stages in order, and its audit record is the command byte for byte', async () => {
    const answer = await pages.move([FIRST], 'labrat-4', { reason: 'INC-1234' });
    expect(answer.status).toBe(202);
    const { id } = operationIn(answer);
    await pages.sent(1);
    expect(pages.commands()).toEqual([`cluster duravip move ${FIRST} to labrat-4`]);
    expect(pages.world.cluster.observer.sent[0]?.asked.map(({ node }) => node)).toEqual(
      pages.world.cluster.nodes,
    );
    expect((await pages.audit())[0]).toMatchObject({
      result: 'pending',
      command: pages.commands()[0],
      class: 'W1',
    });
    expect((await pages.followed(id)).items[0]?.stages.map(({ stage }) => stage)).toEqual(['requested']);
    pages.clock.advance(70);
    expect((await pages.followed(id)).items[0]?.stages.map(({ stage }) => stage)).toEqual([
      'requested',
      'ordered',
    ]);
    pages.clock.advance(6_000);
    const done = await pages.followed(id);
    expect(done).toMatchObject({ state: 'done', counts: { all: 1, done: 1, failed: 0, unknown: 0 } });
    expect(done.items[0]?.stages.map(({ stage, node }) => [stage, node])).toEqual([
      ['requested', null],
      ['ordered', 'labrat-1'],
      ['released', 'labrat-1'],
      ['plumbed', 'labrat-4'],
      ['mature', null],
    ]);
    await until(async () => (await pages.audit())[0]?.result === 'done');
    expect(await pages.audit()).toMatchObject([
      {
        actor: 'operator',
        result: 'done',
        command: pages.commands()[0],
        detail: 'INC-1234',
        targets: pages.world.cluster.nodes,
      },
    ]);
  });

  test('[VP-4] of an address that changed since is refused with the present rows, and nothing is sent', async () => {
    const expected = pages.expectedOf(FIRST);
    pages.world.cluster.vips.own(FIRST, 'labrat-2', 'failure');
    const items = [{ address: FIRST, to: 'labrat-4', expected }];
    const answer = await pages.operator.post('/api/duravip/moves', { items }, pages.headers());
    expect([answer.status, codeOf(answer)]).toEqual([409, 'changed']);
    const [detail] = changedDetails.parse(apiError.parse(answer.body).details);
    expect(detail).toMatchObject({ address: FIRST, reason: 'labrat-2 has it', row: { owner: 'labrat-2' } });
    expect(pages.commands()).toEqual([]);
    expect(await pages.audit()).toMatchObject([
      { result: 'refused', command: `cluster duravip move ${FIRST} to labrat-4` },
    ]);
  });

  test('[VP-6] twice with one key, and twice at once by two people, is one command', async () => {
    const [one, again] = await Promise.all([
      pages.move([FIRST], 'labrat-4', {}, { key: 'the-same-key' }),
      pages.move([FIRST], 'labrat-4', {}, { key: 'the-same-key' }),
    ]);
    expect([one.status, again.status, operationIn(one).id === operationIn(again).id]).toEqual([
      202,
      202,
      true,
    ]);
    const other = await pages.move([FIRST], 'labrat-3', {}, { page: pages.admin });
    expect([other.status, codeOf(other)]).toEqual([409, 'changed']);
    await pages.sent(1);
    pages.clock.advance(7_000);
    expect(pages.commands()).toHaveLength(1);
    const foreign = await pages.move([FIRST], 'labrat-2', {}, { key: 'the-same-key' });
    expect(codeOf(foreign)).toBe('idempotency_mismatch');
  });

  test('[VP-10] refusals come with a reason for every address, and nothing is sent', async () => {
    pages.world.cluster.vips.set('10.80.116.2', { phase: 'broken', owner: null, flags: ['broken'] });
    pages.world.cluster.vips.tellNode('labrat-3', { present: false });
    const wanted = [
      ['10.80.117.1', 'labrat-4'],
      ['10.80.116.2', 'labrat-1'],
      ['10.80.116.3', 'labrat-9'],
      ['10.80.116.4', 'labrat-4.example.com'],
      ['10.80.116.5', 'labrat-3'],
    ] as const;
    const items = wanted.map(([address, to]) => ({ address, to, expected: pages.expectedOf(address) }));
    const unknown = { address: '10.1.1.1', to: 'labrat-2', expected: { owner: null, version: '1' } };
    const answer = await pages.operator.post(
      '/api/duravip/moves',
      { items: [...items, unknown] },
      pages.headers(),
    );
    expect([answer.status, codeOf(answer)]).toEqual([422, 'refused']);
    expect(refusedDetails.parse(apiError.parse(answer.body).details).map(({ reason }) => reason)).toEqual([
      'labrat-4 cannot have it: no Topology holds it',
      'it is broken: binding names differ between nodes, nobody may have it',
      'no node is named labrat-9',
      'labrat-4.example.com is a host name, not the name of a node on the bus; did you mean labrat-4?',
      'labrat-3 is not here: it departed',
      'no such address',
    ]);
    expect(pages.commands()).toEqual([]);
    expect(await pages.audit()).toMatchObject([{ result: 'refused' }]);
  });
});

describe('what becomes of a move', () => {
  test('[VP-5] a target that cannot bring it up makes it failed, with the text of its host', async () => {
    pages.world.cluster.vips.failing.set('labrat-4', 'RTNETLINK answers: Operation not permitted');
    const done = await pages.finished(await pages.move([FIRST], 'labrat-4'));
    expect(done).toMatchObject({ state: 'failed', undo: [], counts: { failed: 1 } });
    expect(done.items[0]?.text).toBe(
      'labrat-4 could not bring it up: RTNETLINK answers: Operation not permitted',
    );
  });

  test('[VP-5] a target that dies on the way makes it failed, and says who has it', async () => {
    const { vips } = pages.world.cluster;
    vips.stuck.add('labrat-1');
    const answer = await pages.move([FIRST], 'labrat-4');
    await pages.sent(1);
    pages.clock.advance(200);
    vips.cancel(FIRST);
    expect((await pages.followed(operationIn(answer).id)).items[0]).toMatchObject({
      state: 'failed',
      text: 'it stays at labrat-1: the move was given up',
    });
  });

  test('an owner that does not let go is late, and named; later it is done all the same', async () => {
    const { vips } = pages.world.cluster;
    vips.stuck.add('labrat-1');
    const answer = await pages.move([FIRST], 'labrat-4');
    await pages.sent(1);
    pages.clock.advance(5_100);
    const { id } = operationIn(answer);
    expect((await pages.followed(id)).items[0]).toMatchObject({
      state: 'late',
      text: 'labrat-1 has not released it for 5 s',
    });
    vips.take(FIRST, 'labrat-4', 'suspect');
    vips.host(FIRST, 'up');
    pages.clock.advance(5_000);
    const done = await pages.followed(id);
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
    const { vips, nodes } = pages.world.cluster;
    for (const node of nodes) vips.mute.add(node);
    vips.delays.ordered = 600_000;
    vips.delays.released = 600_000;
    vips.delays.up = 600_000;
    const answer = await pages.move([FIRST], 'labrat-4');
    await pages.sent(1);
    pages.clock.advance(5_100);
    expect((await pages.followed(operationIn(answer).id)).items[0]).toMatchObject({
      state: 'late',
      text: 'no answer from labrat-1, labrat-2, labrat-3, labrat-4 for 5 s',
    });
    pages.clock.advance(60_000);
    expect((await pages.followed(operationIn(answer).id)).items[0]).toMatchObject({
      state: 'failed',
      text: 'no answer from labrat-1, labrat-2, labrat-3, labrat-4 for 60 s',
    });
  });

  test('what every node refuses is refused, in their words', async () => {
    pages.world.cluster.vips.refusal = 'labrat-4 left the cluster';
    const done = await pages.finished(await pages.move([FIRST], 'labrat-4'));
    expect(done).toMatchObject({ state: 'refused', undo: [] });
    expect(done.items[0]?.text).toBe('labrat-1: labrat-4 left the cluster');
    await until(async () => (await pages.audit())[0]?.result === 'failed');
  });

  test('a bus that is lost after sending makes it unknown; nothing is sent again, and who has it is told later', async () => {
    const answer = await pages.move([FIRST], 'labrat-4');
    await pages.sent(1);
    pages.world.cluster.setBus('lost');
    const { id } = operationIn(answer);
    expect(await pages.followed(id)).toMatchObject({ state: 'unknown', items: [{ state: 'unknown' }] });
    pages.world.cluster.setBus('joined');
    pages.clock.advance(120_000);
    expect(pages.commands()).toHaveLength(1);
    expect((await pages.followed(id)).items[0]).toMatchObject({
      state: 'unknown',
      text: 'the gateway lost the bus after sending; now labrat-4 has it',
    });
    await until(async () => (await pages.audit())[0]?.result === 'unknown');
  });

  test('without a bus nothing is sent', async () => {
    pages.world.cluster.setBus('lost');
    expect(codeOf(await pages.move([FIRST], 'labrat-4'))).toBe('bus_down');
    expect([pages.commands(), (await pages.audit()).length]).toEqual([[], 1]);
  });

  test('a node that says something else keeps a move from being settled', async () => {
    const { vips } = pages.world.cluster;
    const answer = await pages.move([FIRST], 'labrat-4');
    await pages.sent(1);
    pages.clock.advance(1_000);
    vips.set(FIRST, { disagree: [{ node: 'labrat-3', owner: 'labrat-1' }] });
    pages.clock.advance(30_000);
    const { id } = operationIn(answer);
    expect((await pages.followed(id)).items[0]).toMatchObject({
      state: 'late',
      text: 'labrat-3 says something else for 20 s',
    });
    vips.set(FIRST, { disagree: [] });
    pages.clock.advance(2_000);
    expect(await pages.followed(id)).toMatchObject({ state: 'done' });
  });
});
