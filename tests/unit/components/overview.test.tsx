// @vitest-environment happy-dom

import { cleanup, render, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ATTENTION_SHOWN_MAX } from '../../../components/overview/attention.ts';
import { OverviewPage } from '../../../components/overview/overview-page.tsx';
import { TILE_NAMES, Tile } from '../../../components/overview/tile.tsx';
import { TileBoundary } from '../../../components/overview/tile-boundary.tsx';
import type { Verdict } from '../../../components/overview/verdicts.ts';
import { MARKS } from '../../../components/test-marks.ts';
import { beatInput, renderInWorld, snapshotInput } from './component-world.tsx';
import { memberRowOf } from './rows.ts';

beforeEach(() => window.history.replaceState(null, '', '/overview'));
afterEach(cleanup);

function tile(name: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(
    `[data-test="${MARKS.overview.tile}"][data-tile="${name}"]`,
  );
  if (found === null) throw new Error(`there is no tile ${name}`);
  return found;
}

function Unreadable(): never {
  throw new Error('this tile cannot be drawn');
}

test('before the first data the questions stand there, without numbers', () => {
  renderInWorld(<OverviewPage />);
  for (const name of TILE_NAMES) {
    expect(tile(name).dataset['state']).toBe('waiting');
    expect(tile(name).textContent).not.toMatch(/\d/);
  }
  expect(tile('whole').textContent).toContain('Whole?');
});

test('answers, attention and links come with the data, and follow it', async () => {
  const world = renderInWorld(<OverviewPage />);
  const members = { node1: memberRowOf('node1'), node2: memberRowOf('node2') };
  await world.feed(snapshotInput({ members }), beatInput({ node1: 200, node2: 300 }));
  expect(tile('whole').textContent).toContain('2 of 2 members present');
  const gone = memberRowOf('node2', { state: 'departed', cause: 'closed' });
  await world.feed(snapshotInput({ members: { ...members, node2: gone } }, 2), beatInput({ node1: 200 }));
  expect(tile('whole').textContent).toContain('1 of 2 members present');
  expect(tile('whole').dataset['shape']).toBe('critical');
  const attention = () => document.querySelector<HTMLElement>(`[data-test="${MARKS.overview.attention}"]`);
  await waitFor(() => expect(attention()?.textContent).toContain('node2 was lost'));
  const item = attention();
  expect(item?.querySelector('a')?.getAttribute('href')).toBe('/members?node=node2');
});

test('what needs attention is bounded, the rest is counted', async () => {
  const world = renderInWorld(<OverviewPage />);
  const lost = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        `n${n}`,
        memberRowOf(`n${n}`, { state: 'departed', cause: 'closed' }),
      ]),
    );
  const items = (): number => document.querySelectorAll(`[data-test="${MARKS.overview.attention}"]`).length;
  await world.feed(snapshotInput({ members: lost(ATTENTION_SHOWN_MAX) }), beatInput({}));
  await waitFor(() => expect(items()).toBe(ATTENTION_SHOWN_MAX));
  expect(world.container.textContent).not.toContain('1 more');
  await world.feed(snapshotInput({ members: lost(ATTENTION_SHOWN_MAX + 1) }, 2), beatInput({}));
  expect(items()).toBe(ATTENTION_SHOWN_MAX);
  expect(world.container.textContent).toContain('and 1 more');
});

const ABSENT: Verdict = {
  state: 'absent',
  shape: 'none',
  word: 'Nothing of the kind',
  facts: [],
  notes: [],
  source: 'a test',
  ageMs: null,
};

test('a tile that cannot be drawn says so, and the others stand', () => {
  const caught: unknown[] = [];
  render(
    TILE_NAMES.map((name) => (
      <TileBoundary key={name} name={name} of={1}>
        {name === 'agreed' ? <Unreadable /> : <Tile name={name} verdict={ABSENT} stale={null} />}
      </TileBoundary>
    )),
    { onCaughtError: (error) => caught.push(error) },
  );
  expect(caught).toHaveLength(1);
  expect(tile('agreed').dataset['state']).toBe('failed');
  for (const name of ['whole', 'served', 'behind']) expect(tile(name).dataset['state']).toBe('absent');
});
