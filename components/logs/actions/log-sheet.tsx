'use client';

/** The sheet of an action on a reader of a log. */

import type { LogLine } from '../log-lines.ts';
import type { LogAct } from './log-action.ts';
import { OffsetSheet } from './offset-sheet.tsx';
import { PauseSheet } from './pause-sheet.tsx';
import { RemoveSheet } from './remove-sheet.tsx';

export type LogSheetProps = {
  readonly line: LogLine;
  readonly lines: readonly LogLine[];
  readonly onClose: () => void;
};

export function LogSheet({ act, ...props }: LogSheetProps & { readonly act: LogAct }) {
  switch (act) {
    case 'offset':
      return <OffsetSheet {...props} />;
    case 'remove':
      return <RemoveSheet {...props} />;
    case 'pause':
      return <PauseSheet {...props} />;
  }
}
