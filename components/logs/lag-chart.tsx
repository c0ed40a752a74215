'use client';

/** How the lag of a subscriber went in the last hour: a line, the same in words, and as a table. */

import { MARKS } from '../test-marks.ts';
import { formatBytes, formatClock, formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { type LagPicture, lagPicture, type Piece } from './lag-picture.ts';
import { type SubscriberName, useLagHistory } from './log-queries.ts';
import { formatCount } from './log-words.ts';

const WIDTH = 480;
const HEIGHT = 96;

export function LagChart({ of }: { readonly of: SubscriberName }) {
  const { data, error } = useLagHistory(of);
  const picture = data === undefined ? null : lagPicture(data.samples);
  if (error !== null && data === undefined) return <p className="muted">{error.message}</p>;
  if (picture === null) {
    return (
      <p className="muted">
        {data === undefined ? 'Asking…' : 'Nothing was sampled yet: a look comes each 10 s.'}
      </p>
    );
  }
  return (
    <div className="lag-chart" data-test={MARKS.logs.chart} data-samples={data?.samples.length}>
      <Picture picture={picture} />
      <p className="muted" data-test={MARKS.logs.chartWords}>
        {picture.words}
      </p>
      <details>
        <summary>As a table</summary>
        <SampleTable picture={picture} />
      </details>
    </div>
  );
}

function Picture({ picture }: { readonly picture: LagPicture }) {
  const { pieces, words, recordsMax, fromMs, toMs } = picture;
  return (
    <figure className="lag-figure">
      <span className="lag-scale" aria-hidden="true">
        {formatCount(recordsMax)}
      </span>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
        <path className="lag-grid" d={`M0 ${HEIGHT - 0.5}H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 .5H${WIDTH}`} />
        {pieces.map((piece) => (
          <path key={piece[0]?.x} className="lag-line" d={pathOf(piece)} />
        ))}
      </svg>
      <span className="lag-times" aria-hidden="true">
        <span>{formatClock(fromMs)}</span>
        <span>{formatClock(toMs)}</span>
      </span>
    </figure>
  );
}

/** A single look is a short stroke: a point alone is not drawn. */
function pathOf(piece: Piece): string {
  const points = piece.map(
    ({ x, y }) => `${(x * WIDTH).toFixed(1)} ${(1 + (1 - y) * (HEIGHT - 2)).toFixed(1)}`,
  );
  return points.length === 1 ? `M${points[0]}h2` : `M${points.join('L')}`;
}

function SampleTable({ picture: { table, toMs } }: { readonly picture: LagPicture }) {
  return (
    <table className="table lag-samples" data-test={MARKS.logs.chartTable}>
      <thead>
        <tr>
          <th scope="col">At</th>
          <th scope="col" className="number">
            Records
          </th>
          <th scope="col" className="number">
            Bytes
          </th>
        </tr>
      </thead>
      <tbody>
        {table.map(({ atMs, records, bytes }) => (
          <tr key={atMs}>
            <th scope="row">{formatMoment(atMs, toMs)}</th>
            <td className="number">{records === null ? UNKNOWN : formatCount(records)}</td>
            <td className="number">{formatBytes(bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
