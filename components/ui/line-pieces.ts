/** A value over time as lines: where it is not known the line is broken, and never at 0. Pure. */

export type TimedValue = { readonly atMs: number; readonly value: number | null };
/** One unbroken piece, points of 0 to 1: from left to right, from the bottom up. */
export type Piece = readonly { readonly x: number; readonly y: number }[];

export type LineScale = {
  readonly fromMs: number;
  readonly toMs: number;
  /** At the top; more than 0. */
  readonly valueMax: number;
  /** Samples further apart than this have nothing known between them. */
  readonly apartMaxMs: number;
};

export function linePieces(samples: readonly TimedValue[], scale: LineScale): readonly Piece[] {
  const { fromMs, toMs, valueMax, apartMaxMs } = scale;
  const spanMs = Math.max(1, toMs - fromMs);
  const pieces: { x: number; y: number }[][] = [];
  let before: TimedValue | undefined;
  for (const sample of samples) {
    if (sample.value !== null) {
      const broken = before === undefined || before.value === null || sample.atMs - before.atMs > apartMaxMs;
      if (broken) pieces.push([]);
      pieces.at(-1)?.push({ x: (sample.atMs - fromMs) / spanMs, y: sample.value / valueMax });
    }
    before = sample;
  }
  return pieces;
}
