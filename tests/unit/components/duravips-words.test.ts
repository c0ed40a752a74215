import { expect, test } from 'vitest';
import { vipHref, vipsHref, withinPage } from '../../../components/duravips/duravip-address.ts';
import { networkOf } from '../../../components/duravips/networks.ts';
import { vipColumns } from '../../../components/duravips/vip-columns.tsx';
import { COUNT_FILTERS, COUNTED, vipCounts } from '../../../components/duravips/vip-counts.ts';
import { VipOrder } from '../../../components/duravips/vip-rows.ts';
import { agreementOf, curesOf, ownerFact, vipStates } from '../../../components/duravips/vip-words.ts';
import { compileFilter, hasTerm, toggledTerm } from '../../../components/ui/data-table/filter.ts';
import type { Row } from '../../../server/wire/live.ts';
import { vipRowOf } from './duravips-rows.ts';

const NOW_MS = 100_000;
const COLUMNS = vipColumns(() => NOW_MS);

test('[VP-2] addresses stand in the order of their numbers, IPv4 before IPv6, and stay so while owners change', () => {
  const order = new VipOrder();
  const model: Record<string, Row<'vips'>> = Object.fromEntries(
    ['2001:db8::10', '10.0.0.10', '2001:db8::9', '10.0.0.9', '9.255.0.1', 'fe80::1'].map((address) => [
      address,
      vipRowOf(address),
    ]),
  );
  const sorted = ['9.255.0.1', '10.0.0.9', '10.0.0.10', '2001:db8::9', '2001:db8::10', 'fe80::1'];
  expect(order.rowsOf(model).map(({ address }) => address)).toEqual(sorted);
  const moved: Record<string, Row<'vips'>> = {
    ...model,
    '10.0.0.9': vipRowOf('10.0.0.9', { owner: 'labrat-3' }),
  };
  expect(order.rowsOf(moved)[1]?.owner).toBe('labrat-3');
  const { 'fe80::1': _, ...fewer } = moved;
  expect(order.rowsOf({ ...fewer, '1.1.1.1': vipRowOf('1.1.1.1') }).map(({ address }) => address)).toEqual([
    '1.1.1.1',
    ...sorted.slice(0, -1),
  ]);
});

test('an address is one thing as to its owner, and intent is no fact', () => {
  expect(ownerFact(vipRowOf('10.0.0.1'))).toBe('owned');
  expect(ownerFact(vipRowOf('10.0.0.1', { phase: 'moving', next: 'labrat-2' }))).toBe('moving');
  expect(ownerFact(vipRowOf('10.0.0.1', { claims: ['labrat-2'] }))).toBe('disputed');
  expect(ownerFact(vipRowOf('10.0.0.1', { phase: 'unowned', owner: null }))).toBe('unowned');
  expect(ownerFact(vipRowOf('10.0.0.1', { phase: 'broken', owner: null, claims: ['labrat-2'] }))).toBe(
    'unmanaged',
  );
  expect(ownerFact(vipRowOf('10.0.0.1', { phase: 'unknown', owner: null }))).toBe('unknown');
});

test('[VP-14] agreement counts who said the same, and silence is no agreement', () => {
  const row = vipRowOf('10.0.0.1', { disagree: [{ node: 'labrat-3', owner: 'labrat-2' }] });
  expect(agreementOf(row)).toEqual({ agree: 2, of: 3, unheard: 0 });
  expect(agreementOf(vipRowOf('10.0.0.1', { known: 1 }))).toEqual({ agree: 1, of: 3, unheard: 2 });
  expect(vipStates(row)).toEqual(['owned', 'disputed']);
  expect(vipStates({ ...row, phase: 'moving', next: 'labrat-2' })).toEqual(['moving']);
});

test('[VP-12] each deviation has its glyph, its words and its cure', () => {
  const cure = (change: Parameters<typeof vipRowOf>[1]) => curesOf(vipRowOf('10.0.0.1', change))[0];
  expect(cure({ claims: ['labrat-3'] })).toMatchObject({
    shape: 'disputed',
    title: 'Two owners',
    cause: 'labrat-1 and labrat-3 each say that they own it.',
    cure: expect.stringContaining('Announce view'),
  });
  const obstacles = [{ node: 'labrat-1', services: [], obstacle: 'it drains' }];
  expect(cure({ phase: 'unowned', owner: null, participants: obstacles })).toMatchObject({
    shape: 'unowned',
    cause: 'No candidate is left. labrat-1: it drains.',
    cure: expect.stringContaining('Remove one of these obstacles'),
  });
  expect(cure({ phase: 'unowned', owner: null })?.cure).toContain('Move it to a candidate');
  const participants = [
    { node: 'labrat-1', services: ['smtp'], obstacle: null },
    { node: 'labrat-2', services: [], obstacle: null },
  ];
  expect(cure({ flags: ['unsafe'], participants })).toMatchObject({
    shape: 'warning',
    cause: expect.stringContaining('labrat-1: smtp; labrat-2: nothing'),
    cure: expect.stringContaining('same listeners'),
  });
  expect(cure({ flags: ['conflict'] })).toMatchObject({
    shape: 'disputed',
    cure: expect.stringContaining('Duravip_Preference'),
  });
  expect(cure({ phase: 'broken', flags: ['broken'], owner: null, names: ['a', 'b'] })).toMatchObject({
    shape: 'unmanaged',
    title: 'BROKEN: unmanaged, names differ',
    cause: expect.stringContaining('a and b'),
    cure: expect.stringContaining('one name on every node'),
  });
  expect(cure({ state: 'failed', text: 'RTNETLINK: no such device' })).toMatchObject({
    shape: 'critical',
    cause: expect.stringContaining('RTNETLINK: no such device'),
  });
  expect(curesOf(vipRowOf('10.0.0.1'))).toEqual([]);
});

