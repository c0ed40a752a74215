/** How long it takes until a server that is gone is out of the view, and what must not look like one. */

import { describe, expect, test } from 'vitest';
import { MEMORY_NETWORK_OPTIONS } from '../../../server/memory/memory-network.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { Connection } from '../../../server/msgc/connection.ts';
import { Link } from '../../../server/msgc/link.ts';
import {
  detectionTiming,
  heartbeatFor,
  PROTOCOL_TIMING,
  SILENCE_DEFAULT_MS,
  serverOptions,
} from '../../../server/msgc/options.ts';
import { PORT } from '../../sim/bus/bus-processes.ts';
import { type BusServer, MemoryBus } from '../../support/memory-bus.ts';

const NODES = ['a', 'b', 'c'];
/** Loss or reset, PROPOSE, STATE, PLAN, READY, INSTALL, each at most half a millisecond. */
const HOPS_MS =
  6 * MEMORY_NETWORK_OPTIONS.delayMs({ between: (_least: number, most: number) => most } as never);
const { lossDebounceMs } = PROTOCOL_TIMING;

function withSilence(silenceMs: number) {
  return { timing: detectionTiming(silenceMs) };
}

function started(silenceMs: number): MemoryBus {
  const bus = MemoryBus.started(NODES, withSilence(silenceMs));
  bus.clock.runFor(1_000);
  return bus;
}

function setSilence(bus: MemoryBus, node: string, silenceMs: number): void {
  const peers = NODES.map((name) => ({ node: name as NodeName, host: name, port: PORT }));
  const options = serverOptions({ peers, ...withSilence(silenceMs) });
  bus.server(node).process.give({ type: 'optionsChanged', options });
}

/** Nothing passes between this host and the others any more, and nothing says so. */
function unplug(bus: MemoryBus, host: string): void {
  for (const other of NODES.filter((name) => name !== host)) {
    bus.network.block(host, other);
    bus.network.block(other, host);
  }
}

function viewAtMs({ events }: BusServer, members: readonly string[]): number {
  const found = events.findLast(
    (event) => event.type === 'viewInstalled' && `${event.view.members}` === `${members}`,
  );
  return found?.atMs ?? Number.POSITIVE_INFINITY;
}

function silent(bus: MemoryBus): readonly number[] {
  return NODES.map((node) => bus.counter(node, 'link_down_silence'));
}

describe('a crash', () => {
  test.each(NODES)(
    '[BUS-30] of %s is over after the closed connections, the debounce and five hops',
    (gone) => {
      const bus = started(SILENCE_DEFAULT_MS);
      const left = NODES.filter((name) => name !== gone);
      const atMs = bus.clock.nowMs();
      bus.kill(gone);
      bus.clock.runFor(100);
      for (const node of left) {
        expect(viewAtMs(bus.server(node), left) - atMs).toBeLessThanOrEqual(lossDebounceMs + HOPS_MS);
        expect(bus.lastLost(node)).toEqual([`${gone}:closed`]);
      }
    },
  );
});

