'use client';

/**
 * Acts on readers of logs from anywhere below: one sheet at a time, held here. An address with `act` opens the preview,
 * and never more than that.
 */

import { createContext, lazy, type ReactNode, Suspense, useContext, useMemo, useState } from 'react';
import { useActionObstacle } from '../../duravips/actions/write-gate.ts';
import { useUrlState } from '../../ui/url-state.ts';
import type { LogLine } from '../log-lines.ts';
import { type LogAction, linkedAction } from './log-action.ts';

// Nothing of the sheets is in the first load of the page.
const LogSheet = lazy(() => import('./log-sheet.tsx').then((part) => ({ default: part.LogSheet })));

export type LogActionsValue = {
  readonly open: (action: LogAction) => void;
  /** Why nothing can be opened now; null when it can. */
  readonly obstacle: string | null;
};

const LogActionsContext = createContext<LogActionsValue | null>(null);

/** @throws outside of `LogActions`. */
export function useLogActions(): LogActionsValue {
  const value = useContext(LogActionsContext);
  if (value === null) throw new Error('actions on logs are used outside of LogActions');
  return value;
}

export type LogActionsProps = {
  /** Null until the first data. */
  readonly lines: readonly LogLine[] | null;
  readonly children: ReactNode;
};

export function LogActions({ lines, children }: LogActionsProps) {
  const [action, setAction] = useState<LogAction | null>(null);
  const [act, setAct] = useUrlState('act', '');
  const [row] = useUrlState('row', '');
  const obstacle = useActionObstacle();
  const value = useMemo((): LogActionsValue => ({ open: setAction, obstacle }), [obstacle]);
  const shown = action ?? linkedAction(act, row);
  const found = lines?.find(({ id }) => id === shown?.id);
  // A reader that is removed is gone from the rows while its sheet says so.
  const [held, setHeld] = useState<LogLine>();
  if (found !== undefined && found !== held) setHeld(found);
  const line = found ?? (held?.id === shown?.id ? held : undefined);
  const close = (): void => {
    setAction(null);
    setAct('');
  };
  return (
    <LogActionsContext value={value}>
      {children}
      {shown === null || line === undefined || lines === null ? null : (
        <Suspense>
          <LogSheet
            key={`${shown.act} ${shown.id}`}
            act={shown.act}
            line={line}
            lines={lines}
            onClose={close}
          />
        </Suspense>
      )}
    </LogActionsContext>
  );
}
