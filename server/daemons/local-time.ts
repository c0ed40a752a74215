/** The calendar of this machine, in its time zone. */

import type { LocalTime } from '../logs/log-path.ts';

const DAY_MS = 86_400_000;

/** @param ms since 1970 UTC */
export function localTime(ms: number): LocalTime {
  const date = new Date(ms);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  return {
    year,
    month: month + 1,
    day,
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    weekday: date.getDay(),
    // Counted in UTC: a local day may have 23 hours.
    dayOfYear: Math.round((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / DAY_MS) + 1,
  };
}
