/**
 * Places in a log as people handle them: in hexadecimal as the console prints them, `00000003:00001f00`, and in decimal,
 * `3/7936`. The sign between the numbers tells which of the two a text is, so that what was copied reads back (LS-8). Pure.
 */

import { formatPosition, type LogPosition, parsePosition } from '../../server/model/log-position.ts';

const DECIMAL = /^(\d{1,10})\/(\d{1,10})$/;
const PART_MAX = 0xffff_ffff;

/** As `logPosition` of the wire; undefined for what is no position. */
export function readPosition(text: string): string | undefined {
  const trimmed = text.trim();
  const decimal = DECIMAL.exec(trimmed);
  if (decimal === null) {
    const printed = parsePosition(trimmed);
    return printed.ok ? formatPosition(printed.value) : undefined;
  }
  const [segment, marker] = [Number(decimal[1]), Number(decimal[2])];
  if (segment > PART_MAX || marker > PART_MAX) return undefined;
  return formatPosition({ segment, marker });
}

/** `3/7936`; the text itself where it is no position. */
export function decimalPosition(hex: string): string {
  const place = placeOf(hex);
  return place === undefined ? hex : `${place.segment}/${place.marker}`;
}

/** `segment 3, record 7936`, to be read out. */
export function spokenPosition(hex: string): string {
  const place = placeOf(hex);
  return place === undefined ? hex : `segment ${place.segment}, record ${place.marker}`;
}

function placeOf(hex: string): LogPosition | undefined {
  const parsed = parsePosition(hex);
  return parsed.ok ? parsed.value : undefined;
}
