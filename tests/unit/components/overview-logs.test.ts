/** What the overview answers of the logs, and what of them it asks for. */

import { expect, test } from 'vitest';
import { vipPictureOf } from '../../../components/duravips/vip-picture.ts';
import type { Hop } from '../../../components/live/freshness.ts';
import { EMPTY_MODEL } from '../../../components/live/live-rows.ts';
import { logPictureOf } from '../../../components/logs/log-picture.ts';
import { attentionOf } from '../../../components/overview/attention.ts';
import { behindVerdict } from '../../../components/overview/behind.ts';
import { type Picture, pictureOf } from '../../../components/overview/picture.ts';
import type { LiveModel } from '../../../server/wire/live.ts';
import { LOGS_NOW_MS, linesOf, logRowOf, managerOf, subscriberOf } from './log-rows.ts';
import { memberRowOf } from './rows.ts';

const LIVE: Hop = { level: 'live', ageMs: 300 };
const CONFIG = { generation: 2, sinceMs: 1, unsaved: 0, lastReload: null };
const NODES = ['node1', 'node2', 'node3'];
const MEMBERS = Object.fromEntries(NODES.map((id) => [id, memberRowOf(id, { config: CONFIG })]));

/** Three nodes that are well, but for what is changed. */
function pictured(change: Partial<LiveModel>): Picture {
  const model = { ...EMPTY_MODEL, members: MEMBERS, ...change };
  const hops = Object.fromEntries(NODES.map((id) => [id, LIVE]));
  const level = 'live' as const;
  return pictureOf({
    model,
    loaded: true,
    freshness: {
      level,
      members: hops,
      nodes: LIVE,
      silent: [],
      bus: LIVE,
      gateway: LIVE,
      you: level,
      repairing: false,
    },
    gatewayMs: LOGS_NOW_MS,
    vips: vipPictureOf(model),
    logs: logPictureOf(
      linesOf(Object.values(model.logs), { pauses: model.logPauses }),
      Object.values(model.aggregators),
    ),
  });
}

test('readers of logs are the answer where they are worse off, and what is paused is left out and counted', () => {
  const stopped = subscriberOf('archive', {
    lag: { records: 5, bytes: 9, oldestMs: LOGS_NOW_MS - 3_600_000 },
    recordsPerS: 0,
    bytesPerS: 0,
    movedMs: LOGS_NOW_MS - 7_200_000,
  });
  const logs = {
    a: logRowOf('node1', 'mainlog', { subscribers: [subscriberOf('master'), stopped] }),
    b: logRowOf('node2', 'mainlog'),
  };
  const verdict = behindVerdict(pictured({ logs }));
  expect(verdict).toMatchObject({ shape: 'critical', word: '1 of 3 subscribers behind', page: '/logs' });
  expect(verdict.notes).toContain('3 of 3 run as their files say');
  expect(verdict.facts.find(({ id }) => id === 'stopped')?.count).toBe(1);
  expect(verdict.facts.find(({ id }) => id === 'stopped')?.href).toBe('/logs?q=state:stopped+-state:paused');
  const id = 'node1/mainlog/archive';
  const logPauses = { [id]: { id, untilMs: LOGS_NOW_MS + 1, by: 'ana', reason: '' } };
  const paused = pictured({ logs, logPauses });
  expect(behindVerdict(paused)).toMatchObject({ shape: 'ok', word: '2 subscribers, none behind' });
  expect(behindVerdict(paused).notes).toContain('1 reader paused, and not counted');
  expect(attentionOf(paused)).toEqual([]);
  expect(attentionOf(pictured({ logs }))).toMatchObject([
    {
      kind: 'logStopped',
      title: 'archive of mainlog on node1 stopped reading',
      sinceMs: LOGS_NOW_MS - 7_200_000,
      next: { href: '/logs?row=node1/mainlog/archive' },
    },
  ]);
  const failed = { ok: false, atMs: 900_000, errors: 2 };
  const node1 = memberRowOf('node1', { config: { ...CONFIG, lastReload: failed } });
  expect(behindVerdict(pictured({ logs: { b: logs.b }, members: { ...MEMBERS, node1 } })).word).toBe(
    '2 of 3 run as their files say',
  );
});

test('many readers in one trouble are one item; a manager that cannot write is another', () => {
  const lost = Array.from({ length: 6 }, (_, n) => subscriberOf(`s${n}`, { lag: null, unknown: 'dataLost' }));
  const logs = { a: logRowOf('node1', 'mainlog', { subscribers: lost }) };
  const aggregators = { mgr: managerOf('mgr', [], 'the disk is full') };
  const items = attentionOf(pictured({ logs, aggregators }));
  expect(items.map(({ kind }) => kind)).toEqual(['logDataLost', 'logManager']);
  expect(items[0]).toMatchObject({ title: '6 subscribers lost data' });
  expect(items[1]).toMatchObject({ cause: 'the disk is full', next: { href: '/logs?view=managers' } });
});
