/** How a process stands with its configuration. Apart from the other options, because every page reads it. */

import * as z from 'zod/mini';

/** In the status of a process and in its member row: enough to see drift and failed reloads. */
export const configStatus = z.object({
  generation: z.int(),
  sinceMs: z.number(),
  unsaved: z.int(),
  lastReload: z.nullable(z.object({ ok: z.boolean(), atMs: z.number(), errors: z.int() })),
});
