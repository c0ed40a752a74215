'use client';

/** An operator asks for a command that only an admin may send: a use of the one preview sheet. */

import type { CommandTarget } from '../../server/wire/http.ts';
import { formatDuration, plural } from '../ui/format-time.ts';
import type { PreviewData } from '../ui/preview-obstacle.ts';
import { type PreviewConfirmation, PreviewSheet } from '../ui/preview-sheet.tsx';
import { APPROVAL_EXPIRES_SHOWN_MS } from './approval-queries.ts';
import { commandHead, commandTargets, outcomeOfFailure, targetPreconditions } from './confirm-sheet.tsx';
import type { Classification } from './job-queries.ts';

export type ApprovalSheetProps = {
  readonly command: string;
  readonly target: CommandTarget;
  readonly nodesThen: readonly string[];
  readonly nodes: readonly string[];
  readonly silent: readonly string[];
  readonly classification: Classification;
  readonly data: PreviewData;
  readonly busy: boolean;
  readonly failure: Error | null;
  readonly onClose: () => void;
  readonly onConfirm: (confirmation: PreviewConfirmation) => void;
};

export function ApprovalSheet(props: ApprovalSheetProps) {
  const { command, target, nodes, classification } = props;
  return (
    <PreviewSheet
      title={`Ask for a ${classification.class} command`}
      class={classification.class}
      {...(classification.known ? {} : { classNote: 'unknown command' })}
      classWords="only admins may send it, and this asks one of them"
      verb="Ask for approval of"
      object={`${commandHead(command)} on ${plural(nodes.length, 'node')}`}
      exactly={{ label: 'Exactly this goes out once it is approved', text: command }}
      targets={commandTargets(target, nodes, props.silent)}
      effect={
        <p>
          Nothing is sent now. An admin sees the command, these nodes and your reason, and sends it or denies
          it. The request ends after {formatDuration(APPROVAL_EXPIRES_SHOWN_MS)}, or when the target means
          other nodes.
        </p>
      }
      data={props.data}
      preconditions={targetPreconditions(props.nodesThen, nodes)}
      typedName={null}
      reason="required"
      obstacle={null}
      busy={props.busy}
      outcome={props.failure === null ? null : outcomeOfFailure(props.failure)}
      onClose={props.onClose}
      onConfirm={props.onConfirm}
    />
  );
}
