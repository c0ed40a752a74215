/**
 * A place in a durable log: segment and how many of its records lie before it. As an id it names the last of these
 * records, as a checkpoint it says that they were read. Printed `%08x:%08x` (jlog.md 9).
 */

import { err, ok, type Result } from '../base/result.ts';

export type LogPosition = {
  /** 0 .. 2^32-1; segments count from 0. */
  readonly segment: number;
  /** 0 .. 2^32-1; records of a segment count from 1, 0 stands before the first. */
  readonly marker: number;
};

export const LOG_BEGIN: LogPosition = { segment: 0, marker: 0 };

const PRINTED = /^([0-9a-f]{8}):([0-9a-f]{8})$/;

/** `00000000:0000a43a` */
export function formatPosition({ segment, marker }: LogPosition): string {
  return `${hex8(segment)}:${hex8(marker)}`;
}

/** Only what `formatPosition` prints, in lower or upper case. */
export function parsePosition(text: string): Result<LogPosition, string> {
  const match = PRINTED.exec(text.toLowerCase());
  if (match === null) return err('a position has the form 00000000:00000000, in hexadecimal digits');
  return ok({ segment: Number.parseInt(match[1] ?? '', 16), marker: Number.parseInt(match[2] ?? '', 16) });
}

/** Negative when `a` stands before `b`. */
export function comparePositions(a: LogPosition, b: LogPosition): number {
  return a.segment === b.segment ? a.marker - b.marker : a.segment - b.segment;
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}
