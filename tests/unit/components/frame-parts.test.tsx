// @vitest-environment happy-dom

import { cleanup } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isCurrent, pagesOf } from '../../../components/frame/board-pages.tsx';
import { keyNames } from '../../../components/frame/key-names.ts';
import {
  findItems,
  PALETTE_SHOWN_MAX,
  type PaletteOffers,
  paletteItems,
} from '../../../components/frame/palette-items.ts';
import {
  DEFAULT_PREFERENCES,
  keepPreferences,
  keptPreferences,
  readPreferences,
} from '../../../components/frame/preferences.ts';
import { pageVoice } from '../../../components/ui/announce.ts';
import { LIVE_REGIONS } from '../../../components/ui/live-regions.ts';
import { preferences } from '../../../server/wire/http.ts';
import { memberRowOf } from './rows.ts';

afterEach(cleanup);

const OFFERS: PaletteOffers = {
  vips: [{ address: '10.80.116.50', names: ['hotmail-50'], owner: 'labrat-1' }],
  vipNodes: ['labrat-1'],
  logs: [{ id: 'labrat-1/mainlog', node: 'labrat-1', log: 'mainlog', subscribers: [{ name: 'archive' }] }],
  objects: [{ id: 'inbound_cidr', kind: 'cidrtree' }],
  pages: pagesOf('admin'),
  members: [{ ...memberRowOf('labrat-1'), subcluster: 'west' }, memberRowOf('labrat-2')],
  saved: [
    { id: '1', label: 'queues', command: 'mailq', target: { kind: 'nodes', names: ['labrat-2'] } },
    { id: '2', label: 'west only', command: 'summary', target: { kind: 'subcluster', name: 'west' } },
    { id: '3', label: 'nowhere', command: 'summary', target: { kind: 'subcluster', name: 'gone' } },
  ],
  commands: [
    { words: 'config get', usage: 'config get OPTION', help: 'Shows an option.', class: 'R' },
    { words: 'config set', usage: 'config set OPTION VALUE', help: 'Sets an option.', class: 'W2' },
  ],
};

describe('the palette', () => {
  const items = paletteItems(OFFERS);

  test('every entry is an address of the board, and a command only fills the prompt', () => {
    for (const { href } of items) expect(href).toMatch(/^\/[a-z]+/);
    const set = items.find(({ label }) => label === 'config set');
    expect([set?.section, set?.href, set?.note]).toEqual([
      'Change',
      '/console?command=config+set',
      'W2 · Sets an option.',
    ]);
  });

  test('moves, drains and announcing open their preview, by address and by name', () => {
    expect(findItems(items, 'move 10.80').map(({ href }) => href)[0]).toBe(
      '/duravips?vip=10.80.116.50&act=move',
    );
    expect(findItems(items, 'drain')[0]?.href).toBe('/duravips?node=labrat-1&act=drain');
    expect(findItems(items, 'hotmail').map(({ label }) => label)).toContain('Move 10.80.116.50…');
    expect(items.some(({ href }) => href === '/duravips?act=announce')).toBe(true);
  });

  test('an object opens with what each node says of it', () => {
    expect(findItems(items, 'cidrtree').map(({ href }) => href)[0]).toBe('/objects?object=inbound_cidr');
  });

  test('readers of logs open in the table, what changes them in its preview, the lines of a log in its tail', () => {
    expect(findItems(items, 'archive mainlog').map(({ href }) => href)).toEqual([
      '/logs?row=labrat-1/mainlog/archive',
      '/logs?row=labrat-1/mainlog/archive&act=offset',
      '/logs?row=labrat-1/mainlog/archive&act=remove',
      '/console?command=archive+mainlog',
    ]);
    expect(findItems(items, 'live tail')[0]?.href).toBe('/logs?tail=labrat-1/mainlog');
  });

  test('a saved command keeps its target, and is left out where the target means nobody', () => {
    const saved = items.filter(({ section }) => section === 'Saved commands');
    expect(saved.map(({ href }) => href)).toEqual([
      '/console?node=labrat-2&command=mailq',
      '/console?node=labrat-1&command=summary',
    ]);
  });

  test('all words must be found; what begins with them comes first; what was typed can go to the prompt', () => {
    expect(findItems(items, 'config').map(({ label }) => label)).toEqual([
      'config get',
      'config set',
      'config',
    ]);
    expect(findItems(items, 'set config')[0]?.label).toBe('config set');
    const nothing = findItems(items, '  no such thing ');
    expect(nothing.map(({ section, href }) => [section, href])).toEqual([
      ['Console', '/console?command=no+such+thing'],
    ]);
  });

  test('of very many members few are shown', () => {
    const members = Array.from({ length: 10_000 }, (_, index) => memberRowOf(`node-${index}`));
    const many = paletteItems({ ...OFFERS, members });
    expect(findItems(many, 'node')).toHaveLength(PALETTE_SHOWN_MAX + 1);
    expect(findItems(many, '').length).toBeLessThan(PALETTE_SHOWN_MAX);
  });
});

