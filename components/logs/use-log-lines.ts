'use client';

/** The lines of the logs as they are judged now. They come anew when a row or a verdict changes. */

import { useMemo, useState } from 'react';
import { useLive } from '../live/use-live.ts';
import { useHeard } from '../members/use-heard.ts';
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
  const logs = useLive(({ live }) => live.model.logs);
  const pauses = useLive(({ live }) => live.model.logPauses);
  const loaded = useLive(({ live }) => live.loaded);
  const { heard, cut, nowMs } = useHeard(JUDGED_EVERY_MS);
  const lines = useMemo(() => {
    if (!loaded || nowMs === null) return null;
    return keeper.linesOf({ logs, pauses, heard, nowMs });
  }, [keeper, loaded, logs, pauses, heard, nowMs]);
  return { lines, cut, nowMs };
}
