/** Lanes of ownership: what is drawn where, what is missing, and how it is said. */

import { describe, expect, test } from 'vitest';
import { type Lane, laneWords, looksOf, piecesOf } from '../../../components/duravips/time/lane.ts';
import type { Segment } from '../../../server/wire/duravip.ts';

const SPAN = { fromMs: 1_000, toMs: 2_000 };

function segment(
  owner: string | null,
  fromMs: number,
  toMs: number | null,
  more: Partial<Segment> = {},
): Segment {
  return { owner, fromMs, toMs, cause: null, by: null, blind: false, ...more };
}

function lane(...segments: readonly Segment[]): Lane {
  return { address: '10.1.1.1', segments: [...segments], unownedMs: 0, overlapMs: 0 };
}

describe('pieces of a lane', () => {
  test('stand where their moments are, cut to the span; the last one reaches its end', () => {
    const pieces = piecesOf(lane(segment('a', 0, 1_250), segment('b', 1_250, null)), SPAN, 0);
    expect(pieces.map(({ from, to, owner, kind }) => [from, to, owner, kind])).toEqual([
      [0, 0.25, 'a', 'owned'],
      [0.25, 1, 'b', 'owned'],
    ]);
  });

  test('what was not kept is not drawn as if nobody had owned it', () => {
    const [first] = piecesOf(lane(segment('a', 1_500, null)), SPAN, 1_500);
    expect(first).toMatchObject({ kind: 'before', from: 0, to: 0.5, owner: null });
  });

  test('nobody, two at once and what the gateway did not see are told apart', () => {
    const pieces = piecesOf(
      lane(
        segment('a', 1_000, 1_400),
        segment('b', 1_300, 1_500),
        segment(null, 1_500, 1_600),
        segment('b', 1_600, null, { blind: true }),
      ),
      SPAN,
      0,
    );
    expect(pieces.map(({ kind }) => kind)).toEqual(['owned', 'owned', 'unowned', 'blind', 'overlap']);
    const overlap = pieces.at(-1);
    expect(overlap?.from).toBeCloseTo(0.3);
    expect(overlap?.to).toBeCloseTo(0.4);
  });

  test('a stretch outside of the span takes no room', () => {
    expect(piecesOf(lane(segment('a', 0, 900), segment('b', 900, null)), SPAN, 0)).toHaveLength(1);
  });
});

test('a lane is said with its present owner, its changes, and what was wrong', () => {
  const said = laneWords(
    {
      ...lane(segment('a', 0, 10), segment(null, 10, 15), segment('b', 15, null)),
      unownedMs: 5,
      overlapMs: 3,
    },
    (ms) => `${ms} ms`,
  );
  expect(said).toBe('now b, 1 change, unowned 5 ms, two owners 3 ms');
  expect(laneWords(lane(), String)).toBe('nothing is known, 0 changes');
});

test('nodes keep their look whatever order they come in', () => {
  expect(looksOf(['c', 'a', 'b'])).toEqual(looksOf(['b', 'c', 'a']));
});
