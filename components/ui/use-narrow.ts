'use client';

/** Whether the page is as narrow as on a phone, for what must be drawn differently there and not only placed so. */

import { useSyncExternalStore } from 'react';

const NARROW = '(max-width: 719px)';

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia(NARROW);
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => window.matchMedia(NARROW).matches,
    () => false,
  );
}
