import { describe, expect, test } from 'vitest';
import { freshnessOf, writeObstacle } from '../../../components/live/freshness.ts';
import type { ConnectionView } from '../../../components/live/live-connection.ts';
import { EMPTY_LIVE_STATE, type HeardBeat, type LiveState } from '../../../components/live/live-state.ts';
import { FRESHNESS, HEARTBEAT_INTERVAL_MS } from '../../../server/wire/freshness.ts';

const OPEN: ConnectionView = { phase: 'open', lostSinceMs: null, retryAtMs: null, reason: null };

function state(change: Partial<HeardBeat> = {}, more: Partial<LiveState> = {}): LiveState {
  const beat: HeardBeat = {
    epoch: 'a',
    seq: 1,
    serverMs: 0,
    bus: { state: 'joined', ageMs: 200 },
    memberAgesMs: { node1: 300, node2: 900 },
    receivedMs: 10_000,
    ...change,
  };
  return { ...EMPTY_LIVE_STATE, loaded: true, epoch: 'a', seq: 1, beat, ...more };
}

describe('levels', () => {
  test('everything young is live', () => {
    const now = freshnessOf(state(), OPEN, 10_500);
    expect(now.level).toBe('live');
    expect(now.bus).toEqual({ level: 'live', ageMs: 200 });
    expect(now.gateway).toEqual({ level: 'live', ageMs: 500 });
    expect(now.nodes).toEqual({ level: 'live', ageMs: 900 });
  });

  test('a heartbeat that is punctual never makes anything lag, however unlucky the phases', () => {
    const unlucky = state({ bus: { state: 'joined', ageMs: 1_000 }, memberAgesMs: { node1: 1_000 } });
    const now = freshnessOf(unlucky, OPEN, 10_000 + HEARTBEAT_INTERVAL_MS);
    expect(now.level).toBe('live');
    expect(now.members['node1']?.level).toBe('live');
  });

  test('two seconds lag, five are stale', () => {
    const at = (ageMs: number) => freshnessOf(state({ bus: { state: 'joined', ageMs } }), OPEN, 10_000).level;
    expect(at(FRESHNESS.laggingMs - 1)).toBe('live');
    expect(at(FRESHNESS.laggingMs)).toBe('lagging');
    expect(at(FRESHNESS.staleMs)).toBe('stale');
  });

  test('five seconds without a heartbeat are a disconnection, even on an open socket', () => {
    expect(freshnessOf(state(), OPEN, 10_000 + FRESHNESS.staleMs - 1).level).toBe('lagging');
    const now = freshnessOf(state(), OPEN, 10_000 + FRESHNESS.staleMs);
    expect(now.level).toBe('disconnected');
    expect(now.gateway.level).toBe('lost');
  });

  test('a gateway without a bus is said, and wins over ages', () => {
    const now = freshnessOf(state({ bus: { state: 'lost', ageMs: 100 } }), OPEN, 10_000);
    expect(now.level).toBe('lostBus');
    expect(now.bus.level).toBe('lost');
  });

  test('before the first data nothing is called live', () => {
    const now = freshnessOf(EMPTY_LIVE_STATE, OPEN, 0);
    expect(now.level).toBe('connecting');
    expect(now.nodes).toEqual({ level: 'unknown', ageMs: null });
    expect(now.bus.ageMs).toBeNull();
  });

  test('a short repair does not flicker, a long one is stale', () => {
    const repairing = state({}, { repairingSinceMs: 10_000 });
    expect(freshnessOf(repairing, OPEN, 10_100).level).toBe('live');
    expect(freshnessOf(repairing, OPEN, 10_900).level).toBe('stale');
  });
});

describe('members', () => {
  test('a silent one marks only itself', () => {
    const now = freshnessOf(state({ memberAgesMs: { node1: 300, node2: 3_001 } }), OPEN, 10_000);
    expect(now.silent).toEqual(['node2']);
    expect(now.members['node1']?.level).toBe('live');
    expect(now.level).toBe('live');
    expect(now.nodes).toEqual({ level: 'silent', ageMs: 300 });
  });

  test('three seconds exactly are not yet silence', () => {
    const now = freshnessOf(state({ memberAgesMs: { node1: FRESHNESS.silentMemberMs } }), OPEN, 10_000);
    expect(now.silent).toEqual([]);
  });

  test('our own disconnection makes nobody silent, but ages go on counting', () => {
    const now = freshnessOf(state(), OPEN, 30_000);
    expect(now.silent).toEqual([]);
    expect(now.members['node1']).toEqual({ level: 'stale', ageMs: 300 + 19_000 });
  });

  test('while the gateway has no bus nobody can be called silent', () => {
    const lost = state({ bus: { state: 'lost', ageMs: 9_000 }, memberAgesMs: { node1: 9_000 } });
    expect(freshnessOf(lost, OPEN, 10_000).silent).toEqual([]);
  });

  test('who was silent before the bus was lost stays silent', () => {
    const lost = state({
      bus: { state: 'lost', ageMs: 1_000 },
      memberAgesMs: { node1: 9_000, node2: 1_200 },
    });
    expect(freshnessOf(lost, OPEN, 10_000).silent).toEqual(['node1']);
  });
});

test('writes are refused with the reason of the moment', () => {
  const reason = (value: LiveState, nowMs: number) => writeObstacle(freshnessOf(value, OPEN, nowMs));
  expect(reason(state(), 10_000)).toBeNull();
  expect(reason(state({ bus: { state: 'joined', ageMs: 3_000 } }), 10_000)).toBeNull();
  expect(reason(state({ bus: { state: 'joined', ageMs: 6_000 } }), 10_000)).toBe('the data is stale');
  expect(reason(state({ bus: { state: 'lost', ageMs: 0 } }), 10_000)).toMatch(/no bus connection/);
  expect(reason(state(), 90_000)).toMatch(/disconnected/);
  expect(reason(EMPTY_LIVE_STATE, 0)).toMatch(/not arrived/);
});
