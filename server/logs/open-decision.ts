/** Which subscriber a new job serves, and where it begins (LGS-11, LGS-13). */

import { comparePositions, type LogPosition } from '../model/log-position.ts';
import type { LogOpen, PublishedSubscriber } from './session-api.ts';

/** The first of the wanted names that exists. */
export function firstOf(
  wanted: readonly string[],
  present: readonly PublishedSubscriber[],
): PublishedSubscriber | undefined {
  for (const name of wanted) {
    const found = present.find((one) => one.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * What the aggregator has durably counts as long as the checkpoint stands between what the node once confirmed and that:
 * then a checkpoint was lost on its way. Elsewhere somebody moved it by hand, or it is another log, and the checkpoint
 * of the node counts.
 */
export function startOf(
  known: LogOpen['known'],
  { name, position: checkpoint }: { readonly name: string; readonly position: LogPosition },
): { readonly start: LogPosition; readonly followed: boolean } {
  if (known === undefined) return { start: checkpoint, followed: true };
  const fits =
    known.subscriber === name &&
    comparePositions(known.confirmed, checkpoint) <= 0 &&
    comparePositions(checkpoint, known.durable) <= 0;
  return fits ? { start: known.durable, followed: true } : { start: checkpoint, followed: false };
}
