/** Texts of view ids: as long as any counter may get, they sort as the views were installed. */

import { expect, test } from 'vitest';
import type { NodeName } from '../../../server/model/names.ts';
import { CTR_MAX, groupViewIdText, viewIdText } from '../../../server/msgc/ids.ts';

const id = (ctr: number) => ({ ctr, coord: 'n1' as NodeName, inc: 1_234 });

test('ids sort as text in the order of their counters, up to the highest', () => {
  const counters = [0, 1, 9, 10, 99_999_999, 100_000_000, 100_000_001, 10 ** 12, CTR_MAX - 1, CTR_MAX];
  const texts = counters.map((ctr) => viewIdText(id(ctr)));
  expect([...texts].sort()).toEqual(texts);
  expect(new Set(texts).size).toBe(texts.length);
});

test('ids of group views sort by the view first, then by position', () => {
  const texts = [
    groupViewIdText(id(99_999_999), 1, 0),
    groupViewIdText(id(99_999_999), 1, 10),
    groupViewIdText(id(99_999_999), 10, 2),
    groupViewIdText(id(100_000_000), 0, 0),
  ];
  expect([...texts].sort()).toEqual(texts);
});
