// @vitest-environment happy-dom

import { act, cleanup, fireEvent } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DuravipsPage } from '../../../components/duravips/duravips-page.tsx';
import { MARKS } from '../../../components/test-marks.ts';
import type { Row } from '../../../server/wire/live.ts';
import { beatInput, renderInWorld, snapshotInput, type World } from './component-world.tsx';
import { VIP_NODES, vipModelOf, vipRowOf } from './duravips-rows.ts';
import { memberRowOf } from './rows.ts';

/** Parts that are loaded on request come when they come. */
const LOADING = { timeout: 10_000 };
const WINDOW_PX = 600;
/** As many as a cluster may have (momentum.md 5). */
const VIPS_MAX = 10_240;
const AGES = Object.fromEntries(VIP_NODES.map((node) => [node, 200]));

/** What a test wrote into the address is of its own page. */
let page = 0;

beforeEach(() => {
  page += 1;
  window.history.replaceState(null, '', `/duravips-${page}`);
  // There is no gateway here, and no network is to be asked for one.
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no gateway')));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function byMark(container: ParentNode, mark: string): readonly HTMLElement[] {
  return [...container.querySelectorAll<HTMLElement>(`[data-test="${mark}"]`)];
}

function one(container: ParentNode, mark: string): HTMLElement {
  const [found, ...more] = byMark(container, mark);
  if (found === undefined || more.length > 0) throw new Error(`${more.length + 1} elements are ${mark}`);
  return found;
}

function rowOf(world: World, address: string): HTMLElement {
  const found = byMark(world.container, MARKS.duravips.row).find(({ dataset }) => dataset['vip'] === address);
  if (found === undefined) throw new Error(`there is no row of ${address}`);
  return found;
}

async function pageWith(rows: readonly Row<'vips'>[], duravip: Partial<Row<'duravip'>> = {}): Promise<World> {
  const world = renderInWorld(<DuravipsPage />);
  const members = Object.fromEntries(VIP_NODES.map((node) => [node, memberRowOf(node)]));
  await world.feed(snapshotInput({ members, ...vipModelOf(rows, duravip) }), beatInput(AGES));
  return world;
}

function filter(world: World, value: string): void {
  fireEvent.change(one(world.container, MARKS.table.filter), { target: { value } });
}

function addresses(world: World): readonly (string | undefined)[] {
  return byMark(world.container, MARKS.duravips.row).map(({ dataset }) => dataset['vip']);
}

test('nothing heard, nothing told and nothing configured are different sentences', async () => {
  const world = renderInWorld(<DuravipsPage />);
  expect(one(world.container, MARKS.table.waitingData).textContent).toContain('Waiting');
  await world.feed(snapshotInput({}), beatInput({}));
  expect(one(world.container, MARKS.table.empty).textContent).toContain('No node has said anything');
  await world.feed(snapshotInput(vipModelOf([]), 2), beatInput({}));
  expect(one(world.container, MARKS.table.empty).textContent).toContain('Enable_Duravip');
  cleanup();
  const full = await pageWith([vipRowOf('10.0.0.1')]);
  filter(full, 'flag:any');
  expect(one(full.container, MARKS.table.filteredEmpty).textContent).toContain('Clear the filter');
});

test('[VP-12] [VP-14] fact, intent, dispute and silence look different, and each is a word', async () => {
  const world = await pageWith([
    vipRowOf('10.0.0.1', { owner: 'labrat-2' }),
    vipRowOf('10.0.0.2', { phase: 'moving', owner: 'labrat-2', next: 'labrat-3' }),
    vipRowOf('10.0.0.3', { claims: ['labrat-3'] }),
    vipRowOf('10.0.0.4', { phase: 'unowned', owner: null }),
    vipRowOf('10.0.0.5', { phase: 'broken', owner: null, flags: ['broken'] }),
    vipRowOf('10.0.0.6', {
      disagree: [{ node: 'labrat-3', owner: 'labrat-2' }],
      flags: ['unsafe', 'conflict'],
    }),
    vipRowOf('10.0.0.7', { state: 'failed', text: 'no such device' }),
  ]);
  const owner = (address: string): HTMLElement => one(rowOf(world, address), MARKS.duravips.owner);
  const shapes = (address: string): readonly (string | undefined)[] =>
    [...owner(address).querySelectorAll<SVGElement>('.glyph')].map(({ dataset }) => dataset['shape']);
  expect(owner('10.0.0.1').dataset['fact']).toBe('owned');
  expect(owner('10.0.0.1').querySelector('[data-intent]')).toBeNull();
  expect(owner('10.0.0.2').dataset['fact']).toBe('moving');
  expect(owner('10.0.0.2').querySelectorAll('[data-intent]')).toHaveLength(2);
  expect(shapes('10.0.0.2')).toEqual(['moving']);
  expect(owner('10.0.0.3').textContent).toMatch(/two owners.*labrat-1.*labrat-3/);
  expect(shapes('10.0.0.3')).toEqual(['disputed']);
  expect(owner('10.0.0.4').textContent).toBe('unowned');
  expect(shapes('10.0.0.4')).toEqual(['unowned']);
  expect(owner('10.0.0.5').textContent).toBe('unmanaged');
  expect(shapes('10.0.0.5')).toEqual(['unmanaged']);
  expect(one(rowOf(world, '10.0.0.5'), MARKS.duravips.flag).textContent).toBe('BROKEN');
  expect(one(rowOf(world, '10.0.0.6'), MARKS.duravips.agree).textContent).toMatch(/2\/3.*labrat-3/);
  expect(byMark(rowOf(world, '10.0.0.6'), MARKS.duravips.flag).map(({ textContent }) => textContent)).toEqual(
    ['UNSAFE', 'conflict'],
  );
  expect(one(rowOf(world, '10.0.0.6'), MARKS.duravips.agree).title).toContain('labrat-3 says labrat-2');
  expect(owner('10.0.0.7').textContent).toContain('plumb failed');
});

test('a silent node marks only its own cells', async () => {
  const world = await pageWith([vipRowOf('10.0.0.1'), vipRowOf('10.0.0.2', { owner: 'labrat-2' })]);
  await world.feed(beatInput({ ...AGES, 'labrat-2': 9_000 }));
  await vi.waitFor(() => expect(rowOf(world, '10.0.0.2').textContent).toContain('silent'), LOADING);
  expect(rowOf(world, '10.0.0.2').querySelector('.value-stale')?.textContent).toBe('labrat-2');
  expect(rowOf(world, '10.0.0.1').querySelector('.value-stale')).toBeNull();
});

test('a chip counts and filters, and what is wrong with all is said above', async () => {
  const world = await pageWith(
    [vipRowOf('10.0.0.1'), vipRowOf('10.0.0.2', { phase: 'unowned', owner: null })],
    {
      announceDue: { sinceMs: 1_000, nodes: ['labrat-1', 'labrat-3'] },
      setSizesDiffer: [{ node: 'labrat-2', size: 4 }],
    },
  );
  const chip = byMark(world.container, MARKS.duravips.chip).find(
    ({ dataset }) => dataset['chip'] === 'unowned',
  );
  expect(chip?.dataset['count']).toBe('1');
  act(() => chip?.click());
  expect(addresses(world)).toEqual(['10.0.0.2']);
  expect(chip?.getAttribute('aria-pressed')).toBe('true');
  const bands = byMark(world.container, MARKS.duravips.band);
  expect(bands.map(({ dataset }) => dataset['kind'])).toEqual(['announceDue', 'setSizes']);
  expect(bands[0]?.textContent).toContain('labrat-1 and labrat-3');
  expect(bands[1]?.textContent).toContain('4 on labrat-2');
  await vi.waitFor(() => expect(window.location.search).toBe('?q=state:unowned'), LOADING);
});

test('[VP-7] a row that changes its place under the focus waits, and its values do not', async () => {
  window.history.replaceState(null, '', `/duravips-${page}?sort=owner`);
  const rows = [vipRowOf('10.0.0.1', { owner: 'labrat-1' }), vipRowOf('10.0.0.2', { owner: 'labrat-2' })];
  const world = await pageWith(rows);
  expect(addresses(world)).toEqual(['10.0.0.1', '10.0.0.2']);
  act(() => rowOf(world, '10.0.0.2').focus());
  const moved = [vipRowOf('10.0.0.1', { owner: 'labrat-3' }), rows[1] ?? vipRowOf('10.0.0.2')];
  await world.feed(snapshotInput(vipModelOf(moved), 2), beatInput(AGES));
  expect(addresses(world)).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(one(rowOf(world, '10.0.0.1'), MARKS.duravips.owner).textContent).toContain('labrat-3');
  fireEvent.click(one(world.container, MARKS.table.waiting));
  expect(addresses(world)).toEqual(['10.0.0.2', '10.0.0.1']);
});

test('[VP-1] of 10,240 addresses only a window is drawn, and the filter reaches all of them', async () => {
  const height = vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(WINDOW_PX);
  try {
    const many = Array.from({ length: VIPS_MAX }, (_, index) => {
      const address = `10.80.${index >> 8}.${index & 255}`;
      return vipRowOf(address, { owner: VIP_NODES[index % VIP_NODES.length] ?? null });
    });
    many[9_999] = vipRowOf(many[9_999]?.address ?? '', { phase: 'unowned', owner: null });
    const world = await pageWith(many);
    await vi.waitFor(() => {
      const drawn = addresses(world).length;
      expect(drawn).toBeGreaterThan(0);
      expect(drawn).toBeLessThan(200);
    }, LOADING);
    expect(one(world.container, MARKS.duravips.table).getAttribute('aria-rowcount')).toBe(
      String(VIPS_MAX + 1),
    );
    expect(one(world.container, MARKS.duravips.summary).dataset['all']).toBe(String(VIPS_MAX));
    filter(world, 'state:unowned');
    expect(addresses(world)).toEqual(['10.80.39.15']);
    filter(world, 'net:10.80.3.0/24 owner:labrat-2');
    expect(one(world.container, MARKS.table.count).dataset['count']).toBe('85');
  } finally {
    height.mockRestore();
  }
});
