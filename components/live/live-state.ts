/**
 * What is known of the cluster: snapshot, patches and heartbeats folded into one state. Pure. It decides when
 * something is missing and asks for a resync; it knows nothing of sockets, frames or the wall clock of this machine.
 * The hub of a browser folds what the gateway sends; each tab folds what the hub sends, by the same rules.
 */

import { FRESHNESS, HEARTBEAT_INTERVAL_MS } from '../../server/wire/freshness.ts';
import type { LiveHeartbeat, LiveModel, Row } from '../../server/wire/live.ts';
import { EMPTY_MODEL, type ParsedPatch, type ParsedResync, type ParsedSnapshot } from './live-rows.ts';

export type HeardBeat = LiveHeartbeat & {
  /** Arrival on the local monotonic clock. */
  readonly receivedMs: number;
};

export type LiveCounters = {
  readonly gaps: number;
  readonly epochs: number;
  readonly duplicates: number;
  readonly rejectedRows: number;
};

export type LiveState = {
  readonly epoch: string | null;
  readonly seq: number;
  /** False until the first snapshot: empty lists then mean "not known yet". */
  readonly loaded: boolean;
  readonly model: LiveModel;
  readonly beat: HeardBeat | null;
  /** When the missing part was asked for, local monotonic clock; null while nothing is missing. */
  readonly repairingSinceMs: number | null;
  readonly counters: LiveCounters;
  /** The model as it was when the connection was lost; null while it holds. */
  readonly awayModel: LiveModel | null;
  /** The gateway's clock when it was lost. */
  readonly awaySinceMs: number | null;
  /** Set on return; `changes` counts rows that differ from before, `sinceMs` is the gateway's clock at the loss. */
  readonly back: { readonly changes: number; readonly atMs: number; readonly sinceMs: number | null } | null;
  /** Estimate of gateway wall clock minus ours, milliseconds, at most the one-way delay too low. */
  readonly offsetMs: number | null;
  /** How often heartbeats are passed on: tabs in the background get few. */
  readonly beatEveryMs: number;
};

/** What the hub of this browser says of itself; moments are on the clock of whoever folds it. */
export type HubStatus = {
  readonly connected: boolean;
  readonly beat: HeardBeat | null;
  readonly beatEveryMs: number;
  readonly counters: LiveCounters;
  readonly repairingSinceMs: number | null;
  readonly offsetMs: number | null;
};

export type LiveInput =
  | { readonly type: 'snapshot'; readonly snapshot: ParsedSnapshot }
  | { readonly type: 'patch'; readonly patch: ParsedPatch }
  | { readonly type: 'heartbeat'; readonly heartbeat: LiveHeartbeat; readonly wallMs: number }
  | { readonly type: 'resynced'; readonly reply: ParsedResync }
  | { readonly type: 'unreadable' }
  /** In a tab: from the hub, after the data that came with it. */
  | { readonly type: 'status'; readonly status: HubStatus }
  | { readonly type: 'lost' }
  | { readonly type: 'backSeen' };

export type LiveStep = {
  readonly state: LiveState;
  /** Ask the gateway for what is missing. */
  readonly resync: boolean;
};

/** A resync that was not answered within this time is asked again. */
export const RESYNC_REPEAT_MS = 2_000;
/** How fast the clock estimate may follow a drifting clock, per heartbeat. */
const OFFSET_DECAY_MS = 0.5;

export const EMPTY_LIVE_STATE: LiveState = {
  epoch: null,
  seq: 0,
  loaded: false,
  model: EMPTY_MODEL,
  beat: null,
  repairingSinceMs: null,
  counters: { gaps: 0, epochs: 0, duplicates: 0, rejectedRows: 0 },
  awayModel: null,
  awaySinceMs: null,
  back: null,
  offsetMs: null,
  beatEveryMs: HEARTBEAT_INTERVAL_MS,
};

/** @param nowMs local monotonic clock. */
export function stepLive(state: LiveState, input: LiveInput, nowMs: number): LiveStep {
  switch (input.type) {
    case 'snapshot':
      return { state: withSnapshot(state, input.snapshot), resync: false };
    case 'patch':
      return withPatch(state, input.patch, nowMs);
    case 'heartbeat':
      return withHeartbeat(state, input, nowMs);
    case 'resynced':
      return withResync(state, input.reply, nowMs);
    case 'unreadable':
      return askAgain(count(state, { rejectedRows: 1 }), nowMs);
    case 'status':
      return withStatus(state, input.status, nowMs);
    case 'lost':
      return { state: lost(state), resync: false };
    case 'backSeen':
      return { state: { ...state, back: null }, resync: false };
  }
}

function lost(state: LiveState): LiveState {
  if (state.awayModel !== null) return { ...state, back: null };
  return { ...state, awayModel: state.model, awaySinceMs: state.beat?.serverMs ?? null, back: null };
}

function count(state: LiveState, more: Partial<LiveCounters>): LiveState {
  const { gaps, epochs, duplicates, rejectedRows } = state.counters;
  const counters = {
    gaps: gaps + (more.gaps ?? 0),
    epochs: epochs + (more.epochs ?? 0),
    duplicates: duplicates + (more.duplicates ?? 0),
    rejectedRows: rejectedRows + (more.rejectedRows ?? 0),
  };
  return { ...state, counters };
}

