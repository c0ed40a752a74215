/** Durable logs in the gateway: questions to the node that has the log, what is remembered of a lag, pauses, metrics. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ModelChange } from '../../../server/cluster/observer-api.ts';
import { AuditLog } from '../../../server/gateway/audit-log.ts';
import { LAG_SAMPLE_EVERY_MS, LAG_TRACKED_MAX } from '../../../server/gateway/lag-history.ts';
import { LogPauses } from '../../../server/gateway/log-pauses.ts';
import { Metrics } from '../../../server/gateway/metrics.ts';
import { QUESTION_POINTS_PER_MINUTE } from '../../../server/gateway/question-budget.ts';
import type { LogStore } from '../../../server/gateway/store-port.ts';
import { auditReply } from '../../../server/wire/http.ts';
import {
  LAG_SAMPLES_MAX,
  LOG_PAUSES_MAX,
  type LogPauseRow,
  lagHistoryReply,
  logReviewReply,
  logTailReply,
  type SubscriberView,
} from '../../../server/wire/logs.ts';
import { codeOf, Machine, openWorld, Page, SILENT_LOGGER, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

const NAME = { node: 'labrat-1', log: 'mainlog', subscriber: 'master' };
const REVIEW = { ...NAME, to: { kind: 'end' } };
const query = (name: Readonly<Record<string, string>> = NAME) => new URLSearchParams(name).toString();

let clock: HandClock;
let world: World;
let viewer: Page;
let operator: Page;

beforeEach(async () => {
  clock = new HandClock();
  world = await openWorld({ clock });
  world.cluster.logs.fill(world.cluster.nodes);
  viewer = await Page.signedIn(world.gateway, 'viewer');
  operator = await Page.signedIn(world.gateway, 'operator');
});
afterEach(async () => world.close());

/** The node answers what its rows say, once it was asked. */
async function answered(asked = 1): Promise<void> {
  const { observer } = world.cluster;
  await until(() => observer.queries.length >= asked);
  const query = observer.queries.at(-1);
  if (query === undefined) return;
  observer.reply(query.request, query.member, world.cluster.answerQuery(query) ?? '');
}

/** Looks at the rows, which their nodes say anew each time. */
function look(times: number, change?: (n: number) => Partial<SubscriberView>): void {
  for (let n = 0; n < times; n += 1) {
    world.cluster.logs.read('labrat-1', 'mainlog', 'master', change?.(n) ?? {});
    clock.advance(LAG_SAMPLE_EVERY_MS);
  }
}

describe('a review', () => {
  test('is what the node says, asked about exactly this subscriber and target', async () => {
    const answer = viewer.post('/api/logs/review', REVIEW);
    await answered();
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect(logReviewReply.parse(body)).toMatchObject({
      before: '00000000:0000a43a',
      after: '00000000:0000a4f0',
      lost: { records: 182 },
      refusal: null,
    });
    const [asked] = world.cluster.observer.queries;
    expect(asked).toMatchObject({ member: 'labrat-1', what: 'logReview' });
    expect(JSON.parse(asked?.about ?? '')).toEqual(REVIEW);
  });

  test('is never an old one: the same question is asked again', async () => {
    for (const asked of [1, 2]) {
      const answer = viewer.post('/api/logs/review', REVIEW);
      await answered(asked);
      expect((await answer).status).toBe(200);
    }
    expect(world.cluster.observer.queries).toHaveLength(2);
  });

  test('that the node refuses says why, cut to a bound; nonsense is no answer', async () => {
    const refused = viewer.post('/api/logs/review', REVIEW);
    await until(() => world.cluster.observer.queries.length === 1);
    const [first] = world.cluster.observer.queries;
    world.cluster.observer.reply(first?.request ?? '', 'labrat-1', `no such log${'!'.repeat(9_000)}`, false);
    expect((await refused).body).toMatchObject({ code: 'refused', message: /^no such log!+$/ });
    expect((await refused).text.length).toBeLessThan(1_200);
    const garbled = viewer.post('/api/logs/review', REVIEW);
    await until(() => world.cluster.observer.queries.length === 2);
    const second = world.cluster.observer.queries.at(-1);
    world.cluster.observer.reply(second?.request ?? '', 'labrat-1', '{"before":7}');
    expect(codeOf(await garbled)).toBe('no_answer');
  });

  test('of what cannot be asked: bad targets, unknown nodes, no bus', async () => {
    for (const to of [
      undefined,
      { kind: 'nowhere' },
      { kind: 'position', position: '3/1' },
      { kind: 'records' },
    ]) {
      expect((await viewer.post('/api/logs/review', { ...NAME, to })).status).toBe(400);
    }
    expect(codeOf(await viewer.post('/api/logs/review', { ...REVIEW, node: 'nobody' }))).toBe('not_found');
    world.cluster.setBus('lost');
    expect(codeOf(await viewer.post('/api/logs/review', REVIEW))).toBe('bus_down');
    expect(world.cluster.observer.queries).toEqual([]);
  });

  test('has a budget: who asks without end is told to wait', async () => {
    for (let spent = 0; spent < QUESTION_POINTS_PER_MINUTE; spent += 5) {
      expect((await viewer.post('/api/logs/review', { ...REVIEW, node: 'nobody' })).status).toBe(404);
    }
    expect(codeOf(await viewer.post('/api/logs/review', REVIEW))).toBe('rate_limited');
    clock.advance(60_000);
    expect(codeOf(await viewer.post('/api/logs/review', { ...REVIEW, node: 'nobody' }))).toBe('not_found');
  });
});

