/** Whether the gateway is on the bus, as the live model says it. */

import type { ModelChange, Observer } from '../cluster/observer-api.ts';
import { busRow } from '../wire/live.ts';

export function busJoined(observer: Observer): boolean {
  return observer.model().bus['bus']?.state === 'joined';
}

/** Nobody is heard from this change on. */
export function losesBus({ c, row }: ModelChange): boolean {
  return c === 'bus' && (row === null || busRow.safeParse(row).data?.state !== 'joined');
}
