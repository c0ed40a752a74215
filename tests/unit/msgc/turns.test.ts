import { describe, expect, test } from 'vitest';
import type { ClientRequest } from '../../../server/msgc/client-frames.ts';
import { Turns, type Waiting } from '../../../server/msgc/turns.ts';

const PER_ITER = 20;

class Sender implements Waiting {
  readonly name: string;
  waiting: ClientRequest[] = [];
  credit = 0;

  /** @param packet messages in each request. */
  constructor(name: string, packet: number, messages: number) {
    this.name = name;
    for (let sent = 0; sent < messages; sent += packet) {
      const messagesOf = { count: packet, messages: Buffer.alloc(0) };
      this.waiting.push({ type: 'multicast', mailbox: 0, service: 'agreed', groups: ['g'], ...messagesOf });
    }
  }
}

/** Takes until the bus has `room` no more; who was taken from, one name per message. */
function taken(senders: readonly Sender[], room: number, turns = new Turns<Sender>()): readonly string[] {
  const names: string[] = [];
  turns.takeFrom(
    senders.filter(({ waiting }) => waiting.length > 0),
    {
      messagesPerIter: PER_ITER,
      accepting: () => names.length < room,
      take: ({ name }, request) => {
        const count = request.type === 'multicast' ? request.count : 1;
        for (let k = 0; k < count; k += 1) names.push(name);
      },
      emptied: () => undefined,
    },
  );
  return names;
}

const countOf = (names: readonly string[], name: string): number =>
  names.filter((one) => one === name).length;

describe('messages_per_iter', () => {
  test('takes so many messages of one client before the next has its turn', () => {
    const names = taken([new Sender('a', 1, 100), new Sender('b', 1, 100)], 80);
    expect(names.join('')).toBe(['b', 'a', 'b', 'a'].map((name) => name.repeat(PER_ITER)).join(''));
  });

  test('a client with long packets gets no more than one with single messages', () => {
    const names = taken([new Sender('long', 250, 10_000), new Sender('single', 1, 10_000)], 8_000);
    expect(Math.abs(countOf(names, 'long') - countOf(names, 'single'))).toBeLessThanOrEqual(250 + PER_ITER);
  });

  test('what one client leaves unused goes to the others, and everything is taken', () => {
    const names = taken([new Sender('few', 1, 5), new Sender('many', 250, 1_000)], Number.MAX_SAFE_INTEGER);
    expect(countOf(names, 'few')).toBe(5);
    expect(countOf(names, 'many')).toBe(1_000);
  });

  test('a bus that takes nothing gives nobody credit for later', () => {
    const turns = new Turns<Sender>();
    const [a, b] = [new Sender('a', 1, 1_000), new Sender('b', 1, 1_000)];
    for (let step = 0; step < 50; step += 1) expect(taken([a, b], 0, turns)).toEqual([]);
    const names = taken([a, b], 400, turns);
    expect(countOf(names, 'a')).toBe(countOf(names, 'b'));
  });

  test('the last request of a client empties it also when the bus is full then', () => {
    const emptied: string[] = [];
    let room = 5;
    new Turns<Sender>().takeFrom([new Sender('a', 1, 5)], {
      messagesPerIter: PER_ITER,
      accepting: () => room > 0,
      take: () => {
        room -= 1;
      },
      emptied: ({ name }) => emptied.push(name),
    });
    expect(emptied).toEqual(['a']);
  });
});
