'use client';

/** The action of a row: opens the move sheet, or shows the move that runs. Below `VipActions` only. */

import type { OperationRow, VipRow } from '../../../server/wire/duravip.ts';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { inertName } from '../../ui/inert-text.ts';
import { moveObstacle, moveTargets, recommendedTarget } from './move-plan.ts';
import { useVipActions } from './vip-actions.tsx';

export type MoveButtonProps = {
  readonly row: VipRow;
  /** On a card of a phone: one wide button that names the recommended target. */
  readonly wide?: boolean;
};

export function MoveButton({ row, wide = false }: MoveButtonProps) {
  const { open, obstacle } = useVipActions();
  const nodes = useCollection('vipNodes');
  const running = useRunningMove(row);
  const name = inertName(row.address);
  if (running !== null) {
    return (
      <span className="move-button" data-wide={wide || undefined} data-address={row.address}>
        <ActionButton
          mark={MARKS.duravips.actions.track}
          obstacle={null}
          onPress={() => open({ kind: 'track', operation: running })}
        >
          Track<span className="visually-hidden"> {name}</span>
        </ActionButton>
      </span>
    );
  }
  const target = recommendedTarget(moveTargets(row, nodes));
  const verb = row.owner === null && row.phase === 'unowned' ? 'Give' : 'Move';
  return (
    <span className="move-button" data-wide={wide || undefined} data-address={row.address}>
      <ActionButton
        mark={MARKS.duravips.actions.move}
        obstacle={obstacle ?? moveObstacle(row, nodes)}
        showReason={wide}
        onPress={() => open({ kind: 'move', address: row.address })}
      >
        <span>
          {verb}
          <span className="visually-hidden"> {name}</span>
          {wide && target !== null ? ` to ${inertName(target.node)}` : ''}…
        </span>
      </ActionButton>
    </span>
  );
}

/** The newest operation that moves this address now; null when none is known of. */
function useRunningMove(row: VipRow): OperationRow | null {
  const operations = useCollection('vipOperations');
  if (row.phase !== 'moving') return null;
  return (
    Object.values(operations)
      .filter(
        ({ state, items }) => state === 'running' && items.some(({ address }) => address === row.address),
      )
      .sort((a, b) => b.createdMs - a.createdMs)[0] ?? null
  );
}
