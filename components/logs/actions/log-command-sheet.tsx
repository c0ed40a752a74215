'use client';

/**
 * The preview of a change to a subscriber: what its node says it would do, the exact command, and what became of it. The
 * command carries the position that was looked at, so that another one is refused by the node as well.
 */

import type { ReactNode } from 'react';
import type { Job } from '../../../server/wire/http.ts';
import type { LogReview } from '../../../server/wire/logs.ts';
import type { ApiFailure } from '../../api/api-failure.ts';
import { useJob } from '../../console/job-queries.ts';
import { roleObstacle } from '../../duravips/actions/write-gate.ts';
import { useSession } from '../../frame/session-gate.tsx';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { MARKS } from '../../test-marks.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { inertText } from '../../ui/inert-text.ts';
import type { PreviewOutcome } from '../../ui/preview-obstacle.ts';
import { PreviewOutcomeNote } from '../../ui/preview-parts.tsx';
import { PreviewSheet } from '../../ui/preview-sheet.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { Status } from '../../ui/status-glyph.tsx';
import type { LogLine } from '../log-lines.ts';
import { ReviewTable } from './review-table.tsx';
import { effectWords, movedPreconditions, objectWords } from './review-words.ts';
import { outcomeOfJob, useLogCommand } from './use-log-command.ts';

export type LogCommandSheetProps = {
  readonly line: LogLine;
  readonly title: string;
  readonly verb: string;
  readonly review: {
    readonly data: LogReview | undefined;
    readonly error: ApiFailure | null;
    readonly isFetching: boolean;
  };
  /** Asks the node anew. */
  readonly onReview: () => void;
  readonly lead?: ReactNode;
  /** Beyond role, data and the node's own refusal. */
  readonly obstacle: string | null;
  readonly children?: ReactNode;
  readonly onClose: () => void;
};

export function LogCommandSheet(props: LogCommandSheetProps) {
  const { line, review } = props;
  const { account } = useSession();
  const data = usePreviewData();
  const command = useLogCommand(line.row.node, review.data);
  const { classification, asks } = command;
  if (command.job !== null) {
    return <SentSheet job={command.job} title={props.title} onClose={props.onClose} />;
  }
  const preconditions = movedPreconditions(review.data, line);
  const moved = preconditions.some(({ state }) => state === 'changed');
  const notAllowed =
    classification === null || classification.allowed || asks
      ? null
      : (classification.reason ?? 'not allowed');
  return (
    <PreviewSheet
      title={props.title}
      class={classification?.class ?? 'W3'}
      {...(asks ? { classWords: 'only admins may send it, and this asks one of them' } : {})}
      verb={asks ? 'Ask for approval of' : props.verb}
      object={asks ? 'this command' : objectWords(line)}
      lead={props.lead}
      {...(review.data === undefined
        ? {}
        : { exactly: { label: 'Exactly this goes out', text: review.data.command } })}
      targets={{ label: 'To one node', list: [{ name: line.row.node, node: true }] }}
      effect={<Effect {...review} />}
      data={data}
      preconditions={preconditions}
      typedName={asks ? null : (classification?.typedName ?? null)}
      reason={asks ? 'required' : 'optional'}
      obstacle={
        roleObstacle(account.role) ??
        notAllowed ??
        data.obstacle ??
        props.obstacle ??
        reviewObstacle(review) ??
        (classification === null ? 'its class is being asked for' : null)
      }
      busy={command.busy}
      outcome={command.outcome}
      onClose={props.onClose}
      onConfirm={command.confirm}
    >
      {review.data === undefined ? null : <ReviewTable review={review.data} />}
      {moved || review.data?.refusal != null || review.error !== null ? (
        <AgainNotice
          moved={moved}
          refusal={review.data?.refusal ?? null}
          onReview={() => {
            command.reset();
            props.onReview();
          }}
        />
      ) : null}
      {props.children}
    </PreviewSheet>
  );
}

function reviewObstacle({ data, error, isFetching }: LogCommandSheetProps['review']): string | null {
  if (error !== null) return 'its node did not say what this would do';
  if (data === undefined)
    return isFetching ? 'its node is being asked what this would do' : 'choose where to first';
  return data.refusal === null ? null : inertText(data.refusal);
}

function Effect({ data, error, isFetching }: LogCommandSheetProps['review']) {
  if (error !== null) return <p role="alert">{inertText(error.message)}</p>;
  if (data === undefined) {
    return <p className="muted">{isFetching ? 'Its node is being asked…' : 'Choose where it is to go.'}</p>;
  }
  return (
    <>
      {effectWords(data).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </>
  );
}

type AgainNoticeProps = {
  readonly moved: boolean;
  readonly refusal: string | null;
  readonly onReview: () => void;
};

function AgainNotice({ moved, refusal, onReview }: AgainNoticeProps) {
  return (
    <div className="notice review-due" role="alert">
      {refusal === null ? (
        <p>{moved ? 'It moved since this was looked at. Nothing was sent.' : 'It could not be looked at.'}</p>
      ) : (
        <p data-test={MARKS.logs.actions.refusal}>
          <Status shape="critical">Refused now</Status> {inertText(refusal)}
        </p>
      )}
      <ActionButton mark={MARKS.logs.actions.review} obstacle={null} onPress={onReview}>
        Review it as it is now
      </ActionButton>
    </div>
  );
}

type SentSheetProps = { readonly job: Job; readonly title: string; readonly onClose: () => void };

/** What the node answered, in place of the preview. */
function SentSheet({ job: sent, title, onClose }: SentSheetProps) {
  const job = useJob(sent.id).data ?? sent;
  const outcome: PreviewOutcome | null = outcomeOfJob(job);
  return (
    <Sheet title={title} open onClose={onClose} mark={MARKS.preview.sheet} closeMark={MARKS.preview.cancel}>
      <div>
        <p className="label">Sent</p>
        <pre className="preview-exact">{inertText(job.command)}</pre>
      </div>
      <div data-test={MARKS.logs.actions.reply} data-kind={outcome?.kind ?? 'waiting'}>
        {outcome === null ? (
          <Status shape="moving">Its node has not answered yet</Status>
        ) : (
          <PreviewOutcomeNote outcome={outcome} />
        )}
      </div>
    </Sheet>
  );
}