describe('the tail', () => {
  test('goes on from where it was; a viewer is refused', async () => {
    world.cluster.logs.write('labrat-1', 'mainlog', 'one', 'two');
    const url = `/api/logs/tail?${query({ node: 'labrat-1', log: 'mainlog' })}`;
    const first = operator.get(url);
    await answered();
    const tail = logTailReply.parse((await first).body);
    expect(tail.records.map(({ text }) => text)).toEqual(['one', 'two']);
    world.cluster.logs.write('labrat-1', 'mainlog', 'three');
    const next = operator.get(`${url}&from=${tail.next}`);
    await answered(2);
    expect(logTailReply.parse((await next).body).records.map(({ text }) => text)).toEqual(['three']);
    expect(codeOf(await viewer.get(url))).toBe('forbidden');
    expect((await operator.get(`${url}&from=7`)).status).toBe(400);
  });

  test('a token for other subclusters reads no line of it', async () => {
    const admin = await Page.signedIn(world.gateway, 'admin');
    const url = `/api/logs/tail?${query({ node: 'labrat-1', log: 'mainlog' })}`;
    const other = await Machine.of(world.gateway, admin, { scope: 'command', subclusters: ['west'] });
    expect(codeOf(await other.get(url))).toBe('forbidden');
    const own = await Machine.of(world.gateway, admin, { scope: 'command', subclusters: ['default'] });
    const answer = own.get(url);
    await answered();
    expect((await answer).status).toBe(200);
  });
});

