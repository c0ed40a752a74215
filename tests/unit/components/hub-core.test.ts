import { describe, expect, test } from 'vitest';
import { HubCore, type HubEffect } from '../../../components/live/hub-core.ts';
import {
  BACKGROUND_EVERY_MS,
  BACKGROUND_FRAMES_UNCONFIRMED_MAX,
  FRAMES_UNCONFIRMED_MAX,
  type HubFrame,
  type HubMessage,
  LINGER_MS,
  TAB_JOBS_MAX,
  TABS_MAX,
  type TabMessage,
} from '../../../components/live/hub-protocol.ts';
import { EMPTY_MODEL, type ParsedPatch } from '../../../components/live/live-rows.ts';
import { EMPTY_LIVE_STATE, type LiveState, stepLive } from '../../../components/live/live-state.ts';
import { memberRowOf } from './rows.ts';

/** A hub with its tabs, driven by hand. Frames are confirmed by the tab that `confirms`. */
class World {
  readonly core = new HubCore(() => 1);
  readonly effects: HubEffect[] = [];
  nowMs = 0;

  step(...args: Parameters<HubCore['step']>): readonly HubEffect[] {
    const effects = this.core.step(...args);
    this.effects.push(...effects);
    return effects;
  }

  say(tab: number, message: TabMessage): readonly HubEffect[] {
    return this.step({ type: 'tab', tab, message }, this.nowMs);
  }

  hello(tab: number, csrf = 'one', visible = true): readonly HubEffect[] {
    return this.say(tab, { type: 'hello', csrf, visible });
  }

  patch(seq: number, name = `node${seq}`): readonly HubEffect[] {
    const patch: ParsedPatch = {
      epoch: 'a',
      seq,
      serverMs: seq * 10,
      changes: [{ c: 'members', k: name, row: memberRowOf(name) }],
      rejectedRows: 0,
    };
    return this.step({ type: 'live', input: { type: 'patch', patch } }, this.nowMs);
  }

  beat(seq: number): readonly HubEffect[] {
    const heartbeat = {
      epoch: 'a',
      seq,
      serverMs: 0,
      bus: { state: 'joined', ageMs: 0 } as const,
      memberAgesMs: {},
    };
    return this.step({ type: 'live', input: { type: 'heartbeat', heartbeat, wallMs: 0 } }, this.nowMs);
  }

  /** Opens the socket and delivers the first snapshot. */
  connect(seq = 5): void {
    this.step({ type: 'connection', input: { type: 'ticketReceived', ticket: 't' } }, this.nowMs);
    this.step({ type: 'connection', input: { type: 'opened' } }, this.nowMs);
    const snapshot = { epoch: 'a', seq, serverMs: 0, model: EMPTY_MODEL, rejectedRows: 0 };
    this.step({ type: 'live', input: { type: 'snapshot', snapshot } }, this.nowMs);
  }
}

function messages(effects: readonly HubEffect[], tab: number): readonly HubMessage[] {
  return effects.flatMap((effect) => (effect.type === 'post' && effect.tab === tab ? [effect.message] : []));
}

function frames(effects: readonly HubEffect[], tab: number): readonly HubFrame[] {
  return messages(effects, tab).filter((message) => message.type === 'frame');
}

function count(effects: readonly HubEffect[], type: HubEffect['type']): number {
  return effects.filter((effect) => effect.type === type).length;
}

/** What a tab makes of its frames. */
function folded(all: readonly HubFrame[]): LiveState {
  let state = EMPTY_LIVE_STATE;
  for (const { data } of all) {
    if (data?.kind === 'snapshot') {
      const snapshot = { ...data, serverMs: 0, rejectedRows: 0 };
      state = stepLive(state, { type: 'snapshot', snapshot }, 0).state;
    }
    if (data?.kind === 'changes') {
      const step = stepLive(state, { type: 'patch', patch: { ...data, rejectedRows: 0 } }, 0);
      expect(step.resync).toBe(false);
      state = step.state;
    }
  }
  return state;
}

