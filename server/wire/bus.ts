/**
 * The figures of the bus: what each msgc_server says of itself, its links, views and groups. Apart from `live.ts`, because
 * only who looks at the bus needs them: `watchBus` and `unwatchBus` over the live socket carry nothing and are answered
 * with a `WatchReply`; the first `busFigures` follow at once. Moments as in `live.ts`.
 */

import * as z from 'zod/mini';

const wallMs = z.number();

const linkFigures = z.object({
  to: z.string(),
  state: z.enum(['up', 'dialing', 'waiting', 'refused']),
  /** When the state began, in the gateway's clock. */
  sinceMs: wallMs,
  /** Null while not measured. */
  roundTripMs: z.nullable(z.number()),
  /** Queued messages; at `maxBacklog` of the server the link is killed. */
  backlog: z.number(),
  /** Since the start of the server, as all totals here. */
  reconnects: z.number(),
  refused: z.number(),
  /** Why this peer counts as slow; null if it does not. */
  slow: z.nullable(z.string()),
  /** Per second between the last two status messages of the server; null until there are two of one start. */
  rates: z.nullable(
    z.object({
      bytesIn: z.number(),
      bytesOut: z.number(),
      messagesIn: z.number(),
      messagesOut: z.number(),
    }),
  ),
  detail: z.string(),
});

/** What one msgc_server says of itself and of its links. */
export const busServerFigures = z.object({
  node: z.string(),
  /** When the gateway heard it from the server itself. */
  toldMs: wallMs,
  /** False: the server is not in our view; these are its last known figures. */
  current: z.boolean(),
  state: z.enum(['gather', 'flush', 'operational']),
  viewId: z.nullable(z.string()),
  /** False: whoever reaches its port is taken for a member (R5). */
  authenticated: z.boolean(),
  maxBacklog: z.number(),
  clients: z.number(),
  /** Connections that were refused or closed for a reason of their own, by reason, such as `wrong key`. */
  refusals: z.record(z.string(), z.number()),
  links: z.array(linkFigures),
  /** Newest last. */
  views: z.array(
    z.object({
      viewId: z.string(),
      /** In agreed order; the first orders messages. */
      members: z.array(z.string()),
      installedMs: wallMs,
      /** From the first sign that a change was due to its end; null where it is not known. */
      tookMs: z.nullable(z.number()),
      joined: z.array(z.string()),
      lost: z.array(z.object({ node: z.string(), cause: z.string() })),
    }),
  ),
});

/** Event `busFigures`, once a second while the bus is watched: too much for everybody, so only for who looks at it. */
export const busFigures = z.object({
  epoch: z.string(),
  serverMs: wallMs,
  servers: z.array(busServerFigures),
  /** Members by private name, in agreed order; null until a server told them. */
  groups: z.nullable(
    z.object({
      /** Which server said so, and when the gateway heard it. */
      from: z.string(),
      toldMs: wallMs,
      list: z.array(z.object({ group: z.string(), count: z.number(), members: z.array(z.string()) })),
    }),
  ),
});
export type BusFigures = z.infer<typeof busFigures>;
export type BusServerFigures = z.infer<typeof busServerFigures>;
