'use client';

/** The lines of the logs as they are judged now. They come anew when a row or a verdict changes. */

import { useMemo, useState } from 'react';
import type { Freshness } from '../live/freshness.ts';
import { useFreshness, useGatewayNow, useLive } from '../live/use-live.ts';
import type { Member } from '../members/member-words.ts';
import { type LogLine, LogLines } from './log-lines.ts';

/** Verdicts hang on spans of tens of seconds. */
const JUDGED_EVERY_MS = 2_000;

export type LogsNow = {
  /** Null until the first data. */
  readonly lines: readonly LogLine[] | null;
  /** What is shown is only what was known last: no bus, or no gateway. */
  readonly cut: boolean;
  readonly nowMs: number | null;
};

export function useLogLines(): LogsNow {
  const [keeper] = useState(() => new LogLines());
  const { logs, logPauses, members, bus } = useLive(({ live }) => live.model);
  const loaded = useLive(({ live }) => live.loaded);
  const beatMs = useLive(({ live }) => live.beat?.serverMs ?? null);
  const freshness = useFreshness(JUDGED_EVERY_MS);
  const gatewayMs = useGatewayNow(JUDGED_EVERY_MS);
  const { level } = freshness;
  const cut = level === 'lostBus' || level === 'disconnected';
  const lastMs = level === 'lostBus' ? (bus['bus']?.sinceMs ?? beatMs) : beatMs;
  const nowMs = cut ? lastMs : gatewayMs;
  const names = [...heardNodes(members, freshness)].sort().join('\n');
  const lines = useMemo(() => {
    if (!loaded || nowMs === null) return null;
    return keeper.linesOf({ logs, pauses: logPauses, heard: new Set(names.split('\n')), nowMs });
  }, [keeper, loaded, logs, logPauses, names, nowMs]);
  return { lines, cut, nowMs };
}

/** Node names of members that are in the view and say something. */
export function heardNodes(
  members: Readonly<Record<string, Member>>,
  { silent }: Pick<Freshness, 'silent'>,
): ReadonlySet<string> {
  const mute = new Set(silent);
  return new Set(
    Object.values(members)
      .filter(({ id, state }) => state !== 'departed' && state !== 'suspect' && !mute.has(id))
      .map(({ id, nodeName }) => nodeName ?? id),
  );
}