describe('the history of a lag', () => {
  const url = `/api/logs/history?${query()}`;
  const samples = async () => lagHistoryReply.parse((await viewer.get(url)).body).samples;

  test('has a sample each 10 s, of the last hour only', async () => {
    expect((await viewer.get(url)).status).toBe(404);
    look(LAG_SAMPLES_MAX + 5, (n) => ({ lag: { records: n, bytes: 2 * n, oldestMs: null } }));
    const found = await samples();
    expect(found).toHaveLength(LAG_SAMPLES_MAX);
    expect(found[0]).toMatchObject({ records: 5, bytes: 10 });
    expect(found.at(-1)).toEqual({
      atMs: clock.wallMs(),
      records: LAG_SAMPLES_MAX + 4,
      bytes: 2 * (LAG_SAMPLES_MAX + 4),
    });
  });

  test('what was not known is not known, and never 0: no lag, an old row, a node that left, no bus', async () => {
    look(1);
    look(1, () => ({ lag: null, unknown: 'badCheckpoint' }));
    world.cluster.logs.read('labrat-1', 'mainlog', 'master', {
      lag: { records: 7, bytes: 70, oldestMs: null },
    });
    clock.advance(6 * LAG_SAMPLE_EVERY_MS);
    world.cluster.setBus('lost');
    look(1);
    world.cluster.setBus('joined');
    world.cluster.depart('labrat-1', 'closed');
    look(1);
    world.cluster.rejoin('labrat-1');
    look(1);
    const records = (await samples()).map((sample) => sample.records);
    expect(records).toEqual([182, null, 7, 7, 7, 7, null, null, null, null, 7]);
  });

  test('a subscriber that is gone and comes back has a hole in between', async () => {
    look(2);
    world.cluster.logs.forget('labrat-1', 'mainlog', 'master');
    clock.advance(3 * LAG_SAMPLE_EVERY_MS);
    look(1);
    expect((await samples()).map((sample) => sample.records)).toEqual([182, 182, null, null, null, 182]);
  });

  test('there is room for so many, and who is not seen for an hour makes room', async () => {
    const { logs } = world.cluster;
    const many = Array.from({ length: LAG_TRACKED_MAX + 40 }, (_, index) => index);
    for (const index of many.slice(0, 70)) logs.set('labrat-2', `log${index}`);
    const [some] = logs.row('labrat-1', 'mainlog')?.subscribers ?? [];
    if (some === undefined) throw new Error('there is a subscriber');
    for (let at = 0; at < 70; at += 1) {
      const subscribers = many.slice(at * 30, at * 30 + 30).map((index) => ({ ...some, name: `s${index}` }));
      logs.set('labrat-2', `log${at}`, { subscribers });
    }
    clock.advance(LAG_SAMPLE_EVERY_MS);
    const history = async (log: string, subscriber: string) =>
      (await viewer.get(`/api/logs/history?${query({ node: 'labrat-2', log, subscriber })}`)).status;
    expect(await history('log0', 's0')).toBe(200);
    expect(await history('log69', 's2087')).toBe(404);
    for (let at = 0; at < 60; at += 1) logs.set('labrat-2', `log${at}`, { subscribers: [] });
    clock.advance((LAG_SAMPLES_MAX + 2) * LAG_SAMPLE_EVERY_MS);
    expect(await history('log0', 's0')).toBe(404);
    expect(await history('log69', 's2087')).toBe(200);
  });
});

const ACTOR = { name: 'ana', role: 'operator', sourceAddress: '::1' };
const pauseRow = (subscriber: string) => ({
  id: `labrat-1/mainlog/${subscriber}`,
  untilMs: clock.wallMs() + 3_600_000,
  by: 'ana',
  reason: '',
});

class MemoryLogStore implements LogStore {
  readonly #rows: Map<string, LogPauseRow>;

  constructor(rows: readonly LogPauseRow[]) {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
  }

  async pauses(): Promise<readonly LogPauseRow[]> {
    return [...this.#rows.values()];
  }

  async savePause(row: LogPauseRow): Promise<void> {
    this.#rows.set(row.id, row);
  }

  async dropPause(name: string): Promise<void> {
    this.#rows.delete(name);
  }
}

async function pausesOver(store: LogStore) {
  const { observer } = world.cluster;
  const told: ModelChange[] = [];
  const sources = { observer, clock, sockets: () => 0, seq: () => 0, approvals: () => 0, pauses: () => ({}) };
  const pauses = await LogPauses.load({
    observer,
    store,
    clock,
    logger: SILENT_LOGGER,
    audit: new AuditLog(world.store, clock),
    metrics: new Metrics(sources),
    onRows: (changes) => told.push(...changes),
  });
  return { pauses, told };
}

describe('pauses', () => {
  const pause = (page: Page, more: Readonly<Record<string, unknown>> = {}) =>
    page.request('PUT', '/api/logs/pauses', {
      ...NAME,
      forS: 3_600,
      reason: 'disk is being replaced',
      ...more,
    });
  const id = 'labrat-1/mainlog/master';

  test('are kept, told, written down, and over by themselves', async () => {
    const { status, body } = await pause(operator);
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      untilMs: clock.wallMs() + 3_600_000,
      by: 'operator',
      reason: 'disk is being replaced',
    });
    expect(await world.store.logs.pauses()).toHaveLength(1);
    const { records } = auditReply.parse((await operator.get('/api/audit')).body);
    expect(records[0]).toMatchObject({
      action: 'logPause',
      result: 'done',
      targets: ['labrat-1'],
      detail: 'pause alerts of master of mainlog on labrat-1 for 3600 s: disk is being replaced',
    });
    clock.advance(3_599_999);
    expect(await world.store.logs.pauses()).toHaveLength(1);
    clock.advance(60_001);
    await until(async () => (await world.store.logs.pauses()).length === 0);
  });

