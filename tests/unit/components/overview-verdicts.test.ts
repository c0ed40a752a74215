/** What the overview answers, and what it asks for: verdicts and attention from one picture. */

import { describe, expect, test } from 'vitest';
import { vipPictureOf } from '../../../components/duravips/vip-picture.ts';
import type { Freshness, Hop } from '../../../components/live/freshness.ts';
import { EMPTY_MODEL } from '../../../components/live/live-rows.ts';
import { logPictureOf } from '../../../components/logs/log-picture.ts';
import { type Attention, attentionOf } from '../../../components/overview/attention.ts';
import { behindVerdict } from '../../../components/overview/behind.ts';
import { type Picture, pictureOf, SETTLE_MS } from '../../../components/overview/picture.ts';
import { servedVerdict } from '../../../components/overview/served.ts';
import { agreedVerdict, type Verdict, wholeVerdict } from '../../../components/overview/verdicts.ts';
import type { LiveModel, Row } from '../../../server/wire/live.ts';
import { vipModelOf, vipRowOf } from './duravips-rows.ts';
import { linesOf } from './log-rows.ts';
import { memberRowOf } from './rows.ts';

const NOW_MS = 1_000_000;
const LIVE: Hop = { level: 'live', ageMs: 300 };
const SILENT: Hop = { level: 'silent', ageMs: 9_000 };
const CONFIG = { generation: 2, sinceMs: 1, unsaved: 0, lastReload: null };

const BUS: Row<'bus'> = {
  state: 'joined',
  sinceMs: 0,
  server: '127.0.0.1:4809',
  serverNode: 'node1',
  viewId: '7.node1',
  viewNumber: 7,
  reason: null,
};

function sighting(from: string, up: readonly string[], down: readonly string[] = []): Row<'sightings'> {
  const link = (to: string, state: 'up' | 'dialing') => ({ to, state, roundTripMs: 1, backlog: 0 });
  return {
    from,
    toldMs: NOW_MS,
    current: true,
    links: [...up.map((to) => link(to, 'up')), ...down.map((to) => link(to, 'dialing'))],
  };
}

const NAMES = ['node1', 'node2', 'node3'];

function healthy(): LiveModel {
  const members = Object.fromEntries(NAMES.map((id) => [id, memberRowOf(id, { config: CONFIG })]));
  const sightings = Object.fromEntries(
    NAMES.map((from) => [
      from,
      sighting(
        from,
        NAMES.filter((to) => to !== from),
      ),
    ]),
  );
  return { ...EMPTY_MODEL, members, sightings, bus: { bus: BUS } };
}

function picture(
  change: Partial<LiveModel> = {},
  hops: Readonly<Record<string, Hop>> = {},
  more: { readonly loaded?: boolean } = {},
): Picture {
  const model = { ...healthy(), ...change };
  const members: Record<string, Hop> = {};
  for (const id of Object.keys(model.members)) {
    if (model.members[id]?.state !== 'departed') members[id] = hops[id] ?? LIVE;
  }
  const freshness: Freshness = {
    level: 'live',
    members,
    nodes: LIVE,
    silent: [],
    bus: LIVE,
    gateway: LIVE,
    you: 'live',
    repairing: false,
  };
  return pictureOf({
    model,
    loaded: more.loaded ?? true,
    freshness,
    gatewayMs: NOW_MS,
    vips: vipPictureOf(model),
    logs: logPictureOf(
      linesOf(Object.values(model.logs), { pauses: model.logPauses }),
      Object.values(model.aggregators),
    ),
  });
}

function withMembers(...changes: readonly Row<'members'>[]): Partial<LiveModel> {
  return { members: { ...healthy().members, ...Object.fromEntries(changes.map((row) => [row.id, row])) } };
}

function count(verdict: Verdict, id: string): number | undefined {
  return verdict.facts.find((fact) => fact.id === id)?.count;
}

function kinds(items: readonly Attention[]): readonly string[] {
  return items.map(({ kind }) => kind);
}

test('a healthy cluster is whole, agreed and not behind, and needs nobody', () => {
  const whole = picture();
  expect(wholeVerdict(whole)).toMatchObject({ shape: 'ok', word: '3 of 3 members present' });
  expect(agreedVerdict(whole)).toMatchObject({ shape: 'ok', word: 'All agree' });
  expect(behindVerdict(whole)).toMatchObject({ shape: 'ok', word: '3 of 3 run as their files say' });
  expect(attentionOf(whole)).toEqual([]);
});

