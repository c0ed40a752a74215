'use client';

/**
 * What every cell of the addresses needs beside its row: who is silent, and whether what is shown is only what was known
 * last. It changes seldom, so that cells are not drawn again with each heartbeat.
 */

import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { useFreshness } from '../live/use-live.ts';

export type VipsNow = {
  /** Members in the view that say nothing now. */
  readonly silent: ReadonlySet<string>;
  /** The gateway has no bus, or this page has no gateway. */
  readonly cut: boolean;
};

const EVERY_MS = 1_000;

const VipsNowContext = createContext<VipsNow>({ silent: new Set(), cut: false });

export function VipsNowProvider({ children }: { readonly children: ReactNode }) {
  const { silent, level } = useFreshness(EVERY_MS);
  const names = [...silent].sort().join('\n');
  const cut = level === 'lostBus' || level === 'disconnected' || level === 'stale';
  const now = useMemo(() => ({ silent: new Set(names.split('\n')), cut }), [names, cut]);
  return <VipsNowContext value={now}>{children}</VipsNowContext>;
}

export function useVipsNow(): VipsNow {
  return useContext(VipsNowContext);
}
