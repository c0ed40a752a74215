'use client';

/**
 * What all rows of the members share, read once: ages and levels, the gateway's clock, who sees whom. Cells take it
 * from a context; the columns read the newest value when the table sorts and filters.
 */

import { createContext, useContext, useMemo } from 'react';
import type { LiveModel } from '../../server/wire/live.ts';
import type { Freshness } from '../live/freshness.ts';
import { useCollection, useFreshness, useGatewayNow, useLive } from '../live/use-live.ts';
import { disputedLinks, endsOf, type FlagContext } from './member-flags.ts';
import { type Matrix, matrixOf } from './who-sees-whom.ts';

export type MembersNow = {
  readonly freshness: Freshness;
  readonly gatewayMs: number | null;
  readonly matrix: Matrix;
  readonly flags: FlagContext;
  readonly perspective: string;
  /** What each node has of the addresses that move, by node. */
  readonly vipNodes: LiveModel['vipNodes'];
};

/** Ages on the page move at this pace. */
const EVERY_MS = 500;

export function useMembersNow(perspective: string): MembersNow {
  const freshness = useFreshness(EVERY_MS);
  const gatewayMs = useGatewayNow();
  const sightings = useCollection('sightings');
  const busView = useLive(({ live }) => live.model.bus['bus']?.viewId ?? null);
  const matrix = useMemo(() => matrixOf(sightings), [sightings]);
  const missingLinks = useMemo(() => endsOf(disputedLinks(matrix)), [matrix]);
  const flags = useMemo(() => ({ busView, missingLinks }), [busView, missingLinks]);
  const vipNodes = useCollection('vipNodes');
  return { freshness, gatewayMs, matrix, flags, perspective, vipNodes };
}

export const MembersNowContext = createContext<MembersNow | null>(null);

export function useNowOfMembers(): MembersNow {
  const now = useContext(MembersNowContext);
  if (now === null) throw new Error('a cell of the members is used outside of their table');
  return now;
}
