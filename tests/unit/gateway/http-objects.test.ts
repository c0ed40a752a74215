/** Replicated objects in the gateway: one question to several nodes, masked values, bounds. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemberQueries, OBJECT_QUERY_TIMEOUT_MS } from '../../../server/gateway/member-queries.ts';
import {
  ANSWER_POINTS,
  OBJECT_COLUMNS_KEPT_MAX,
  OBJECT_COLUMNS_KEPT_MS,
  ObjectQuestions,
  QUESTION_POINTS,
} from '../../../server/gateway/object-questions.ts';
import { QUESTION_POINTS_PER_MINUTE } from '../../../server/gateway/question-budget.ts';
import { auditReply, job } from '../../../server/wire/http.ts';
import {
  flushCommand,
  OBJECT_ROWS_MAX,
  OBJECT_ROWS_TOLD_MAX,
  type ObjectAnswer,
  type ObjectColumns,
  objectColumns,
} from '../../../server/wire/objects.ts';
import {
  type Answer,
  codeOf,
  Machine,
  openWorld,
  Page,
  SILENT_LOGGER,
  type World,
} from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

const QUERY = { object: 'inbound_cidr', view: 'global', top: 200 };

let clock: HandClock;
let world: World;
let viewer: Page;
let operator: Page;
/** Questions that were answered so far. */
let answered: number;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({ clock });
  world.cluster.objects.sketch(world.cluster.nodes);
  clock.advance(1_000);
  world.cluster.tick();
  viewer = await Page.signedIn(world.gateway, 'viewer');
  operator = await Page.signedIn(world.gateway, 'operator');
  answered = 0;
});
afterEach(async () => world.close());

