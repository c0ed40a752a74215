/** Checks of `inbound_audit`: what its monitors keep. */

import { err, ok, type Result } from '../base/result.ts';
import { type DiagnosticSink, shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';

/** `"300,6"`: length of a window in seconds, and how many. */
export type Monitor = { readonly seconds: number; readonly count: number };

export const MONITORS_MAX = 8;
/** A day. */
const SECONDS_MAX = 86_400;
const COUNT_MAX = 288;

/** @returns the error in words for a person who wrote the text. */
export function parseMonitor(text: string): Result<Monitor, string> {
  const match = /^\s*(\d{1,6})\s*,\s*(\d{1,4})\s*$/.exec(text);
  const seconds = Number(match?.[1] ?? 0);
  const count = Number(match?.[2] ?? 0);
  if (match === null) return err('write seconds,count, such as 300,6');
  if (seconds < 1 || seconds > SECONDS_MAX) return err(`a window has 1 to ${SECONDS_MAX} seconds`);
  return count < 1 || count > COUNT_MAX ? err(`there are 1 to ${COUNT_MAX} windows`) : ok({ seconds, count });
}

export function checkAudit(generation: Generation, sink: DiagnosticSink): void {
  const value = generation.scope(['inbound_audit'])?.options.get('monitors')?.value;
  if (value === undefined) return;
  const elements = value.kind === 'array' ? value.elements : [value];
  for (const [index, element] of elements.entries()) {
    if (element.kind !== 'scalar') continue;
    const parsed = parseMonitor(element.text);
    if (!parsed.ok) {
      sink.add('CONF_BAD_VALUE', element.at, `monitor '${shown(element.text)}': ${parsed.error}`);
    } else if (index >= MONITORS_MAX) {
      const message = `monitor '${shown(element.text)}': ${MONITORS_MAX} monitors are the most`;
      sink.add('CONF_BAD_VALUE', element.at, message, 'delete it here');
    }
  }
}
