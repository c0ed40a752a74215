import { describe, expect, test } from 'vitest';
import { busPictureOf } from '../../../components/bus/bus-picture.ts';
import { type BusVerdict, busVerdict, openServers } from '../../../components/bus/bus-verdict.ts';
import type { BusFigures } from '../../../server/wire/bus.ts';
import { busOf, busView, linkTo, NOW_MS } from './bus-rows.ts';

const ABC = ['a', 'b', 'c'];

function judged(figures: BusFigures, nowMs = NOW_MS, live = true): BusVerdict {
  return busVerdict(busPictureOf(figures, { nowMs, live }));
}

function texts({ findings }: BusVerdict): readonly string[] {
  return findings.map(({ text }) => text);
}

describe('[UI-12] the verdict of the bus', () => {
  test('a complete mesh in one view is said with its members in agreed order', () => {
    const verdict = judged(busOf(ABC));
    expect(verdict).toMatchObject({ shape: 'ok', word: 'Mesh complete: 3 servers, one view', findings: [] });
    expect(verdict.views).toEqual([
      { viewId: 'v1', members: ABC, installedMs: NOW_MS - 60_000, toldBy: ABC },
    ]);
  });

  test('one server alone is no mesh', () => {
    expect(judged(busOf(['a']))).toMatchObject({ shape: 'ok', word: 'a is alone on the bus' });
  });

  test('views that differ are a change at first and a split when they stay', () => {
    const other = { viewId: 'v2', views: [busView('v2', ['c'])] };
    const young = { ...other, views: [busView('v2', ['c'], { installedMs: NOW_MS - 1_000 })] };
    expect(judged(busOf(ABC, { c: young }))).toMatchObject({
      shape: 'moving',
      word: 'View changes under way',
    });
    const split = judged(busOf(ABC, { c: other }));
    expect(split).toMatchObject({ shape: 'critical', word: 'Split: 2 views' });
    expect(texts(split)).toEqual(['a and b: view v1 of 3 servers', 'c: view v2 of 1 server']);
    expect(split.views.map(({ toldBy }) => toldBy)).toEqual([['a', 'b'], ['c']]);
  });

  test('a server that gathers or flushes is a change under way', () => {
    const verdict = judged(busOf(ABC, { b: { state: 'flush' } }));
    expect(verdict).toMatchObject({ shape: 'moving', word: 'View changes under way' });
    expect(texts(verdict)).toEqual(['b is flushing the old view']);
  });

  test('links that are down between servers that both tell are counted and named with their time', () => {
    const down = { state: 'waiting', sinceMs: NOW_MS - 12_000, roundTripMs: null } as const;
    const both = judged(
      busOf(ABC, {
        a: { links: [linkTo('b', down), linkTo('c')] },
        b: { links: [linkTo('a', down), linkTo('c')] },
      }),
    );
    expect(both).toMatchObject({ shape: 'disputed', word: '2 links down' });
    expect(texts(both)).toEqual(['a → b: waiting to dial again for 12 s']);
    const oneWay = judged(
      busOf(ABC, { a: { links: [linkTo('b', { ...down, state: 'refused' }), linkTo('c')] } }),
    );
    expect(oneWay).toMatchObject({ shape: 'critical', word: '1 link down' });
    expect(texts(oneWay)[0]).toContain('the other way is up');
  });

  test('a server that is gone is out of the mesh with its cause, unless it said goodbye', () => {
    const without = (cause: string) => {
      const links = (peer: string) => [linkTo(peer), linkTo('c', { state: 'waiting', roundTripMs: null })];
      const views = [busView('v2', ['a', 'b'], { lost: [{ node: 'c', cause }] })];
      const here = { viewId: 'v2', views };
      return judged(
        busOf(ABC, {
          a: { ...here, links: links('b') },
          b: { ...here, links: links('a') },
          c: { current: false, toldMs: NOW_MS - 20_000 },
        }),
      );
    };
    const lost = without('silence');
    expect(lost).toMatchObject({ shape: 'critical', word: '1 server out of the mesh' });
    expect(texts(lost)).toEqual(['c: fell silent']);
    expect(without('leave')).toMatchObject({ shape: 'ok', word: 'Mesh complete: 2 servers, one view' });
  });

  test('a server that left and comes back with another key is refused, and not gone', () => {
    const views = [busView('v2', ['a', 'b'], { lost: [{ node: 'c', cause: 'leave' }] })];
    const refused = linkTo('c', { state: 'refused', roundTripMs: null, detail: 'wrong key' });
    const verdict = judged(
      busOf(ABC, {
        a: { viewId: 'v2', views, links: [linkTo('b'), refused] },
        b: { viewId: 'v2', views },
        c: { current: false },
      }),
    );
    expect(verdict).toMatchObject({ shape: 'critical', word: '1 server out of the mesh' });
    expect(texts(verdict)).toEqual(['c: its handshake is refused (wrong key)']);
  });

  test('a server that only some lost is out of the mesh, though links to it are up', () => {
    const views = [busView('v2', ['a', 'b'], { lost: [{ node: 'c', cause: 'closed' }] })];
    const here = { viewId: 'v2', views };
    const waiting = linkTo('c', { state: 'waiting', roundTripMs: null });
    const verdict = judged(
      busOf(ABC, { a: { ...here, links: [linkTo('b'), waiting] }, b: here, c: { current: false } }),
    );
    expect(verdict).toMatchObject({ shape: 'critical', word: '1 server out of the mesh' });
    expect(texts(verdict)[0]).toContain('some still have a link to it');
  });

  test('a server in the view that tells nothing is unknown, not down', () => {
    const verdict = judged(busOf(ABC, { b: { toldMs: NOW_MS - 4_000 } }));
    expect(verdict).toMatchObject({
      shape: 'unknown',
      word: 'Mesh complete: 2 servers, one view; b tells nothing',
    });
    expect(texts(verdict)).toEqual(['b is in the view and tells nothing of its links']);
  });

  test('a slow peer is said with its reason, hostile text inert', () => {
    const slow = { links: [linkTo('b', { slow: 'acks late\u202e' }), linkTo('c')] };
    const verdict = judged(busOf(ABC, { a: slow }));
    expect(verdict).toMatchObject({ shape: 'warning', word: 'Mesh complete: 3 servers, one view; slow: b' });
    expect(texts(verdict)).toEqual(['b is slow for a: acks late‹U+202E›']);
  });

  test('while no figures come the verdict stays that of the last ones', () => {
    const figures = busOf(ABC);
    expect(judged(figures, NOW_MS + 60_000, false).word).toBe('Mesh complete: 3 servers, one view');
    expect(judged(figures, NOW_MS + 60_000, true).word).toBe('No server tells its links now');
  });

  test('servers without a key are named', () => {
    const picture = busPictureOf(busOf(ABC, { b: { authenticated: false } }), { nowMs: NOW_MS, live: true });
    expect(openServers(picture)).toEqual(['b']);
  });
});