describe('one socket for all tabs', () => {
  test('many tabs open one socket, and each gets the state', () => {
    const world = new World();
    for (const tab of [1, 2, 3]) world.hello(tab);
    world.connect();
    world.patch(6);
    expect(count(world.effects, 'fetchTicket')).toBe(1);
    expect(count(world.effects, 'open')).toBe(1);
    for (const tab of [1, 2, 3]) {
      expect(Object.keys(folded(frames(world.effects, tab)).model.members)).toEqual(['node6']);
    }
  });

  test('a tab that comes later gets everything without a question to the gateway', () => {
    const world = new World();
    world.hello(1);
    world.connect();
    world.patch(6);
    const effects = world.hello(2);
    expect(folded(frames(effects, 2)).seq).toBe(6);
    expect(effects.filter(({ type }) => type !== 'post')).toEqual([]);
  });

  test('a tab that lost the thread gets a snapshot', () => {
    const world = new World();
    world.hello(1);
    world.connect();
    const [frame] = frames(world.say(1, { type: 'resync' }), 1);
    expect(frame?.data?.kind).toBe('snapshot');
  });

  test('the last tab takes the socket with it, but not when the page only reloads', () => {
    const world = new World();
    world.hello(1);
    world.connect();
    world.say(1, { type: 'bye' });
    expect(world.core.deadlineMs).toBe(LINGER_MS);
    world.nowMs = LINGER_MS - 1;
    expect(count(world.step({ type: 'deadlineReached' }, world.nowMs), 'drop')).toBe(0);
    world.hello(2);
    expect(count(world.effects, 'open')).toBe(1);
    world.say(2, { type: 'bye' });
    world.nowMs += LINGER_MS;
    expect(count(world.step({ type: 'deadlineReached' }, world.nowMs), 'drop')).toBe(1);
    expect(count(world.hello(3), 'fetchTicket')).toBe(1);
  });

  test('of too many tabs the one that was silent longest is forgotten', () => {
    const world = new World();
    for (let tab = 0; tab < TABS_MAX; tab += 1) {
      world.nowMs = tab;
      world.hello(tab);
    }
    expect(count(world.effects, 'forget')).toBe(0);
    world.say(0, { type: 'ping' });
    expect(world.hello(TABS_MAX)).toContainEqual({ type: 'forget', tab: 1 });
  });
});

describe('tabs in the background', () => {
  test('get one frame in five seconds, with everything in it', () => {
    const world = new World();
    world.hello(1, 'one', false);
    world.connect();
    const before = frames(world.effects, 1).length;
    for (let seq = 6; seq < 20; seq += 1) world.patch(seq, `node${seq % 3}`);
    world.beat(19);
    expect(frames(world.effects, 1)).toHaveLength(before);
    world.nowMs = BACKGROUND_EVERY_MS;
    const [frame, ...more] = frames(world.step({ type: 'deadlineReached' }, world.nowMs), 1);
    expect(more).toEqual([]);
    expect(frame?.everyMs).toBe(BACKGROUND_EVERY_MS);
    const state = folded(frames(world.effects, 1));
    expect(state.seq).toBe(19);
    expect(Object.keys(state.model.members).sort()).toEqual(['node0', 'node1', 'node2']);
  });

  test('get a frame at once when they are shown', () => {
    const world = new World();
    world.hello(1, 'one', false);
    world.connect();
    world.patch(6);
    const shown = frames(world.say(1, { type: 'visible', visible: true }), 1);
    expect(shown).toHaveLength(1);
    expect(folded(frames(world.effects, 1)).seq).toBe(6);
  });

  test('a tab that confirms nothing gets no more than the bound, then one frame with all', () => {
    const world = new World();
    world.hello(1);
    world.connect();
    for (let seq = 6; seq < 6 + 2 * FRAMES_UNCONFIRMED_MAX; seq += 1) world.patch(seq);
    const sent = frames(world.effects, 1);
    expect(sent).toHaveLength(FRAMES_UNCONFIRMED_MAX);
    const after = frames(world.say(1, { type: 'ack', frame: sent.length }), 1);
    expect(after).toHaveLength(1);
    expect(folded(frames(world.effects, 1)).seq).toBe(5 + 2 * FRAMES_UNCONFIRMED_MAX);
  });

  test('a background tab that confirms nothing gets fewer', () => {
    const world = new World();
    world.hello(1, 'one', false);
    world.connect();
    for (let round = 0; round < 10; round += 1) {
      world.nowMs += BACKGROUND_EVERY_MS;
      world.beat(5);
    }
    expect(frames(world.effects, 1)).toHaveLength(BACKGROUND_FRAMES_UNCONFIRMED_MAX);
  });

  test('a frozen tab gets nothing until it wakes, and the socket is checked then', () => {
    const world = new World();
    world.hello(1);
    world.connect();
    world.say(1, { type: 'asleep' });
    world.nowMs = 2_000;
    expect(world.patch(6)).toEqual([]);
    const woken = world.say(1, { type: 'woke' });
    expect(frames(woken, 1)).toHaveLength(1);
    expect(count(woken, 'ping')).toBe(1);
    expect(folded(frames(world.effects, 1)).seq).toBe(6);
  });
});

