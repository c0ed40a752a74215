import { describe, expect, test } from 'vitest';
import { busPictureOf } from '../../../components/bus/bus-picture.ts';
import { GREW_LATELY_MS, NO_REFUSALS, refusalsOf, watchRefusals } from '../../../components/bus/refusals.ts';
import { metFromParts, viewHistory } from '../../../components/bus/view-history.ts';
import { changeWords } from '../../../components/bus/view-history-list.tsx';
import { busOf, busView, NOW_MS } from './bus-rows.ts';

const ABC = ['a', 'b', 'c'];

function historyOf(views: Readonly<Record<string, ReturnType<typeof busView>[]>>, of: string | null = null) {
  const change = Object.fromEntries(Object.entries(views).map(([name, list]) => [name, { views: list }]));
  return viewHistory(busPictureOf(busOf(ABC, change), { nowMs: NOW_MS, live: true }), of);
}

describe('[UI-12] the history of views', () => {
  test('what all saw alike is said once, newest first, with the shortest and longest change', () => {
    const lost = [{ node: 'd', cause: 'closed' }];
    const second = (tookMs: number, installedMs: number) => busView('v2', ABC, { lost, tookMs, installedMs });
    const first = busView('v1', [...ABC, 'd'], { tookMs: null, installedMs: 1 });
    const [newest, oldest] = historyOf({
      a: [first, second(9, 30)],
      b: [first, second(31, 20)],
      c: [first, second(12, 25)],
    });
    expect(newest).toMatchObject({ viewId: 'v2', members: ABC, installedMs: 20, tookMs: [9, 31] });
    expect(newest?.perspectives).toEqual([{ servers: ABC, joined: [], lost }]);
    expect(oldest).toMatchObject({ viewId: 'v1', tookMs: null });
  });

  test('what they saw differently is said by whom, those who saw the same together', () => {
    const merged = (joined: string[]) => [busView('v3', ABC, { joined })];
    const views = { a: merged(['c']), b: merged(['c']), c: merged(['a', 'b']) };
    expect(historyOf(views)[0]?.perspectives).toEqual([
      { servers: ['a', 'b'], joined: ['c'], lost: [] },
      { servers: ['c'], joined: ['a', 'b'], lost: [] },
    ]);
    expect(historyOf(views, 'c')[0]?.perspectives).toEqual([
      { servers: ['c'], joined: ['a', 'b'], lost: [] },
    ]);
  });

  test('parts that came together are known from a view that lost somebody', () => {
    const met = {
      a: [busView('v', ABC, { joined: ['b', 'c'] })],
      b: [busView('v', ABC, { joined: ['a', 'c'] })],
      c: [busView('v', ABC, { joined: ['a', 'b'] })],
    };
    const [entry] = historyOf(met);
    expect(entry === undefined ? null : metFromParts(entry)).toBe(true);
    const [other] = historyOf({
      ...met,
      c: [busView('v', ABC, { lost: [{ node: 'd', cause: 'silence' }] })],
    });
    expect(other === undefined ? null : metFromParts(other)).toBe(false);
  });

  test('words give the cause of a loss and keep names inert', () => {
    const lost = [
      { node: 'b', cause: 'silence' },
      { node: 'c', cause: 'silence' },
      { node: 'd', cause: 'leave' },
    ];
    expect(changeWords({ joined: ['e\u0007'], lost })).toBe('lost b and c (silent), left: d, joined: e^G');
    expect(changeWords({ joined: [], lost: [] })).toBe('the same servers again');
  });
});

describe('[UI-12] refused connections', () => {
  const figures = (count: number, atMs: number) => ({
    ...busOf(['a'], { a: { refusals: { 'wrong key': count, 'unknown peer': 2 } } }),
    serverMs: atMs,
  });

  test('totals of before call nobody; what comes while the page looks is marked for a minute', () => {
    let watch = watchRefusals(NO_REFUSALS, figures(5, 1_000));
    expect(refusalsOf(watch, 1_000)).toMatchObject([
      { reason: 'wrong key', count: 5, lately: 0 },
      { reason: 'unknown peer', count: 2, lately: 0 },
    ]);
    watch = watchRefusals(watch, figures(6, 2_000));
    watch = watchRefusals(watch, figures(8, 3_000));
    expect(refusalsOf(watch, 3_000)[0]).toMatchObject({
      reason: 'wrong key',
      count: 8,
      lately: 3,
      grewMs: 3_000,
    });
    expect(refusalsOf(watch, 3_000 + GREW_LATELY_MS + 1)[0]).toMatchObject({ lately: 0, grewMs: 3_000 });
  });

  test('a reason that is new grew from nothing, a smaller total is a new start', () => {
    let watch = watchRefusals(NO_REFUSALS, { ...busOf(['a']), serverMs: 1_000 });
    watch = watchRefusals(watch, figures(1, 2_000));
    expect(refusalsOf(watch, 2_000).map(({ lately }) => lately)).toEqual([2, 1]);
    const restarted = watchRefusals(watchRefusals(NO_REFUSALS, figures(5, 1_000)), figures(1, 2_000));
    expect(refusalsOf(restarted, 2_000).every(({ lately }) => lately === 0)).toBe(true);
  });
});
