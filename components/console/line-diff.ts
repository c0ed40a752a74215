/**
 * The difference of two texts, line by line: Myers' greedy search for the shortest edit, between the common
 * beginning and the common end. Pure, and bounded: texts with more lines or more edits are said to be too large.
 */

export type DiffLine = {
  readonly kind: 'same' | 'gone' | 'new';
  /** Line numbers from 1; null on the side where the line is not. */
  readonly left: number | null;
  readonly right: number | null;
  readonly text: string;
};

/** Lines of one side. */
export const DIFF_LINES_MAX = 10_000;
/** Lines gone and new together; the search costs the square of it. */
export const DIFF_EDITS_MAX = 1_000;

/** @returns undefined when it is too large to compare. */
export function diffLines(left: string, right: string): readonly DiffLine[] | undefined {
  const a = left.split('\n');
  const b = right.split('\n');
  if (a.length > DIFF_LINES_MAX || b.length > DIFF_LINES_MAX) return undefined;
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = shortestEdit(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  if (middle === undefined) return undefined;
  const same = (count: number): readonly Step[] => Array.from({ length: count }, () => 'same' as const);
  return numbered([...same(head), ...middle, ...same(tail)], a, b);
}

/** Changed lines: a line that gave way to another one counts once. */
export function changedLines(lines: readonly DiffLine[]): number {
  let total = 0;
  let gone = 0;
  let come = 0;
  for (const { kind } of lines) {
    if (kind === 'gone') gone += 1;
    else if (kind === 'new') come += 1;
    else {
      total += Math.max(gone, come);
      gone = 0;
      come = 0;
    }
  }
  return total + Math.max(gone, come);
}

type Step = DiffLine['kind'];

function numbered(steps: readonly Step[], a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  let left = 0;
  let right = 0;
  return steps.map((kind) => {
    if (kind !== 'new') left += 1;
    if (kind !== 'gone') right += 1;
    return {
      kind,
      left: kind === 'new' ? null : left,
      right: kind === 'gone' ? null : right,
      text: (kind === 'new' ? b[right - 1] : a[left - 1]) ?? '',
    };
  });
}

/** For each number of edits the furthest line of `a` on each diagonal; then back along the ones that led to the end. */
function shortestEdit(a: readonly string[], b: readonly string[]): readonly Step[] | undefined {
  const trace: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  const editsMax = Math.min(a.length + b.length, DIFF_EDITS_MAX);
  for (let edits = 0; edits <= editsMax; edits += 1) {
    trace.push(furthest);
    const next = new Map<number, number>();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = startOf(furthest, diagonal, edits);
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return walkBack(trace, a.length, b.length);
    }
    furthest = next;
  }
  return undefined;
}

function comesDown(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  if (diagonal === edits) return false;
  return (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

function startOf(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  if (comesDown(furthest, diagonal, edits)) return furthest.get(diagonal + 1) ?? 0;
  return (furthest.get(diagonal - 1) ?? 0) + 1;
}

function walkBack(
  trace: readonly ReadonlyMap<number, number>[],
  endX: number,
  endY: number,
): readonly Step[] {
  const steps: Step[] = [];
  let x = endX;
  let y = endY;
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const furthest = trace[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = comesDown(furthest, diagonal, edits);
    const beforeX = (down ? furthest.get(diagonal + 1) : furthest.get(diagonal - 1)) ?? 0;
    const beforeY = beforeX - (down ? diagonal + 1 : diagonal - 1);
    const startX = down ? beforeX : beforeX + 1;
    for (; x > startX; x -= 1, y -= 1) steps.push('same');
    steps.push(down ? 'new' : 'gone');
    x = beforeX;
    y = beforeY;
  }
  for (; x > 0; x -= 1) steps.push('same');
  return steps.reverse();
}
