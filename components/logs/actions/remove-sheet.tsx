'use client';

/** Removing a subscriber (W3), with what has to be so before (momentum.md 6.6). */

import { useState } from 'react';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { type GlyphShape, Status } from '../../ui/status-glyph.tsx';
import { useLogReview } from '../log-queries.ts';
import { type Check, decommissionChecks } from './decommission.ts';
import { LogCommandSheet } from './log-command-sheet.tsx';
import type { LogSheetProps } from './log-sheet.tsx';
import { objectWords } from './review-words.ts';

const SHAPES: Readonly<Record<Check['state'], GlyphShape>> = {
  done: 'ok',
  open: 'warning',
  unknown: 'unknown',
};
const WORDS: Readonly<Record<Check['state'], string>> = {
  done: 'done',
  open: 'not done',
  unknown: 'not known',
};

export function RemoveSheet({ line, lines, onClose }: LogSheetProps) {
  const [look, setLook] = useState(0);
  const aggregators = useCollection('aggregators');
  const { row, subscriber } = line;
  const review = useLogReview(
    { node: row.node, log: row.log, subscriber: subscriber?.name ?? '' },
    null,
    look,
  );
  const checks = decommissionChecks(line, lines, aggregators);
  return (
    <LogCommandSheet
      line={line}
      title={`Remove ${objectWords(line)}`}
      verb="Remove"
      review={review}
      onReview={() => setLook(look + 1)}
      obstacle={null}
      onClose={onClose}
    >
      <div>
        <p className="label">Before it is removed</p>
        <ul className="preview-preconditions">
          {checks.map(({ id, state, text }) => (
            <li key={id} data-test={MARKS.logs.actions.check} data-item={id} data-state={state}>
              <Status shape={SHAPES[state]}>
                {WORDS[state]}: {text}
              </Status>
            </li>
          ))}
        </ul>
      </div>
    </LogCommandSheet>
  );
}
