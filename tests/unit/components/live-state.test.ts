import { describe, expect, test } from 'vitest';
import { EMPTY_MODEL, type ParsedPatch, type ParsedSnapshot } from '../../../components/live/live-rows.ts';
import {
  EMPTY_LIVE_STATE,
  type LiveInput,
  type LiveState,
  RESYNC_REPEAT_MS,
  stepLive,
} from '../../../components/live/live-state.ts';
import type { Row } from '../../../server/wire/live.ts';
import { memberRowOf } from './rows.ts';

function snapshot(seq: number, members: readonly Row<'members'>[] = [], epoch = 'a'): ParsedSnapshot {
  const rows = Object.fromEntries(members.map((member) => [member.id, member]));
  return { epoch, seq, serverMs: 0, model: { ...EMPTY_MODEL, members: rows }, rejectedRows: 0 };
}

function patch(seq: number, changes: ParsedPatch['changes'] = [], epoch = 'a'): ParsedPatch {
  return { epoch, seq, serverMs: 0, changes, rejectedRows: 0 };
}

function heartbeat(seq: number, epoch = 'a', serverMs = 1_000): LiveInput {
  const bus = { state: 'joined', ageMs: 10 } as const;
  return { type: 'heartbeat', wallMs: 1_000, heartbeat: { epoch, seq, serverMs, bus, memberAgesMs: {} } };
}

function folded(state: LiveState, ...inputs: readonly LiveInput[]): LiveState {
  return inputs.reduce((before, input) => stepLive(before, input, 0).state, state);
}

const LOADED = folded(EMPTY_LIVE_STATE, { type: 'snapshot', snapshot: snapshot(5, [memberRowOf('node1')]) });

describe('snapshots and patches', () => {
  test('a snapshot is the state', () => {
    expect(LOADED.loaded).toBe(true);
    expect(LOADED.seq).toBe(5);
    expect(Object.keys(LOADED.model.members)).toEqual(['node1']);
  });

  test('the next patch replaces, adds and removes whole rows and keeps other collections', () => {
    const node2 = memberRowOf('node2');
    const step = stepLive(
      LOADED,
      {
        type: 'patch',
        patch: patch(6, [
          { c: 'members', k: 'node2', row: node2 },
          { c: 'members', k: 'node1', row: null },
        ]),
      },
      0,
    );
    expect(step.resync).toBe(false);
    expect(step.state.model.members).toEqual({ node2 });
    expect(step.state.model.events).toBe(LOADED.model.events);
    expect(LOADED.model.members).toHaveProperty('node1');
  });

  test('a patch that was applied already changes nothing', () => {
    const { state, resync } = stepLive(LOADED, { type: 'patch', patch: patch(5) }, 0);
    expect(resync).toBe(false);
    expect(state.model).toBe(LOADED.model);
    expect(state.counters.duplicates).toBe(1);
  });

  test('a gap is not applied but asked for, and counted once while it is repaired', () => {
    const first = stepLive(LOADED, { type: 'patch', patch: patch(7) }, 0);
    expect(first.resync).toBe(true);
    expect(first.state.seq).toBe(5);
    const second = stepLive(first.state, { type: 'patch', patch: patch(8) }, 10);
    expect(second.resync).toBe(false);
    expect(second.state.counters.gaps).toBe(1);
    const patches = [patch(6), patch(7), patch(8)];
    const repaired = stepLive(second.state, { type: 'resynced', reply: { kind: 'patches', patches } }, 20);
    expect(repaired.state.seq).toBe(8);
    expect(repaired.state.repairingSinceMs).toBeNull();
  });

  test('a resync that is not answered is asked again', () => {
    const first = stepLive(LOADED, { type: 'patch', patch: patch(7) }, 0);
    const early = stepLive(first.state, { type: 'patch', patch: patch(8) }, RESYNC_REPEAT_MS - 1);
    expect(early.resync).toBe(false);
    expect(stepLive(early.state, { type: 'patch', patch: patch(9) }, RESYNC_REPEAT_MS).resync).toBe(true);
  });

  test('a heartbeat that is ahead reveals a patch that never came', () => {
    expect(stepLive(LOADED, heartbeat(5), 0).resync).toBe(false);
    const { state, resync } = stepLive(LOADED, heartbeat(6), 0);
    expect(resync).toBe(true);
    expect(state.counters.gaps).toBe(1);
  });

  test('an older snapshot of the same epoch does not take us back', () => {
    const { state } = stepLive(LOADED, { type: 'snapshot', snapshot: snapshot(4) }, 0);
    expect(state.seq).toBe(5);
    expect(Object.keys(state.model.members)).toEqual(['node1']);
  });

  test('something unreadable asks for a resync and is counted', () => {
    const { state, resync } = stepLive(LOADED, { type: 'unreadable' }, 0);
    expect(resync).toBe(true);
    expect(state.counters.rejectedRows).toBe(1);
  });
});

