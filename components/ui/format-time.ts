/**
 * Times for people: durations of at most two units, clock times in 24 hours with seconds, RFC 3339 for copying.
 * Unknown is `—`, never 0. Pure but for the zone, which is the one choice of the page (`zone.ts`).
 */

import { zonedTime, zoneShortName } from './zone.ts';

export const UNKNOWN = '—';

/** Below ten seconds one decimal, like an instrument: `0.6 s`; then `14 s`, `3 min 20 s`, `5 h 12 min`, `9 d 4 h`. */
export function formatAge(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const clampedMs = Math.max(0, ms);
  if (clampedMs < 9_950) return `${(clampedMs / 1_000).toFixed(1)} s`;
  return formatDuration(clampedMs);
}

export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return withRest(`${minutes} min`, seconds % 60, 's');
  if (days === 0) return withRest(`${hours} h`, minutes % 60, 'min');
  return withRest(`${days} d`, hours % 24, 'h');
}

function withRest(head: string, rest: number, unit: string): string {
  return rest === 0 ? head : `${head} ${rest} ${unit}`;
}

/** Milliseconds that matter: `0.4 ms`, `12 ms`, `1.2 s`. */
export function formatLatency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Signed, as clocks differ: `+3 ms`, `−0.8 s`, `0 ms`. */
export function formatSkew(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const rounded = Math.round(ms);
  if (rounded === 0) return '0 ms';
  const sign = rounded > 0 ? '+' : '−';
  const size = Math.abs(rounded);
  return size < 1_000 ? `${sign}${size} ms` : `${sign}${(size / 1_000).toFixed(1)} s`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Further from 1970 than a date can be, and its offset. Members may say anything of their clocks. */
const MOMENT_MAX_MS = 8.64e15 - 86_400_000;

function isMoment(wallMs: number | null | undefined): wallMs is number {
  return typeof wallMs === 'number' && Math.abs(wallMs) <= MOMENT_MAX_MS;
}

export function formatClock(wallMs: number | null | undefined): string {
  if (!isMoment(wallMs)) return UNKNOWN;
  const { hour, minute, second } = zonedTime(wallMs);
  return `${two(hour)}:${two(minute)}:${two(second)}`;
}

/** With the day in front unless it is the day of `todayMs`. */
export function formatMoment(wallMs: number | null | undefined, todayMs: number | null): string {
  if (!isMoment(wallMs)) return UNKNOWN;
  const clock = formatClock(wallMs);
  return todayMs !== null && dayOf(wallMs) === dayOf(todayMs) ? clock : `${dayOf(wallMs)} ${clock}`;
}

function dayOf(wallMs: number): string {
  const { year, month, day } = zonedTime(wallMs);
  return `${year}-${two(month)}-${two(day)}`;
}

/** RFC 3339 with the offset of the chosen zone, for titles and copies. */
export function formatRfc3339(wallMs: number): string {
  if (!isMoment(wallMs)) return UNKNOWN;
  const { offsetMin } = zonedTime(wallMs);
  const sign = offsetMin < 0 ? '-' : '+';
  const offset = `${sign}${two(Math.floor(Math.abs(offsetMin) / 60))}:${two(Math.abs(offsetMin) % 60)}`;
  const local = new Date(wallMs + offsetMin * 60_000).toISOString().slice(0, 23);
  return `${local}${offset}`;
}

/** What is copied or exported, whatever the page shows: RFC 3339 with offset; empty where nothing is known. */
export function formatExportTime(wallMs: number | null | undefined): string {
  return isMoment(wallMs) ? formatRfc3339(wallMs) : '';
}

/** Short name of the chosen zone, for column heads: `CET`, `UTC`. */
export function zoneLabel(wallMs: number): string {
  return zoneShortName(wallMs);
}

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return UNKNOWN;
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  if (bytes < 1_000_000_000_000) return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
  return `${(bytes / 1_000_000_000_000).toFixed(1)} TB`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