/** Nodes answer whatever they are asked until the gateway has answered; `say` undefined: as scripted. */
async function ask(
  page: { readonly post: Page['post'] },
  body: unknown,
  say: (node: string) => ObjectAnswer | string | undefined = () => undefined,
): Promise<Answer> {
  const { observer } = world.cluster;
  let answer: Answer | undefined;
  const asking = page.post('/api/objects/query', body).then((given) => {
    answer = given;
  });
  await until(() => {
    for (; answered < observer.queries.length; answered += 1) {
      const asked = observer.queries[answered];
      if (asked === undefined) continue;
      const said = say(asked.member);
      if (said === 'nothing') continue;
      const scripted = said === undefined ? world.cluster.objects.refusal(asked) : undefined;
      const refusal = typeof said === 'string' ? said : scripted;
      const text = said === undefined ? world.cluster.answerQuery(asked) : JSON.stringify(said);
      observer.reply(asked.request, asked.member, refusal ?? text ?? '', refusal === undefined);
    }
    return answer !== undefined;
  });
  await asking;
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

async function columns(body: unknown, say?: Parameters<typeof ask>[2]): Promise<ObjectColumns> {
  const { status, body: table } = await ask(viewer, body, say);
  expect(status).toBe(200);
  return objectColumns.parse(table);
}

const rowsOf = (...rows: readonly (readonly [key: string, value: number])[]): ObjectAnswer => ({
  rows: rows.map(([key, value]) => ({ key, value, children: false, text: null, expiresInMs: null })),
  found: rows.length,
});

describe('a question about an object', () => {
  test('has a column for each node, side by side, the one that differs among them', async () => {
    const table = await columns(QUERY);
    expect(table).toMatchObject({ object: 'inbound_cidr', view: 'global' });
    expect(table.columns.map(({ node, state, found }) => [node, state, found])).toEqual([
      ['labrat-1', 'told', 1],
      ['labrat-2', 'told', 1],
      ['labrat-3', 'told', 1],
    ]);
    const [top] = table.rows;
    expect(top).toMatchObject({ key: '10.0.0.0/8', children: true });
    expect(top?.values[0]).toBe(top?.values[1]);
    expect(top?.values[2]).toBeLessThan(top?.values[1] ?? 0);
  });

  test('by an address finds the netblocks that cover it, of both families [RO-5]', async () => {
    const found = async (object: string, search: string) =>
      (await columns({ ...QUERY, object, search })).rows.map(({ key }) => key);
    expect(await found('inbound_cidr', '10.0.0.103')).toEqual([
      '10.0.0.0/8',
      '10.0.0.0/16',
      '10.0.0.0/24',
      '10.0.0.103/32',
    ]);
    expect(await found('outbound_cidr', '2001:DB8:2:0:0:0:0:9')).toEqual([
      '2001:db8::/32',
      '2001:db8:2::/48',
    ]);
    expect(await found('outbound_cidr', '2001:db8:2:3::4')).toContain('2001:db8:2:3::4/128');
    expect(await found('outbound_cidr', 'no address')).toEqual([]);
  });

  test('gives the largest rows, and says of how many; what was not told is no 0', async () => {
    const table = await columns({ ...QUERY, object: 'outbound_domains', top: 3 }, (node) => {
      if (node === 'labrat-1') return { ...rowsOf(['a', 90], ['b', 80], ['c', 70]), found: 1_200_000 };
      if (node === 'labrat-2') return { ...rowsOf(['a', 90], ['d', 75]), found: 2 };
      return { ...rowsOf(['a', 90], ['b', 1]), found: 9 };
    });
    expect(table.rows.map(({ key, values }) => [key, ...values])).toEqual([
      ['a', 90, 90, 90],
      ['b', 80, 0, 1],
      ['d', null, 75, null],
    ]);
    expect(table.columns.map(({ found, atMost }) => [found, atMost])).toEqual([
      [1_200_000, 70],
      [2, 0],
      [9, 1],
    ]);
    const [asked] = world.cluster.observer.queries;
    expect(JSON.parse(asked?.about ?? '')).toMatchObject({ object: 'outbound_domains', view: 'global' });
  });

  test('[RO-4] does not wait for a node that is silent, and not long for one that falls silent', async () => {
    world.cluster.silence('labrat-2');
    for (let second = 0; second < 4; second += 1) {
      clock.advance(1_000);
      world.cluster.tick();
    }
    const table = await columns(QUERY);
    expect(table.columns[1]).toMatchObject({ node: 'labrat-2', state: 'silent', found: null, atMost: null });
    expect(table.rows[0]?.values[1]).toBeNull();
    expect(table.rows[0]?.values[0]).toBeGreaterThan(0);
    const asking = ask(viewer, { ...QUERY, top: 5 }, (node) => (node === 'labrat-3' ? 'nothing' : undefined));
    await until(() => answered === 4);
    clock.advance(OBJECT_QUERY_TIMEOUT_MS);
    const { body } = await asking;
    expect(objectColumns.parse(body).columns.map(({ state }) => state)).toEqual(['told', 'silent', 'silent']);
  });

  test('tells who knows no such object, who refuses, and who answers nonsense', async () => {
    const said = { 'labrat-1': 'unknown object', 'labrat-2': 'the process is stopping' };
    const table = await columns({ ...QUERY, object: 'nix' }, (node) =>
      node === 'labrat-3'
        ? ({ rows: Array.from({ length: OBJECT_ROWS_TOLD_MAX + 1 }, () => ({})) } as unknown as ObjectAnswer)
        : said[node as keyof typeof said],
    );
    expect(table.columns.map(({ state, text }) => [state, text])).toEqual([
      ['unknownObject', 'unknown object'],
      ['refused', 'the process is stopping'],
      ['silent', 'labrat-3 gave an answer that cannot be read'],
    ]);
    expect(table.rows).toEqual([]);
  });

  test('asks whom it names, in that order; who is not there is silent', async () => {
    const table = await columns({ ...QUERY, nodes: ['labrat-3', 'nobody', 'labrat-3', '__proto__'] });
    expect(table.columns.map(({ node, state }) => [node, state])).toEqual([
      ['labrat-3', 'told'],
      ['nobody', 'silent'],
      ['__proto__', 'silent'],
    ]);
    expect(world.cluster.observer.queries).toHaveLength(1);
  });

  test('takes hostile names as they are, and once each', async () => {
    const name = '__proto__';
    const long = '\\x1b'.repeat(512);
    const table = await columns({ ...QUERY, object: '<b>', search: '"; DROP' }, (node) =>
      node === 'labrat-1' ? rowsOf([long, 7], [name, 5], [name, 6], ['<script>', 1]) : rowsOf([name, 5]),
    );
    expect(table.rows.map(({ key, values }) => [key, ...values])).toEqual([
      [long, 7, 0, 0],
      [name, 5, 5, 5],
      ['<script>', 1, 0, 0],
    ]);
  });

  test('that makes no sense is refused before anybody is asked', async () => {
    for (const bad of [
      { ...QUERY, object: '' },
      { ...QUERY, object: 'x'.repeat(256) },
      { ...QUERY, top: 0 },
      { ...QUERY, top: OBJECT_ROWS_MAX + 1 },
      { ...QUERY, view: 7 },
      { ...QUERY, under: 'x'.repeat(513) },
      { ...QUERY, search: 'a\u0000b' },
      { ...QUERY, search: '\ud800' },
      { ...QUERY, nodes: [] },
      { ...QUERY, nodes: Array.from({ length: 257 }, (_, index) => `n${index}`) },
      {},
    ]) {
      expect((await viewer.post('/api/objects/query', bad)).status).toBe(400);
    }
    world.cluster.setBus('lost');
    expect(codeOf(await viewer.post('/api/objects/query', QUERY))).toBe('bus_down');
    expect(world.cluster.observer.queries).toEqual([]);
  });

  test('of several pages is asked once, and again a moment later', async () => {
    await columns(QUERY);
    expect(await columns(QUERY)).toMatchObject({ columns: [{ state: 'told' }, {}, {}] });
    expect(world.cluster.observer.queries).toHaveLength(3);
    clock.advance(OBJECT_COLUMNS_KEPT_MS);
    await columns(QUERY);
    expect(world.cluster.observer.queries).toHaveLength(6);
  });

  test('has a budget: who asks many nodes without end is told to wait', async () => {
    const { observer } = world.cluster;
    const queries = new MemberQueries({ observer, clock, logger: SILENT_LOGGER });
    const questions = new ObjectQuestions({ observer, clock, queries });
    const crowd = Array.from({ length: 200 }, (_, n) => `nobody-${n}`);
    const asked = (n: number) => questions.ask({ ...QUERY, search: `${n}` }, crowd);
    const fit = Math.floor(QUESTION_POINTS_PER_MINUTE / (QUESTION_POINTS + crowd.length * ANSWER_POINTS));
    for (let n = 0; n < fit; n += 1) await asked(n);
    await expect(asked(fit)).rejects.toMatchObject({ code: 'rate_limited' });
    clock.advance(60_000);
    await expect(asked(fit)).resolves.toMatchObject({ rows: [] });
    queries.stop();
  });

  test('goes to the nodes of a token only', async () => {
    const admin = await Page.signedIn(world.gateway, 'admin');
    const west = await Machine.of(world.gateway, admin, { scope: 'read', subclusters: ['west'] });
    const post = (body: unknown) => west.request('POST', '/api/objects/query', body);
    expect((await post(QUERY)).body).toMatchObject({ columns: [], rows: [] });
    expect(codeOf(await post({ ...QUERY, nodes: ['labrat-1'] }))).toBe('forbidden');
    expect(world.cluster.observer.queries).toEqual([]);
  });
});

describe('values of a cache', () => {
  const CACHE = { ...QUERY, object: 'my_cache', search: 'session-00007', nodes: ['labrat-1', 'labrat-2'] };

  test('stay masked, also where a node tells them unasked', async () => {
    expect((await columns(CACHE)).rows).toMatchObject([{ key: 'session-00007', text: null }]);
    clock.advance(OBJECT_COLUMNS_KEPT_MS);
    const secret = { key: 'k', value: 6, children: false, text: 'secret', expiresInMs: 1 };
    const { text } = await ask(viewer, CACHE, () => ({ rows: [secret], found: 1 }));
    expect(text).not.toContain('secret');
    for (const { about } of world.cluster.observer.queries)
      expect(JSON.parse(about ?? '')).not.toHaveProperty('texts');
  });

  test('are for operators who ask for them, and each reading is in the audit log', async () => {
    const answer = await ask(operator, { ...CACHE, texts: true });
    expect(objectColumns.parse(answer.body).rows).toMatchObject([
      { key: 'session-00007', text: '{"user":"session-00007","quota":49}', textDiffers: false },
    ]);
    expect(codeOf(await viewer.post('/api/objects/query', { ...CACHE, texts: true }))).toBe('forbidden');
    const admin = await Page.signedIn(world.gateway, 'admin');
    const { records } = auditReply.parse((await admin.get('/api/audit')).body);
    const read = records.filter(({ action }) => action === 'objectValues');
    expect(read.map(({ actor, result }) => [actor, result])).toEqual([
      ['viewer', 'refused'],
      ['operator', 'done'],
    ]);
    expect(read[1]).toMatchObject({
      detail: 'read values of my_cache that match session-00007, global',
      targets: ['labrat-1', 'labrat-2'],
    });
  });

  test('that differ between nodes are said to', async () => {
    const entry = (text: string) => ({
      key: 'k',
      value: text.length,
      children: false,
      text,
      expiresInMs: null,
    });
    const answer = await ask(operator, { ...CACHE, texts: true }, (node) => ({
      rows: [entry(node === 'labrat-1' ? 'one' : 'two')],
      found: 1,
    }));
    expect(objectColumns.parse(answer.body).rows).toMatchObject([
      { text: 'one', textDiffers: true, values: [3, 3] },
    ]);
  });
});

test('[RO-6] a cache is emptied by an admin who types its name, and each node says how it went', async () => {
  const command = flushCommand('my_cache');
  expect((await operator.command({ command, typedName: 'my_cache' })).status).toBe(403);
  const admin = await Page.signedIn(world.gateway, 'admin');
  for (const typedName of [undefined, 'my_cach', 'demo']) {
    expect(codeOf(await admin.command({ command, typedName }))).toBe('forbidden');
  }
  expect(world.cluster.observer.sent).toEqual([]);
  const sent = job.parse((await admin.command({ command, typedName: 'my_cache' })).body);
  expect(sent).toMatchObject({ class: 'W3', command });
  const [out] = world.cluster.observer.sent;
  for (const node of ['labrat-1', 'labrat-2']) {
    const text = (out && world.cluster.answer(out, node)) ?? '';
    world.cluster.observer.reply(out?.request ?? '', node, text);
  }
  world.cluster.observer.askedGone(out?.request ?? '', 'labrat-3', 'silence');
  const done = job.parse((await admin.get(`/api/jobs/${sent.id}`)).body);
  expect(done.replies.map(({ node, state, text }) => [node, state, text])).toEqual([
    ['labrat-1', 'answered', 'flushed my_cache'],
    ['labrat-2', 'answered', 'flushed my_cache'],
    ['labrat-3', 'silent', null],
  ]);
});

test('[RO-2] a million prefixes, walked netblock by netblock, leave nothing behind in the gateway', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const walk = async (from: number, to: number): Promise<void> => {
    for (let block = from; block < to; block += 1) {
      const table = await columns({ ...QUERY, under: `10.${block}.0.0/16`, nodes: ['labrat-1'] });
      expect(table.rows).toHaveLength(OBJECT_ROWS_MAX);
      expect(table.columns[0]).toMatchObject({ found: 256, atMost: 0 });
    }
  };
  await walk(0, OBJECT_COLUMNS_KEPT_MAX);
  const { observer } = world.cluster;
  observer.queries.length = 0;
  answered = 0;
  const before = used();
  await walk(OBJECT_COLUMNS_KEPT_MAX, 5 * OBJECT_COLUMNS_KEPT_MAX);
  observer.queries.length = 0;
  answered = 0;
  expect(used() - before).toBeLessThan(8 * 1_048_576);
  await columns({ ...QUERY, under: '10.0.0.0/16', nodes: ['labrat-1'] });
  expect(observer.queries).toHaveLength(1);
});
