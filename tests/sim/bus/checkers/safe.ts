/** F1, F2: a safe message in the regular part reaches everybody of the view. F3: in the transitional part, its set. */

import {
  type History,
  processKey,
  regularPart,
  type ServerTrace,
  type Stay,
  transitionalPart,
} from '../history.ts';
import type { Violation } from './violation.ts';

export function checkSafe(history: History): readonly Violation[] {
  const stays = new Map<string, { readonly trace: ServerTrace; readonly keys: ReadonlySet<string> }>();
  for (const trace of history.servers) {
    for (const stay of trace.stays) {
      const keys = new Set(stay.delivered.map(({ key }) => key));
      stays.set(`${stay.id} ${trace.key}`, { trace, keys });
    }
  }
  const crashed = new Set(history.servers.filter((trace) => trace.crashed).map(({ key }) => key));
  const found: Violation[] = [];

  const regular = (trace: ServerTrace, stay: Stay): void => {
    const safe = regularPart(stay).filter((delivered) => delivered.safe);
    if (safe.length === 0) return;
    for (const member of stay.view.members) {
      const other = stays.get(`${stay.id} ${processKey(member)}`);
      if (other === undefined) {
        found.push({
          invariant: 'F2',
          what: `${trace.key} safe in ${stay.id} without ${processKey(member)}`,
        });
        continue;
      }
      if (crashed.has(other.trace.key)) continue;
      const missing = safe.find(({ key }) => !other.keys.has(key));
      if (missing !== undefined) {
        found.push({ invariant: 'F1', what: `${trace.key} ${missing.key} not at ${other.trace.key}` });
      }
    }
  };
  const transitional = (trace: ServerTrace, stay: Stay): void => {
    const safe = transitionalPart(stay).filter((delivered) => delivered.safe);
    if (safe.length === 0) return;
    for (const member of stay.view.members) {
      const key = processKey(member);
      if (stay.transition?.together.includes(member.node) !== true || crashed.has(key)) continue;
      const other = stays.get(`${stay.id} ${key}`);
      const missing = safe.find((delivered) => other?.keys.has(delivered.key) !== true);
      if (missing !== undefined) {
        found.push({ invariant: 'F3', what: `${trace.key} ${missing.key} not at ${key}` });
      }
    }
  };

  for (const trace of history.servers) {
    for (const stay of trace.stays) {
      regular(trace, stay);
      transitional(trace, stay);
    }
  }
  return found;
}
