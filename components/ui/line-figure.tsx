/** Lines over time between two moments, with the top of the scale; what they show is said in words beside them. */

import type { Piece } from './line-pieces.ts';

const WIDTH = 480;
const HEIGHT = 96;

/** Told apart by their dashes, never by colour alone. */
export const LINE_KINDS_MAX = 6;

export type LineFigureProps = {
  /** One for each thing that is drawn; the first is solid. */
  readonly lines: readonly (readonly Piece[])[];
  readonly words: string;
  readonly top: string;
  readonly from: string;
  readonly to: string;
};

export function LineFigure({ lines, words, top, from, to }: LineFigureProps) {
  return (
    <figure className="line-figure">
      <span className="line-scale" aria-hidden="true">
        {top}
      </span>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
        <path
          className="line-grid"
          d={`M0 ${HEIGHT - 0.5}H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 .5H${WIDTH}`}
        />
        {lines.map((pieces, index) => (
          <path
            // biome-ignore lint/suspicious/noArrayIndexKey: the place of a line is what it is
            key={index}
            className="line-stroke"
            data-line={index % LINE_KINDS_MAX}
            d={piecePath(pieces, WIDTH, HEIGHT)}
          />
        ))}
      </svg>
      <span className="line-times" aria-hidden="true">
        <span>{from}</span>
        <span>{to}</span>
      </span>
    </figure>
  );
}

/** A single look is a short stroke: a point alone is not drawn. */
export function piecePath(pieces: readonly Piece[], width: number, height: number): string {
  return pieces
    .map((piece) => {
      const points = piece.map(
        ({ x, y }) => `${(x * width).toFixed(1)} ${(1 + (1 - y) * (height - 2)).toFixed(1)}`,
      );
      return points.length === 1 ? `M${points[0]}h2` : `M${points.join('L')}`;
    })
    .join('');
}
