'use client';

/**
 * The figures of the bus for who looks at them: asked for while a component that shows them is mounted, and told once a
 * second. One server that cannot be read is left out and counted: it must not take the others with it.
 */

import { useEffect, useState } from 'react';
import '../api/schemas-without-eval.ts';
import * as z from 'zod/mini';
import { type BusFigures, busFigures, busServerFigures } from '../../server/wire/bus.ts';
import type { BusTold } from './hub-protocol.ts';
import { useLiveParts } from './use-live.ts';

export type BusNow =
  /** Nothing was told yet. */
  | { readonly state: 'waiting' }
  | { readonly state: 'refused'; readonly code: string }
  | {
      readonly state: 'told';
      readonly figures: BusFigures;
      /** Local monotonic moment at which they came. */
      readonly heardMs: number;
      /** Servers that were told and could not be read. */
      readonly unreadable: number;
    };

const frame = z.extend(busFigures, { servers: z.array(z.unknown()) });

/** @returns undefined where not even the frame can be read. */
export function readBusFigures(
  value: unknown,
): { readonly figures: BusFigures; readonly unreadable: number } | undefined {
  const parsed = frame.safeParse(value);
  if (!parsed.success) return undefined;
  const servers = parsed.data.servers.flatMap((server) => {
    const read = busServerFigures.safeParse(server);
    return read.success ? [read.data] : [];
  });
  const unreadable = parsed.data.servers.length - servers.length;
  return { figures: { ...parsed.data, servers }, unreadable };
}

/** @param nowMs local monotonic clock. */
export function stepBus(before: BusNow, told: BusTold, nowMs: number): BusNow {
  if (told.type === 'refused') return { state: 'refused', code: told.code };
  const read = readBusFigures(told.figures);
  return read === undefined ? before : { state: 'told', ...read, heardMs: nowMs - told.ageMs };
}

export function useBusFigures(): BusNow {
  const { socket } = useLiveParts();
  const [now, setNow] = useState<BusNow>({ state: 'waiting' });
  useEffect(
    () => socket.watchBus((told) => setNow((before) => stepBus(before, told, performance.now()))),
    [socket],
  );
  return now;
}
