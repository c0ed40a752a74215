'use client';

/** The figures as the pages draw them, with their age: marked when they stop coming. */

import { useMemo, useState } from 'react';
import type { BusFigures } from '../../server/wire/bus.ts';
import { useBusFigures } from '../live/bus-figures.ts';
import { useFreshness, useGatewayNow } from '../live/use-live.ts';
import { formatDuration, formatMoment } from '../ui/format-time.ts';
import { type BusPicture, busPictureOf, FIGURES_OLD_MS } from './bus-picture.ts';
import { NO_REFUSALS, type Refusal, refusalsOf, watchRefusals } from './refusals.ts';

export type BusSeen =
  | { readonly state: 'waiting' }
  | { readonly state: 'refused'; readonly code: string }
  | {
      readonly state: 'told';
      readonly figures: BusFigures;
      readonly picture: BusPicture;
      readonly refusals: readonly Refusal[];
      /** Since when the figures are not those of now, in words; null while they are. */
      readonly stale: string | null;
      readonly unreadable: number;
    };

export function useBusPicture(): BusSeen {
  const now = useBusFigures();
  const gatewayMs = useGatewayNow();
  const { level } = useFreshness(1_000);
  const [watch, setWatch] = useState(NO_REFUSALS);
  const figures = now.state === 'told' ? now.figures : null;
  // Kept beside the figures that it was made of, so that each of them counts once.
  if (figures !== null && watch.of !== figures) setWatch(watchRefusals(watch, figures));
  const ageMs = figures === null || gatewayMs === null ? 0 : gatewayMs - figures.serverMs;
  const live = ageMs <= FIGURES_OLD_MS && level !== 'lostBus' && level !== 'disconnected';
  // While figures come, everything is as of them and drawn once for each; afterwards ages go on with the clock.
  const nowMs = live && figures !== null ? figures.serverMs : gatewayMs;
  return useMemo((): BusSeen => {
    if (now.state !== 'told') return now;
    const picture = busPictureOf(now.figures, { nowMs, live });
    return {
      state: 'told',
      figures: now.figures,
      picture,
      refusals: refusalsOf(watch, picture.asOfMs),
      stale: live ? null : staleWords(now.figures.serverMs, nowMs),
      unreadable: now.unreadable,
    };
  }, [now, nowMs, live, watch]);
}

function staleWords(toldMs: number, nowMs: number | null): string {
  const ago = nowMs === null ? '' : ` (${formatDuration(nowMs - toldMs)} ago)`;
  return `as of ${formatMoment(toldMs, nowMs)}${ago}`;
}