describe('pages', () => {
  test('accounts are for admins, and pages below one belong to its entry', () => {
    const hrefs = (role: 'viewer' | 'admin') => pagesOf(role).map(({ href }) => href);
    expect(hrefs('viewer')).not.toContain('/accounts');
    expect(hrefs('admin')).toContain('/accounts');
    const reference = pagesOf('viewer').find(({ label }) => label === 'Reference');
    expect(reference && isCurrent(reference, '/reference/api')).toBe(true);
    expect(reference && isCurrent(reference, '/referenced')).toBe(false);
  });

  test('go keys are all different', () => {
    const keys = pagesOf('admin').flatMap(({ key }) => (key === null ? [] : [key]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('keys are named as they stand on the keyboard', () => {
    expect([keyNames('Mod+k', true), keyNames('Mod+k', false), keyNames('g m', false)]).toEqual([
      ['⌘', 'K'],
      ['Ctrl', 'K'],
      ['g', 'm'],
    ]);
    expect(keyNames('Escape', false)).toEqual(['Esc']);
  });
});

describe('preferences', () => {
  beforeEach(() => localStorage.clear());

  test('are read as the gateway writes them, and the defaults are its defaults', () => {
    expect(DEFAULT_PREFERENCES).toEqual(preferences.parse({}));
    const wanted = preferences.parse({
      zone: 'Asia/Tokyo',
      announcements: 'all',
      density: 'roomy',
      shortcuts: false,
    });
    expect(readPreferences(JSON.parse(JSON.stringify(wanted)))).toEqual(wanted);
  });

  test('nonsense becomes the default, field by field', () => {
    expect(readPreferences({ zone: 7, announcements: 'loud', density: null, shortcuts: 'no' })).toEqual(
      DEFAULT_PREFERENCES,
    );
    expect(readPreferences(null)).toBeUndefined();
  });

  test('are kept in this browser for each account', () => {
    keepPreferences('ana', { ...DEFAULT_PREFERENCES, zone: 'UTC' });
    expect(keptPreferences('ana').zone).toBe('UTC');
    expect(keptPreferences('ben')).toEqual(DEFAULT_PREFERENCES);
    localStorage.setItem('muster.preferences.ben', '{broken');
    expect(keptPreferences('ben')).toEqual(DEFAULT_PREFERENCES);
  });
});

describe('what is announced', () => {
  const said = (region: string): string => document.getElementById(region)?.textContent ?? '';

  beforeEach(() => {
    document.body.innerHTML = Object.values(LIVE_REGIONS)
      .map((id) => `<div id="${id}"></div>`)
      .join('');
  });

  afterEach(() => {
    pageVoice.level = 'important';
  });

  test('by default alerts and own results, not every change', () => {
    pageVoice.status('a node joined');
    expect(said(LIVE_REGIONS.status)).toBe('');
    pageVoice.result('copied');
    pageVoice.alert('by default: disconnected');
    expect([said(LIVE_REGIONS.status), said(LIVE_REGIONS.alert)]).toEqual([
      'copied',
      'by default: disconnected',
    ]);
  });

  test('with none, only the log that has its own switch', () => {
    pageVoice.level = 'none';
    pageVoice.status('a');
    pageVoice.result('b');
    pageVoice.alert('with none: disconnected');
    pageVoice.log('a reply');
    expect(Object.values(LIVE_REGIONS).map(said)).toEqual(['', '', 'a reply']);
  });

  test('with all, changes as well', () => {
    pageVoice.level = 'all';
    pageVoice.status('a node joined');
    expect(said(LIVE_REGIONS.status)).toBe('a node joined');
  });
});