  test('end by hand; a viewer can neither begin nor end one', async () => {
    expect(codeOf(await pause(viewer))).toBe('forbidden');
    await pause(operator);
    const url = `/api/logs/pauses?${query()}`;
    expect(codeOf(await viewer.request('DELETE', url))).toBe('forbidden');
    expect((await operator.request('DELETE', url)).status).toBe(204);
    expect(codeOf(await operator.request('DELETE', url))).toBe('not_found');
    expect(await world.store.logs.pauses()).toEqual([]);
  });

  test('are for subscribers that are there, for a minute to a week, and not for too many', async () => {
    expect(codeOf(await pause(operator, { subscriber: 'nobody' }))).toBe('not_found');
    for (const forS of [59, 7 * 86_400 + 1, 1.5, '60'])
      expect((await pause(operator, { forS })).status).toBe(400);
    const rows = Array.from({ length: LOG_PAUSES_MAX }, (_, index) => pauseRow(`s${index}`));
    const { pauses } = await pausesOver(new MemoryLogStore(rows));
    for (const name of ['s0', 'one-more']) world.cluster.logs.read('labrat-1', 'mainlog', name);
    const ask = { forS: 60, reason: '' };
    const anew = await pauses.pause({ ...NAME, subscriber: 's0' }, ask, ACTOR);
    expect(anew.untilMs).toBe(clock.wallMs() + 60_000);
    const oneMore = pauses.pause({ ...NAME, subscriber: 'one-more' }, ask, ACTOR);
    await expect(oneMore).rejects.toMatchObject({ code: 'conflict' });
    await pauses.stop();
  });

  test('survive a restart of the gateway, and those that ended meanwhile do not', async () => {
    const store = new MemoryLogStore([pauseRow('master'), { ...pauseRow('archive'), untilMs: 1 }]);
    const { pauses, told } = await pausesOver(store);
    expect(Object.keys(pauses.rows())).toEqual([id]);
    expect(told).toEqual([{ c: 'logPauses', k: 'labrat-1/mainlog/archive', row: null }]);
    await pauses.stop();
    expect(await store.pauses()).toEqual([pauseRow('master')]);
  });
});

describe('metrics', () => {
  const metrics = async (): Promise<readonly string[]> => (await viewer.get('/metrics')).text.split('\n');
  const labels = 'node="labrat-1",log="mainlog",subscriber="master"';

  test('tell the lag of who is heard, and nothing of who is not', async () => {
    const { cluster } = world;
    cluster.tick();
    cluster.logs.read('labrat-1', 'mainlog', 'master', { neverRead: true });
    const lines = await metrics();
    expect(lines).toContain(`muster_log_lag_records{${labels}} 182`);
    expect(lines).toContain(`muster_log_lag_seconds{${labels}} 3`);
    expect(lines).toContain('muster_log_behind 1');
    expect(lines).toContain('muster_log_subscribers{verdict="neverRead"} 1');
    expect(lines).toContain('muster_log_on_disk_bytes{node="labrat-1",log="mainlog"} 1600000');
    await operator.request('PUT', '/api/logs/pauses', { ...NAME, forS: 60 });
    expect(await metrics()).toEqual(expect.arrayContaining(['muster_log_behind 0', 'muster_log_paused 1']));
    cluster.depart('labrat-1', 'closed');
    const gone = await metrics();
    expect(gone.filter((line) => line.includes('node="labrat-1",log='))).toEqual([]);
    expect(gone).toContain('muster_log_subscribers{verdict="unknown"} 1');
    cluster.setBus('lost');
    expect((await metrics()).filter((line) => /^muster_log_[a-z_]+(\{.*\})? /.test(line))).toEqual([]);
  });

  test('what is not known has no series', async () => {
    const { cluster } = world;
    cluster.tick();
    cluster.logs.read('labrat-1', 'mainlog', 'master', { lag: null, unknown: 'dataLost' });
    const lines = await metrics();
    expect(lines.filter((line) => line.startsWith('muster_log_lag') && line.includes(labels))).toEqual([]);
    expect(lines).toContain('muster_log_subscribers{verdict="dataLost"} 1');
  });
});
