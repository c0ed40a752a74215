import { beforeEach, describe, expect, test } from 'vitest';
import {
  RESULTS_AGE_MAX_MS,
  RESULTS_BYTES_MAX,
  RESULTS_ENTRIES_MAX,
  RESULTS_SILENT_AFTER_MS,
  ResultsBuffer,
} from '../../../server/console/results.ts';
import type { ResultsScope } from '../../../server/console/results-file.ts';

const NOW_MS = 1_700_000_000_000;
const all: ResultsScope = { kind: 'all' };
const asked = [
  { node: 'pono', privateName: '#ec0-1#pono', subcluster: 'east' },
  { node: 'uhalehe', privateName: '#ec0-2#uhalehe', subcluster: 'west' },
];

let buffer: ResultsBuffer;
beforeEach(() => {
  buffer = new ResultsBuffer();
});

function send(request: string, command: string, scope = all, members = asked, wallMs = NOW_MS): void {
  buffer.sent({ request, command, scope, asked: members, wallMs });
}

function answer(request: string, index: number, text: string, wallMs = NOW_MS + 5): boolean {
  const privateName = asked[index]?.privateName ?? '';
  return buffer.answered({ request, privateName, ok: true, text, wallMs });
}

const texts = (found: ReturnType<ResultsBuffer['retrieve']>) => found?.replies.map(({ text }) => text);
const missing = (found: ReturnType<ResultsBuffer['retrieve']>) =>
  found?.missing.map(({ node, state }) => `${node} ${state}`);

describe('what is retrieved', () => {
  test('[ECC-05] replies under the exact trimmed text, and who has not answered', () => {
    send('1', ' cluster info ');
    answer('1', 0, 'from pono');
    const found = buffer.retrieve('cluster info', NOW_MS + 10);
    expect(texts(found)).toEqual(['from pono']);
    expect(missing(found)).toEqual(['uhalehe waiting']);
    expect(buffer.retrieve('cluster  info', NOW_MS)).toBeUndefined();
    expect(buffer.retrieve('Cluster info', NOW_MS)).toBeUndefined();
  });

  test('the latest broadcast of a text replaces the earlier one, whose late replies are ignored', () => {
    send('1', 'pid');
    send('2', 'pid');
    expect(answer('1', 0, 'old')).toBe(false);
    expect(answer('2', 0, 'new')).toBe(true);
    expect(texts(buffer.retrieve('pid', NOW_MS))).toEqual(['new']);
    expect(buffer.size).toBe(1);
  });

  test('[ECC-06] a subcluster sees only its nodes, from the latest broadcast that reached it', () => {
    send('1', 'pid');
    answer('1', 0, 'east all');
    answer('1', 1, 'west all');
    expect(texts(buffer.retrieveSubcluster('west', 'pid', NOW_MS))).toEqual(['west all']);
    send('2', 'pid', { kind: 'subcluster', name: 'west' }, asked.slice(1));
    answer('2', 1, 'west only');
    expect(texts(buffer.retrieveSubcluster('west', 'pid', NOW_MS))).toEqual(['west only']);
    expect(texts(buffer.retrieveSubcluster('east', 'pid', NOW_MS))).toEqual(['east all']);
    expect(texts(buffer.retrieve('pid', NOW_MS))).toEqual(['west only']);
    expect(buffer.retrieveSubcluster('north', 'pid', NOW_MS)?.replies).toEqual([]);
  });

  test('[ECC-07] one node answers for the latest unicast or broadcast that asked it', () => {
    send('1', 'pid');
    answer('1', 0, 'broadcast');
    expect(texts(buffer.retrieveNode('pono', 'pid', NOW_MS))).toEqual(['broadcast']);
    send('2', 'pid', { kind: 'node', name: 'pono' }, asked.slice(0, 1));
    answer('2', 0, 'unicast');
    expect(texts(buffer.retrieveNode('pono', 'pid', NOW_MS))).toEqual(['unicast']);
    expect(texts(buffer.retrieve('pid', NOW_MS))).toEqual(['broadcast']);
    expect(buffer.retrieveNode('nobody', 'pid', NOW_MS)).toBeUndefined();
  });

  test('[ECC-08] after a flush nothing can be retrieved', () => {
    send('1', 'pid');
    answer('1', 0, 'x');
    expect(buffer.flush()).toBe(1);
    expect(buffer.retrieve('pid', NOW_MS)).toBeUndefined();
    expect(answer('1', 1, 'late')).toBe(false);
    expect([buffer.size, buffer.bytes]).toEqual([0, 0]);
  });
});

