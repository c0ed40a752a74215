/**
 * Spoiled frames to servers and clients: nobody throws, every close has a counted reason, nothing grows, and afterwards
 * the honest ones form a view and hear each other. The same at length: `npm run -s bench -- bus-fuzz`.
 */

import { describe, expect, test } from 'vitest';
import { Prng } from '../../../../server/base/prng.ts';
import { CLIENT_FRAME, decodeClientFrame, encodeClientFrame } from '../../../../server/msgc/client-frames.ts';
import { decodeServerFrame } from '../../../../server/msgc/decode-frames.ts';
import { encodeServerFrame } from '../../../../server/msgc/encode-frames.ts';
import { FrameDecoder, type RawFrame } from '../../../../server/msgc/frame-decoder.ts';
import { SERVER_FRAME } from '../../../../server/msgc/frames.ts';
import { FuzzWorld } from './fuzz-world.ts';
import { keptBytes } from './heap.ts';
import { Mutator, rawOf } from './mutate.ts';

const STORM_FRAMES = 6_000;
const STORMS = 2;
const DECODED_FRAMES = 50_000;
const LIMIT_MS = 120_000;
/** Tables, queues and counters of a handful of processes; a leak of whole frames would be far beyond it. */
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;

const { hello, heartbeat, reach, data, order, ack, propose, state, plan, ready, install } = SERVER_FRAME;
const { connect, accept, join, part, multicast, deliver, view } = CLIENT_FRAME;
/** REPAIR, PENDING and their like are rare; what a mesh always says must have been spoiled. */
const OFTEN_SENT = [
  ...[hello, heartbeat, reach, data, order, ack, propose, state, plan, ready, install],
  ...[connect, accept, join, part, multicast, deliver, view, SERVER_FRAME.challenge, SERVER_FRAME.proof],
];

describe('a mesh with attackers', () => {
  test.each([
    { seed: 1, authenticated: false },
    { seed: 2, authenticated: true },
    { seed: 3, authenticated: false },
    { seed: 4, authenticated: true },
  ])(
    'survives seed $seed, authenticated: $authenticated',
    { timeout: LIMIT_MS },
    ({ seed, authenticated }) => {
      const world = new FuzzWorld(seed, authenticated);
      world.storm(STORM_FRAMES);
      world.calm();
      const keptAtFirst = keptBytes();
      for (let storm = 1; storm < STORMS; storm += 1) {
        world.storm(STORM_FRAMES);
        world.calm();
      }
      expect(keptBytes() - keptAtFirst).toBeLessThan(GROWTH_BYTES_MAX);
      // It was a storm: frames of every party were refused, and nobody was closed without a reason (WatchedCore).
      const { closes } = world;
      expect(closes['closed_bad_frame']).toBeGreaterThan(100);
      expect(closes['closed_bad_first_frame']).toBeGreaterThan(100);
      expect(closes['client: bad frame']).toBeGreaterThan(10);
      world.stop();
    },
  );
});

describe('decoders', () => {
  test('take a spoiled frame or refuse it; what they take they write again alike', {
    timeout: LIMIT_MS,
  }, () => {
    const world = new FuzzWorld(5, true);
    world.storm(1_000);
    const frames = world.seen;
    const types = new Set(frames.map((frame) => rawOf(frame).type));
    expect([...types].sort((a, b) => a - b)).toEqual(expect.arrayContaining(OFTEN_SENT));
    const mutator = new Mutator(new Prng(7), { frame: 1, replay: 0, pieces: 0 });
    let taken = 0;
    for (let round = 0; round < DECODED_FRAMES; round += 1) {
      const spoiled = mutator.spoil(frames[round % frames.length] ?? Buffer.alloc(0));
      for (const raw of cutFrames(mutator.pieces(spoiled))) if (decodesAlike(raw)) taken += 1;
    }
    expect(taken).toBeGreaterThan(10_000);
    world.stop();
  });
});

function cutFrames(pieces: readonly Buffer[]): readonly RawFrame[] {
  const decoder = new FrameDecoder();
  decoder.handshakeDone();
  for (const piece of pieces) decoder.push(piece);
  const found: RawFrame[] = [];
  for (let raw = decoder.next(); raw !== undefined && typeof raw !== 'string'; raw = decoder.next())
    found.push(raw);
  return found;
}

/** @returns false when the frame is refused. */
function decodesAlike(raw: RawFrame): boolean {
  const server = decodeServerFrame(raw);
  if (server !== undefined && server.type !== 'otherVersion') {
    const bytes = encodeServerFrame(server);
    const again = decodeServerFrame(rawOf(bytes));
    if (again === undefined || again.type === 'otherVersion')
      throw new Error(`not taken again: ${again?.type}`);
    expect(encodeServerFrame(again).equals(bytes)).toBe(true);
    return true;
  }
  const client = decodeClientFrame(raw);
  if (client === undefined || client.type === 'otherVersion') return false;
  const bytes = encodeClientFrame(client);
  const again = decodeClientFrame(rawOf(bytes));
  if (again === undefined || again.type === 'otherVersion')
    throw new Error(`not taken again: ${again?.type}`);
  expect(encodeClientFrame(again).equals(bytes)).toBe(true);
  return true;
}
