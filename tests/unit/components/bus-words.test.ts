import { describe, expect, test } from 'vitest';
import { pairText, readPair } from '../../../components/bus/bus-address.ts';
import { busPictureOf } from '../../../components/bus/bus-picture.ts';
import {
  agedWords,
  backlogShare,
  formatByteRate,
  formatMessageRate,
  formatRates,
  formatShare,
  listed,
  stateFor,
} from '../../../components/bus/bus-words.ts';
import { linkRows } from '../../../components/bus/link-rows.ts';
import { readBusFigures, stepBus } from '../../../components/live/bus-figures.ts';
import { busOf, NOW_MS } from './bus-rows.ts';

describe('[UI-12] figures in words', () => {
  test('unknown is a dash, never 0', () => {
    expect([
      formatByteRate(null),
      formatMessageRate(undefined),
      formatRates(null, 'In'),
      formatShare(null),
    ]).toEqual(['—', '—', '—', '—']);
    expect([formatByteRate(0), formatMessageRate(0), formatShare(0)]).toEqual(['0 B/s', '0/s', '0 %']);
  });

  test('rates and shares keep what matters', () => {
    expect(formatByteRate(0.34)).toBe('0.3 B/s');
    expect(formatByteRate(12_345.6)).toBe('12.3 kB/s');
    expect(formatMessageRate(2.5)).toBe('2.5/s');
    expect(formatMessageRate(1_234_567.8)).toBe('1\u2009234\u2009568/s');
    expect(backlogShare(2_500, 5_000)).toBe(0.5);
    expect(backlogShare(9_000, 5_000)).toBe(1);
    expect(backlogShare(3, 0)).toBeNull();
    expect(formatShare(0.000_1)).toBe('1 %');
  });

  test('a state is said with its time where the time is known', () => {
    expect(stateFor('waiting', NOW_MS - 12_000, NOW_MS)).toBe('waiting to dial again for 12 s');
    expect(stateFor('up', NOW_MS, null)).toBe('up');
    expect(stateFor('unknown', null, NOW_MS)).toBe('unknown');
  });

  test('long lists of names are counted, names are inert', () => {
    expect(listed(['a'])).toBe('a');
    expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
    expect(listed(['a\n', 'b', 'c', 'd', 'e', 'f'])).toBe('a , b, c, d and 2 more');
  });

  test('a server is aged when it tells nothing, or is out of the view', () => {
    const figures = busOf(['a', 'b', 'c'], { b: { toldMs: NOW_MS - 3_500 }, c: { current: false } });
    const { servers } = busPictureOf(figures, { nowMs: NOW_MS, live: true });
    expect(servers.map(agedWords)).toEqual([null, 'told nothing for 3.5 s', 'out of the view: last known']);
  });

  test('a link is an address of its own, whatever the names are', () => {
    const pair = { from: 'a,b', to: '100%' };
    expect(readPair(pairText(pair))).toEqual(pair);
    expect([readPair(''), readPair('a'), readPair('a,b,c')]).toEqual([null, null, null]);
    const { servers } = busPictureOf(busOf(['b', 'a']), { nowMs: NOW_MS, live: true });
    expect(linkRows({ servers }).map(({ id }) => id)).toEqual(['a,b', 'b,a']);
  });
});

describe('[UI-12] figures from the gateway', () => {
  test('a server that cannot be read is left out and counted', () => {
    const figures = busOf(['a', 'b']);
    const bad = { ...figures, servers: [...figures.servers, { node: 'c' }] };
    expect(readBusFigures(bad)).toEqual({ figures, unreadable: 1 });
    expect(readBusFigures({ servers: [] })).toBeUndefined();
  });

  test('they are as old as the hub says, a refusal is said, nonsense changes nothing', () => {
    const figures = busOf(['a']);
    const told = stepBus({ state: 'waiting' }, { type: 'figures', figures, ageMs: 400 }, 1_000);
    expect(told).toEqual({ state: 'told', figures, heardMs: 600, unreadable: 0 });
    expect(stepBus(told, { type: 'figures', figures: 7, ageMs: 0 }, 2_000)).toBe(told);
    expect(stepBus(told, { type: 'refused', code: 'forbidden' }, 2_000)).toEqual({
      state: 'refused',
      code: 'forbidden',
    });
  });
});
