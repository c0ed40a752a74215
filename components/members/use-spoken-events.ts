'use client';

import { useEffect, useRef } from 'react';
import { useCollection } from '../live/use-live.ts';
import { pageVoice } from '../ui/announce.ts';
import { plural } from '../ui/format-time.ts';
import { eventWords, newestFirst } from './member-words.ts';

/** Speaks what changed since the page was opened, batched by the voice. */
export function useSpokenEvents(): void {
  const rows = useCollection('events');
  const seen = useRef<number | null>(null);
  useEffect(() => {
    const [newest, ...older] = newestFirst(rows);
    if (newest === undefined) return;
    const before = seen.current;
    seen.current = Number(newest.id);
    if (before === null || seen.current <= before) return;
    const fresh = [newest, ...older].filter(
      (event) => Number(event.id) > before && event.kind !== 'viewChanged',
    );
    const [first] = fresh;
    if (first === undefined) return;
    const more = fresh.length > 1 ? `, and ${plural(fresh.length - 1, 'more change')}` : '';
    pageVoice.status(`${eventWords(first).text}${more}.`);
  }, [rows]);
}