describe('sessions', () => {
  test('another session in one tab is the session of all: they look, and the socket is renewed', () => {
    const world = new World();
    world.hello(1);
    world.hello(2);
    world.connect();
    const effects = world.hello(2, 'two');
    expect(messages(effects, 1)).toContainEqual({ type: 'session' });
    expect(messages(effects, 2)).not.toContainEqual({ type: 'session' });
    expect(count(effects, 'drop')).toBe(1);
    expect(effects).toContainEqual({ type: 'fetchTicket', csrf: 'two' });
  });

  test('signing out in one tab reaches the others at once', () => {
    const world = new World();
    for (const tab of [1, 2, 3]) world.hello(tab);
    const effects = world.say(1, { type: 'sessionChanged' });
    expect(effects).toEqual([2, 3].map((tab) => ({ type: 'post', tab, message: { type: 'session' } })));
  });

  test('a ticket refused for nobody signs every tab out; one refused for another session makes them look', () => {
    const world = new World();
    world.hello(1);
    const refused = (status: number) =>
      messages(world.step({ type: 'connection', input: { type: 'ticketRefused', status } }, 0), 1);
    expect(refused(403)).toContainEqual({ type: 'session' });
    world.say(1, { type: 'retryNow' });
    expect(refused(401)).toContainEqual({ type: 'signedOut' });
  });
});

