/** How members are counted and from whose view they are shown. */

import { expect, test } from 'vitest';
import { disputedLinks, memberFlags, serverOf, stateOf } from '../../../components/members/member-flags.ts';
import { EVERYBODY, sightOf } from '../../../components/members/perspective.ts';
import { matrixOf } from '../../../components/members/who-sees-whom.ts';
import { memberRowOf } from './rows.ts';

const CONTEXT = { busView: '7.node1', missingLinks: new Set<string>() };

function sighting(from: string, links: Readonly<Record<string, 'up' | 'dialing'>>, current = true) {
  return {
    from,
    toldMs: 1,
    current,
    links: Object.entries(links).map(([to, state]) => ({ to, state, roundTripMs: null, backlog: 0 })),
  };
}

const MATRIX = matrixOf({
  node1: sighting('node1', { node2: 'up', mgr: 'up' }),
  node2: sighting('node2', { node1: 'dialing', mgr: 'up' }),
  mgr: sighting('mgr', { node1: 'up', node2: 'up' }, false),
});

test('silence is a state of who is present, and not of who is gone', () => {
  const silent = { level: 'silent', ageMs: 9_000 } as const;
  expect(stateOf(memberRowOf('a'), silent)).toBe('silent');
  expect(stateOf(memberRowOf('a', { state: 'suspect' }), silent)).toBe('suspect');
  expect(stateOf(memberRowOf('a', { state: 'departed', cause: 'silence' }), undefined)).toBe('departed');
});

test('flags are what deviates now; the departed have none', () => {
  const odd = {
    viewId: '8.node9',
    duplicateName: true,
    versionDiffers: true,
    clockSkewMs: -501,
    config: { generation: 1, sinceMs: 1, unsaved: 2, lastReload: { ok: false, atMs: 1, errors: 1 } },
  };
  const context = { ...CONTEXT, missingLinks: new Set(['a']) };
  expect(memberFlags(memberRowOf('a', odd), context)).toEqual([
    'view',
    'link',
    'name',
    'version',
    'clock',
    'reload',
    'unsaved',
  ]);
  expect(memberFlags(memberRowOf('a', { ...odd, state: 'departed' }), context)).toEqual([]);
  expect(memberFlags(memberRowOf('a', { clockSkewMs: 500 }), CONTEXT)).toEqual([]);
  expect(memberFlags(memberRowOf('a', { viewId: null, clockSkewMs: null }), CONTEXT)).toEqual([]);
});

test('a manager without a node name has the server that its private name says', () => {
  expect(serverOf(memberRowOf('#ec0-1#mgr', { nodeName: null, role: 'manager' }))).toBe('mgr');
  expect(serverOf(memberRowOf('d', { role: 'dashboard' }))).toBeNull();
});

test('everybody: seen by how many of those who tell now', () => {
  expect(sightOf(memberRowOf('node1'), MATRIX, EVERYBODY)).toEqual({ kind: 'counted', by: 0, of: 1 });
  expect(sightOf(memberRowOf('node2'), MATRIX, EVERYBODY)).toEqual({ kind: 'counted', by: 1, of: 1 });
  expect(sightOf(memberRowOf('d', { role: 'dashboard' }), MATRIX, EVERYBODY)).toEqual({ kind: 'none' });
});

test('one server: what it says of its link, and nothing from who never told', () => {
  expect(sightOf(memberRowOf('node1'), MATRIX, 'node2')).toEqual({ kind: 'told', state: 'dialing' });
  expect(sightOf(memberRowOf('node2'), MATRIX, 'node2')).toEqual({ kind: 'told', state: 'self' });
  expect(sightOf(memberRowOf('node1'), MATRIX, 'elsewhere')).toEqual({ kind: 'none' });
});

test('only links between servers that both tell are disputed', () => {
  expect(disputedLinks(MATRIX).map(({ from, to }) => [from, to])).toEqual([['node2', 'node1']]);
});
