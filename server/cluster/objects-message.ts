/**
 * What a member says of the objects that it shares on `ec_status`: each second when something changed, each 10 s
 * otherwise, in parts of bounded size. Whoever has all parts of one `telling` has the whole. Spans are milliseconds
 * before the message was sent, so that no clock of another machine has to be believed.
 */

import { z } from 'zod';
import { printableLine } from '../console/printable.ts';
import type { SharedObjectFacts } from '../replication/api.ts';
import { OBJECT_OWNERS_MAX, type ObjectAtNode, type ObjectRow } from '../wire/objects.ts';
import { inParts } from './gathered.ts';
import { count, name, printable } from './message-fields.ts';

export const OBJECTS_PARTS_MAX = 32;
/** Objects of one member in all parts: as many as there may be. */
const OBJECTS_TOLD_MAX = 256;
const PARAMETERS_TOLD_MAX = 16;
/** Below 256 KiB with what stands around it. */
const PART_BYTES_MAX = 200 * 1_024;

const agoMs = z.number().min(0).max(8.64e15);

const ownerTold = z.object({
  node: name,
  entries: count,
  heardAgoMs: agoMs.nullable(),
  awaiting: z.boolean(),
  divergedAgoMs: agoMs.nullable(),
});

/** See `objectRow` and `objectAtNode` in wire/objects.ts. */
const objectTold = z.object({
  name: printable(255).min(1),
  type: printable(64),
  kind: printable(64),
  snapshots: z.boolean(),
  parameters: z.array(printable(64)).max(PARAMETERS_TOLD_MAX),
  bindingGroup: name.nullable(),
  maxDelayMs: z.number().min(0),
  maxPending: count,
  maxSize: count.nullable(),
  entries: count,
  total: z.number().nullable(),
  own: z.object({ entries: count, total: z.number().nullable() }),
  pending: count,
  oldestPendingMs: agoMs.nullable(),
  sentKeys: count,
  receivedKeys: count,
  sentBytes: count,
  receivedBytes: count,
  hits: count.nullable(),
  misses: count.nullable(),
  owners: z.array(ownerTold).max(OBJECT_OWNERS_MAX),
});

export const objects = z.object({
  /** Mailbox that shares data, `#ec1-12137#relay-0-1`; null before the first connection. */
  privateName: name.nullable(),
  /** Since the start of this member, on its own clock. */
  upMs: z.number().min(0),
  /** Counts from 1 for each start of the member. */
  telling: count,
  /** 0 .. parts-1. */
  part: count.max(OBJECTS_PARTS_MAX - 1),
  parts: count.min(1).max(OBJECTS_PARTS_MAX),
  objects: z.array(objectTold).max(OBJECTS_TOLD_MAX),
});

export type ObjectsPart = z.infer<typeof objects>;
export type ObjectTold = z.infer<typeof objectTold>;

/** What the facts of an object say to others. */
export function toldObject(facts: SharedObjectFacts, nowMs: number): ObjectTold {
  const { plan, sent, received, own } = facts;
  return {
    name: shown(plan.name, 255),
    type: plan.type,
    kind: plan.kind,
    snapshots: plan.snapshots,
    parameters: [...plan.parameters].slice(0, PARAMETERS_TOLD_MAX).map((one) => shown(one, 64)),
    bindingGroup: plan.bindingGroup === undefined ? null : shown(plan.bindingGroup, 255),
    maxDelayMs: plan.maxDelayMs,
    maxPending: plan.maxPending,
    maxSize: plan.maxSize ?? null,
    entries: facts.entries,
    total: facts.total ?? null,
    own: { entries: own.entries, total: own.total ?? null },
    pending: facts.pending,
    oldestPendingMs: agoOf(facts.oldestPendingMs, nowMs),
    sentKeys: sent.keys,
    receivedKeys: received.keys,
    sentBytes: sent.bytes,
    receivedBytes: received.bytes,
    hits: facts.lookups?.hits ?? null,
    misses: facts.lookups?.misses ?? null,
    owners: facts.owners.slice(0, OBJECT_OWNERS_MAX).map((owner) => ({
      node: owner.member.node,
      entries: owner.entries,
      heardAgoMs: agoOf(owner.lastHeardMs, nowMs),
      awaiting: owner.awaiting,
      divergedAgoMs: agoOf(owner.divergedSinceMs, nowMs),
    })),
  };
}

/** In parts that fit into messages; at least one, also of nothing. */
export function objectParts(told: readonly ObjectTold[]): readonly (readonly ObjectTold[])[] {
  const bounds = { bytesMax: PART_BYTES_MAX, partsMax: OBJECTS_PARTS_MAX };
  return inParts(told.slice(0, OBJECTS_TOLD_MAX), bounds);
}

/** What of a row all members should say alike. */
export function objectPlanOf(told: ObjectTold): Omit<ObjectRow, 'nodes' | 'omitted'> {
  const { name: id, type, kind, snapshots, parameters, bindingGroup, maxDelayMs, maxPending, maxSize } = told;
  return { id, type, kind, snapshots, parameters, bindingGroup, maxDelayMs, maxPending, maxSize };
}

/** What one member says of its own part; the rest is for whoever hears it. */
export function objectFiguresOf(
  told: ObjectTold,
  { privateName, upMs }: Pick<ObjectsPart, 'privateName' | 'upMs'>,
): Pick<ObjectAtNode, keyof ObjectAtNode & (keyof ObjectTold | 'privateName' | 'upMs')> {
  const { entries, total, own, pending, oldestPendingMs, hits, misses, owners } = told;
  const { sentKeys, receivedKeys, sentBytes, receivedBytes } = told;
  return {
    privateName,
    entries,
    total,
    own,
    pending,
    oldestPendingMs,
    sentKeys,
    receivedKeys,
    sentBytes,
    receivedBytes,
    hits,
    misses,
    owners,
    upMs,
  };
}

function agoOf(atMs: number | undefined, nowMs: number): number | null {
  return atMs === undefined ? null : Math.max(0, nowMs - atMs);
}

function shown(text: string, charactersMax: number): string {
  return printableLine(text).slice(0, charactersMax);
}
