'use client';

/** The sheet of an action. What was accepted is followed in the same place, and what can be done about it opens there. */

import { useState } from 'react';
import { RetrySheet, UndoSheet } from './again-sheets.tsx';
import { AnnounceSheet } from './announce-sheet.tsx';
import { BulkSheet } from './bulk-sheet.tsx';
import { DrainSheet } from './drain-sheet.tsx';
import { MoveSheet } from './move-sheet.tsx';
import { TrackSheet } from './track-sheet.tsx';
import { UnpinSheet } from './unpin-sheet.tsx';
import type { VipAction, WriteEnds } from './vip-action.ts';

export type ActionSheetProps = { readonly action: VipAction; readonly onClose: () => void };

export function ActionSheet({ action: first, onClose }: ActionSheetProps) {
  const [action, setAction] = useState(first);
  const ends: WriteEnds = { onClose, onAccepted: (operation) => setAction({ kind: 'track', operation }) };
  switch (action.kind) {
    case 'move':
      return <MoveSheet {...action} {...ends} />;
    case 'bulk':
      return <BulkSheet {...action} {...ends} />;
    case 'drain':
    case 'undrain':
      return <DrainSheet node={action.node} undrain={action.kind === 'undrain'} {...ends} />;
    case 'unpin':
      return <UnpinSheet {...action} {...ends} />;
    case 'announce':
      return <AnnounceSheet {...ends} />;
    case 'undo':
      return <UndoSheet {...action} {...ends} />;
    case 'retry':
      return <RetrySheet {...action} {...ends} />;
    case 'track':
      return <TrackSheet {...action} onClose={onClose} onAct={setAction} />;
  }
}