function withSnapshot(state: LiveState, snapshot: ParsedSnapshot): LiveState {
  const sameEpoch = snapshot.epoch === state.epoch;
  // Resync replies and pushed snapshots may cross: never go back inside one epoch.
  if (sameEpoch && state.loaded && snapshot.seq < state.seq) return count(state, { duplicates: 1 });
  const counted = count(state, {
    epochs: state.epoch !== null && !sameEpoch ? 1 : 0,
    rejectedRows: snapshot.rejectedRows,
  });
  return {
    ...counted,
    epoch: snapshot.epoch,
    seq: snapshot.seq,
    loaded: true,
    model: snapshot.model,
    repairingSinceMs: null,
  };
}

function applyPatch(state: LiveState, patch: ParsedPatch): LiveState {
  const model: Record<string, Record<string, unknown>> = { ...state.model };
  for (const { c, k, row } of patch.changes) {
    const collection = model[c] === state.model[c] ? { ...state.model[c] } : model[c];
    const next: Record<string, unknown> = collection ?? {};
    if (row === null) delete next[k];
    else next[k] = row;
    model[c] = next;
  }
  const counted = patch.rejectedRows > 0 ? count(state, { rejectedRows: patch.rejectedRows }) : state;
  // Each collection was copied from a checked model and got only checked rows.
  return { ...counted, seq: patch.seq, model: model as LiveModel };
}

function withPatch(state: LiveState, patch: ParsedPatch, nowMs: number): LiveStep {
  if (!state.loaded || patch.epoch !== state.epoch) return askAgain(state, nowMs);
  if (patch.seq <= state.seq) return { state: count(state, { duplicates: 1 }), resync: false };
  if ((patch.from ?? patch.seq - 1) > state.seq) return gap(state, nowMs);
  return { state: applyPatch(state, patch), resync: false };
}

function gap(state: LiveState, nowMs: number): LiveStep {
  return askAgain(state.repairingSinceMs === null ? count(state, { gaps: 1 }) : state, nowMs);
}

function askAgain(state: LiveState, nowMs: number): LiveStep {
  const { repairingSinceMs } = state;
  if (repairingSinceMs !== null && nowMs - repairingSinceMs < RESYNC_REPEAT_MS)
    return { state, resync: false };
  return { state: { ...state, repairingSinceMs: nowMs }, resync: true };
}

function withHeartbeat(
  state: LiveState,
  { heartbeat, wallMs }: { readonly heartbeat: LiveHeartbeat; readonly wallMs: number },
  nowMs: number,
): LiveStep {
  const seenMs = heartbeat.serverMs - wallMs;
  const offsetMs = state.offsetMs === null ? seenMs : Math.max(seenMs, state.offsetMs - OFFSET_DECAY_MS);
  const beaten: LiveState = { ...state, offsetMs, beat: { ...heartbeat, receivedMs: nowMs } };
  if (!state.loaded || heartbeat.epoch !== state.epoch) return askAgain(beaten, nowMs);
  if (heartbeat.seq > state.seq) return gap(beaten, nowMs);
  return { state: settle(beaten, nowMs), resync: false };
}

function withStatus(before: LiveState, status: HubStatus, nowMs: number): LiveStep {
  const { connected, ...told } = status;
  const state: LiveState = { ...before, ...told };
  if (!connected) return { state: state.awayModel === null ? lost(state) : state, resync: false };
  const { beat } = state;
  if (beat === null || state.repairingSinceMs !== null) return { state, resync: false };
  const behind = !state.loaded || beat.epoch !== state.epoch || beat.seq > state.seq;
  if (behind) return { state, resync: true };
  // A hub that slept as well repeats what it heard before: nobody is live again by that.
  const old = nowMs - beat.receivedMs >= FRESHNESS.staleMs;
  return { state: old ? state : settle(state, nowMs), resync: false };
}

function withResync(state: LiveState, reply: ParsedResync, nowMs: number): LiveStep {
  if (reply.kind === 'snapshot') return { state: withSnapshot(state, reply.snapshot), resync: false };
  let next: LiveState = { ...state, repairingSinceMs: null };
  for (const patch of reply.patches) {
    const step = withPatch(next, patch, nowMs);
    if (step.resync) return step;
    next = step.state;
  }
  return { state: next, resync: false };
}

/** Nothing is missing and a heartbeat says so: a repair ends, and after a loss the difference is counted once. */
function settle(state: LiveState, nowMs: number): LiveState {
  const whole: LiveState = state.repairingSinceMs === null ? state : { ...state, repairingSinceMs: null };
  if (state.awayModel === null) return whole;
  const changes = countDifferences(state.awayModel, state.model);
  return {
    ...whole,
    awayModel: null,
    back: state.awayModel === EMPTY_MODEL ? null : { changes, atMs: nowMs, sinceMs: state.awaySinceMs },
  };
}

/** Rows of members and bus that people would call changed: measured ages and skews are not. */
export function countDifferences(before: LiveModel, after: LiveModel): number {
  let differences = 0;
  const ids = new Set([...Object.keys(before.members), ...Object.keys(after.members)]);
  for (const id of ids) {
    if (memberFingerprint(before.members[id]) !== memberFingerprint(after.members[id])) differences += 1;
  }
  if (before.bus['bus']?.state !== after.bus['bus']?.state) differences += 1;
  return differences;
}

function memberFingerprint(row: Row<'members'> | undefined): string {
  if (row === undefined) return '';
  return JSON.stringify([
    row.state,
    row.cause,
    row.joinedMs,
    row.startedMs,
    row.version,
    row.address,
    row.groups,
  ]);
}

/** How long a repair may run before the page calls itself stale: shorter ones would only flicker. */
export const REPAIR_SHOWN_MS = FRESHNESS.laggingMs / 4;
