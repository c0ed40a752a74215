'use client';

/** What can be done with one line, with the reason beside whatever cannot be done. Below `LogActions` only. */

import Link from 'next/link';
import { useSession } from '../../frame/session-gate.tsx';
import { MARKS } from '../../test-marks.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { tailHref } from '../log-address.ts';
import type { LogLine } from '../log-lines.ts';
import type { LogAct } from './log-action.ts';
import { useLogActions } from './log-actions.tsx';

export function LineActions({ line }: { readonly line: LogLine }) {
  const { open, obstacle } = useLogActions();
  const { account } = useSession();
  const { actions } = MARKS.logs;
  const silent = line.current ? null : 'its node is silent';
  const button = (act: LogAct, mark: string, label: string, reason: string | null) => (
    <ActionButton mark={mark} obstacle={reason} onPress={() => open({ act, id: line.id })}>
      {label}
    </ActionButton>
  );
  return (
    <div className="vip-acts">
      {line.subscriber === null ? null : (
        <>
          {button('offset', actions.offset, 'Change offset…', obstacle ?? silent)}
          {button('remove', actions.remove, 'Remove…', obstacle ?? silent)}
          {line.pause === null
            ? button('pause', actions.pause, 'Pause alerts…', obstacle)
            : button('pause', actions.resume, 'End the pause…', obstacle)}
        </>
      )}
      {account.role === 'viewer' ? (
        <ActionButton mark={actions.tail} obstacle="the tail needs the operator role">
          Live tail
        </ActionButton>
      ) : (
        <Link className="button" href={tailHref(line.row.id)} prefetch={false} data-test={actions.tail}>
          Live tail
        </Link>
      )}
    </div>
  );
}
