'use client';

/** The lines of the objects as they are judged now. They come anew when a row or a verdict changes. */

import { useMemo, useState } from 'react';
import { useLive } from '../live/use-live.ts';
import { type HeardNow, useHeard } from '../members/use-heard.ts';
import { type ObjectLine, ObjectLines } from './object-lines.ts';

const JUDGED_EVERY_MS = 500;

export type ObjectsNow = HeardNow & {
  /** Null until the first data. */
  readonly lines: readonly ObjectLine[] | null;
};

export function useObjectLines(everyMs = JUDGED_EVERY_MS): ObjectsNow {
  const [keeper] = useState(() => new ObjectLines());
  const objects = useLive(({ live }) => live.model.objects);
  const loaded = useLive(({ live }) => live.loaded);
  const now = useHeard(everyMs);
  const { heard, gone, nowMs } = now;
  const lines = useMemo(
    () => (loaded && nowMs !== null ? keeper.linesOf({ objects, heard, gone, nowMs }) : null),
    [keeper, loaded, objects, heard, gone, nowMs],
  );
  return { ...now, lines };
}
