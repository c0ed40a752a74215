import { expect, test } from 'vitest';
import {
  compareMembers,
  eventWords,
  memberName,
  newestFirst,
  sigilName,
  stateWords,
  upMs,
} from '../../../components/members/member-words.ts';
import { memberRowOf } from './rows.ts';

const NOW_MS = 1_700_000_000_000;

test('a member without a name is named by its role', () => {
  expect(memberName(memberRowOf('x', { nodeName: null, role: 'manager' }))).toBe('manager (unnamed)');
  expect(memberName(memberRowOf('x', { nodeName: ' ', role: 'node' }))).toBe('node (unnamed)');
});

test('the sigil of a manager is the one of its server, as the matrix draws it', () => {
  expect(sigilName(memberRowOf('#barca#barca', { nodeName: null, role: 'manager' }))).toBe('barca');
  expect(sigilName(memberRowOf('#dash-1#barca', { nodeName: null, role: 'dashboard' }))).toBe('dashboard');
  expect(sigilName(memberRowOf('odd', { nodeName: null, role: 'manager' }))).toBe('manager');
  expect(sigilName(memberRowOf('n1', { nodeName: 'n1' }))).toBe('n1');
});

test('silence is never called leaving', () => {
  const silent = stateWords(memberRowOf('a', { state: 'departed', cause: 'silence' }), undefined, NOW_MS);
  expect(silent.word).toMatch(/^silent since /);
  const left = stateWords(memberRowOf('a', { state: 'departed', cause: 'leave' }), undefined, NOW_MS);
  expect(left.word).toMatch(/^left at /);
  const closed = stateWords(memberRowOf('a', { state: 'departed', cause: 'closed' }), undefined, NOW_MS);
  expect(closed.word).toMatch(/^lost at /);
});

test('a present member that is not heard is silent since it was last heard', () => {
  const words = stateWords(memberRowOf('a'), { level: 'silent', ageMs: 4_000 }, NOW_MS);
  expect(words.word).toMatch(/^silent since /);
  expect(stateWords(memberRowOf('a'), { level: 'stale', ageMs: 90_000 }, NOW_MS).word).toBe('present');
});

test('a suspect that is not heard is said to be silent as well', () => {
  const suspect = memberRowOf('a', { state: 'suspect' });
  expect(stateWords(suspect, { level: 'silent', ageMs: 4_000 }, NOW_MS).word).toMatch(
    /^suspect, silent since /,
  );
  expect(stateWords(suspect, { level: 'live', ageMs: 100 }, NOW_MS).word).toMatch(/^suspect since /);
});

test('rows keep their place when a state changes', () => {
  const rows = [memberRowOf('node10'), memberRowOf('mgr', { role: 'manager' }), memberRowOf('node9')];
  const order = (list: typeof rows) => [...list].sort(compareMembers).map((row) => row.id);
  expect(order(rows)).toEqual(['node9', 'node10', 'mgr']);
  const gone = rows.map((row) => ({ ...row, state: 'departed' as const, cause: 'closed' as const }));
  expect(order(gone)).toEqual(['node9', 'node10', 'mgr']);
});

test('hostile names are inert', () => {
  expect(memberName(memberRowOf('x', { nodeName: 'a\u202eb\u001b[31m' }))).toBe('a‹U+202E›b^[[31m');
});

test('running time follows the clock of the member', () => {
  expect(upMs(memberRowOf('a', { startedMs: NOW_MS, clockSkewMs: 500 }), NOW_MS + 1_000)).toBe(1_500);
  expect(upMs(memberRowOf('a', { startedMs: null }), NOW_MS)).toBeNull();
  expect(upMs(memberRowOf('a', { state: 'departed' }), NOW_MS)).toBeNull();
});

test('events are sentences, newest first by number', () => {
  const event = (id: string) => ({
    id,
    atMs: 0,
    kind: 'departed' as const,
    member: 'a',
    cause: 'silence',
    detail: '',
  });
  expect(newestFirst({ 9: event('9'), 10: event('10') }).map((each) => each.id)).toEqual(['10', '9']);
  expect(eventWords(event('1')).text).toBe('a fell silent');
});
