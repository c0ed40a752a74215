/** A small line without scales, for a place beside a number. What it shows is said in words as well. */

import { piecePath } from './line-figure.tsx';
import type { Piece } from './line-pieces.ts';

const WIDTH = 120;
const HEIGHT = 22;

export type SparkProps = { readonly lines: readonly (readonly Piece[])[]; readonly words: string };

export function Spark({ lines, words }: SparkProps) {
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words}
    >
      {lines.map((pieces, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place of a line is what it is
        <path key={index} className="line-stroke" data-line={index} d={piecePath(pieces, WIDTH, HEIGHT)} />
      ))}
    </svg>
  );
}
