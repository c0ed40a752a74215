'use client';

/**
 * The preview of a write to addresses: the one preview sheet, with the state that was looked at, the way back, and on
 * a phone a face to hold.
 */

import { type ReactNode, useRef } from 'react';
import { useSession } from '../../frame/session-gate.tsx';
import { MARKS } from '../../test-marks.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { inertText } from '../../ui/inert-text.ts';
import type { Precondition, PreviewData } from '../../ui/preview-obstacle.ts';
import { type PreviewConfirmation, PreviewSheet } from '../../ui/preview-sheet.tsx';
import { useNarrow } from '../../ui/use-narrow.ts';
import { HoldToCommit } from './hold-to-commit.tsx';
import { outcomeOfWrite, useVipWrite, type VipWrite } from './use-vip-write.ts';
import type { WriteEnds } from './vip-action.ts';
import { roleObstacle } from './write-gate.ts';

export type WriteSheetProps = WriteEnds & {
  readonly class: 'W1' | 'W2';
  readonly title: string;
  readonly verb: string;
  readonly object: string;
  readonly lead?: ReactNode;
  /** The commands that go out, each on its own line; by broadcast. */
  readonly commands: readonly string[];
  /** Null: says that it cannot be undone, with the reason. */
  readonly undo: { readonly commands: readonly string[] } | { readonly none: string };
  readonly effect: ReactNode;
  readonly data: PreviewData;
  readonly preconditions: readonly Precondition[];
  /** Beyond role and data. */
  readonly obstacle: string | null;
  /** Null where everything is as it was when it was looked at. */
  readonly reviewDue: { readonly kind: 'changed' | 'aged'; readonly review: () => void } | null;
  /** Where a reason would go nowhere. */
  readonly noReason?: boolean;
  readonly children?: ReactNode;
  readonly write: (confirmation: PreviewConfirmation) => VipWrite;
};

/** Commands that are listed; more are counted. */
export const COMMANDS_LISTED_MAX = 50;

export function WriteSheet(props: WriteSheetProps) {
  const { account } = useSession();
  const narrow = useNarrow();
  const send = useVipWrite(props.onAccepted);
  const sending = useRef(false);
  const write = (confirmation: PreviewConfirmation): void => {
    // A second press may come before the first has drawn anything.
    if (sending.current) return;
    sending.current = true;
    send.mutate(props.write(confirmation), {
      onSettled: () => {
        sending.current = false;
      },
    });
  };
  const { reviewDue, data } = props;
  const aged = reviewDue?.kind === 'aged' ? 'the data was stale: refresh and review it first' : null;
  return (
    <PreviewSheet
      title={props.title}
      class={props.class}
      verb={props.verb}
      object={props.object}
      lead={props.lead}
      {...(narrow
        ? {
            face: ({ verb, object, obstacle, onConfirm }) => (
              <HoldToCommit commit={`${verb} ${object}`} obstacle={obstacle} onCommit={onConfirm} />
            ),
          }
        : {})}
      exactly={{ label: 'Exactly this goes out, by broadcast', text: listed(props.commands) }}
      effect={props.effect}
      data={data}
      preconditions={props.preconditions}
      typedName={null}
      reason={props.noReason === true ? 'none' : 'optional'}
      obstacle={roleObstacle(account.role) ?? data.obstacle ?? props.obstacle ?? aged}
      busy={send.isPending}
      outcome={outcomeOfWrite(send.error)}
      onClose={props.onClose}
      onConfirm={write}
    >
      {reviewDue === null ? null : (
        <ReviewButton
          kind={reviewDue.kind}
          data={data}
          onReview={() => {
            send.reset(); // what was refused for the state before says nothing of this one
            reviewDue.review();
          }}
        />
      )}
      <UndoLine undo={props.undo} />
      {props.children}
    </PreviewSheet>
  );
}

type ReviewButtonProps = {
  readonly kind: 'changed' | 'aged';
  readonly data: PreviewData;
  readonly onReview: () => void;
};

function ReviewButton({ kind, data, onReview }: ReviewButtonProps) {
  return (
    <div className="notice review-due" role="alert">
      <p>
        {kind === 'changed'
          ? 'It is not as it was when this opened. Nothing was sent.'
          : 'The data was too old to act on.'}
      </p>
      <ActionButton
        mark={MARKS.duravips.actions.review}
        obstacle={data.obstacle === null ? null : `${data.obstacle}; it is asked for`}
        onPress={onReview}
      >
        {kind === 'changed' ? 'Review it as it is now' : 'Refresh and review'}
      </ActionButton>
    </div>
  );
}

function UndoLine({ undo }: { readonly undo: WriteSheetProps['undo'] }) {
  return (
    <div>
      <p className="label">Undo</p>
      {'none' in undo ? (
        <p className="muted">{undo.none}</p>
      ) : (
        <pre className="undo-command" data-test={MARKS.duravips.actions.undoCommand}>
          {inertText(listed(undo.commands))}
        </pre>
      )}
    </div>
  );
}

export function listed(commands: readonly string[]): string {
  const more = commands.length - COMMANDS_LISTED_MAX;
  return more > 0
    ? [...commands.slice(0, COMMANDS_LISTED_MAX), `… and ${more} more`].join('\n')
    : commands.join('\n');
}
