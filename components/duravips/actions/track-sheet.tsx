'use client';

/** An operation in a sheet: what the preview turns into once it was accepted, and what the list opens. */

import type { OperationRow } from '../../../server/wire/duravip.ts';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { Sheet } from '../../ui/sheet.tsx';
import { OperationView } from './operation-view.tsx';
import { operationTitle } from './operation-words.ts';
import { useSpokenOperations } from './spoken-operations.ts';
import { useOperation } from './use-operation.ts';
import type { VipAction } from './vip-action.ts';

export type TrackSheetProps = {
  readonly operation: OperationRow;
  readonly onClose: () => void;
  /** Opens in place of this sheet. */
  readonly onAct: (action: VipAction) => void;
};

export function TrackSheet({ operation: given, onClose, onAct }: TrackSheetProps) {
  const operation = useOperation(given);
  useSpokenOperations(useCollection('vipOperations'));
  return (
    <Sheet
      title={operationTitle(operation)}
      open
      onClose={onClose}
      mark={MARKS.preview.sheet}
      closeMark={MARKS.duravips.actions.close}
    >
      <OperationView operation={operation} onAct={onAct} />
      <p className="muted">
        It goes on when this is closed, and stays in the list of operations of the DuraVIPs page.
      </p>
    </Sheet>
  );
}
