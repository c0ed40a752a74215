/** A live model without rows, apart from the schemas so that a page without schemas can have it. */

import type { CollectionName, Row } from './live.ts';

/** Every collection, without rows. */
export function emptyModel(): { [C in CollectionName]: Record<string, Row<C>> } {
  return {
    cluster: {},
    bus: {},
    members: {},
    sightings: {},
    events: {},
    rehearsal: {},
    duravip: {},
    vips: {},
    vipNodes: {},
    vipOperations: {},
    logs: {},
    aggregators: {},
    objects: {},
    logPauses: {},
  };
}
