// @vitest-environment happy-dom

import { cleanup, within } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { MemberTable } from '../../../components/members/member-table.tsx';
import { SightingsMatrix } from '../../../components/members/sightings-matrix.tsx';
import { MARKS } from '../../../components/test-marks.ts';
import { beatInput, renderInWorld, snapshotInput } from './component-world.tsx';
import { memberRowOf } from './rows.ts';

afterEach(cleanup);

function byMark(container: HTMLElement, mark: string): readonly HTMLElement[] {
  return [...container.querySelectorAll<HTMLElement>(`[data-test="${mark}"]`)];
}

function row(container: HTMLElement, id: string): HTMLElement {
  const found = byMark(container, MARKS.members.row).find((each) => each.dataset['member'] === id);
  if (found === undefined) throw new Error(`there is no row of ${id}`);
  return found;
}

test('no data and no members are different sentences', async () => {
  const world = renderInWorld(<MemberTable selected={null} />);
  expect(world.container.textContent).toContain('Waiting for the first data');
  await world.feed(snapshotInput({}), beatInput({}));
  expect(world.container.textContent).toContain('sees no member yet');
});

test('a silent member marks its own cells, a departed one keeps its data', async () => {
  const world = renderInWorld(<MemberTable selected={null} />);
  const members = {
    node1: memberRowOf('node1'),
    node2: memberRowOf('node2'),
    node3: memberRowOf('node3', { state: 'departed', cause: 'leave', joinedMs: null }),
  };
  await world.feed(snapshotInput({ members }), beatInput({ node1: 200, node2: 9_000 }));
  expect(row(world.container, 'node1').textContent).toContain('present');
  expect(row(world.container, 'node2').textContent).toMatch(/silent since/);
  expect(row(world.container, 'node3').textContent).toMatch(/left at/);
  expect(row(world.container, 'node3').textContent).toContain('127.0.0.11:4802');
});

test('nulls are dashes and words, never "null"', async () => {
  const world = renderInWorld(<MemberTable selected={null} />);
  const bare = memberRowOf('#ec0-1#mgr', {
    nodeName: null,
    role: 'manager',
    subcluster: null,
    version: null,
    address: null,
    startedMs: null,
    clockSkewMs: null,
    viewId: null,
    pid: null,
  });
  await world.feed(snapshotInput({ members: { [bare.id]: bare } }), beatInput({}));
  const text = row(world.container, bare.id).textContent ?? '';
  expect(text).toContain('manager (unnamed)');
  expect(text).not.toMatch(/null|undefined|NaN/);
});

test('markup in a name stays text', async () => {
  const world = renderInWorld(<MemberTable selected={null} />);
  const hostile = memberRowOf('x', { nodeName: '<img src=x onerror=alert(1)>' });
  await world.feed(snapshotInput({ members: { x: hostile } }), beatInput({}));
  expect(world.container.querySelector('img')).toBeNull();
  expect(world.container.textContent).toContain('<img src=x');
});

test('cells of the matrix say from, to and state, and old rows are dated', async () => {
  const world = renderInWorld(<SightingsMatrix />);
  const link = (to: string, state: 'up' | 'dialing') => ({ to, state, roundTripMs: null, backlog: 0 });
  const sightings = {
    a: { from: 'a', toldMs: 1, current: true, links: [link('b', 'dialing')] },
    b: { from: 'b', toldMs: 1, current: false, links: [link('a', 'up')] },
  };
  await world.feed(snapshotInput({ sightings }), beatInput({}));
  const cell = byMark(world.container, MARKS.members.matrixCell).find(
    ({ dataset }) => dataset['from'] === 'a' && dataset['to'] === 'b',
  );
  expect(cell?.dataset['state']).toBe('dialing');
  expect(byMark(world.container, MARKS.members.matrixDated)).toHaveLength(1);
  expect(within(world.container).getByText(/a does not see b/)).toBeDefined();
});