test('before the first data every tile waits, none says 0', () => {
  const nothing = picture({}, {}, { loaded: false });
  const verdicts = [wholeVerdict, agreedVerdict, servedVerdict, behindVerdict].map((judge) => judge(nothing));
  for (const verdict of verdicts) {
    expect(verdict).toMatchObject({ state: 'waiting', facts: [], word: '' });
  }
});

test('no VIPs is a sentence and not a number', () => {
  const served = servedVerdict(picture(vipModelOf([])));
  expect(served).toMatchObject({ state: 'absent', word: 'No VIPs configured', facts: [] });
  expect(JSON.stringify(served)).not.toMatch(/\b0\b/);
  expect(servedVerdict(picture())).toMatchObject({ state: 'absent', word: 'No VIPs known', facts: [] });
});

describe('served', () => {
  const vips = [
    vipRowOf('10.0.0.1'),
    vipRowOf('10.0.0.2', { phase: 'unowned', owner: null, ownerSinceMs: 900_000 }),
    vipRowOf('10.0.0.3', { claims: ['labrat-2'] }),
    vipRowOf('10.0.0.4', { state: 'failed', text: 'no such device' }),
    vipRowOf('10.0.0.5', { phase: 'moving', next: 'labrat-2' }),
    vipRowOf('10.0.0.6', { flags: ['unsafe', 'conflict'] }),
  ];

  test('n of m, and every count leads to its rows', () => {
    const verdict = servedVerdict(picture(vipModelOf(vips)));
    expect(verdict).toMatchObject({ state: 'known', shape: 'unowned', word: '2 of 6 served' });
    expect(
      ['unowned', 'disputed', 'failed', 'moving', 'flagged', 'unmanaged'].map((id) => count(verdict, id)),
    ).toEqual([1, 1, 1, 1, 1, 0]);
    expect(verdict.facts[0]?.href).toBe('/duravips?q=state:unowned');
    const all = servedVerdict(picture(vipModelOf([vipRowOf('10.0.0.1')])));
    expect(all).toMatchObject({ shape: 'ok', word: '1 of 1 served' });
  });

  test('[VP-12] whatever is not served is counted as something', () => {
    const states = ['up', 'coming', 'failed', 'unknown'] as const;
    const phases = ['unowned', 'owned', 'moving', 'broken', 'unknown'] as const;
    for (const phase of phases) {
      for (const state of states) {
        const owner = phase === 'owned' || phase === 'moving' ? 'labrat-1' : null;
        const verdict = servedVerdict(picture(vipModelOf([vipRowOf('10.0.0.1', { phase, owner, state })])));
        const served = verdict.word === '1 of 1 served';
        expect(served, `${phase}, ${state}`).toBe(phase === 'owned' && state === 'up');
        expect(
          verdict.facts.some((fact) => fact.count > 0),
          `${phase}, ${state}`,
        ).toBe(!served);
        expect(verdict.shape === 'ok', `${phase}, ${state}`).toBe(served);
      }
    }
  });

  test('while the nodes agree on a view nothing is claimed to be well', () => {
    const verdict = servedVerdict(picture(vipModelOf([vipRowOf('10.0.0.1')], { synced: false })));
    expect(verdict.shape).toBe('moving');
    expect(verdict.notes.join(' ')).toContain('agreeing on a view');
  });

  test('two owners come first, then nobody; each leads to its cure', () => {
    const items = attentionOf(
      picture(
        vipModelOf(vips, {
          announceDue: { sinceMs: 950_000, nodes: ['labrat-1'] },
          setSizesDiffer: [{ node: 'labrat-2', size: 4 }],
        }),
      ),
    );
    expect(kinds(items)).toEqual([
      'vipTwoOwners',
      'vipUnowned',
      'vipFailed',
      'announceDue',
      'setSizes',
      'vipUnsafe',
      'vipConflict',
    ]);
    expect(items[0]).toMatchObject({
      title: '10.0.0.3 has two owners',
      next: { href: '/duravips?row=10.0.0.3' },
    });
    expect(items[1]).toMatchObject({ sinceMs: 900_000, title: '10.0.0.2 is unowned' });
    expect(items[2]?.cause).toContain('no such device');
    expect(items[5]).toMatchObject({
      title: '1 address is UNSAFE',
      next: { href: '/duravips?q=flag:unsafe' },
    });
  });

  test('many of one kind are one item', () => {
    const many = Array.from({ length: 214 }, (_, n) =>
      vipRowOf(`10.0.1.${n}`, { phase: 'unowned', owner: null, ownerSinceMs: 900_000 + n }),
    );
    const items = attentionOf(picture(vipModelOf(many)));
    expect(kinds(items)).toEqual(['vipUnowned']);
    expect(items[0]).toMatchObject({
      title: '214 addresses are unowned',
      sinceMs: 900_000,
      next: { href: '/duravips?q=state:unowned' },
    });
  });
});

