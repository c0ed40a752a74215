'use client';

/** How the lag of a subscriber went in the last hour: a line, the same in words, and as a table. */

import { MARKS } from '../test-marks.ts';
import { formatBytes, formatClock, formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { LineFigure } from '../ui/line-figure.tsx';
import { type LagPicture, lagPicture } from './lag-picture.ts';
import { type SubscriberName, useLagHistory } from './log-queries.ts';
import { formatCount } from './log-words.ts';

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
      <LineFigure
        lines={[picture.pieces]}
        words={picture.words}
        top={formatCount(picture.recordsMax)}
        from={formatClock(picture.fromMs)}
        to={formatClock(picture.toMs)}
      />
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
