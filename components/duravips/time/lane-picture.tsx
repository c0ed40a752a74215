/** One lane drawn: pieces with the pattern of their owner. Decoration beside words: what it says is its label. */

import { MARKS } from '../../test-marks.ts';
import { inertName } from '../../ui/inert-text.ts';
import { sigilOf } from '../../ui/sigil-of.ts';
import { CAUSE_GLYPHS, type Piece } from './lane.ts';

const WIDTH = 1_000;
/** Narrower pieces have no room for a monogram. */
const LABEL_SHARE = 0.06;
/** A piece is never thinner than this: a second without an owner in a month must be seen. */
const THIN = 3;

export function LanePicture({
  pieces,
  looks,
  label,
  height,
  details = false,
}: {
  readonly pieces: readonly Piece[];
  readonly looks: ReadonlyMap<string, number>;
  readonly label: string;
  readonly height: number;
  /** With monograms and the glyphs of causes. */
  readonly details?: boolean;
}) {
  return (
    <svg
      className="lane"
      viewBox={`0 0 ${WIDTH} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      data-test={MARKS.duravips.time.lane}
    >
      {pieces.map((piece) => {
        const width = Math.max(THIN, (piece.to - piece.from) * WIDTH);
        const x = Math.min(piece.from * WIDTH, WIDTH - width);
        return (
          <rect
            key={`${piece.kind}-${piece.from}-${piece.owner}`}
            className="lane-piece"
            data-kind={piece.kind}
            data-look={piece.owner === null ? undefined : looks.get(piece.owner)}
            data-owner={piece.owner ?? ''}
            x={x}
            y={piece.kind === 'overlap' ? 0 : 1}
            width={width}
            height={piece.kind === 'overlap' ? height : height - 2}
          >
            {details && piece.owner !== null ? <title>{inertName(piece.owner)}</title> : null}
          </rect>
        );
      })}
    </svg>
  );
}

/** Monograms and causes stand in a layer of their own, because a stretched picture would stretch its letters. */
export function LaneLabels({ pieces }: { readonly pieces: readonly Piece[] }) {
  return (
    <svg className="lane-labels" aria-hidden="true">
      {pieces.map(({ from, to, owner, kind, segment }) => {
        if (kind !== 'owned' && kind !== 'blind') return null;
        const cause = segment?.cause ?? null;
        const wide = to - from >= LABEL_SHARE;
        return (
          <text key={`${kind}-${from}-${owner}`} className="lane-label" x={`${from * 100}%`} dx="4" y="72%">
            {cause === null || from === 0 ? '' : `${CAUSE_GLYPHS[cause]} `}
            {wide && owner !== null ? sigilOf(owner).monogram : ''}
          </text>
        );
      })}
    </svg>
  );
}
