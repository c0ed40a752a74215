import { expect, test } from 'vitest';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import { encodeRequest, encodeResponse } from '../../../server/console/console-frames.ts';
import {
  CONTROL_IDLE_MS,
  CONTROL_PENDING_BYTES_MAX,
  ControlSession,
} from '../../../server/console/control-session.ts';

const session = () => new ControlSession({ idleMs: CONTROL_IDLE_MS, nowMs: 0 });

function received(...commands: readonly string[]) {
  const frames = commands.map((command) => {
    const encoded = encodeRequest(command);
    if (!encoded.ok) throw new Error(encoded.error);
    return encoded.value;
  });
  return { type: 'received', bytes: Buffer.concat(frames) } as const;
}

const answered = (text: string) => ({ type: 'answered', reply: { ok: true, text } }) as const;
const written = { type: 'written' } as const;

test('a request runs, its answer is written as a frame', () => {
  const core = session();
  expect(core.step(received('version'), 1)).toEqual([{ type: 'run', command: 'version' }]);
  expect(core.step(answered('banner'), 2)).toEqual([
    { type: 'write', bytes: encodeResponse('banner'), reply: { ok: true, text: 'banner' } },
  ]);
});

test('requests sent together run one at a time, in order, each after the answer before it is out', () => {
  const core = session();
  expect(core.step(received('a', 'b'), 1)).toEqual([{ type: 'run', command: 'a' }]);
  expect(core.step(answered('1'), 2).map(({ type }) => type)).toEqual(['write']);
  expect(core.step(written, 3)).toEqual([{ type: 'run', command: 'b' }]);
  core.step(answered('2'), 4);
  expect(core.step(written, 5)).toEqual([]);
});

test('a connection without a whole request is closed as idle, a slow command is not', () => {
  const core = session();
  core.step({ type: 'received', bytes: Buffer.from([0, 1, 0]) }, CONTROL_IDLE_MS - 1);
  expect(core.deadlineMs).toBe(CONTROL_IDLE_MS);
  expect(core.step(DEADLINE_REACHED, CONTROL_IDLE_MS)).toEqual([{ type: 'close', reason: 'idle' }]);
  const slow = session();
  slow.step(received('a'), 10);
  expect(slow.deadlineMs).toBeUndefined();
  expect(slow.step(DEADLINE_REACHED, 10 * CONTROL_IDLE_MS)).toEqual([]);
});

test('another idle time holds at once, from the last request on', () => {
  const core = session();
  core.step(received('a'), 10);
  core.step(answered('1'), 20);
  core.step(written, 30);
  expect(core.step({ type: 'idleLimit', idleMs: 500 }, 300)).toEqual([]);
  expect(core.deadlineMs).toBe(530);
  core.step({ type: 'idleLimit', idleMs: 100 }, 310);
  expect(core.step(DEADLINE_REACHED, 310)).toEqual([{ type: 'close', reason: 'idle' }]);
});

test('an answer may be held back, and what was asked meanwhile waits', () => {
  const core = session();
  core.step(received('a', 'b'), 10);
  expect(core.step({ ...answered('x'), notBeforeMs: 260 }, 20)).toEqual([]);
  expect(core.deadlineMs).toBe(260);
  expect(core.step(DEADLINE_REACHED, 259)).toEqual([]);
  expect(core.step(DEADLINE_REACHED, 260)).toMatchObject([{ type: 'write', reply: { text: 'x' } }]);
  expect(core.step(written, 261)).toEqual([{ type: 'run', command: 'b' }]);
});

test('an answer may be the last one: nothing that was asked after it runs', () => {
  const core = session();
  core.step(received('a', 'b'), 10);
  expect(core.step({ ...answered('x'), close: true }, 20)).toMatchObject([{ type: 'write' }]);
  expect(core.step(written, 21)).toEqual([{ type: 'close', reason: 'denied' }]);
});

test('a peer that does not read its answer is closed as idle', () => {
  const core = session();
  core.step(received('a'), 10);
  core.step(answered('x'), 20);
  expect(core.step(DEADLINE_REACHED, 20 + CONTROL_IDLE_MS)).toEqual([{ type: 'close', reason: 'idle' }]);
});

test('garbage closes, after what was asked before it was answered', () => {
  const core = session();
  expect(core.step({ type: 'received', bytes: Buffer.from('GET /') }, 1)).toEqual([
    { type: 'close', reason: 'garbage' },
  ]);
  expect(core.step(received('a'), 2)).toEqual([]);
  expect(core.deadlineMs).toBeUndefined();
  const late = session();
  late.step({ type: 'received', bytes: Buffer.concat([received('a').bytes, Buffer.from('GET /')]) }, 1);
  late.step(answered('x'), 2);
  expect(late.step(written, 3)).toEqual([{ type: 'close', reason: 'garbage' }]);
});

test('a peer that ends still gets its answers', () => {
  const core = session();
  core.step(received('a', 'b'), 1);
  expect(core.step({ type: 'ended' }, 2)).toEqual([]);
  core.step(answered('1'), 3);
  expect(core.step(written, 4)).toEqual([{ type: 'run', command: 'b' }]);
  core.step(answered('2'), 5);
  expect(core.step(written, 6)).toEqual([{ type: 'close', reason: 'ended' }]);
});

test('a stream that ends inside a frame is truncated', () => {
  const core = session();
  core.step({ type: 'received', bytes: Buffer.from([0, 1, 0, 9, 65]) }, 1);
  expect(core.step({ type: 'ended' }, 2)).toEqual([{ type: 'close', reason: 'truncated' }]);
});

test('reading pauses above the bound of waiting bytes and resumes below it', () => {
  const core = session();
  core.step(received('first'), 1);
  const big = 'x'.repeat(60_000);
  expect(core.step(received(big, big), 2)).toEqual([]);
  expect(core.step(received(big), 3)).toEqual([{ type: 'pause' }]);
  expect(3 * 60_004).toBeGreaterThan(CONTROL_PENDING_BYTES_MAX);
  core.step(answered('1'), 4);
  expect(core.step(written, 5)).toEqual([{ type: 'resume' }, { type: 'run', command: big }]);
});
