/** Who had which address when: what the gateway saw, what it did not see, and what a restart leaves. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUESTION_POINTS_PER_MINUTE } from '../../../server/gateway/question-budget.ts';
import {
  historyReply,
  nodeTableReply,
  operationReply,
  ownersAtReply,
  whatIfReply,
} from '../../../server/wire/duravip.ts';
import { type Answer, codeOf, openWorld, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

const FIRST = '10.80.116.1';
const START_MS = 1_700_000_000_000;
let clock: HandClock;
let world: World;
let viewer: Page;
let storePath: string;

async function open(startMs: number): Promise<void> {
  clock = new HandClock(startMs);
  world = await openWorld({ clock, storePath, vips: { addresses: 4, ipv6: 1 } });
  viewer = await Page.signedIn(world.gateway, 'viewer');
}

beforeEach(async () => {
  storePath = join(mkdtempSync(join(tmpdir(), 'muster-history-')), 'store.db');
  await open(START_MS);
});
afterEach(async () => world.close());

async function lane(address: string, fromMs = START_MS, toMs = clock.wallMs() + 1) {
  const answer = await viewer.post('/api/duravip/history', { addresses: [address], fromMs, toMs });
  const reply = historyReply.parse(answer.body);
  const [found] = reply.lanes;
  if (found === undefined) throw new Error('a lane for every address');
  return { ...found, keptSinceMs: reply.keptSinceMs };
}

const short = (
  segments: readonly { owner: string | null; fromMs: number; toMs: number | null; blind: boolean }[],
) =>
  segments.map(({ owner, fromMs, toMs, blind }) => [
    owner,
    fromMs - START_MS,
    toMs === null ? null : toMs - START_MS,
    ...(blind ? ['blind'] : []),
  ]);

describe('history of ownership', () => {
  test('tells of every change with cause and who, and of time without an owner', async () => {
    const { vips } = world.cluster;
    clock.advance(1_000);
    vips.own(FIRST, null, 'failure');
    clock.advance(4_800);
    vips.own(FIRST, 'labrat-2', 'operator', 'ana');
    clock.advance(1_000);
    const found = await lane(FIRST);
    expect(short(found.segments)).toEqual([
      ['labrat-1', 0, 1_000],
      [null, 1_000, 5_800],
      ['labrat-2', 5_800, null],
    ]);
    expect(found.segments.map(({ cause, by }) => [cause, by])).toEqual([
      ['elected', null],
      ['failure', null],
      ['operator', 'ana'],
    ]);
    expect([found.unownedMs, found.overlapMs, found.keptSinceMs]).toEqual([4_800, 0, START_MS]);
  });

  test('tells of two owners, and of an address that goes', async () => {
    const { vips } = world.cluster;
    clock.advance(100);
    vips.set(FIRST, { claims: ['labrat-3'] });
    clock.advance(50);
    vips.set(FIRST, { claims: [] });
    vips.remove('10.80.116.2');
    clock.advance(50);
    const disputed = await lane(FIRST);
    expect(short(disputed.segments)).toEqual([
      ['labrat-1', 0, null],
      ['labrat-3', 100, 150],
    ]);
    expect(disputed.overlapMs).toBe(50);
    expect(short((await lane('10.80.116.2')).segments)).toEqual([
      ['labrat-2', 0, 150],
      [null, 150, null],
    ]);
  });

  test('[VP-15] knows who had what at a moment', async () => {
    clock.advance(1_000);
    world.cluster.vips.own(FIRST, 'labrat-3', 'balance');
    const at = async (ms: number) => {
      const { owners } = ownersAtReply.parse((await viewer.get(`/api/duravip/at?ms=${ms}`)).body);
      return owners.find(({ address }) => address === FIRST);
    };
    expect(await at(START_MS + 500)).toEqual({ address: FIRST, owner: 'labrat-1', blind: false });
    expect(await at(START_MS + 1_000)).toEqual({ address: FIRST, owner: 'labrat-3', blind: false });
    expect(await at(START_MS - 1)).toBeUndefined();
  });

  test('says what it did not see: without the bus', async () => {
    const { cluster } = world;
    cluster.observer.setAges({}, 0);
    clock.advance(1_000);
    cluster.setBus('lost');
    clock.advance(2_000);
    cluster.vips.set(FIRST, { owner: 'labrat-2', cause: 'failure' }); // what is known again then
    cluster.setBus('joined');
    clock.advance(1_000);
    const found = await lane(FIRST);
    expect(short(found.segments)).toEqual([
      ['labrat-1', 0, 1_000],
      ['labrat-1', 1_000, 3_000, 'blind'],
      ['labrat-2', 3_000, null],
    ]);
    expect([found.unownedMs, found.overlapMs]).toEqual([0, 0]);
  });

  test('goes on after a restart, and what happened meanwhile is blind', async () => {
    clock.advance(2_000);
    await world.close();
    await open(START_MS + 10_000);
    clock.advance(1_000);
    expect(short((await lane(FIRST)).segments)).toEqual([
      ['labrat-1', 0, 2_000],
      ['labrat-1', 2_000, 10_000, 'blind'],
      ['labrat-1', 10_000, null],
    ]);
    const dark = ownersAtReply.parse((await viewer.get(`/api/duravip/at?ms=${START_MS + 5_000}`)).body);
    expect(dark.owners.every(({ blind }) => blind)).toBe(true);
  });

  test('refuses a time that runs backwards', async () => {
    const body = { addresses: [FIRST], fromMs: 10, toMs: 5 };
    expect((await viewer.post('/api/duravip/history', body)).status).toBe(400);
  });
});

describe('operations over a restart', () => {
  async function moved(revertAfterS: number): Promise<string> {
    const operator = await Page.signedIn(world.gateway, 'operator');
    const { owner, version } = world.cluster.vips.row(FIRST);
    const items = [{ address: FIRST, to: 'labrat-3', expected: { owner, version } }];
    const body = { items, revertAfterS };
    const answer = await operator.post('/api/duravip/moves', body, { 'idempotency-key': 'key-of-the-move' });
    await until(() => world.cluster.observer.sent.length === 1);
    return operationReply.parse(answer.body).operation.id;
  }

  const followed = async (id: string) => {
    const answer: Answer = await viewer.get(`/api/duravip/operations/${id}`);
    return operationReply.parse(answer.body).operation;
  };

  test('[VP-9] a revert that is not yet due fires in the next run of the gateway', async () => {
    const id = await moved(60);
    clock.advance(8_000);
    await world.close();
    await open(START_MS + 30_000);
    world.cluster.vips.own(FIRST, 'labrat-3', 'operator');
    expect(await followed(id)).toMatchObject({ state: 'done', revertAtMs: START_MS + 60_000 });
    clock.advance(30_000);
    await until(() => world.cluster.observer.sent.length === 1);
    expect(world.cluster.observer.sent[0]?.command).toBe(`cluster duravip move ${FIRST} to labrat-1`);
    expect(await followed(id)).toMatchObject({ revertAtMs: null, undo: [] });
  });

  test('[VP-9] a revert that was due while the gateway was down is not fired, and that is told', async () => {
    const id = await moved(60);
    clock.advance(8_000);
    await world.close();
    await open(START_MS + 90_000);
    world.cluster.vips.own(FIRST, 'labrat-3', 'operator');
    clock.advance(60_000);
    const missed = await followed(id);
    expect(missed).toMatchObject({ state: 'unknown', revertAtMs: null });
    expect(missed.items[0]?.text).toBe(
      'it was to be reverted while the gateway was down: it was not reverted',
    );
    expect(missed.undo).toHaveLength(1);
    expect(world.cluster.observer.sent).toEqual([]);
  });

  test('what ran when the gateway ended is unknown, and is not sent again', async () => {
    const id = await moved(60);
    clock.advance(50);
    await world.close();
    await open(START_MS + 10_000);
    clock.advance(1_000);
    expect(await followed(id)).toMatchObject({ state: 'unknown', items: [{ state: 'unknown' }] });
    expect(world.cluster.observer.sent).toEqual([]);
  });
});

describe('questions', () => {
  test('what-if is the election of the nodes, and refuses names that nobody has', async () => {
    const answer = await viewer.post('/api/duravip/whatif', { without: ['labrat-1'] });
    const found = whatIfReply.parse(answer.body);
    expect(found).toMatchObject({ viewId: '57', asOfMs: START_MS });
    expect(found.moves).toMatchObject([
      { address: FIRST, from: 'labrat-1' },
      { address: '2001:db8:80::1', from: 'labrat-1' },
    ]);
    expect(found.loads.find(({ node }) => node === 'labrat-1')).toMatchObject({ before: 2, after: 0 });
    const bad = await viewer.post('/api/duravip/whatif', { drained: ['labrat-1', 'nobody'] });
    expect([bad.status, bad.body]).toMatchObject([400, { details: [{ path: 'drained.1' }] }]);
    world.cluster.observer.predict = () => undefined;
    expect(codeOf(await viewer.post('/api/duravip/whatif', {}))).toBe('conflict');
  });

  test('about all addresses are limited, over all callers', async () => {
    const asked = () => viewer.get(`/api/duravip/at?ms=${START_MS}`);
    for (let n = 0; n < QUESTION_POINTS_PER_MINUTE / 5; n += 1) expect((await asked()).status).toBe(200);
    expect([(await asked()).status, codeOf(await asked())]).toEqual([429, 'rate_limited']);
    clock.advance(60_000);
    expect((await asked()).status).toBe(200);
  });

  test('the table of a node is asked of that node, now', async () => {
    const { observer } = world.cluster;
    const asking = viewer.get('/api/duravip/nodes/labrat-2/table');
    await until(() => observer.queries.length === 1);
    expect(observer.queries[0]).toMatchObject({ member: 'labrat-2', what: 'duravip' });
    const table = {
      viewId: '57',
      epoch: '57/3',
      synced: true,
      arp: 4,
      node: 'somebody else',
      toldMs: 5,
      rows: [],
    };
    observer.reply(observer.queries[0]?.request ?? '', 'labrat-2', JSON.stringify(table));
    const answer = nodeTableReply.parse((await asking).body);
    expect(answer).toEqual({ ...table, node: 'labrat-2', toldMs: START_MS });
    expect((await viewer.get('/api/duravip/nodes/nobody/table')).status).toBe(404);
  });

  test('metrics tell of rows, causes and failures, and of nothing before anything is known', async () => {
    const { vips, observer } = world.cluster;
    vips.set(FIRST, {
      flags: ['unsafe'],
      claims: ['labrat-3'],
      disagree: [{ node: 'labrat-3', owner: 'labrat-3' }],
    });
    vips.own('10.80.116.2', 'labrat-3', 'failure');
    vips.host('10.80.116.3', 'failed', 'no such device');
    const { text } = await viewer.get('/metrics');
    for (const line of [
      'muster_vips{phase="owned"} 4',
      'muster_vips{phase="unowned"} 0',
      'muster_vips_flagged{flag="unsafe"} 1',
      'muster_vips_disputed 1',
      'muster_vips_disagreements 1',
      'muster_vips_node_owned{node="labrat-3"} 2',
      'muster_vips_node_failed{node="labrat-3"} 1',
      'muster_vips_moves_total{cause="failure"} 1',
      'muster_vips_moves_total{cause="operator"} 0',
      'muster_vips_plumb_failures_total{node="labrat-3"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    observer.change([{ c: 'duravip', k: 'duravip', row: null }]);
    const without = await viewer.get('/metrics');
    expect(without.status).toBe(200);
    const nothing = without.text.split('\n');
    expect(
      nothing.filter((line) => /^muster_vips(_[a-z]+)*[ {]/.test(line) && !line.includes('_total')),
    ).toEqual([]);
  });
});