describe('whole', () => {
  test('silent, suspect and departed are counted apart, each with its rows', () => {
    const verdict = wholeVerdict(
      picture(
        withMembers(
          memberRowOf('node2', { state: 'suspect' }),
          memberRowOf('node3', { state: 'departed', cause: 'closed' }),
        ),
        { node1: SILENT },
      ),
    );
    expect(['present', 'silent', 'suspect', 'departed'].map((id) => count(verdict, id))).toEqual([
      0, 1, 1, 1,
    ]);
    expect(verdict).toMatchObject({ shape: 'critical', word: '0 of 3 members present' });
    expect(verdict.facts.find(({ id }) => id === 'silent')?.href).toBe('/members?q=state:silent');
  });

  test('a member that said goodbye is no loss', () => {
    const verdict = wholeVerdict(
      picture(withMembers(memberRowOf('node3', { state: 'departed', cause: 'leave' }))),
    );
    expect(verdict).toMatchObject({ shape: 'ok', word: '2 of 2 members present' });
    expect(count(verdict, 'departed')).toBe(1);
  });

  test('nobody is seen: unknown, not whole', () => {
    expect(wholeVerdict(picture({ members: {} }))).toMatchObject({
      shape: 'unknown',
      word: 'No member is seen',
    });
  });
});

describe('agreed', () => {
  test('another view is critical although everybody is present', () => {
    const split = picture(withMembers(memberRowOf('node3', { viewId: '8.node3', config: CONFIG })));
    expect(wholeVerdict(split).shape).toBe('ok');
    expect(agreedVerdict(split)).toMatchObject({ shape: 'critical', word: 'The cluster is split' });
    expect(kinds(attentionOf(split))).toEqual(['view']);
  });

  test('while the servers change a difference is on its way, then it is one', () => {
    const change = withMembers(memberRowOf('node3', { viewId: '8.node3', config: CONFIG }));
    const event = (atMs: number): Partial<LiveModel> => ({
      ...change,
      events: { '1': { id: '1', atMs, kind: 'viewChanged', member: null, cause: null, detail: '' } },
    });
    expect(agreedVerdict(picture(event(NOW_MS - SETTLE_MS + 1))).shape).toBe('moving');
    expect(attentionOf(picture(event(NOW_MS - SETTLE_MS + 1)))).toEqual([]);
    expect(agreedVerdict(picture(event(NOW_MS - SETTLE_MS))).shape).toBe('critical');
  });

  test('a link that is seen one way only is a disagreement, once per pair', () => {
    const oneWay = picture({
      sightings: { ...healthy().sightings, node1: sighting('node1', ['node3'], ['node2']) },
    });
    expect(agreedVerdict(oneWay)).toMatchObject({
      shape: 'disputed',
      word: 'Some servers do not see each other',
    });
    expect(count(agreedVerdict(oneWay), 'link')).toBe(2);
    expect(attentionOf(oneWay).map(({ title }) => title)).toEqual(['node1 does not see node2']);
    const both = picture({
      sightings: {
        ...healthy().sightings,
        node1: sighting('node1', ['node3'], ['node2']),
        node2: sighting('node2', ['node3'], ['node1']),
      },
    });
    expect(attentionOf(both).map(({ title }) => title)).toEqual(['node1 and node2 do not see each other']);
    const [item] = attentionOf(both);
    expect(item).toMatchObject({
      cause: 'their link is being dialled',
      next: { href: '/bus?link=node1,node2' },
    });
  });

  test('nobody sees who is gone: that is a loss and no disagreement', () => {
    const gone = picture({
      ...withMembers(memberRowOf('node3', { state: 'departed', cause: 'closed' })),
      sightings: {
        node1: sighting('node1', ['node2'], ['node3']),
        node2: sighting('node2', ['node1'], ['node3']),
        node3: { ...sighting('node3', ['node1', 'node2']), current: false },
      },
    });
    expect(agreedVerdict(gone)).toMatchObject({ shape: 'ok' });
    expect(agreedVerdict(gone).notes).toContain('2 of 2 links up');
    expect(kinds(attentionOf(gone))).toEqual(['departed']);
  });

  test('two of a name and mixed versions are said', () => {
    const mixed = picture(withMembers(memberRowOf('node2', { versionDiffers: true, config: CONFIG })));
    expect(agreedVerdict(mixed)).toMatchObject({ shape: 'warning', word: 'Versions are mixed' });
    const twins = picture(withMembers(memberRowOf('node2', { duplicateName: true, config: CONFIG })));
    expect(agreedVerdict(twins)).toMatchObject({ shape: 'disputed', word: 'A name is used twice' });
  });

  test('when no server tells its links the tile fails, alone', () => {
    const deaf = picture({ sightings: {} });
    expect(agreedVerdict(deaf)).toMatchObject({ state: 'failed', shape: 'unknown' });
    expect(agreedVerdict(deaf).notes.join(' ')).toContain('None of 3 servers told its links');
    expect([wholeVerdict(deaf), behindVerdict(deaf)].map(({ state }) => state)).toEqual(['known', 'known']);
  });
});

