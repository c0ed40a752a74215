/** `max_backlog` to the message: a connection that takes nothing is killed one beyond it, counted, and comes back. */

import { describe, expect, test } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import type { StreamInput } from '../../../server/base/stream-io.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { encodeClientFrame } from '../../../server/msgc/client-frames.ts';
import { encodeServerFrame } from '../../../server/msgc/encode-frames.ts';
import { PROTOCOL_TIMING, serverOptions } from '../../../server/msgc/options.ts';
import { OpenPacket } from '../../../server/msgc/packet.ts';
import { MsgcServer, type MsgcServerEffect } from '../../../server/msgc/server.ts';
import { CLUSTER, PORT } from '../../sim/bus/bus-processes.ts';
import { heard, join, MemoryBus, publish, views } from '../../support/memory-bus.ts';

const MAX_BACKLOG = 10;
const STEP_MS = 25;
const A_LONG_TIME_MS = 600_000;

/** A server whose connections take what a test says they take. */
class DrivenServer {
  readonly core: MsgcServer;
  readonly effects: MsgcServerEffect[] = [];
  nowMs = 1_000;

  constructor(peers: readonly string[]) {
    this.core = new MsgcServer({
      node: 'a' as NodeName,
      incarnation: 1,
      cluster: CLUSTER,
      options: serverOptions({
        peers: peers.map((node) => ({ node: node as NodeName, host: node, port: PORT })),
        maxBacklog: MAX_BACKLOG,
        // Nobody is judged by silence here.
        timing: { ...PROTOCOL_TIMING, suspectMs: A_LONG_TIME_MS },
        idleTimeoutMs: A_LONG_TIME_MS,
        keepaliveIntervalMs: A_LONG_TIME_MS,
      }),
      seed: 1,
      nowMs: this.nowMs,
    });
  }

  give(input: StreamInput): void {
    this.effects.push(...this.core.step(input, this.nowMs));
  }

  accept(conn: number, first: Buffer): void {
    this.give({ type: 'accepted', conn, local: 'a:1', remote: `x:${conn}` });
    this.give({ type: 'received', conn, bytes: first });
  }

  /** Time passes; `true` as soon as the condition holds. */
  runUntil(done: () => boolean, limitMs: number): boolean {
    for (let waitedMs = 0; waitedMs < limitMs; waitedMs += STEP_MS) {
      if (done()) return true;
      this.nowMs += STEP_MS;
      this.effects.push(...this.core.step({ type: 'deadlineReached' }, this.nowMs));
    }
    return done();
  }

  counter(name: string): number {
    return this.core.status(this.nowMs).counters[name] ?? 0;
  }

  closed(conn: number): boolean {
    return this.effects.some((effect) => effect.type === 'destroy' && effect.conn === conn);
  }
}

describe('a link to another server', () => {
  test('[MSG-14] is killed with its reason one message beyond max_backlog, and dialled again', () => {
    const server = new DrivenServer(['a', 'z']);
    const hello = { type: 'hello', cluster: CLUSTER, node: 'z', inc: 1, maxCtr: 0 } as const;
    server.accept(2, encodeServerFrame({ ...hello, helloNo: 1 }));
    const link = () => server.core.status(server.nowMs).links[0];
    expect(link()?.state).toBe('up');
    const seen: number[] = [];
    const down = server.runUntil(() => {
      const now = link();
      if (now?.state === 'up') seen.push(now.backlog);
      return now?.state !== 'up';
    }, 5_000);
    expect(down).toBe(true);
    expect(Math.max(...seen)).toBe(MAX_BACKLOG);
    expect(link()).toMatchObject({ state: 'waiting', detail: 'max_backlog reached', reconnects: 1 });
    expect(server.counter('link_down_backlog')).toBe(1);
    expect(server.closed(2)).toBe(true);
    // Restarted by itself: a dial, and the link stands again with nothing waiting.
    const dial = () => server.effects.findLast((effect) => effect.type === 'dial');
    const dialled = dial();
    expect(server.runUntil(() => dial() !== dialled, 5_000)).toBe(true);
    const conn = dial()?.type === 'dial' ? (dial() as { conn: number }).conn : 0;
    server.give({ type: 'connected', conn, local: 'a:1', remote: 'z:1' });
    server.give({ type: 'received', conn, bytes: encodeServerFrame({ ...hello, helloNo: 2 }) });
    expect(link()).toMatchObject({ state: 'up', reconnects: 1 });
    expect(link()?.backlog).toBeLessThan(MAX_BACKLOG);
  });

  test('[MSG-14] whose peer lives and takes nothing leaves the view with cause backlog, heals, and goes on', () => {
    const timing = { ...PROTOCOL_TIMING, suspectMs: 20_000 };
    const bus = MemoryBus.started(['a', 'b'], { maxBacklog: MAX_BACKLOG, timing });
    const listener = bus.client('b', { sessions: ['l'] });
    const sender = bus.client('a', { sessions: ['s'] });
    join(listener, 'l', 'g');
    bus.clock.runFor(100);
    const most = (): number => bus.server('a').core.status(bus.clock.nowMs()).links[0]?.backlog ?? 0;
    bus.network.deafen(bus.server('b').process.endpoint, true);
    let worst = 0;
    for (let round = 0; round < 800 && bus.counter('a', 'link_down_backlog') === 0; round += 1) {
      publish(sender, 's', ['g'], 'x'.repeat(8_000));
      bus.clock.runFor(5);
      worst = Math.max(worst, most());
    }
    expect(worst).toBeLessThanOrEqual(MAX_BACKLOG);
    expect(bus.counter('a', 'link_down_backlog')).toBe(1);
    bus.clock.runFor(200);
    expect(bus.members('a')).toEqual(['a']);
    expect(bus.lastLost('a')).toEqual(['b:backlog']);
    bus.network.deafen(bus.server('b').process.endpoint, false);
    bus.clock.runFor(10_000);
    expect(bus.members('a')).toEqual(['a', 'b']);
    publish(sender, 's', ['g'], 'healed');
    bus.clock.runFor(200);
    expect(heard(listener).at(-1)).toBe('l<#s#a: healed');
  });
});

