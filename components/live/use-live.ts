'use client';

/** Live data for components: each selects its slice and renders only when that slice changes. */

import { createContext, useContext, useSyncExternalStore } from 'react';
import type { CollectionName, LiveModel } from '../../server/wire/live.ts';
import { type Freshness, freshnessOf } from './freshness.ts';
import type { LiveClient } from './live-client.ts';
import type { LiveStore, PublishedLive } from './live-store.ts';
import { useNow } from './use-now.ts';

export type Live = { readonly store: LiveStore; readonly socket: LiveClient };

export const LiveContext = createContext<Live | null>(null);

export function useLiveParts(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('live data is used outside of its provider');
  return live;
}

/** The selector must return the same value for the same state: select, do not build. */
export function useLive<T>(select: (published: PublishedLive) => T): T {
  const { store } = useLiveParts();
  const value = (): T => select(store.published());
  return useSyncExternalStore(store.subscribe, value, value);
}

export function useCollection<C extends CollectionName>(name: C): LiveModel[C] {
  return useLive(({ live }) => live.model[name]);
}

export function useFreshness(everyMs = 250): Freshness {
  const published = useLive((whole) => whole);
  const nowMs = useNow(everyMs);
  // The clock ticks in steps: a heartbeat that arrived after the last tick is not from the future.
  return freshnessOf(
    published.live,
    published.connection,
    Math.max(nowMs, published.live.beat?.receivedMs ?? 0),
  );
}

/** Wall clock of the gateway, milliseconds since 1970, ticking by our own clock between heartbeats. */
export function useGatewayNow(everyMs = 1_000): number | null {
  const beat = useLive(({ live }) => live.beat);
  const nowMs = useNow(everyMs);
  return beat === null ? null : beat.serverMs + Math.max(0, nowMs - beat.receivedMs);
}
