'use client';

/** What each node answered to a flush, or who has to release it first. */

import { ApprovalView } from '../console/approval-view.tsx';
import { JobView } from '../console/job-view.tsx';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { Sheet } from '../ui/sheet.tsx';
import type { Sent } from './flush-button.tsx';

export type FlushedSheetProps = {
  readonly object: string;
  readonly sent: Sent;
  readonly onSent: (sent: Sent) => void;
  readonly onClose: () => void;
};

export function FlushedSheet({ object, sent, onSent, onClose }: FlushedSheetProps) {
  return (
    <Sheet
      title={`Flush ${inertName(object)}`}
      open
      onClose={onClose}
      mark={MARKS.objects.flushed}
      closeMark={MARKS.objects.flushedClose}
    >
      {sent.kind === 'approval' ? (
        <ApprovalView key={sent.id} id={sent.id} />
      ) : (
        <JobView
          key={sent.id}
          id={sent.id}
          onSent={({ id }) => onSent({ kind: 'job', id })}
          onAsked={({ id }) => onSent({ kind: 'approval', id })}
        />
      )}
    </Sheet>
  );
}
