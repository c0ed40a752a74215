import { describe, expect, test } from 'vitest';
import {
  changedLines,
  DIFF_EDITS_MAX,
  DIFF_LINES_MAX,
  diffLines,
} from '../../../components/console/line-diff.ts';

function marks(left: string, right: string): readonly string[] | undefined {
  const signs = { same: ' ', gone: '-', new: '+' } as const;
  return diffLines(left, right)?.map(({ kind, text }) => `${signs[kind]}${text}`);
}

/** A line for each letter. */
function lines(letters: string): string {
  return [...letters].join('\n');
}

describe('the difference of two replies', () => {
  test('equal texts have none', () => {
    expect(marks('a\nb', 'a\nb')).toEqual([' a', ' b']);
    expect(changedLines(diffLines('a\nb', 'a\nb') ?? [])).toBe(0);
  });

  test('keeps common lines and numbers both sides', () => {
    expect(diffLines('a\nb\nc', 'a\nx\nc')).toEqual([
      { kind: 'same', left: 1, right: 1, text: 'a' },
      { kind: 'gone', left: 2, right: null, text: 'b' },
      { kind: 'new', left: null, right: 2, text: 'x' },
      { kind: 'same', left: 3, right: 3, text: 'c' },
    ]);
  });

  test('finds the shortest edit of the example that describes the algorithm', () => {
    const edits = (diffLines(lines('ABCABBA'), lines('CBABAC')) ?? []).filter(({ kind }) => kind !== 'same');
    expect(edits).toHaveLength(5);
  });

  test('adds at the end, at the beginning, and to nothing', () => {
    expect(marks('a', 'a\nb')).toEqual([' a', '+b']);
    expect(marks('b', 'a\nb')).toEqual(['+a', ' b']);
    expect(marks('', 'a')).toEqual(['-', '+a']);
  });

  test('a replaced line counts once', () => {
    expect(changedLines(diffLines('a\nb\nc\nd', 'a\nx\nc') ?? [])).toBe(2);
  });

  test('both sides can be put together again, whatever differs', () => {
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const text = (): string => Array.from({ length: next(30) }, () => 'abcd'[next(4)]).join('\n');
    for (let round = 0; round < 300; round += 1) {
      const [left, right] = [text(), text()];
      const found = diffLines(left, right) ?? [];
      const side = (without: 'new' | 'gone'): string =>
        found
          .filter(({ kind }) => kind !== without)
          .map((line) => line.text)
          .join('\n');
      expect(side('new')).toBe(left);
      expect(side('gone')).toBe(right);
    }
  });

  test('is not tried beyond its bounds', () => {
    const many = (count: number, letter: string): string =>
      Array.from({ length: count }, (_, index) => `${letter}${index}`).join('\n');
    const half = DIFF_EDITS_MAX / 2;
    expect(diffLines(many(half, 'a'), many(half, 'b'))).toHaveLength(DIFF_EDITS_MAX);
    expect(diffLines(many(half, 'a'), many(half + 1, 'b'))).toBeUndefined();
    expect(diffLines(many(DIFF_LINES_MAX, 'a'), many(DIFF_LINES_MAX, 'a'))).toHaveLength(DIFF_LINES_MAX);
    expect(diffLines(many(DIFF_LINES_MAX + 1, 'a'), many(DIFF_LINES_MAX, 'a'))).toBeUndefined();
  });
});
