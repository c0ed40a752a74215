/**
 * What crosses to the browser of DuraVIP: rows of the live model, operations and their stages, what-if, history.
 * Moments are wall-clock milliseconds of the gateway. Sources: ui.md 4.5 (pages), vip.md 4 (states), momentum.md 5.
 */

import * as z from 'zod/mini';

const wallMs = z.number();
const text = (charactersMin: number, charactersMax: number) =>
  z.string().check(z.minLength(charactersMin), z.maxLength(charactersMax));
const address = text(2, 45);
const node = text(1, 255);

export const OWNER_CAUSES = [
  'elected',
  'failure',
  'leave',
  'balance',
  'preference',
  'operator',
  'drain',
  'config',
  'plumbFailed',
  'merge',
  'suspect',
] as const;
export const ownerCause = z.enum(OWNER_CAUSES);
export type OwnerCause = z.infer<typeof ownerCause>;

/** Collection `vips`, key: the address. Nothing in it changes while nothing happens: ages come from the moments. */
export const vipRow = z.object({
  address: z.string(),
  /** Binding names; the first is shown, the others counted. */
  names: z.array(z.string()),
  services: z.array(z.string()),
  /** `unknown`: no synchronised view was seen yet. */
  phase: z.enum(['unowned', 'owned', 'moving', 'broken', 'unknown']),
  owner: z.nullable(z.string()),
  /** While `moving`: who takes it. */
  next: z.nullable(z.string()),
  /** Whether the owner has it on its host, as the owner says. `failed`: `text` says why. */
  state: z.enum(['up', 'coming', 'failed', 'unknown']),
  text: z.string(),
  /** Nodes that say they own it and are not the `owner` of this table; two owners are a dispute. */
  claims: z.array(z.string()),
  pinned: z.nullable(z.string()),
  preference: z.nullable(z.string()),
  follows: z.nullable(z.string()),
  /** Addresses of listeners that move with this one. */
  followers: z.array(z.string()),
  /** `unsafe`: services differ. `conflict`: preferences differ. `broken`: names differ, not managed. */
  flags: z.array(z.enum(['unsafe', 'conflict', 'broken'])),
  /** Every node that has it configured; `obstacle` is null for a candidate, else why it cannot have it. */
  participants: z.array(
    z.object({ node: z.string(), services: z.array(z.string()), obstacle: z.nullable(z.string()) }),
  ),
  /** Nodes whose own table says something else, with the owner they name (null: nobody; D6). Empty: all agree. */
  disagree: z.array(z.object({ node: z.string(), owner: z.nullable(z.string()) })),
  /** Of how many nodes the table is known; `agree` on screen is `known - disagree` of all participants. */
  known: z.int(),
  /** Goes back in `expected`, for compare-and-set (D3). */
  version: z.string(),
  ownerSinceMs: z.nullable(wallMs),
  viewSinceMs: z.nullable(wallMs),
  configSinceMs: z.nullable(wallMs),
  cause: z.nullable(ownerCause),
});
export type VipRow = z.infer<typeof vipRow>;

/** Collection `vipNodes`, key: the node. */
export const vipNodeRow = z.object({
  node: z.string(),
  present: z.boolean(),
  mature: z.boolean(),
  draining: z.boolean(),
  suspect: z.boolean(),
  /** Addresses it owns, by the table. */
  owned: z.int(),
  /** Addresses that it could have. */
  candidate: z.int(),
  /** Of those owned: plumbed, and failed. */
  up: z.int(),
  failed: z.int(),
  balanceSetSize: z.int(),
  /** Whether its table was equal to this one when it last said so; null: not heard yet. */
  agrees: z.nullable(z.boolean()),
  toldMs: z.nullable(wallMs),
});
export type VipNodeRow = z.infer<typeof vipNodeRow>;