describe('behind', () => {
  test('failed reloads, unsaved changes and silence are three counts', () => {
    const lastReload = { ok: false, atMs: 900_000, errors: 2 };
    const verdict = behindVerdict(
      picture(
        withMembers(
          memberRowOf('node1', { config: { ...CONFIG, lastReload } }),
          memberRowOf('node2', { config: { ...CONFIG, unsaved: 3 } }),
          memberRowOf('node3', { config: null }),
        ),
      ),
    );
    expect(['reload', 'unsaved', 'mute'].map((id) => count(verdict, id))).toEqual([1, 1, 1]);
    expect(verdict).toMatchObject({ shape: 'critical', word: '0 of 3 run as their files say' });
  });

  test('dashboards have no configuration to be behind with', () => {
    const more = picture(withMembers(memberRowOf('dash', { role: 'dashboard', config: null })));
    expect(count(behindVerdict(more), 'mute')).toBe(0);
  });
});

describe('attention', () => {
  test('the most harmful first, then what began first; each with cause, start and next step', () => {
    const items = attentionOf(
      picture(
        {
          ...withMembers(
            memberRowOf('node1', { clockSkewMs: 800, config: { ...CONFIG, unsaved: 1 } }),
            memberRowOf('node2', { state: 'departed', cause: 'silence', sinceMs: 900_000 }),
            memberRowOf('node3', { state: 'departed', cause: 'closed', sinceMs: 800_000 }),
            memberRowOf('node4', { state: 'departed', cause: 'leave' }),
            memberRowOf('node5', {
              config: { ...CONFIG, lastReload: { ok: false, atMs: 950_000, errors: 2 } },
              clockSkewMs: 100,
            }),
          ),
          bus: { bus: { ...BUS, state: 'lost', sinceMs: 990_000, reason: 'connection refused' } },
        },
        { node1: SILENT },
      ),
    );
    expect(kinds(items)).toEqual(['busLost', 'departed', 'departed', 'silent', 'reload', 'clock', 'unsaved']);
    expect(items.map(({ sinceMs }) => sinceMs)).toEqual([
      990_000,
      800_000,
      900_000,
      NOW_MS - 9_000,
      949_900,
      null,
      null,
    ]);
    expect(items[1]).toMatchObject({ title: 'node3 was lost', next: { href: '/members?node=node3' } });
    expect(items[2]?.cause).toContain('it may still run');
    expect(items[4]?.cause).toBe('2 errors; generation 2 stays in effect');
    expect(items[6]?.next.href).toBe('/members?node=node1&tab=options');
  });

  test('names of members are text, also in the words', () => {
    const items = attentionOf(
      picture(
        withMembers(memberRowOf('x', { nodeName: '\u202egro.live', duplicateName: true, config: CONFIG })),
      ),
    );
    expect(items[0]?.title).toBe('‹U+202E›gro.live is a name used twice');
  });
});