describe('figures of the bus', () => {
  const figures = (n: number) => ({ type: 'bus', answer: { type: 'figures', figures: { n } } }) as const;
  const told = (n: number, ageMs = 0): HubMessage => ({
    type: 'bus',
    told: { type: 'figures', figures: { n }, ageMs },
  });

  function watching(...tabs: readonly number[]): World {
    const world = new World();
    for (const tab of [1, 2]) world.hello(tab);
    world.connect();
    for (const tab of tabs) world.say(tab, { type: 'watchBus' });
    return world;
  }

  test('several tabs share one subscription, and the gateway is left when nobody watches', () => {
    const world = watching(1, 2);
    expect(count(world.effects, 'watchBus')).toBe(1);
    const effects = world.step(figures(1), 0);
    for (const tab of [1, 2]) expect(messages(effects, tab)).toEqual([told(1)]);
    expect(count(world.say(1, { type: 'unwatchBus' }), 'unwatchBus')).toBe(0);
    expect(messages(world.step(figures(2), 0), 1)).toEqual([]);
    expect(count(world.say(2, { type: 'bye' }), 'unwatchBus')).toBe(1);
  });

  test('a tab that comes later gets what was told last, with its age', () => {
    const world = watching(1);
    world.step(figures(1), 0);
    world.nowMs = 700;
    expect(messages(world.say(2, { type: 'watchBus' }), 2)).toEqual([told(1, 700)]);
    expect(messages(world.say(2, { type: 'watchBus' }), 2)).toEqual([told(1, 700)]);
    expect(count(world.effects, 'watchBus')).toBe(1);
  });

  test('nothing is asked for tabs in the background, and they are told as soon as they are seen', () => {
    const world = watching(1);
    expect(count(world.say(1, { type: 'visible', visible: false }), 'unwatchBus')).toBe(1);
    expect(messages(world.step(figures(1), 0), 1)).toEqual([]);
    const effects = world.say(1, { type: 'visible', visible: true });
    expect(count(effects, 'watchBus')).toBe(1);
    expect(messages(effects, 1)).toContainEqual(told(1));
  });

  test('are asked for again after a reconnect', () => {
    const world = watching(1);
    world.step({ type: 'connection', input: { type: 'closed', reason: 'x' } }, 0);
    world.say(1, { type: 'retryNow' });
    world.step({ type: 'connection', input: { type: 'ticketReceived', ticket: 't' } }, 0);
    const effects = world.step({ type: 'connection', input: { type: 'opened' } }, 0);
    expect(count(effects, 'watchBus')).toBe(1);
  });

  test('a refusal is told, and neither it nor figures outlive the session', () => {
    const world = watching(1);
    const refused = { type: 'refused', code: 'forbidden' } as const;
    const effects = world.step({ type: 'bus', answer: refused }, 0);
    expect(messages(effects, 1)).toEqual([{ type: 'bus', told: refused }]);
    const after = world.hello(2, 'another');
    expect(messages(after, 1)).not.toContainEqual({ type: 'bus', told: refused });
    expect(messages(world.say(2, { type: 'watchBus' }), 2)).toEqual([]);
  });

  test('a tab that confirms nothing is not sent figures without end', () => {
    const world = watching(1);
    for (let n = 0; n < FRAMES_UNCONFIRMED_MAX + 5; n += 1) world.beat(5);
    expect(messages(world.step(figures(1), 0), 1)).toEqual([]);
    expect(messages(world.say(1, { type: 'ping' }), 1)).toContainEqual(told(1));
  });
});

describe('jobs', () => {
  test('reach the tabs that watch them, and the gateway is left when nobody does', () => {
    const world = new World();
    world.hello(1);
    world.hello(2);
    world.connect();
    world.say(1, { type: 'watchJob', job: 'j' });
    const effects = world.step({ type: 'job', id: 'j', job: { id: 'j' } }, 0);
    expect(messages(effects, 1)).toEqual([{ type: 'job', job: { id: 'j' } }]);
    expect(messages(effects, 2)).toEqual([]);
    world.say(2, { type: 'watchJob', job: 'j' });
    expect(count(world.say(1, { type: 'unwatchJob', job: 'j' }), 'unwatchJob')).toBe(0);
    expect(count(world.say(2, { type: 'bye' }), 'unwatchJob')).toBe(1);
  });

  test('are asked for again after a reconnect', () => {
    const world = new World();
    world.hello(1);
    world.connect();
    world.say(1, { type: 'watchJob', job: 'j' });
    world.step({ type: 'connection', input: { type: 'closed', reason: 'x' } }, 0);
    world.say(1, { type: 'retryNow' });
    world.step({ type: 'connection', input: { type: 'ticketReceived', ticket: 't' } }, 0);
    const effects = world.step({ type: 'connection', input: { type: 'opened' } }, 0);
    expect(effects).toContainEqual({ type: 'watchJob', job: 'j' });
  });

  test('one tab watches no more than the bound', () => {
    const world = new World();
    world.hello(1);
    for (let job = 0; job <= TAB_JOBS_MAX; job += 1) world.say(1, { type: 'watchJob', job: `j${job}` });
    expect(count(world.effects, 'watchJob')).toBe(TAB_JOBS_MAX);
  });
});
