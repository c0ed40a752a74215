/** From one position to another by a number of records, across segments and the holes between them. */

import type { LogPosition } from '../model/log-position.ts';
import type { LagSurvey } from './lag.ts';
import type { LogView } from './log-view.ts';

/**
 * So many records on, or back when negative, but never out of the log. Positions in segments that are gone count as the
 * next place that is there. Undefined while records are still being counted, and in a log without segments.
 */
export function stepFrom(
  { survey, view }: { readonly survey: LagSurvey; readonly view: LogView },
  position: LogPosition,
  records: number,
): LogPosition | undefined {
  const counts: { readonly segment: number; readonly records: number }[] = [];
  let before = 0;
  let total = 0;
  for (const segment of view.segments) {
    const counted = survey.count(segment);
    if (!counted.ok || counted.value === undefined) return undefined;
    const here = counted.value.records;
    if (segment < position.segment) before += here;
    if (segment === position.segment) before += Math.min(position.marker, here);
    counts.push({ segment, records: here });
    total += here;
  }
  let left = Math.min(Math.max(0, before + records), total);
  let [at] = counts;
  for (const one of counts) {
    at = one;
    if (left <= one.records) break;
    left -= one.records;
  }
  return at === undefined ? undefined : { segment: at.segment, marker: Math.min(left, at.records) };
}
