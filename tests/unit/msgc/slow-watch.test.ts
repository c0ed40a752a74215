/** When a linked server counts as slow, and when it does not any more. */

import { describe, expect, test } from 'vitest';
import type { NodeName } from '../../../server/model/names.ts';
import { Connection } from '../../../server/msgc/connection.ts';
import { Link } from '../../../server/msgc/link.ts';
import {
  ROUND_TRIP_BOUND_MS,
  ROUND_TRIPS_BEYOND,
  SLOW_AFTER_MS,
  SLOW_LOOK_MS,
  SLOW_RECOVERED_MS,
  SlowWatch,
} from '../../../server/msgc/slow-watch.ts';
import { join, MemoryBus, publish } from '../../support/memory-bus.ts';

function linkTo(node: string): Link {
  const connection = new Connection(1, `${node}:1`, 0);
  return new Link({
    node: node as NodeName,
    inc: 1,
    connection,
    peerHelloNo: 1,
    untoldSuspectMs: 700,
    nowMs: 0,
  });
}

class World {
  readonly links: readonly Link[];
  readonly watch = new SlowWatch();
  heldUpBy: NodeName | undefined;
  nowMs = 0;

  constructor(...nodes: readonly string[]) {
    this.links = nodes.map(linkTo);
  }

  link(node: string): Link {
    const link = this.links.find((one) => one.node === node);
    if (link === undefined) throw new Error(`no link to ${node}`);
    return link;
  }

  /** @returns `node: reason` of every change. */
  look(forMs: number, each: () => void = () => undefined): readonly string[] {
    const changes: string[] = [];
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += SLOW_LOOK_MS) {
      each();
      const facts = { maxBacklog: 100, heldUpBy: this.heldUpBy };
      for (const { peer, reason } of this.watch.look(this.links, facts, this.nowMs)) {
        changes.push(`${peer}: ${reason ?? 'recovered'}`);
      }
    }
    return changes;
  }

  measured(node: string, roundTripMs: number): void {
    const link = this.link(node);
    link.roundTripMs = roundTripMs;
    link.measured += 1;
  }
}

describe('[BUS-16] a peer counts as slow', () => {
  test('while half of max_backlog waits for it, not for a moment of it', () => {
    const world = new World('b', 'c');
    world.link('b').connection.backlog = 50;
    expect(world.look(SLOW_AFTER_MS)).toEqual([]);
    world.link('b').connection.backlog = 49;
    expect(world.look(SLOW_LOOK_MS)).toEqual([]);
    world.link('b').connection.backlog = 60;
    expect(world.look(SLOW_AFTER_MS + SLOW_LOOK_MS)).toEqual(['b: backlog of 60 messages']);
    expect([world.link('b').slow, world.link('c').slow]).toEqual(['backlog of 60 messages', undefined]);
  });

  test('while it holds back the order', () => {
    const world = new World('b', 'c');
    world.heldUpBy = 'c' as NodeName;
    expect(world.look(SLOW_AFTER_MS + SLOW_LOOK_MS)).toEqual([
      'c: acknowledges late, which holds back the order',
    ]);
  });

  test('when several round trips in a row are far beyond those of the others', () => {
    const world = new World('b', 'c', 'd');
    const usual = () => {
      world.measured('b', 1);
      world.measured('d', 2);
    };
    for (let at = 1; at < ROUND_TRIPS_BEYOND; at += 1) world.look(100, () => world.measured('c', 400));
    world.look(100, () => world.measured('c', 3)); // one good one and it starts over
    usual();
    expect(world.look(SLOW_AFTER_MS, () => world.measured('c', ROUND_TRIP_BOUND_MS))).toEqual([]);
    const beyond = () => world.measured('c', 51.2);
    expect(world.look(ROUND_TRIPS_BEYOND * 100 + SLOW_AFTER_MS, beyond)).toEqual(['c: round trip of 51 ms']);
  });

  test('not when all ways are long', () => {
    const world = new World('b', 'c', 'd');
    expect(
      world.look(5_000, () => {
        for (const node of ['b', 'c', 'd']) world.measured(node, node === 'd' ? 900 : 100);
      }),
    ).toEqual([]);
  });

  test('the only link is compared with its own best', () => {
    const far = new World('b');
    expect(far.look(5_000, () => far.measured('b', 300))).toEqual([]);
    const near = new World('b');
    near.look(1_000, () => near.measured('b', 0.3));
    expect(near.look(2_000, () => near.measured('b', 300))).toEqual(['b: round trip of 300 ms']);
  });

  test('it recovers after a while without a reason, and what is shown does not flicker', () => {
    const world = new World('b', 'c');
    const { connection } = world.link('b');
    connection.backlog = 90;
    expect(world.look(1_000)).toHaveLength(1);
    for (let round = 0; round < 10; round += 1) {
      connection.backlog = round % 2 === 0 ? 0 : 70;
      expect(world.look(SLOW_RECOVERED_MS - 2 * SLOW_LOOK_MS)).toEqual([]);
    }
    expect(world.link('b').slow).toBe('backlog of 90 messages');
    connection.backlog = 0;
    expect(world.look(SLOW_RECOVERED_MS + SLOW_LOOK_MS)).toEqual(['b: recovered']);
  });

  test('an own pause starts every judgement over', () => {
    const world = new World('b', 'c');
    const late = () => {
      world.measured('b', 800);
      world.measured('c', 1);
    };
    for (let round = 0; round < 20; round += 1) {
      expect(world.look(ROUND_TRIPS_BEYOND * SLOW_LOOK_MS, late)).toEqual([]);
      world.watch.forgivePause();
    }
  });
});

