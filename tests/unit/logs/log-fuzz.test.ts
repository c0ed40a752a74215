/** 100,000 damaged frames to each end: nothing throws, nothing grows, and every connection ends for a counted reason. */

import { expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { DialHandshake } from '../../../server/logs/handshake.ts';
import { type AskFrame, encodeAsk, encodeTell, type TellFrame } from '../../../server/logs/log-frames.ts';
import { LogService } from '../../../server/logs/service.ts';
import { LogSession } from '../../../server/logs/session.ts';
import type { LogSessionEvent } from '../../../server/logs/session-api.ts';
import { MemoryLogs } from '../../../server/memory/memory-logs.ts';
import { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { MAINLOG } from '../../support/log-service-world.ts';

const FRAMES = 100_000;
const SEED = 20_261;
const HELLO = new DialHandshake({ service: 'log', from: 'mgr', to: 'node1' }, undefined).hello;

/** One to three changes: a bit, a byte, a piece that is missing, doubled or replaced by others. */
function mutate(prng: Prng, frame: Buffer): Buffer {
  let bytes = Buffer.from(frame);
  const changes = 1 + prng.below(3);
  for (let change = 0; change < changes; change += 1) {
    const at = prng.below(bytes.length);
    const kind = prng.below(6);
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << prng.below(8));
    else if (kind === 1) bytes[at] = prng.pick([0, 1, 0x7f, 0x80, 0xff]);
    else if (kind === 2) bytes = bytes.subarray(0, Math.max(1, at));
    else if (kind === 3) bytes = Buffer.concat([bytes, bytes.subarray(at)]);
    else if (kind === 4) {
      const length = 1 + prng.below(4);
      for (let index = at; index < Math.min(bytes.length, at + length); index += 1) {
        bytes[index] = prng.below(256);
      }
    }
    // The length is right again: what is inside is decided by who reads it.
    if (prng.chance(0.7) && bytes.length > 5) bytes.writeUInt32BE(bytes.length - 4, 0);
  }
  return bytes;
}

const position = (prng: Prng) => ({ segment: prng.below(2), marker: prng.below(6) });

function someAsk(prng: Prng): AskFrame {
  const job = prng.below(8);
  const known = { subscriber: 'master', durable: position(prng), confirmed: position(prng) };
  return prng.pick<AskFrame>([
    { type: 'list' },
    {
      type: 'open',
      ref: prng.below(8),
      log: 'mainlog',
      subscribers: ['mgr', 'master'],
      known: prng.chance(0.5) ? known : undefined,
    },
    { type: 'checkpoint', job, position: position(prng) },
    { type: 'hold', job, ms: prng.below(100) },
    { type: 'close', job },
  ]);
}

test(`the node survives ${FRAMES} damaged frames`, { timeout: 120_000 }, () => {
  const prng = new Prng(SEED);
  const clock = new VirtualClock();
  const options = { keys: undefined, activeMs: 10, idleMs: 10, logs: new Map([['mainlog', MAINLOG]]) };
  const service = new LogService({ node: 'node1', version: '0.2.0' }, options);
  let destroyed = 0;
  const give = (input: Parameters<LogService['step']>[0]): void => {
    for (const effect of service.step(input, clock.nowMs())) {
      if (effect.type === 'logs') logs.perform(effect.command);
      if (effect.type !== 'stream') continue;
      const { type, conn } = effect.effect;
      if (type === 'destroy' || type === 'end') destroyed += 1;
      if (type === 'write') give({ type: 'stream', input: { type: 'drained', conn, pendingBytes: 0 } });
    }
  };
  const logs = new MemoryLogs(
    clock,
    (fact) => give({ type: 'logsFact', fact }),
    () => 0,
  );
  const log = logs.log(MAINLOG, 'master');
  log.append('one', 'two', 'three');
  let conn = 0;
  let accepted = 0;
  let before = -1;
  for (let count = 0; count < FRAMES; count += 1) {
    if (destroyed !== before) {
      before = destroyed;
      conn += 2;
      accepted += 1;
      give({ type: 'stream', input: { type: 'accepted', conn, local: 'a:1', remote: 'b:2' } });
      if (prng.chance(0.9)) give({ type: 'stream', input: { type: 'received', conn, bytes: HELLO } });
    }
    const whole = encodeAsk(someAsk(prng));
    const bytes = prng.chance(0.5) ? mutate(prng, prng.chance(0.05) ? HELLO : whole) : whole;
    give({ type: 'stream', input: { type: 'received', conn, bytes } });
    clock.runFor(0.01);
    if (count % 100 === 0) {
      give({ type: 'deadlineReached' });
      expect(service.jobs(clock.nowMs()).length).toBeLessThanOrEqual(8);
    }
    if (destroyed !== before || !prng.chance(0.1)) continue;
    give({ type: 'stream', input: { type: 'closed', conn, reason: 'reset', detail: '' } });
    before = -1;
  }
  give({ type: 'stop' });
  const counted = [...service.closes.values()].reduce((sum, one) => sum + one, 0);
  expect(counted).toBe(accepted);
  expect(accepted).toBeGreaterThan(1_000);
  expect(service.closes.get('badFrame')).toBeGreaterThan(100);
  expect([...log.subscribers]).toHaveLength(1);
});

function someTell(prng: Prng): TellFrame {
  const job = 1 + prng.below(2);
  const data = Buffer.alloc(prng.below(40), 7);
  const id = position(prng);
  const gap = { from: id, to: id, bytes: 3, text: 'bytes that are no record' };
  return prng.pick<TellFrame>([
    { type: 'logs', logs: [{ log: 'mainlog', subscribers: [{ name: 'master', position: id }] }] },
    { type: 'opened', ref: 1, job, subscriber: 'master', start: { segment: 0, marker: 0 }, followed: true },
    { type: 'refused', ref: 2, code: 'busy', text: 'no' },
    { type: 'records', job, upTo: id, records: [{ id, timeUs: 5, data }] },
    { type: 'records', job, upTo: { segment: 0xffff_ffff, marker: 1 }, records: [] },
    { type: 'piece', job, id, timeUs: 5, total: 1_000, offset: 0, data: Buffer.alloc(500) },
    { type: 'piece', job, id, timeUs: 5, total: 1_000, offset: 500, data: Buffer.alloc(500) },
    { type: 'gap', job, gap },
    { type: 'checkpointed', job, position: id, text: '' },
    { type: 'end', job, reason: 'moved', text: '' },
  ]);
}

test(`the aggregator survives ${FRAMES} damaged frames`, { timeout: 120_000 }, () => {
  const prng = new Prng(SEED);
  const welcome = Buffer.from([0, 0, 0, 0, 5, 0, 5, ...Buffer.from('node1'), 0, 1, 0x39]);
  welcome.writeUInt32BE(welcome.length - 4, 0);
  const ends = new Map<string, number>();
  let sessions = 0;
  let closed = true;
  let conn = -1;
  let session: LogSession | undefined;
  const hear = (event: LogSessionEvent): void => {
    if (event.type !== 'closed') return;
    closed = true;
    ends.set(event.reason, (ends.get(event.reason) ?? 0) + 1);
  };
  const give = (input: Parameters<LogSession['step']>[0]): void => {
    for (const effect of session?.step(input, 0) ?? []) if (effect.type === 'event') hear(effect.event);
  };
  const begin = (): void => {
    conn += 2;
    sessions += 1;
    closed = false;
    const place = { host: 'node1', port: 4802, node: 'node1' as NodeName, bindAddress: undefined };
    session = new LogSession({ conn, from: 'mgr', keys: undefined, dialTimeoutMs: 1_000, ...place });
    give({ type: 'start' });
    give({ type: 'stream', input: { type: 'connected', conn, local: 'a:1', remote: 'b:2' } });
    give({ type: 'stream', input: { type: 'received', conn, bytes: welcome } });
    for (const ref of [1, 2]) {
      const open = { type: 'open', ref, log: 'mainlog', subscribers: ['master'], known: undefined } as const;
      give({ type: 'request', request: open });
    }
  };
  for (let count = 0; count < FRAMES; count += 1) {
    if (closed) begin();
    const whole = encodeTell(someTell(prng));
    const bytes = prng.chance(0.5) ? mutate(prng, whole) : whole;
    give({ type: 'stream', input: { type: 'received', conn, bytes } });
    if (prng.chance(0.05)) {
      give({ type: 'stream', input: { type: 'closed', conn, reason: 'reset', detail: '' } });
    }
  }
  give({ type: 'stop' });
  expect([...ends.values()].reduce((sum, one) => sum + one, 0)).toBe(sessions);
  expect(ends.get('badFrame')).toBeGreaterThan(1_000);
  expect(ends.get('tooMuch')).toBeGreaterThan(1_000);
});
