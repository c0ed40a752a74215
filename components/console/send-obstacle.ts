/** Why the command in the prompt cannot be sent now; null when it can. Pure. */

import { type Freshness, writeObstacle } from '../live/freshness.ts';
import type { Classification } from './job-queries.ts';

export type SendState = {
  readonly trimmed: string;
  readonly asked: readonly string[];
  readonly freshness: Freshness;
  /** Of exactly this command; null while it is asked for. */
  readonly classification: Classification | null;
  /** What may not be sent may be asked for. */
  readonly asksFor: boolean;
  readonly busy: boolean;
};

/** Reading needs a bus; writing needs fresh data and the role as well. */
export function sendObstacle(state: SendState): string | null {
  const { trimmed, asked, freshness, classification, asksFor, busy } = state;
  if (busy) return 'being sent';
  if (trimmed === '') return 'write a command first';
  if (classification !== null && !classification.allowed && !asksFor)
    return classification.reason ?? 'not allowed for your role';
  const cut =
    freshness.level === 'lostBus' || freshness.level === 'disconnected' || freshness.level === 'connecting';
  const writes = classification !== null && classification.class !== 'R';
  if (cut || writes) {
    const obstacle = writeObstacle(freshness);
    if (obstacle !== null) return obstacle;
  }
  return asked.length === 0 ? 'no node is chosen' : null;
}
