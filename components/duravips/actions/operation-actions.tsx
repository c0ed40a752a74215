'use client';

/** What can be done about an operation: keep it, take it back, send what failed again, tell the view again, look at a console. */

import Link from 'next/link';
import type { OperationRow } from '../../../server/wire/duravip.ts';
import { consoleHref } from '../../console/console-address.ts';
import { useSession } from '../../frame/session-gate.tsx';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { MARKS } from '../../test-marks.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { formatDuration, formatMoment, plural } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import { retryCount, troubleOf, undoLeftMs } from './operation-words.ts';
import { useVipWrite } from './use-vip-write.ts';
import type { VipAction } from './vip-action.ts';
import { roleObstacle, useActionObstacle } from './write-gate.ts';

export type OperationActionsProps = {
  readonly operation: OperationRow;
  /** Wall clock of the gateway. */
  readonly nowMs: number | null;
  readonly onAct: (action: VipAction) => void;
};

export function OperationActions({ operation, nowMs, onAct }: OperationActionsProps) {
  const obstacle = useActionObstacle();
  const retries = retryCount(operation);
  const troubles = operation.items.map((item) => troubleOf(item, operation.createdMs, nowMs));
  const trouble = troubles.find((each) => each !== null && each.kind !== 'refused') ?? null;
  const { undo, retry, announceAgain, console: consoleMark } = MARKS.duravips.actions;
  const left = undoLeftMs(operation, nowMs);
  return (
    <>
      <KeepOrRevert operation={operation} nowMs={nowMs} />
      <div className="operation-actions">
        {left === null ? null : (
          <ActionButton mark={undo} obstacle={obstacle} onPress={() => onAct({ kind: 'undo', operation })}>
            Undo… <span className="muted">{formatDuration(left)} left</span>
          </ActionButton>
        )}
        {retries === 0 ? null : (
          <ActionButton mark={retry} obstacle={obstacle} onPress={() => onAct({ kind: 'retry', operation })}>
            Retry {plural(retries, 'failure')}…
          </ActionButton>
        )}
        {trouble === null ? null : (
          <ActionButton mark={announceAgain} obstacle={obstacle} onPress={() => onAct({ kind: 'announce' })}>
            Announce view…
          </ActionButton>
        )}
        {trouble?.node == null ? null : (
          <Link className="button" data-test={consoleMark} href={consoleHref({ nodes: [trouble.node] })}>
            Console on {inertName(trouble.node)}
          </Link>
        )}
      </div>
      <UndoWithdrawn operation={operation} nowMs={nowMs} />
    </>
  );
}

/** Said while somebody could still look for it: the way back is closed, and why. */
function UndoWithdrawn({ operation, nowMs }: Omit<OperationActionsProps, 'onAct'>) {
  const { kind, state, undo, undoUntilMs } = operation;
  const ended = state === 'done' || state === 'partly';
  if (!ended || (kind !== 'move' && kind !== 'drain') || undoLeftMs(operation, nowMs) !== null) return null;
  const words =
    undo.length === 0
      ? 'Undo is not offered any more: the address changed hands again, or nobody had it before.'
      : `Undo was offered until ${formatMoment(undoUntilMs, nowMs)}.`;
  return (
    <p className="muted" data-test={MARKS.duravips.actions.undoGone}>
      {words}
    </p>
  );
}

/** Keeping is the safe choice: one press, no preview. */
function KeepOrRevert({ operation, nowMs }: Omit<OperationActionsProps, 'onAct'>) {
  const { account } = useSession();
  const { obstacle } = usePreviewData();
  const keep = useVipWrite(() => undefined);
  const { revertAtMs, kept } = operation;
  const { countdown, keep: keepMark, kept: keptMark } = MARKS.duravips.actions;
  if (kept !== null) {
    return (
      <p className="muted" data-test={keptMark}>
        Kept by {inertName(kept.by)} at {formatMoment(kept.atMs, nowMs)}; it is not reverted.
      </p>
    );
  }
  if (revertAtMs === null) return null;
  const leftMs = nowMs === null ? null : Math.max(0, revertAtMs - nowMs);
  const busy = keep.isPending ? 'being sent' : null;
  return (
    <div className="notice keep-or-revert">
      <p data-test={countdown}>
        {leftMs === 0 ? 'Reverting now.' : `Reverted in ${formatDuration(leftMs)} unless somebody keeps it.`}{' '}
        It is reverted by the gateway; if the gateway stops, it is not.
      </p>
      <ActionButton
        kind="primary"
        mark={keepMark}
        obstacle={roleObstacle(account.role) ?? obstacle ?? busy}
        onPress={() => keep.mutate({ path: `operations/${encodeURIComponent(operation.id)}/keep` })}
      >
        Keep it
      </ActionButton>
      {keep.error === null ? null : <p className="field-error">{keep.error.message}</p>}
    </div>
  );
}
