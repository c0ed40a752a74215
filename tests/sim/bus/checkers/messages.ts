/** B1 validity, B2 no duplicates, B3 sender FIFO, B4 same view, S1 self-delivery, S2 conservation, C1 causality. */

import { type History, processKey, type ServerTrace, type Stay } from '../history.ts';
import type { Violation } from './violation.ts';

export function checkMessages(history: History): readonly Violation[] {
  return history.servers.flatMap((trace) => [
    ...valid(history, trace),
    ...once(trace),
    ...bodiesOnce(history, trace),
    ...trace.stays.flatMap((stay) => fifo(trace, stay)),
    ...ownBodies(trace),
  ]);
}

function valid(history: History, trace: ServerTrace): readonly Violation[] {
  const found: Violation[] = [];
  for (const stay of trace.stays) {
    stay.delivered.forEach((delivered, index) => {
      const where = `${trace.key} ${delivered.key}`;
      const sent = history.sent.get(delivered.key);
      if (sent === undefined || sent.hash !== delivered.hash || sent.origin !== delivered.origin) {
        const sentIn = history.bodies.get(`${delivered.origin} ${delivered.hash}`);
        if (sentIn === undefined) found.push({ invariant: 'B1', what: `${where} was not sent like this` });
        else found.push({ invariant: 'B4', what: `${where} was sent in ${sentIn}` });
      } else if (!delivered.key.startsWith(`${stay.id} `)) {
        found.push({ invariant: 'B4', what: `${where} delivered in ${stay.id}` });
      } else if (index < sent.after) {
        found.push({ invariant: 'C1', what: `${where} delivered before what its origin had delivered` });
      }
    });
  }
  return found;
}

function once(trace: ServerTrace): readonly Violation[] {
  const keys = new Set<string>();
  const found: Violation[] = [];
  for (const { key } of trace.stays.flatMap(({ delivered }) => delivered)) {
    if (keys.has(key)) found.push({ invariant: 'B2', what: `${trace.key} delivered ${key} twice` });
    keys.add(key);
  }
  return found;
}

/** A payload carries a number, so a body with payloads exists once; sent again in another view it is still the same. */
function bodiesOnce(history: History, trace: ServerTrace): readonly Violation[] {
  const bodies = new Set<string>();
  const found: Violation[] = [];
  for (const { key, origin, hash } of trace.stays.flatMap(({ delivered }) => delivered)) {
    const body = history.sent.get(key)?.body;
    if (body === undefined || !body.includes('#')) continue;
    const name = `${origin} ${hash}`;
    if (bodies.has(name))
      found.push({ invariant: 'B2', what: `${trace.key} delivered the body of ${key} twice` });
    bodies.add(name);
  }
  return found;
}

function fifo(trace: ServerTrace, stay: Stay): readonly Violation[] {
  const last = new Map<string, number>();
  const found: Violation[] = [];
  for (const { origin, b, key } of stay.delivered) {
    const before = last.get(origin) ?? 0;
    last.set(origin, b);
    if (b === before + 1) continue;
    const node = origin.slice(0, origin.lastIndexOf('/'));
    const outside = stay.transition !== undefined && !stay.transition.together.some((one) => one === node);
    if (b < before || !outside) found.push({ invariant: 'B3', what: `${trace.key} ${key} after ${before}` });
  }
  return found;
}

/**
 * Own batches are delivered in the view they were sent in, or sent again first in the next one (S2), in their order.
 * At the end a process that lives has delivered all (S1).
 */
function ownBodies(trace: ServerTrace): readonly Violation[] {
  const found: Violation[] = [];
  let carried: readonly number[] = [];
  for (const stay of trace.stays) {
    const { sent } = stay;
    const again = carried.slice(0, sent.length);
    if (again.some((hash, index) => sent[index] !== hash)) {
      found.push({ invariant: 'S2', what: `${trace.key} did not send again first in ${stay.id}` });
    }
    const own = stay.delivered.filter(({ origin }) => origin === processKey(trace.process));
    if (own.some(({ hash }, index) => sent[index] !== hash)) {
      found.push({ invariant: 'S1', what: `${trace.key} delivered its own out of order in ${stay.id}` });
    }
    carried = [...sent.slice(own.length), ...carried.slice(sent.length)];
  }
  if (carried.length > 0 && !trace.crashed) {
    found.push({ invariant: 'S1', what: `${trace.key} never delivered ${carried.length} of its own` });
  }
  return found;
}
