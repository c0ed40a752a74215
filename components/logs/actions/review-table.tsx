/** Before and after, side by side. */

import { Fragment } from 'react';
import type { LogReview } from '../../../server/wire/logs.ts';
import { MARKS } from '../../test-marks.ts';
import { formatBytes } from '../../ui/format-time.ts';
import { decimalPosition } from '../positions.ts';
import { amountWords } from './review-words.ts';

export function ReviewTable({ review }: { readonly review: LogReview }) {
  const { before, after, replayed, lost, freedBytes } = review;
  const lines = [
    { change: 'before', label: 'Stands at', text: placeWords(before, 'no position') },
    { change: 'after', label: 'Goes to', text: placeWords(after, 'removed') },
    { change: 'replayed', label: 'Read again', text: amountWords(replayed) },
    { change: 'lost', label: 'Never read', text: amountWords(lost) },
    { change: 'freed', label: 'Deleted', text: freedBytes === null ? 'not known' : formatBytes(freedBytes) },
  ];
  return (
    <dl className="facts">
      {lines.map(({ change, label, text }) => (
        <Fragment key={change}>
          <dt>{label}</dt>
          <dd
            className={change === 'before' || change === 'after' ? 'mono' : undefined}
            data-test={MARKS.logs.actions.change}
            data-change={change}
          >
            {text}
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

function placeWords(position: string | null, none: string): string {
  return position === null ? none : `${position} (${decimalPosition(position)})`;
}