describe('a connection of a client', () => {
  test('[MSG-14] takes max_backlog messages that wait, and is killed with the next one', () => {
    const server = new DrivenServer(['a']);
    const connect = { type: 'connect', cluster: CLUSTER, instance: 1 } as const;
    expect(server.runUntil(() => server.core.status(server.nowMs).view !== undefined, 5_000)).toBe(true);
    for (const [conn, session] of [
      [2, 'deaf'],
      [4, 'busy'],
    ] as const) {
      server.accept(conn, encodeClientFrame({ ...connect, instance: conn, sessions: [session] }));
    }
    const request = { mailbox: 0, group: 'g', capabilities: Buffer.alloc(0) } as const;
    server.give({ type: 'received', conn: 2, bytes: encodeClientFrame({ type: 'join', ...request }) });
    const settle = (): void => void server.runUntil(() => false, 200);
    settle();
    for (const conn of [2, 4]) server.give({ type: 'drained', conn, pendingBytes: 0 });
    const one = () => {
      const packet = new OpenPacket();
      packet.add({ mailbox: 0, service: 'agreed', groups: ['g'] }, { kind: 1, payload: Buffer.from('x') });
      const body = must(packet.take(), 'a packet with a message');
      server.give({ type: 'received', conn: 4, bytes: encodeClientFrame({ type: 'multicast', ...body }) });
      settle();
    };
    for (let sent = 0; sent < MAX_BACKLOG; sent += 1) one();
    expect(server.counter('client_down_backlog')).toBe(0);
    expect(server.core.status(server.nowMs).clients).toBe(2);
    one();
    expect(server.counter('client_down_backlog')).toBe(1);
    expect(server.core.status(server.nowMs).clients).toBe(1);
    expect(server.closed(2)).toBe(true);
  });

  test('[MSG-14] that was killed for it is made anew by its client, which joins its groups again', () => {
    const bus = MemoryBus.started(['a', 'b'], { maxBacklog: MAX_BACKLOG });
    const slow = bus.client('a', { sessions: ['slow'] });
    const [other, watcher] = ['other', 'watcher'].map((session) => bus.client('b', { sessions: [session] }));
    if (other === undefined || watcher === undefined) throw new Error('two clients');
    join(slow, 'slow', 'g');
    join(watcher, 'watcher', 'g');
    bus.clock.runFor(100);
    bus.network.deafen(slow.process.endpoint, true);
    for (let round = 0; round < 400 && bus.counter('a', 'client_down_backlog') === 0; round += 1) {
      publish(other, 'other', ['g'], 'z'.repeat(8_000));
      bus.clock.runFor(2);
    }
    expect(bus.counter('a', 'client_down_backlog')).toBe(1);
    bus.network.deafen(slow.process.endpoint, false);
    bus.clock.runFor(5_000);
    const gone = views(watcher, 'g').flatMap(({ lost }) => lost);
    expect(gone).toEqual([{ name: '#slow#a', cause: 'backlog' }]);
    expect(slow.events.filter(({ type }) => type === 'busConnected')).toHaveLength(2);
    publish(other, 'other', ['g'], 'again');
    bus.clock.runFor(100);
    expect(heard(slow).at(-1)).toBe('slow<#other#b: again');
    expect(bus.members('a')).toEqual(['a', 'b']);
  });
});

describe('messages_per_iter', () => {
  test('[MSG-15] a flood of one client holds up neither its neighbours nor the clients of other servers', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const listener = bus.client('a', { sessions: ['l'] });
    const [flood, near] = ['flood', 'near'].map((session) => bus.client('a', { sessions: [session] }));
    const far = bus.client('b', { sessions: ['far'] });
    if (flood === undefined || near === undefined) throw new Error('two clients');
    join(listener, 'l', 'g');
    bus.clock.runFor(100);
    const [rounds, perRound] = [200, 100];
    for (let round = 0; round < rounds; round += 1) {
      for (let index = 0; index < perRound; index += 1) publish(flood, 'flood', ['g'], 'x');
      if (round === rounds / 2) publish(near, 'near', ['g'], 'near');
      if (round === rounds / 2) publish(far, 'far', ['g'], 'far');
      bus.clock.runFor(1);
    }
    bus.clock.runFor(1_000);
    const lines = heard(listener);
    expect(lines).toHaveLength(rounds * perRound + 2);
    for (const line of ['l<#near#a: near', 'l<#far#b: far']) {
      expect(lines.indexOf(line), line).toBeGreaterThan((rounds / 2 - 1) * perRound);
      expect(lines.indexOf(line), line).toBeLessThan((rounds / 2 + 20) * perRound);
    }
  });
});
