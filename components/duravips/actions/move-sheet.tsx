'use client';

/** The move sheet (ui.md 4.5): one address, from where to where, and everything that comes with it. Compare-and-set. */

import { useState } from 'react';
import type { VipRow } from '../../../server/wire/duravip.ts';
import { useCollection, useFreshness } from '../../live/use-live.ts';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { MARKS } from '../../test-marks.ts';
import { inertName } from '../../ui/inert-text.ts';
import type { Precondition } from '../../ui/preview-obstacle.ts';
import { Sheet } from '../../ui/sheet.tsx';
import { MoveEffect } from './move-effect.tsx';
import { MoveLead, MoveTargets } from './move-lead.tsx';
import {
  moveCommand,
  moveObstacle,
  moveTargets,
  recommendedTarget,
  rowChanges,
  undoCommands,
} from './move-plan.ts';
import { RevertChoice } from './revert-choice.tsx';
import { useReview } from './use-review.ts';
import type { WriteEnds } from './vip-action.ts';
import { WriteSheet } from './write-sheet.tsx';

export type MoveSheetProps = WriteEnds & {
  readonly address: string;
  /** A target that was pointed at; else the recommended one. */
  readonly to?: string;
};

/** Waits for the address to be known, because a link may be opened before the first data is there. */
export function MoveSheet({ address, to, onClose, onAccepted }: MoveSheetProps) {
  const row = useCollection('vips')[address];
  const [last, setLast] = useState(row);
  const loaded = useFreshness(1_000).level !== 'connecting';
  if (row !== undefined && row !== last) setLast(row);
  // An address that went away while the sheet is open stays in it, as one that cannot be moved any more.
  if (last !== undefined) {
    return (
      <KnownMoveSheet
        row={last}
        gone={row === undefined}
        {...(to === undefined ? {} : { to })}
        onClose={onClose}
        onAccepted={onAccepted}
      />
    );
  }
  return (
    <Sheet
      title={`Move ${inertName(address)}`}
      open
      onClose={onClose}
      mark={MARKS.preview.sheet}
      closeMark={MARKS.preview.cancel}
    >
      <p data-test={MARKS.duravips.actions.gone}>
        {loaded
          ? `No node has ${inertName(address)} configured as a DuraVIP now. It may have been removed, or every node that has it is away.`
          : 'Waiting for the first data…'}
      </p>
    </Sheet>
  );
}

type KnownMoveSheetProps = WriteEnds & {
  readonly row: VipRow;
  readonly gone: boolean;
  readonly to?: string;
};

function KnownMoveSheet({ row, gone, to: given, onClose, onAccepted }: KnownMoveSheetProps) {
  const nodes = useCollection('vipNodes');
  const data = usePreviewData();
  const silent = useSilentNodes();
  const { seen, due, review } = useReview(
    { row, gone },
    (then, now) => now.gone !== then.gone || rowChanges(then.row, now.row).length > 0,
  );
  const [chosen, setChosen] = useState(
    () => given ?? recommendedTarget(moveTargets(row, nodes))?.node ?? row.participants[0]?.node ?? '',
  );
  const [revertAfterS, setRevertAfterS] = useState<number | null>(null);
  const targets = moveTargets(row, nodes);
  const target = targets.find(({ node }) => node === chosen);
  const noWayBack = row.owner === null ? 'Nobody had it before: there is nothing to go back to.' : null;
  const name = inertName(row.address);
  return (
    <WriteSheet
      class="W1"
      title={`Move ${name}`}
      verb="Move"
      object={`${name} to ${inertName(chosen)}`}
      lead={<MoveLead row={row} targets={targets} to={chosen} onTo={setChosen} />}
      commands={[moveCommand(row.address, chosen)]}
      undo={noWayBack === null ? { commands: undoCommands(row) } : { none: noWayBack }}
      effect={<MoveEffect row={row} to={chosen} nodes={nodes} silent={silentOf(row, chosen, silent)} />}
      data={data}
      preconditions={movePreconditions(seen.row, gone ? undefined : row)}
      obstacle={moveObstacle(row, nodes) ?? targetObstacle(row, chosen, target?.obstacle)}
      reviewDue={due === null ? null : { kind: due, review }}
      onClose={onClose}
      onAccepted={onAccepted}
      write={({ reason }) => ({
        path: 'moves',
        body: {
          items: [
            {
              address: seen.row.address,
              to: chosen,
              expected: { owner: seen.row.owner, version: seen.row.version },
            },
          ],
          reason: reason ?? '',
          revertAfterS: noWayBack === null ? revertAfterS : null,
        },
      })}
    >
      <MoveTargets targets={targets} />
      <RevertChoice value={revertAfterS} obstacle={noWayBack} onChange={setRevertAfterS} />
    </WriteSheet>
  );
}

function targetObstacle(row: VipRow, chosen: string, obstacle: string | null | undefined): string | null {
  if (chosen === row.owner) return `${inertName(chosen)} has it already`;
  if (obstacle === undefined) return `${inertName(chosen)} is not in the cluster`;
  return obstacle === null ? null : `${inertName(chosen)} cannot have it: ${obstacle}`;
}

function movePreconditions(seen: VipRow, now: VipRow | undefined): readonly Precondition[] {
  const changes = rowChanges(seen, now);
  if (changes.length > 0) return changes.map((text) => ({ text: inertName(text), state: 'changed' }));
  const owner = seen.owner === null ? 'nobody owns it' : `${inertName(seen.owner)} owns it`;
  return [{ text: `${owner}, as when this opened; otherwise nothing is sent`, state: 'holds' }];
}

function silentOf(row: VipRow, to: string, silent: ReadonlySet<string>): readonly string[] {
  return [row.owner, to].filter((name): name is string => name !== null && silent.has(name));
}

/** Names of nodes whose heartbeats are missing. */
export function useSilentNodes(): ReadonlySet<string> {
  const members = useCollection('members');
  const { silent } = useFreshness(1_000);
  return new Set(silent.map((id) => members[id]?.nodeName ?? id));
}
