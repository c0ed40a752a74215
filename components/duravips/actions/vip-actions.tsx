'use client';

/**
 * Acts on DuraVIPs from anywhere below: one sheet at a time, held here, because the row that was pressed may scroll out
 * of the page while its sheet stands open. An address with `act` opens the preview, and never more than that.
 */

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useCollection, useLive } from '../../live/use-live.ts';
import { useUrlState } from '../../ui/url-state.ts';
import { LazyActionSheet } from './lazy-action-sheet.tsx';
import { useSpokenOperations } from './spoken-operations.ts';
import { linkedAction, type VipAction } from './vip-action.ts';
import { useActionObstacle } from './write-gate.ts';

export type VipActionsValue = {
  readonly open: (action: VipAction) => void;
  /** Why nothing can be opened now; null when it can. */
  readonly obstacle: string | null;
};

const VipActionsContext = createContext<VipActionsValue | null>(null);

/** @throws outside of `VipActions`. */
export function useVipActions(): VipActionsValue {
  const value = useContext(VipActionsContext);
  if (value === null) throw new Error('actions on addresses are used outside of VipActions');
  return value;
}

export type VipActionsProps = {
  readonly children: ReactNode;
  /** What is shown is not now: nothing can be done to it. */
  readonly past?: boolean;
};

const PAST = 'this is the past: return to now first';

export function VipActions({ children, past = false }: VipActionsProps) {
  const [action, setAction] = useState<VipAction | null>(null);
  const [linked, clearLinked] = useLinkedAction();
  const now = useActionObstacle();
  const obstacle = past ? PAST : now;
  useSpokenOperations(useCollection('vipOperations'));
  const value = useMemo((): VipActionsValue => ({ open: setAction, obstacle }), [obstacle]);
  // A link may be opened before there is anything to look at.
  const loaded = useLive(({ live }) => live.loaded);
  const shown = action ?? (loaded && !past ? linked : null);
  const close = (): void => {
    setAction(null);
    clearLinked();
  };
  return (
    <VipActionsContext value={value}>
      {children}
      {shown === null ? null : <LazyActionSheet key={keyOf(shown)} action={shown} onClose={close} />}
    </VipActionsContext>
  );
}

function keyOf(action: VipAction): string {
  switch (action.kind) {
    case 'move':
      return `move ${action.address} ${action.to ?? ''}`;
    case 'unpin':
      return `unpin ${action.address}`;
    case 'drain':
    case 'undrain':
      return `${action.kind} ${action.node}`;
    case 'track':
    case 'undo':
    case 'retry':
      return `${action.kind} ${action.operation.id}`;
    case 'bulk':
    case 'announce':
      return action.kind;
  }
}

/** `?vip=ADDRESS&act=move`, `?node=NODE&act=drain`, `?act=announce`: what a link or the palette asks to look at. */
function useLinkedAction(): readonly [VipAction | null, () => void] {
  const [act, setAct] = useUrlState('act', '');
  const [vip, setVip] = useUrlState('vip', '');
  const [node, setNode] = useUrlState('node', '');
  const [to, setTo] = useUrlState('to', '');
  const action = useMemo(() => linkedAction(act, vip, node, to), [act, vip, node, to]);
  const clear = (): void => {
    for (const set of [setAct, setVip, setNode, setTo]) set('');
  };
  // An address that asks for nothing that exists asks for nothing.
  useEffect(() => {
    if (act !== '' && action === null) setAct('');
  }, [act, action, setAct]);
  return [action, clear];
}
