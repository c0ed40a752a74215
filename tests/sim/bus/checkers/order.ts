/** O1 agreed order, O2 transitional order, O3 no holes, V3 virtual synchrony; F4 is O3 where a safe message is left out. */

import {
  type Delivered,
  type History,
  regularPart,
  type ServerTrace,
  type Stay,
  steps,
  transitionalPart,
} from '../history.ts';
import type { Violation } from './violation.ts';

export function checkOrder(history: History): readonly Violation[] {
  return [...onePosition(history), ...prefixes(history), ...together(history)];
}

/** A position of a view means the same batch to everybody, and is reached without a hole. */
function onePosition(history: History): readonly Violation[] {
  const positions = new Map<string, string>();
  const holes: { readonly place: string; readonly what: string }[] = [];
  const found: Violation[] = [];
  for (const trace of history.servers) {
    for (const stay of trace.stays) {
      let next = 1;
      for (const { gseq, key } of stay.delivered) {
        if (gseq === undefined) continue;
        if (gseq !== next)
          holes.push({ place: `${stay.id} ${next}`, what: `${trace.key} ${key} at ${gseq}, not ${next}` });
        next = gseq + 1;
        const place = `${stay.id} ${gseq}`;
        const known = positions.get(place);
        if (known === undefined) positions.set(place, key);
        else if (known !== key) found.push({ invariant: 'O1', what: `${place} is ${known} and ${key}` });
      }
    }
  }
  for (const { place, what } of holes) {
    found.push({ invariant: 'O3', what });
    const missing = positions.get(place);
    if (missing !== undefined && history.sent.get(missing)?.safe === true)
      found.push({ invariant: 'F4', what });
  }
  return found;
}

function prefixes(history: History): readonly Violation[] {
  const longest = new Map<string, readonly Delivered[]>();
  const found: Violation[] = [];
  for (const trace of history.servers) {
    for (const stay of trace.stays) {
      const part = regularPart(stay);
      const known = longest.get(stay.id) ?? [];
      const [short, long] = part.length <= known.length ? [part, known] : [known, part];
      const at = short.findIndex(({ key }, index) => long[index]?.key !== key);
      if (at >= 0) found.push({ invariant: 'O1', what: `${trace.key} ${stay.id} differs at ${at}` });
      longest.set(stay.id, long);
    }
  }
  return found;
}

function together(history: History): readonly Violation[] {
  const first = new Map<string, { readonly trace: ServerTrace; readonly stay: Stay }>();
  const found: Violation[] = [];
  for (const trace of history.servers) {
    for (const { from, to } of steps(trace)) {
      const move = `${from.id} to ${to.id}`;
      const known = first.get(move);
      if (known === undefined) {
        first.set(move, { trace, stay: from });
        continue;
      }
      const who = `${trace.key} and ${known.trace.key} from ${move}`;
      if (keys(from.delivered) !== keys(known.stay.delivered)) found.push({ invariant: 'V3', what: who });
      const sameMark = from.transition?.at === known.stay.transition?.at;
      if (!sameMark || keys(transitionalPart(from)) !== keys(transitionalPart(known.stay))) {
        found.push({ invariant: 'O2', what: who });
      }
    }
  }
  return found;
}

function keys(part: readonly Delivered[]): string {
  return part.map(({ key }) => key).join();
}
