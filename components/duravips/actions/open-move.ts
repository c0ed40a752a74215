'use client';

/** Opens the move sheet of an address, with a target where one was pointed at: a cell of the matrix, a key on a row. */

import { useCallback } from 'react';
import { useVipActions } from './vip-actions.tsx';

export type OpenMove = (address: string, to?: string) => void;

/** Below `VipActions` only. */
export function useOpenMove(): OpenMove {
  const { open } = useVipActions();
  return useCallback(
    (address, to) => open({ kind: 'move', address, ...(to === undefined ? {} : { to }) }),
    [open],
  );
}