test('what a node wrote stays text', () => {
  const [cure] = curesOf(vipRowOf('10.0.0.1', { state: 'failed', text: 'no\u202edevice' }));
  expect(cure?.cause).toContain('no‹U+202E›device');
});

test('a count is the number of rows behind its filter', () => {
  const rows = [
    vipRowOf('10.0.0.1'),
    vipRowOf('10.0.0.2', { phase: 'unowned', owner: null, flags: ['conflict'] }),
    vipRowOf('10.0.0.3', {
      phase: 'moving',
      next: 'labrat-2',
      disagree: [{ node: 'labrat-3', owner: null }],
    }),
    vipRowOf('10.0.0.4', { claims: ['labrat-2'], pinned: 'labrat-1' }),
    vipRowOf('10.0.0.5', { disagree: [{ node: 'labrat-3', owner: 'labrat-2' }] }),
    vipRowOf('10.0.0.6', { state: 'failed', text: 'no device' }),
    vipRowOf('10.0.0.7', { phase: 'broken', owner: null, flags: ['broken', 'unsafe'] }),
  ];
  const counts = vipCounts(rows);
  expect(counts).toMatchObject({
    all: 7,
    unowned: 1,
    disputed: 2,
    moving: 1,
    failed: 1,
    unmanaged: 1,
    pinned: 1,
  });
  for (const counted of COUNTED) {
    const { matches, problems } = compileFilter(COUNT_FILTERS[counted], COLUMNS);
    expect(problems).toEqual([]);
    expect(rows.filter(matches)).toHaveLength(counts[counted]);
  }
});

test('the filter speaks of networks, owners, nodes, flags, disagreement and ages', () => {
  const rows = [
    vipRowOf('10.80.116.50', { flags: ['unsafe'], viewSinceMs: NOW_MS - 5_000 }),
    vipRowOf('10.80.117.9', { owner: 'labrat-2', disagree: [{ node: 'labrat-3', owner: null }] }),
    vipRowOf('2001:db8::1', { phase: 'unowned', owner: null, participants: [] }),
  ];
  const found = (filter: string): readonly string[] => {
    const { matches, problems } = compileFilter(filter, COLUMNS);
    expect(problems).toEqual([]);
    return rows.filter(matches).map(({ address }) => address);
  };
  expect(found('net:10.80.116.0/24')).toEqual(['10.80.116.50']);
  expect(found('net:10.80.0.0/16 owner:labrat-2')).toEqual(['10.80.117.9']);
  expect(found('net:2001:db8::/32')).toEqual(['2001:db8::1']);
  expect(found('owner:unknown')).toEqual(['2001:db8::1']);
  expect(found('flag:any')).toEqual(['10.80.116.50']);
  expect(found('flag:none -state:unowned')).toEqual(['10.80.117.9']);
  expect(found('disagree:any')).toEqual(['10.80.117.9']);
  expect(found('disagree:labrat-3')).toEqual(['10.80.117.9']);
  expect(found('node:labrat-3')).toEqual(['10.80.116.50', '10.80.117.9']);
  expect(found('age:<10s')).toEqual(['10.80.116.50']);
  expect(found('candidate:labrat-3 owner:labrat-1')).toEqual(['10.80.116.50']);
  expect(compileFilter('flag:wrong', COLUMNS).problems).toHaveLength(1);
});

test('addresses are shown together by /24 and /64', () => {
  expect(networkOf('10.80.116.50')).toBe('10.80.116.0/24');
  expect(networkOf('2001:db8:0:1::5')).toBe('2001:db8:0:1::/64');
  expect(networkOf('fe80::1')).toBe('fe80::/64');
  expect(networkOf('::1')).toBe('::/64');
  expect(networkOf('no address')).toBe('no address');
});

test('a chip adds its term to what was typed and takes it away again', () => {
  expect(toggledTerm('net:10.0.0.0/8', 'state:moving')).toBe('net:10.0.0.0/8 state:moving');
  expect(hasTerm('net:10.0.0.0/8 state:moving', 'state:moving')).toBe(true);
  expect(toggledTerm('"two words" state:moving', 'state:moving')).toBe('"two words"');
});

test('addresses of the page say filter, view and row, and keep each other', () => {
  expect(vipsHref('state:unowned')).toBe('/duravips?q=state:unowned');
  expect(vipHref('2001:db8::1')).toBe('/duravips?row=2001:db8::1');
  expect(withinPage('q=flag:any&row=10.0.0.1', { view: 'matrix' })).toBe(
    '/duravips?q=flag:any&row=10.0.0.1&view=matrix',
  );
  expect(withinPage('row=10.0.0.1&q=x', { row: '' })).toBe('/duravips?q=x');
});