describe('replies', () => {
  test('a second reply, one of a stranger and one to an unknown request are refused', () => {
    send('1', 'pid');
    expect(answer('1', 0, 'first')).toBe(true);
    expect(answer('1', 0, 'second')).toBe(false);
    const stranger = { request: '1', privateName: '#x#y', ok: true, text: '', wallMs: NOW_MS };
    expect(buffer.answered(stranger)).toBe(false);
    expect(answer('9', 1, 'x')).toBe(false);
    expect(texts(buffer.retrieve('pid', NOW_MS))).toEqual(['first']);
  });

  test('who waits long is silent, who left is left, and both may still answer', () => {
    send('1', 'pid');
    buffer.left('#ec0-1#pono');
    const lateMs = NOW_MS + RESULTS_SILENT_AFTER_MS;
    expect(missing(buffer.retrieve('pid', lateMs))).toEqual(['pono left', 'uhalehe waiting']);
    expect(missing(buffer.retrieve('pid', lateMs + 1))).toEqual(['pono left', 'uhalehe silent']);
    expect(answer('1', 0, 'late', lateMs)).toBe(true);
    expect(missing(buffer.retrieve('pid', lateMs))).toEqual(['uhalehe waiting']);
  });

  test('leaving after the answer changes nothing', () => {
    send('1', 'pid');
    answer('1', 0, 'x');
    const { revision } = buffer;
    buffer.left('#ec0-1#pono');
    expect(buffer.revision).toBe(revision);
  });
});

describe('bounds', () => {
  test('the oldest command goes when there are too many', () => {
    for (let n = 0; n <= RESULTS_ENTRIES_MAX; n += 1) send(String(n), `pid ${n}`);
    expect(buffer.size).toBe(RESULTS_ENTRIES_MAX);
    expect(buffer.retrieve('pid 0', NOW_MS)).toBeUndefined();
    expect(buffer.retrieve('pid 1', NOW_MS)).toBeDefined();
  });

  test('the oldest replies go when there are too many bytes, and a reply that never fits is replaced', () => {
    const half = 'x'.repeat(RESULTS_BYTES_MAX / 2);
    send('1', 'a');
    send('2', 'b');
    answer('1', 0, half);
    answer('2', 0, half);
    expect(buffer.bytes).toBe(RESULTS_BYTES_MAX);
    answer('2', 1, 'y');
    expect(buffer.retrieve('a', NOW_MS)).toBeUndefined();
    send('3', 'c');
    answer('3', 0, `${half}${half}z`);
    expect(texts(buffer.retrieve('c', NOW_MS))).toEqual([
      `[reply of ${RESULTS_BYTES_MAX + 1} bytes not kept: the results buffer is full]`,
    ]);
    expect(buffer.bytes).toBeLessThanOrEqual(RESULTS_BYTES_MAX);
  });

  test('[ECC-18] what is too old is forgotten', () => {
    send('1', 'pid');
    buffer.expire(NOW_MS + RESULTS_AGE_MAX_MS);
    expect(buffer.size).toBe(1);
    buffer.expire(NOW_MS + RESULTS_AGE_MAX_MS + 1);
    expect(buffer.size).toBe(0);
  });
});

describe('the file', () => {
  test('[ECC-17] what was saved is there after loading', () => {
    send('1', 'cluster info');
    answer('1', 0, 'line 1\nline "2" \u2028 ü');
    buffer.left('#ec0-2#uhalehe');
    const loaded = ResultsBuffer.load(buffer.save(), NOW_MS + 1);
    if (!loaded.ok) throw new Error(loaded.error);
    expect(loaded.value.retrieve('cluster info', NOW_MS)).toEqual(buffer.retrieve('cluster info', NOW_MS));
    expect(loaded.value.bytes).toBe(buffer.bytes);
    expect(
      loaded.value.answered({
        request: '1',
        privateName: '#ec0-2#uhalehe',
        ok: false,
        text: 'late',
        wallMs: NOW_MS,
      }),
    ).toBe(true);
  });

  test('what is too old is not loaded', () => {
    send('1', 'pid');
    const loaded = ResultsBuffer.load(buffer.save(), NOW_MS + RESULTS_AGE_MAX_MS + 1);
    expect(loaded.ok && loaded.value.size).toBe(0);
  });

  test.each([
    ['', 'it is not JSON'],
    ['{"format":1,"entr', 'it is not JSON'],
    ['null', 'it has no list of entries'],
    ['{"format":2,"entries":[]}', 'its format is 2, not 1'],
    ['{"format":1,"entries":[{}]}', 'entry 0 is damaged'],
    [
      '{"format":1,"entries":[{"request":"1","command":"a","scope":{"kind":"all"},"sentWallMs":1,"asked":[{"node":1}]}]}',
      'entry 0 is damaged',
    ],
    [
      '{"format":1,"entries":[{"request":"1","command":"a","scope":{"kind":"moon"},"sentWallMs":1,"asked":[]}]}',
      'entry 0 is damaged',
    ],
    [
      '{"format":1,"entries":[{"request":"1","command":"a","scope":{"kind":"all"},"sentWallMs":"x","asked":[]}]}',
      'entry 0 is damaged',
    ],
  ])('a damaged text %j is refused with a reason', (text, reason) => {
    expect(ResultsBuffer.load(text, NOW_MS)).toEqual({ ok: false, error: reason });
  });

  test('a text cut anywhere is refused, never half used', () => {
    send('1', 'pid');
    answer('1', 0, 'x');
    const whole = buffer.save();
    for (let length = 0; length < whole.length - 2; length += 1) {
      expect(ResultsBuffer.load(whole.slice(0, length), NOW_MS).ok).toBe(false);
    }
  });
});
