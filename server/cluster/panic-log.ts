/**
 * What this process said that somebody should know of: the last entries of each level for the console (`paniclog`),
 * and lines for the paniclog and for `log_group`. Bounded; an entry is one line whatever its fields hold.
 */

import type { LogFields, LogLevel } from '../base/ports.ts';
import { printableLine } from '../console/printable.ts';

/** Entries of one level that are remembered (momentum.md 7.5). */
export const PANIC_ENTRIES_MAX = 10;
export const PANIC_CHARACTERS_MAX = 1_024;
/** Lines that wait to be told to others; the oldest go first. */
export const PANIC_LINES_WAITING_MAX = 100;

export type PanicEntry = {
  /** As the documents spell levels (momentum.md 2.2), in lower case. */
  readonly level: 'info' | 'warning' | 'error';
  /** `Sun 30 Nov 2003 10:31:37`, in the time zone of the process. */
  readonly time: string;
  readonly text: string;
};

const LEVELS: Readonly<Record<LogLevel, PanicEntry['level'] | undefined>> = {
  debug: undefined,
  info: 'info',
  warn: 'warning',
  error: 'error',
};

export class PanicLog {
  readonly #kept = new Map<PanicEntry['level'], { readonly number: number; readonly entry: PanicEntry }[]>();
  readonly #localTime: (wallMs: number) => string;
  #waiting: string[] = [];
  #count = 0;

  /** @param localTime what a clock on the wall shows at this moment, as text. */
  constructor(localTime: (wallMs: number) => string) {
    this.#localTime = localTime;
  }

  /** @returns the line for the paniclog, `1307461172:text`; undefined for what does not belong there. */
  note(level: LogLevel, event: string, fields: LogFields | undefined, atWallMs: number): string | undefined {
    const name = LEVELS[level];
    if (name === undefined) return undefined;
    const entry = { level: name, time: this.#localTime(atWallMs), text: panicText(event, fields) };
    const kept = this.#kept.get(name) ?? [];
    kept.push({ number: this.#count, entry });
    this.#count += 1;
    if (kept.length > PANIC_ENTRIES_MAX) kept.shift();
    this.#kept.set(name, kept);
    if (name !== 'error') return undefined;
    const line = `${Math.floor(atWallMs / 1_000)}:${entry.text}`;
    this.#waiting.push(line);
    if (this.#waiting.length > PANIC_LINES_WAITING_MAX) this.#waiting.shift();
    return line;
  }

  /** In the order in which they were said. */
  entries(): readonly PanicEntry[] {
    return [...this.#kept.values()]
      .flat()
      .sort((a, b) => a.number - b.number)
      .map(({ entry }) => entry);
  }

  /** Lines that were not taken before. */
  takeLines(): readonly string[] {
    if (this.#waiting.length === 0) return [];
    const lines = this.#waiting;
    this.#waiting = [];
    return lines;
  }
}

/** `vip.host text="cannot plumb" address=10.1.1.1` */
export function panicText(event: string, fields: LogFields | undefined): string {
  const words = Object.entries(fields ?? {}).map(([name, value]) => `${name}=${fieldText(value)}`);
  const text = printableLine([event, ...words].join(' '));
  return text.length <= PANIC_CHARACTERS_MAX ? text : `${text.slice(0, PANIC_CHARACTERS_MAX)}...`;
}

function fieldText(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value === 'string') return /^[\w.:/@#-]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value);
  return safeJson(value);
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return '?'; // a field that refers to itself, or a bigint: the log of this process shows it
  }
}