describe('silence', () => {
  test.each([100, 250, SILENCE_DEFAULT_MS, 5_000])(
    '[BUS-09] a host that falls silent is out of the view as silence_timeout says: %i ms',
    (silenceMs) => {
      const { heartbeatMs, tickMs } = detectionTiming(silenceMs);
      const bus = started(silenceMs);
      const atMs = bus.clock.nowMs();
      unplug(bus, 'c');
      bus.clock.runFor(silenceMs + 1_000);
      for (const node of ['a', 'b']) {
        const tookMs = viewAtMs(bus.server(node), ['a', 'b']) - atMs;
        // What was heard last is at most a heartbeat old, and a tick late.
        expect(tookMs).toBeGreaterThanOrEqual(silenceMs - heartbeatMs - tickMs);
        expect(tookMs).toBeLessThanOrEqual(silenceMs + 2 * tickMs + lossDebounceMs + HOPS_MS);
        expect(bus.lastLost(node)).toEqual(['c:silence']);
      }
    },
  );

  test('[BUS-09] idle_timeout stays the upper bound', () => {
    const bus = MemoryBus.started(NODES, { ...withSilence(30_000), idleTimeoutMs: 1_000 });
    bus.clock.runFor(20_000);
    expect(silent(bus)).toEqual([0, 0, 0]);
    unplug(bus, 'c');
    bus.clock.runFor(1_200);
    expect(bus.members('a')).toEqual(['a', 'b']);
  });

  test('[BUS-09] servers that do not agree keep their links; the shorter one judges earlier', () => {
    const bus = MemoryBus.started(NODES, withSilence(5_000));
    setSilence(bus, 'a', 100);
    bus.clock.runFor(20_000);
    expect(silent(bus)).toEqual([0, 0, 0]);
    const atMs = bus.clock.nowMs();
    unplug(bus, 'c');
    bus.clock.runFor(500);
    expect(silent(bus)).toEqual([1, 0, 0]);
    expect(viewAtMs(bus.server('b'), ['a', 'b']) - atMs).toBeLessThan(200);
  });

  test('[BUS-09] a change while all run costs no link, in either direction, and holds at once', () => {
    const bus = started(SILENCE_DEFAULT_MS);
    for (const silenceMs of [100, 30_000, 100]) {
      for (const node of NODES) {
        setSilence(bus, node, silenceMs);
        bus.clock.runFor(7);
      }
      bus.clock.runFor(10_000);
    }
    expect(silent(bus)).toEqual([0, 0, 0]);
    expect(bus.counter('a', 'views')).toBe(1);
    unplug(bus, 'b');
    bus.clock.runFor(200);
    expect(bus.members('a')).toEqual(['a', 'c']);
  });

  test('[BUS-09] a way as long as the timeout before the peer knew of it costs no link', () => {
    const bus = MemoryBus.started(NODES, withSilence(SILENCE_DEFAULT_MS));
    for (const node of NODES) bus.network.slowDown(node, 40);
    bus.clock.runFor(2_000);
    for (const node of NODES) setSilence(bus, node, 150);
    bus.clock.runFor(20_000);
    expect(silent(bus)).toEqual([0, 0, 0]);
  });
});

describe('an own pause', () => {
  test.each([100, 250, SILENCE_DEFAULT_MS])(
    '[BUS-10] of any length makes nobody else look silent (silence_timeout %i ms)',
    (silenceMs) => {
      const bus = started(silenceMs);
      for (let pausedMs = 5; pausedMs < 3 * silenceMs; pausedMs += silenceMs / 9) {
        bus.server('a').process.pause();
        bus.clock.runFor(pausedMs);
        bus.server('a').process.proceed();
        bus.clock.runFor(2_000);
      }
      expect(bus.counter('a', 'link_down_silence')).toBe(0);
      bus.clock.runFor(15_000); // who called it silent waits longer each time
      expect([...bus.members('a')].sort()).toEqual(NODES);
    },
  );
});

describe('what follows from silence_timeout', () => {
  test('[BUS-09] [BUS-10] the default is what it always was', () => {
    expect(detectionTiming(SILENCE_DEFAULT_MS)).toEqual(PROTOCOL_TIMING);
  });

  test.each([100, 101, 350, 700, 30_000])('[BUS-10] bounds hold for %i ms', (silenceMs) => {
    const { heartbeatMs, tickMs, ownPauseMs, suspectMs } = detectionTiming(silenceMs);
    expect(suspectMs).toBe(silenceMs);
    expect(heartbeatMs).toBe(Math.max(15, Math.floor(silenceMs / 7)));
    expect(tickMs).toBeLessThanOrEqual(heartbeatMs);
    expect(ownPauseMs).toBeLessThanOrEqual(silenceMs / 2);
    expect(ownPauseMs).toBeGreaterThan(tickMs);
    // A pause that is not noticed, after the longest wait for a heartbeat.
    expect(ownPauseMs + heartbeatMs + tickMs).toBeLessThan(silenceMs);
  });

  test('no peer makes this server send faster than it may, or call nothing silent ever', () => {
    expect(heartbeatFor(0)).toBe(15);
    const connection = new Connection(1, 'x:1', 0);
    const link = new Link({
      node: 'x' as NodeName,
      inc: 1,
      connection,
      peerHelloNo: 1,
      untoldSuspectMs: SILENCE_DEFAULT_MS,
      nowMs: 0,
    });
    const view = { ctr: 0, coord: 'x' as NodeName, inc: 1 };
    const said = { type: 'heartbeat', view, recv: 0, stable: 0, sentAtMs: 0, echoHeldMs: 0 } as const;
    link.heard({ ...said, silenceMs: 0, echoSentAtMs: 1e300 }, 0);
    expect([link.heartbeatDue(100, 14), link.heartbeatDue(100, 15)]).toEqual([false, true]);
    expect(link.silent(100, SILENCE_DEFAULT_MS)).toBe(false);
    expect(link.silent(100, SILENCE_DEFAULT_MS + 1)).toBe(true);
  });
});