describe('epochs', () => {
  test('a patch of another epoch is never applied, whatever its number', () => {
    const { state, resync } = stepLive(LOADED, { type: 'patch', patch: patch(6, [], 'b') }, 0);
    expect(resync).toBe(true);
    expect(state.seq).toBe(5);
  });

  test('a snapshot of another epoch replaces everything and counts the restart', () => {
    const next = folded(LOADED, { type: 'snapshot', snapshot: snapshot(1, [], 'b') });
    expect(next.epoch).toBe('b');
    expect(next.seq).toBe(1);
    expect(next.counters.epochs).toBe(1);
  });
});

describe('the way back', () => {
  test('one line counts the rows that differ from before', () => {
    const gone = memberRowOf('node1', { state: 'departed', cause: 'closed' });
    const back = folded(
      LOADED,
      { type: 'lost' },
      { type: 'snapshot', snapshot: snapshot(9, [gone, memberRowOf('node2')]) },
      heartbeat(9),
    );
    expect(back.back?.changes).toBe(2);
    expect(back.awayModel).toBeNull();
  });

  test('measured values that moved are no changes', () => {
    const skewed = memberRowOf('node1', { clockSkewMs: 40 });
    const told = snapshot(9, [skewed]);
    const back = folded(LOADED, { type: 'lost' }, { type: 'snapshot', snapshot: told }, heartbeat(9));
    expect(back.back?.changes).toBe(0);
  });

  test('the first connection is no return', () => {
    const told = snapshot(1);
    const first = folded(
      EMPTY_LIVE_STATE,
      { type: 'lost' },
      { type: 'snapshot', snapshot: told },
      heartbeat(1),
    );
    expect(first.back).toBeNull();
  });

  test('losing it twice compares with what was seen before the first loss', () => {
    const gone = memberRowOf('node1', { state: 'departed', cause: 'closed' });
    const away = folded(LOADED, { type: 'lost' }, { type: 'lost' });
    const told = snapshot(9, [gone]);
    expect(folded(away, { type: 'snapshot', snapshot: told }, heartbeat(9)).back?.changes).toBe(1);
  });

  test('[FR-6] a hub that slept as well repeats its last heartbeat: that is no return', () => {
    const before = folded(LOADED, heartbeat(5));
    const status = (state: LiveState, connected: boolean): LiveInput => {
      const { beat, beatEveryMs, counters, repairingSinceMs, offsetMs } = state;
      return {
        type: 'status',
        status: { connected, beat, beatEveryMs, counters, repairingSinceMs, offsetMs },
      };
    };
    const wokeMs = 600_000;
    const woken = [{ type: 'lost' } as const, status(before, true)].reduce(
      (state, input) => stepLive(state, input, wokeMs).state,
      before,
    );
    expect(woken.back).toBeNull();
    // The hub has not connected again either: a snapshot of what it knows counts nothing yet.
    const gone = memberRowOf('node1', { state: 'departed', cause: 'closed' });
    const repeated = [{ type: 'snapshot', snapshot: snapshot(6, [gone]) } as const, status(before, false)];
    const still = repeated.reduce((state, input) => stepLive(state, input, wokeMs).state, woken);
    expect(still.back).toBeNull();
    const heard = stepLive(still, heartbeat(6), wokeMs + 500).state;
    const live = stepLive(still, status(heard, true), wokeMs + 500).state;
    expect(live.back?.changes).toBe(1);
  });
});

test('the clock estimate keeps the fastest heartbeat and forgets it slowly', () => {
  const fast = folded(LOADED, heartbeat(5, 'a', 990));
  expect(fast.offsetMs).toBe(-10);
  const slow = folded(fast, heartbeat(5, 'a', 800));
  expect(slow.offsetMs).toBe(-10.5);
});
