/** What every carrier of StreamEffect and StreamInput must do. Registered once per carrier. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StreamEffect, StreamInput } from '../../server/base/stream-io.ts';

export type StreamParty = {
  readonly facts: StreamInput[];
  readonly perform: (effect: StreamEffect) => void;
};

export type StreamWorld = {
  readonly listener: StreamParty;
  readonly dialer: StreamParty;
  /** Where `listener` listens. */
  readonly host: string;
  readonly port: number;
  /** A port at which nobody listens. */
  readonly deadPort: number;
  /** Lets time pass until the condition holds; fails when it never does. */
  readonly until: (condition: () => boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const DIAL_TIMEOUT_MS = 3_000;

export function streamContract(name: string, makeWorld: () => Promise<StreamWorld>): void {
  describe(`streams over ${name}`, () => {
    let world: StreamWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(() => world.stop());

    const dial = (conn: number, port = world.port): void => {
      const { host } = world;
      world.dialer.perform({
        type: 'dial',
        conn,
        host,
        port,
        bindAddress: undefined,
        timeoutMs: DIAL_TIMEOUT_MS,
      });
    };
    const connect = async (conn: number): Promise<number> => {
      const before = world.listener.facts.length;
      dial(conn);
      await world.until(() => factsOf(world.dialer, conn).some((fact) => fact.type === 'connected'));
      await world.until(() => world.listener.facts.slice(before).some((fact) => fact.type === 'accepted'));
      const accepted = world.listener.facts.slice(before).find((fact) => fact.type === 'accepted');
      return accepted?.conn ?? Number.NaN;
    };

    test('a dial ends in connected here and accepted there, odd and even', async () => {
      const conn = await connect(1);
      expect(conn % 2).toBe(0);
      const connected = world.dialer.facts.find((fact) => fact.type === 'connected');
      const accepted = world.listener.facts.find((fact) => fact.type === 'accepted');
      expect(connected?.remote).toBe(accepted?.local);
      expect(connected?.local).toBe(accepted?.remote);
    });

    test('each accepted connection has its own number', async () => {
      expect(await connect(1)).not.toBe(await connect(3));
    });

    test('bytes arrive whole and in order in both directions', async () => {
      const accepted = await connect(1);
      const words = Array.from({ length: 500 }, (_, n) => `word-${n};`);
      for (const word of words) {
        world.dialer.perform({ type: 'write', conn: 1, bytes: Buffer.from(word) });
        world.listener.perform({ type: 'write', conn: accepted, bytes: Buffer.from(word.toUpperCase()) });
      }
      const whole = words.join('');
      await world.until(() => received(world.listener, accepted).length === whole.length);
      await world.until(() => received(world.dialer, 1).length === whole.length);
      expect(received(world.listener, accepted).toString()).toBe(whole);
      expect(received(world.dialer, 1).toString()).toBe(whole.toUpperCase());
    });

    test('the last drained fact says that nothing is pending', async () => {
      const accepted = await connect(1);
      world.dialer.perform({ type: 'write', conn: 1, bytes: Buffer.alloc(3_000_000, 'x') });
      await world.until(() => received(world.listener, accepted).length === 3_000_000);
      await world.until(() => lastPendingBytes(world.dialer, 1) === 0);
    });

    test('end delivers what was written before, then closes both sides once', async () => {
      const accepted = await connect(1);
      world.dialer.perform({ type: 'write', conn: 1, bytes: Buffer.alloc(200_000, 'y') });
      world.dialer.perform({ type: 'end', conn: 1 });
      await world.until(() => closed(world.listener, accepted).length > 0);
      await world.until(() => closed(world.dialer, 1).length > 0);
      expect(received(world.listener, accepted).length).toBe(200_000);
      expect(closed(world.listener, accepted).map((fact) => fact.reason)).toEqual(['ended']);
      expect(closed(world.dialer, 1).map((fact) => fact.reason)).toEqual(['local']);
    });

    test('destroy closes both sides once, and later effects do nothing', async () => {
      const accepted = await connect(1);
      world.listener.perform({ type: 'destroy', conn: accepted });
      world.listener.perform({ type: 'destroy', conn: accepted });
      await world.until(() => closed(world.dialer, 1).length > 0);
      await world.until(() => closed(world.listener, accepted).length > 0);
      world.listener.perform({ type: 'write', conn: accepted, bytes: Buffer.from('late') });
      world.dialer.perform({ type: 'write', conn: 1, bytes: Buffer.from('late') });
      world.dialer.perform({ type: 'end', conn: 1 });
      await connect(3);
      expect(closed(world.listener, accepted).map((fact) => fact.reason)).toEqual(['local']);
      expect(closed(world.dialer, 1)).toHaveLength(1);
    });

    test('a dial that nobody answers is closed as refused and never connected', async () => {
      dial(1, world.deadPort);
      await world.until(() => closed(world.dialer, 1).length > 0);
      expect(factsOf(world.dialer, 1).map((fact) => fact.type)).toEqual(['closed']);
      expect(closed(world.dialer, 1)[0]?.reason).toBe('refused');
    });

    test('a paused connection receives nothing until it is resumed', async () => {
      const accepted = await connect(1);
      world.listener.perform({ type: 'pause', conn: accepted });
      await connect(3);
      world.dialer.perform({ type: 'write', conn: 1, bytes: Buffer.from('held') });
      await world.until(() => lastPendingBytes(world.dialer, 1) === 0);
      await connect(5);
      expect(received(world.listener, accepted).length).toBe(0);
      world.listener.perform({ type: 'resume', conn: accepted });
      await world.until(() => received(world.listener, accepted).length === 4);
    });

    test('effects on an unknown connection do nothing', async () => {
      world.dialer.perform({ type: 'write', conn: 99, bytes: Buffer.from('x') });
      world.dialer.perform({ type: 'end', conn: 99 });
      world.dialer.perform({ type: 'destroy', conn: 99 });
      world.dialer.perform({ type: 'pause', conn: 99 });
      await connect(1);
      expect(factsOf(world.dialer, 99)).toEqual([]);
    });
  });
}

function factsOf(party: StreamParty, conn: number): readonly StreamInput[] {
  return party.facts.filter((fact) => fact.conn === conn);
}

function closed(party: StreamParty, conn: number): readonly Extract<StreamInput, { type: 'closed' }>[] {
  return party.facts.filter((fact) => fact.type === 'closed').filter((fact) => fact.conn === conn);
}

function received(party: StreamParty, conn: number): Buffer {
  const pieces = party.facts.filter((fact) => fact.type === 'received').filter((fact) => fact.conn === conn);
  return Buffer.concat(pieces.map((fact) => fact.bytes));
}

function lastPendingBytes(party: StreamParty, conn: number): number | undefined {
  const facts = party.facts.filter((fact) => fact.type === 'drained');
  return facts.findLast((fact) => fact.conn === conn)?.pendingBytes;
}