/** Collection `duravip`, one row, key `duravip`. Absent until the observer knows anything. */
export const duravipRow = z.object({
  viewId: z.nullable(z.string()),
  epoch: z.string(),
  synced: z.boolean(),
  leader: z.nullable(z.string()),
  sinceMs: wallMs,
  /** Nodes whose `duravip_balance_set_size` is not the leader's. */
  setSizesDiffer: z.array(z.object({ node: z.string(), size: z.int() })),
  /** A reload touched DuraVIP bindings on these nodes and nobody announced a view since (VIP-16); null: nothing to do. */
  announceDue: z.nullable(z.object({ sinceMs: wallMs, nodes: z.array(z.string()) })),
});
export type DuravipRow = z.infer<typeof duravipRow>;

export const STAGES = ['requested', 'ordered', 'released', 'plumbed', 'announced', 'mature'] as const;
export type Stage = (typeof STAGES)[number];
/** A stage that takes longer is told: released 5 s, plumbed 10 s, mature 20 s (ui.md 2.2). */
export const STAGE_LIMIT_MS: Readonly<Record<Stage, number>> = {
  requested: 2_000,
  ordered: 5_000,
  released: 5_000,
  plumbed: 10_000,
  announced: 10_000,
  mature: 20_000,
};

/** One address of an operation. */
export const operationItem = z.object({
  address: z.string(),
  from: z.nullable(z.string()),
  to: z.nullable(z.string()),
  /** The exact command sent; equal to the audit record. */
  command: z.string(),
  /** Reached stages with moment and the node that said so; a stage that did not happen is absent. */
  stages: z.array(z.object({ stage: z.enum(STAGES), atMs: wallMs, node: z.nullable(z.string()) })),
  /** `unknown`: sent, and what became of it is not known. `late`: a stage passed its limit. */
  state: z.enum(['waiting', 'running', 'late', 'done', 'refused', 'failed', 'unknown']),
  text: z.string(),
});
export type OperationItem = z.infer<typeof operationItem>;

export const OPERATION_ITEMS_MAX = 1_000;
/** How long undo is offered (D5). */
export const UNDO_MS = 15 * 60_000;

/** Collection `vipOperations`, key: id. The newest 50. Items beyond 50 come with GET /api/duravip/operations/:id. */
export const operationRow = z.object({
  id: z.string(),
  kind: z.enum(['move', 'drain', 'undrain', 'unpin', 'announce', 'undo', 'revert']),
  /** Of which operation, for `undo` and `revert`. */
  of: z.nullable(z.string()),
  node: z.nullable(z.string()),
  actor: z.string(),
  reason: z.string(),
  createdMs: wallMs,
  state: z.enum(['running', 'done', 'partly', 'refused', 'failed', 'unknown']),
  counts: z.object({ all: z.int(), done: z.int(), failed: z.int(), unknown: z.int() }),
  items: z.array(operationItem),
  /** The commands that undo it; empty where nothing can be undone (any more). */
  undo: z.array(z.string()),
  undoUntilMs: z.nullable(wallMs),
  /** Keep-or-revert (D11): reverted then unless somebody keeps it. Null: not asked for, kept, or done. */
  revertAtMs: z.nullable(wallMs),
  kept: z.nullable(z.object({ by: z.string(), atMs: wallMs })),
});
export type OperationRow = z.infer<typeof operationRow>;
export const OPERATION_ITEMS_SHOWN = 50;
export const OPERATIONS_KEPT = 50;

const reason = z._default(z.string().check(z.trim(), z.maxLength(1_000)), '');
const revertAfterS = z.optional(z.nullable(z.int().check(z.gte(10), z.lte(3_600))));
/** What the person saw when deciding. Refused with 409 `changed` and the present rows if it is so no more. */
const expected = z.object({ owner: z.nullable(node), version: text(1, 128) });

/**
 * POST /api/duravip/moves → 202 operationReply. One command per address, `cluster duravip move ADDRESS to NODE`,
 * broadcast. One item: class W1; more: W2. 409 `changed`; 422 `refused` with a reason per address: unknown address,
 * unknown, departed, fully qualified or non-candidate node, other subnet, broken; nothing is sent then.
 */
