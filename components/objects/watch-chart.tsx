'use client';

/** How a key went since somebody began to watch it: lines, and the same in words. */

import { formatCount } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import { formatClock } from '../ui/format-time.ts';
import { LineFigure } from '../ui/line-figure.tsx';
import { type WatchSample, watchPicture } from './watch-samples.ts';

export function WatchChart({ samples }: { readonly samples: readonly WatchSample[] }) {
  const picture = watchPicture(samples);
  if (picture === null) return <p className="muted">Asking…</p>;
  const { lines, words, valueMax, fromMs, toMs } = picture;
  return (
    <div className="watch-chart" data-test={MARKS.objects.chart} data-samples={samples.length}>
      <LineFigure
        lines={lines}
        words={words}
        top={formatCount(valueMax)}
        from={formatClock(fromMs)}
        to={formatClock(toMs)}
      />
      <p className="muted" data-test={MARKS.objects.chartWords}>
        {words}
        {lines.length > 1 ? ' Dashed: what the least and the most of the nodes say.' : ''}
      </p>
    </div>
  );
}
