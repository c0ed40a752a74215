'use client';

/** An operator asks for a command that only an admin may send: a use of the one preview sheet. */

import { formatDuration } from '../ui/format-time.ts';
import { PreviewSheet } from '../ui/preview-sheet.tsx';
import { APPROVAL_EXPIRES_SHOWN_MS } from './approval-queries.ts';
import { type CommandSheetProps, commandPreview } from './confirm-sheet.tsx';

export function ApprovalSheet(props: CommandSheetProps) {
  const { command, classification } = props;
  return (
    <PreviewSheet
      {...commandPreview(props)}
      title={`Ask for a ${classification.class} command`}
      classWords="only admins may send it, and this asks one of them"
      verb="Ask for approval of"
      exactly={{ label: 'Exactly this goes out once it is approved', text: command }}
      effect={
        <p>
          Nothing is sent now. An admin sees the command, these nodes and your reason, and sends it or denies
          it. The request ends after {formatDuration(APPROVAL_EXPIRES_SHOWN_MS)}, or when the target means
          other nodes.
        </p>
      }
      typedName={null}
      reason="required"
    />
  );
}