export const moveRequest = z.object({
  items: z
    .array(z.object({ address, to: node, expected }))
    .check(z.minLength(1), z.maxLength(OPERATION_ITEMS_MAX)),
  reason,
  revertAfterS,
});
/** POST /api/duravip/drains → 202 operationReply. `undrain` lets the node take addresses again. W2. */
export const drainRequest = z.object({ node, undrain: z._default(z.boolean(), false), reason, revertAfterS });
/** POST /api/duravip/unpins (W1), POST /api/duravip/announcements (W2; no body). → 202 operationReply. */
export const unpinRequest = z.object({ address, reason });
/**
 * POST /api/duravip/operations/:id/undo → 202 operationReply; …/keep → operationReply; …/retry sends the failed items again.
 * 409 `changed` when ownership changed since for another reason. GET /api/duravip/operations/:id: with all items.
 */
export const operationReply = z.object({ operation: operationRow });

/** `details` of 422 `refused`, and of 409 `changed` with the rows as they are now (null: gone). */
export const refusedDetails = z.array(z.object({ address: z.string(), reason: z.string() }));
export type RefusedDetails = z.infer<typeof refusedDetails>;
export const changedDetails = z.array(
  z.object({ address: z.string(), reason: z.string(), row: z.nullable(vipRow) }),
);
export type ChangedDetails = z.infer<typeof changedDetails>;

/** POST /api/duravip/whatif, every role. */
export const whatIfRequest = z.object({
  without: z._default(z.array(node).check(z.maxLength(256)), []),
  drained: z._default(z.array(node).check(z.maxLength(256)), []),
});
export const whatIfReply = z.object({
  viewId: z.string(),
  epoch: z.string(),
  asOfMs: wallMs,
  moves: z.array(
    z.object({
      address: z.string(),
      from: z.nullable(z.string()),
      /** Null: no candidate is left. */
      to: z.nullable(z.string()),
      losesPreference: z.boolean(),
    }),
  ),
  loads: z.array(z.object({ node: z.string(), before: z.int(), after: z.int() })),
});
export type WhatIfReply = z.infer<typeof whatIfReply>;

/** GET /api/duravip/nodes/:node/table: what that node itself says, asked now. 504 `no_answer`. */
export const nodeTableReply = z.object({
  node: z.string(),
  viewId: z.nullable(z.string()),
  epoch: z.string(),
  synced: z.boolean(),
  toldMs: wallMs,
  /** Its neighbour table has `arp` entries; `plumbed` are the addresses it has on its interfaces. */
  arp: z.int(),
  rows: z.array(
    z.object({
      address: z.string(),
      phase: z.enum(['unowned', 'owned', 'moving', 'broken']),
      owner: z.nullable(z.string()),
      /** On an interface of that host. */
      plumbed: z.boolean(),
      interface: z.nullable(z.string()),
      text: z.string(),
    }),
  ),
});
export type NodeTableReply = z.infer<typeof nodeTableReply>;

/** A stretch of ownership; `owner` null: nobody had it. Several at once: an overlap, two owners. */
export const segment = z.object({
  owner: z.nullable(z.string()),
  fromMs: wallMs,
  /** Null: still so. */
  toMs: z.nullable(wallMs),
  /** Why it began. */
  cause: z.nullable(ownerCause),
  by: z.nullable(z.string()),
  /** The gateway saw nothing of the cluster in this stretch; `owner` is what was so before. */
  blind: z.boolean(),
});
export type Segment = z.infer<typeof segment>;
/** POST /api/duravip/history, every role: in a body, because of the number of addresses. Oldest first. */
export const historyRequest = z.object({
  addresses: z.array(address).check(z.minLength(1), z.maxLength(200)),
  fromMs: wallMs,
  toMs: wallMs,
});
export const historyReply = z.object({
  fromMs: wallMs,
  toMs: wallMs,
  /** Kept since; before it nothing is known. */
  keptSinceMs: z.nullable(wallMs),
  lanes: z.array(
    z.object({
      address: z.string(),
      segments: z.array(segment),
      unownedMs: z.number(),
      overlapMs: z.number(),
    }),
  ),
});
export type HistoryReply = z.infer<typeof historyReply>;
/** GET /api/duravip/at?ms=: who owned what then (time travel, D10). */
export const ownersAtReply = z.object({
  atMs: wallMs,
  owners: z.array(z.object({ address: z.string(), owner: z.nullable(z.string()), blind: z.boolean() })),
});
