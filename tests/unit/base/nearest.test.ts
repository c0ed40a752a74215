import { expect, test } from 'vitest';
import { editDistance, NEAREST_CHARACTERS_MAX, nearest } from '../../../server/base/nearest.ts';

test.each([
  ['', 'abc', 3],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['kitten', 'sitting', 3],
  ['clutser', 'cluster', 1],
  ['ab', 'ba', 1],
])('from %j to %j it takes %i edits', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});

test('the nearest name is found whatever the case, the first of equals wins', () => {
  expect(nearest('Keepalive_Intervall', ['idle_timeout', 'keepalive_interval'])).toBe('keepalive_interval');
  expect(nearest('pit', ['pid', 'bit'])).toBe('pid');
});

test('what is too far away, empty or too long has no nearest name', () => {
  expect(nearest('frobnicate', ['version', 'help'])).toBeUndefined();
  expect(nearest('ab', ['xy'])).toBeUndefined();
  expect(nearest('', ['a'])).toBeUndefined();
  const long = 'x'.repeat(NEAREST_CHARACTERS_MAX + 1);
  expect(nearest(long, [long])).toBeUndefined();
  expect(
    nearest('x'.repeat(NEAREST_CHARACTERS_MAX), [long, 'x'.repeat(NEAREST_CHARACTERS_MAX)]),
  ).toHaveLength(NEAREST_CHARACTERS_MAX);
});
