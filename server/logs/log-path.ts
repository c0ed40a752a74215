/**
 * Where a line goes: `logfile` of the scope `Logs` with the macros of strftime, and `%{l}` log key, `%{s}` subcluster,
 * `%{n}` node (LOG-15). The time is that of the record, so that a replay reaches the same file. Names come from nodes
 * and are hostile: none can add a directory, leave one, or stand for another name.
 */

import { err, ok, type Result } from '../base/result.ts';

/** A moment on the calendar of this machine. */
export type LocalTime = {
  readonly year: number;
  /** 1 .. 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0: Sunday. */
  readonly weekday: number;
  /** 1 .. 366 */
  readonly dayOfYear: number;
};

export type LogNames = { readonly log: string; readonly subcluster: string; readonly node: string };

/** Of one directory or file; longer names are cut and get a checksum. */
const NAME_BYTES_MAX = 200;
/** Years 1970 to 9999; other times of records are moved to the nearer end. */
const TIME_MS_MAX = 253_402_214_400_000;

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const TIMES: Readonly<Record<string, (time: LocalTime) => string>> = {
  Y: ({ year }) => String(year),
  y: ({ year }) => two(year % 100),
  C: ({ year }) => two(Math.floor(year / 100)),
  m: ({ month }) => two(month),
  d: ({ day }) => two(day),
  e: ({ day }) => String(day).padStart(2, ' '),
  H: ({ hour }) => two(hour),
  I: ({ hour }) => two(hour % 12 === 0 ? 12 : hour % 12),
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  M: ({ minute }) => two(minute),
  S: ({ second }) => two(second),
  j: ({ dayOfYear }) => String(dayOfYear).padStart(3, '0'),
  w: ({ weekday }) => String(weekday),
  u: ({ weekday }) => String(weekday === 0 ? 7 : weekday),
  a: ({ weekday }) => (DAYS[weekday] ?? '').slice(0, 3),
  A: ({ weekday }) => DAYS[weekday] ?? '',
  b: ({ month }) => (MONTHS[month - 1] ?? '').slice(0, 3),
  h: ({ month }) => (MONTHS[month - 1] ?? '').slice(0, 3),
  B: ({ month }) => MONTHS[month - 1] ?? '',
  F: ({ year, month, day }) => `${year}-${two(month)}-${two(day)}`,
  T: ({ hour, minute, second }) => `${two(hour)}:${two(minute)}:${two(second)}`,
  R: ({ hour, minute }) => `${two(hour)}:${two(minute)}`,
};

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'time'; readonly of: (time: LocalTime) => string }
  | { readonly kind: 'name'; readonly name: keyof LogNames };

const NAMES: Readonly<Record<string, keyof LogNames>> = { l: 'log', s: 'subcluster', n: 'node' };

export class LogPath {
  readonly text: string;
  readonly #parts: readonly Part[];
  /** Records of one such span go to the same file. */
  readonly #spanMs: number;

  constructor(text: string, parts: readonly Part[], spanMs: number) {
    this.text = text;
    this.#parts = parts;
    this.#spanMs = spanMs;
  }

  /** Records of one log of one node for which this is equal have the same path. @param timeUs since 1970 UTC */
  spanOf(timeUs: number): number {
    return Math.floor(timeMsOf(timeUs) / this.#spanMs);
  }

  /** @param localTime of a moment in milliseconds since 1970 UTC */
  pathOf(names: LogNames, timeUs: number, localTime: (ms: number) => LocalTime): string {
    const time = localTime(timeMsOf(timeUs));
    return this.#parts
      .map((part) =>
        part.kind === 'text' ? part.text : part.kind === 'time' ? part.of(time) : safeName(names[part.name]),
      )
      .join('');
  }
}

/** @returns an error for people. */
export function parseLogPath(text: string): Result<LogPath, string> {
  const parts: Part[] = [];
  let spanMs = MINUTE_MS;
  for (const [piece, macro, name] of text.matchAll(/%\{([^}]*)\}|%(.?)|[^%]+/gsu)) {
    if (macro !== undefined) {
      const known = Object.hasOwn(NAMES, macro) ? NAMES[macro] : undefined;
      if (known === undefined) return err(`logfile: there is no macro ${piece}`);
      parts.push({ kind: 'name', name: known });
    } else if (name === '%') {
      parts.push({ kind: 'text', text: '%' });
    } else if (name !== undefined) {
      const of = Object.hasOwn(TIMES, name) ? TIMES[name] : undefined;
      if (of === undefined) return err(`logfile: there is no macro ${piece}`);
      if (name === 'S' || name === 'T') spanMs = SECOND_MS;
      parts.push({ kind: 'time', of });
    } else {
      parts.push({ kind: 'text', text: piece });
    }
  }
  if (!text.startsWith('/')) return err('logfile: the path must begin with /');
  if (text.endsWith('/') || text.includes('\0')) return err('logfile: the path must name a file');
  return ok(new LogPath(text, parts, spanMs));
}

const SECOND_MS = 1_000;
/** Zones and their changes are whole minutes. */
const MINUTE_MS = 60_000;

function timeMsOf(timeUs: number): number {
  return Number.isFinite(timeUs) ? Math.min(TIME_MS_MAX, Math.max(0, Math.floor(timeUs / 1_000))) : 0;
}

/**
 * A name as part of a path. What could act in a path or on a screen is written `%2F`; so is `%`, so that two names never
 * give one file.
 */
export function safeName(name: string): string {
  const told = name.replaceAll(UNSAFE, (character) =>
    [...new TextEncoder().encode(character)].map((byte) => `%${hex(byte)}`).join(''),
  );
  const safe = told.startsWith('.') ? `%2E${told.slice(1)}` : told;
  if (safe === '') return '%';
  if (new TextEncoder().encode(safe).length <= NAME_BYTES_MAX) return safe;
  return `${cutTo(safe, NAME_BYTES_MAX - 20)}%${fingerprint(name)}`;
}

const UNSAFE = /[/\\%\p{C}\p{Z}]/gu;

function cutTo(text: string, bytesMax: number): string {
  let cut = '';
  let bytes = 0;
  for (const character of text) {
    bytes += new TextEncoder().encode(character).length;
    if (bytes > bytesMax) break;
    cut += character;
  }
  return cut;
}

/** FNV-1a, 2 × 32 bits: names that begin alike get different files. */
function fingerprint(name: string): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (const byte of new TextEncoder().encode(name)) {
    a = Math.imul(a ^ byte, 0x01000193) >>> 0;
    b = Math.imul(b ^ (byte + 0x5b), 0x01000193) >>> 0;
  }
  return `${a.toString(16).padStart(8, '0')}${b.toString(16).padStart(8, '0')}`;
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