describe('[BUS-16] on a running bus', () => {
  test('a server behind a slow way is told by name, keeps its link, and recovers', () => {
    const bus = MemoryBus.started(['a', 'b', 'c', 'd']);
    const told = (node: string) =>
      bus
        .server(node)
        .events.flatMap((event) =>
          event.type === 'linkSlow' || event.type === 'linkRecovered' ? [`${event.type} ${event.peer}`] : [],
        );
    bus.clock.runFor(2_000);
    bus.network.slowDown('c', 120);
    bus.clock.runFor(3_000);
    const links = bus.server('a').core.status(bus.clock.nowMs()).links;
    expect(links.map(({ peer, slow }) => [peer, slow])).toEqual([
      ['b', undefined],
      ['c', expect.stringMatching(/^round trip of 12\d ms$/)],
      ['d', undefined],
    ]);
    bus.network.heal();
    bus.clock.runFor(5_000);
    for (const node of ['a', 'b', 'd']) expect(told(node)).toEqual(['linkSlow c', 'linkRecovered c']);
    expect(told('c')).toEqual([]); // to it all are equally far
    expect(bus.counter('a', 'views')).toBe(1);
  });

  test('an idle cluster and a busy one have nobody slow', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const client = bus.client('b', { sessions: ['s'] });
    join(client, 's', 'g');
    for (let round = 0; round < 200; round += 1) {
      for (let at = 0; at < 40; at += 1) publish(client, 's', ['g'], 'x'.repeat(1_000));
      bus.clock.runFor(20);
    }
    for (const node of ['a', 'b', 'c']) {
      expect(bus.server(node).events.filter(({ type }) => type === 'linkSlow')).toEqual([]);
    }
  });

  test('how long a server was not scheduled is told for a minute', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const pausedMs = () => bus.server('a').core.status(bus.clock.nowMs()).pausedMs;
    expect(pausedMs()).toBe(0);
    bus.server('a').process.pause();
    bus.clock.runFor(400);
    bus.server('a').process.proceed();
    bus.clock.runFor(50_000);
    expect(pausedMs()).toBeGreaterThan(350);
    expect(pausedMs()).toBeLessThanOrEqual(425);
    bus.clock.runFor(10_000);
    expect(pausedMs()).toBe(0);
  });
});
