'use client';

/** Who is heard now, and the clock that everything shown is of: where nothing arrives, the moment of the last word. */

import { useMemo } from 'react';
import { useFreshness, useGatewayNow, useLive } from '../live/use-live.ts';
import type { Member } from './member-words.ts';

export type HeardNow = {
  /** Names of nodes. The same sets while they are the same. */
  readonly heard: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
  /** What is shown is only what was known last: no bus, or no gateway. */
  readonly cut: boolean;
  /** Wall clock of the gateway; null before its first beat. */
  readonly nowMs: number | null;
};

/** @param everyMs how fast silence and ages are noticed. */
export function useHeard(everyMs: number): HeardNow {
  const members = useLive(({ live }) => live.model.members);
  const bus = useLive(({ live }) => live.model.bus);
  const beatMs = useLive(({ live }) => live.beat?.serverMs ?? null);
  const freshness = useFreshness(everyMs);
  const gatewayMs = useGatewayNow(everyMs);
  const { level } = freshness;
  const cut = level === 'lostBus' || level === 'disconnected';
  const lastMs = level === 'lostBus' ? (bus['bus']?.sinceMs ?? beatMs) : beatMs;
  const mute = new Set(freshness.silent);
  const heard = useNames(members, ({ id, state }) => !ABSENT.has(state) && !mute.has(id));
  const gone = useNames(members, ({ state }) => state === 'departed');
  return { heard, gone, cut, nowMs: cut ? lastMs : gatewayMs };
}

/** Not in the view, or about to go from it. */
const ABSENT: ReadonlySet<Member['state']> = new Set(['departed', 'suspect']);

function useNames(
  members: Readonly<Record<string, Member>>,
  wanted: (member: Member) => boolean,
): ReadonlySet<string> {
  const found = Object.values(members).filter(wanted);
  const names = JSON.stringify(found.map(({ id, nodeName }) => nodeName ?? id).sort());
  return useMemo(() => new Set(JSON.parse(names) as readonly string[]), [names]);
}
