/**
 * How old what we show is, hop by hop, and what that allows (ui.md 2.3). Pure; every moment is the local
 * monotonic clock, so ages keep counting when the socket is dead. Ages are those at the last heartbeat plus what
 * a heartbeat is late: between two punctual heartbeats nothing is known to be older.
 */

import { FRESHNESS, HEARTBEAT_INTERVAL_MS } from '../../server/wire/freshness.ts';
import type { ConnectionView } from './live-connection.ts';
import { type LiveState, REPAIR_SHOWN_MS } from './live-state.ts';

export type FreshnessLevel = 'connecting' | 'live' | 'lagging' | 'stale' | 'lostBus' | 'disconnected';
export type HopLevel = 'unknown' | 'live' | 'lagging' | 'stale' | 'silent' | 'lost';

export type Hop = {
  readonly level: HopLevel;
  /** Null when never heard. */
  readonly ageMs: number | null;
};

export type Freshness = {
  readonly level: FreshnessLevel;
  /** Ages and levels of single members; departed members are absent. */
  readonly members: Readonly<Record<string, Hop>>;
  readonly nodes: Hop;
  readonly silent: readonly string[];
  readonly bus: Hop;
  readonly gateway: Hop;
  readonly you: HopLevel;
  readonly repairing: boolean;
};

export function freshnessOf(state: LiveState, connection: ConnectionView, nowMs: number): Freshness {
  const { beat } = state;
  // In the background heartbeats are passed on seldom: what is not late yet has no age.
  const spacingMs = state.beatEveryMs - HEARTBEAT_INTERVAL_MS;
  const gatewayAgeMs = beat === null ? null : Math.max(0, nowMs - beat.receivedMs - spacingMs);
  const lateMs = gatewayAgeMs === null ? 0 : Math.max(0, gatewayAgeMs - HEARTBEAT_INTERVAL_MS);
  const lost = connection.lostSinceMs !== null || (gatewayAgeMs ?? 0) >= FRESHNESS.staleMs;

  // Since the bus was lost nobody could be heard: only what was silent before counts as silence.
  const deafMs = beat?.bus.state === 'joined' ? 0 : (beat?.bus.ageMs ?? Number.POSITIVE_INFINITY);
  const members: Record<string, Hop> = {};
  for (const [id, ageMs] of Object.entries(beat?.memberAgesMs ?? {})) {
    members[id] = memberHop(ageMs, lateMs, deafMs);
  }
  const bus = busHop(beat?.bus.state, beat?.bus.ageMs ?? null, lateMs);
  const gateway: Hop = { level: lost ? 'lost' : levelOfAge(gatewayAgeMs), ageMs: gatewayAgeMs };
  const silent = Object.keys(members).filter((id) => members[id]?.level === 'silent');
  const repairing = state.repairingSinceMs !== null && nowMs - state.repairingSinceMs >= REPAIR_SHOWN_MS;
  const nodes = nodesHop(members, silent.length);
  const partial = { members, nodes, silent, bus, gateway, repairing };
  const level = overall(partial, lost, state.loaded);
  return { ...partial, level, you: youLevel(level) };
}

/** Silence is what the gateway noticed while it was on the bus. What we miss since then makes nobody silent. */
function memberHop(toldMs: number, lateMs: number, deafMs: number): Hop {
  const ageMs = toldMs + lateMs;
  if (toldMs - deafMs > FRESHNESS.silentMemberMs) return { level: 'silent', ageMs };
  if (ageMs > FRESHNESS.silentMemberMs) return { level: 'stale', ageMs };
  return { level: ageMs >= FRESHNESS.laggingMs ? 'lagging' : 'live', ageMs };
}

function busHop(
  state: 'connecting' | 'joined' | 'lost' | undefined,
  ageMs: number | null,
  lateMs: number,
): Hop {
  const totalMs = ageMs === null ? null : ageMs + lateMs;
  if (state === undefined || state === 'connecting') return { level: 'unknown', ageMs: totalMs };
  if (state === 'lost') return { level: 'lost', ageMs: totalMs };
  return { level: levelOfAge(totalMs), ageMs: totalMs };
}

function levelOfAge(ageMs: number | null): HopLevel {
  if (ageMs === null) return 'unknown';
  if (ageMs < FRESHNESS.laggingMs) return 'live';
  if (ageMs < FRESHNESS.staleMs) return 'lagging';
  return 'stale';
}

/** The oldest of those that are not silent; silent ones are counted apart and mark only themselves. */
function nodesHop(members: Readonly<Record<string, Hop>>, silent: number): Hop {
  const hops = Object.values(members);
  if (hops.length === 0) return { level: 'unknown', ageMs: null };
  const heard = hops.filter((hop) => hop.level !== 'silent');
  const oldestMs = Math.max(...(heard.length > 0 ? heard : hops).map((hop) => hop.ageMs ?? 0));
  if (hops.some((hop) => hop.level === 'stale')) return { level: 'stale', ageMs: oldestMs };
  if (silent > 0) return { level: 'silent', ageMs: oldestMs };
  return { level: oldestMs >= FRESHNESS.laggingMs ? 'lagging' : 'live', ageMs: oldestMs };
}

function overall(
  hops: Pick<Freshness, 'bus' | 'gateway' | 'repairing'>,
  lost: boolean,
  loaded: boolean,
): FreshnessLevel {
  if (lost) return 'disconnected';
  if (!loaded || hops.gateway.level === 'unknown') return 'connecting';
  if (hops.bus.level === 'lost') return 'lostBus';
  if (hops.repairing || hops.bus.level === 'stale') return 'stale';
  if (hops.bus.level === 'unknown') return 'stale';
  return hops.bus.level === 'lagging' || hops.gateway.level === 'lagging' ? 'lagging' : 'live';
}

function youLevel(level: FreshnessLevel): HopLevel {
  switch (level) {
    case 'live':
    case 'lagging':
    case 'stale':
      return level;
    case 'lostBus':
      return 'stale';
    case 'disconnected':
      return 'lost';
    case 'connecting':
      return 'unknown';
  }
}

/** Why a write cannot be sent now; null when it can. */
export function writeObstacle(freshness: Freshness): string | null {
  switch (freshness.level) {
    case 'live':
    case 'lagging':
      return null;
    case 'stale':
      return freshness.repairing ? 'part of the data is being fetched again' : 'the data is stale';
    case 'lostBus':
      return 'the gateway has no bus connection';
    case 'disconnected':
      return 'this page is disconnected from the gateway';
    case 'connecting':
      return 'the first data has not arrived yet';
  }
}
