import { expect, test } from 'vitest';
import { changeWords, nodeChanges } from '../../../components/settings/node-changes.ts';
import { ENDS_SOON_MS, tokenState, typedList } from '../../../components/settings/token-words.ts';
import type { ApiToken } from '../../../server/wire/http.ts';

const NOW_MS = 1_000_000_000;
const TOKEN: ApiToken = {
  id: 'a',
  prefix: 'muster_a',
  label: 'ci',
  scope: 'read',
  subclusters: [],
  networks: [],
  createdBy: 'admin',
  createdMs: 0,
  expiresMs: NOW_MS + ENDS_SOON_MS,
  revokedMs: null,
  lastUsedMs: null,
  lastUsedFrom: null,
};

test('a token says how long it lives, and when that is not known', () => {
  expect(tokenState(TOKEN, NOW_MS)).toEqual({ shape: 'ok', word: 'ends in 7 d', live: true });
  expect(tokenState(TOKEN, NOW_MS + 1).shape).toBe('warning');
  expect(tokenState(TOKEN, TOKEN.expiresMs)).toMatchObject({ word: 'expired', live: false });
  expect(tokenState({ ...TOKEN, revokedMs: 1 }, NOW_MS)).toMatchObject({ word: 'revoked', live: false });
  expect(tokenState(TOKEN, null)).toMatchObject({ word: 'unknown', live: true });
});

test('lists are read as people type them', () => {
  expect(typedList(' 10.0.0.0/8, ::1/128\n10.0.0.0/8;default ')).toEqual([
    '10.0.0.0/8',
    '::1/128',
    'default',
  ]);
  expect(typedList('')).toEqual([]);
});

test('nodes that came and went are named, and nobody is called gone who may be there', () => {
  const words = (nodesThen: string[], nodesNow: string[] | null) => {
    const changes = nodeChanges({ nodesThen, nodesNow });
    return changes === null ? null : changeWords({ nodesThen, nodesNow }, changes);
  };
  expect(words(['a', 'b'], ['b', 'c'])).toBe('other nodes than when it was asked for: without a, with c');
  expect(words(['a', 'b'], [])).toBe('it would reach nobody now; when it was asked for it meant a, b');
  expect(words(['a'], null)).toBeNull();
});
