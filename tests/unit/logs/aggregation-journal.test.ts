import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import {
  decodeJournal,
  encodeEntry,
  type JournalEntry,
  STREAM_MARKS_MAX,
  type StreamMark,
} from '../../../server/logs/aggregation-journal.ts';
import { crc32 } from '../../../server/logs/crc32.ts';

const mark = (marker: number, more: Partial<StreamMark> = {}): StreamMark => ({
  node: 'pono',
  log: 'mainlog',
  subscriber: 'master',
  durable: { segment: 1, marker },
  confirmed: { segment: 0, marker },
  ...more,
});
const entry = (marker: number, size: number): JournalEntry => ({
  streams: [mark(marker)],
  files: [{ path: '/logs/größe "1"\n', identity: '1:2', size }],
  closed: [],
});
const decoded = (...frames: readonly Buffer[]) => {
  const loaded = decodeJournal(Buffer.concat(frames));
  if (!loaded.ok) throw new Error(loaded.error);
  return { ...loaded.value.state.entry(), tornBytes: loaded.value.tornBytes };
};

describe('the journal of an aggregator', () => {
  test('the checksum is the one that everybody has', () => {
    expect(crc32(Buffer.from('123456789')).toString(16)).toBe('cbf43926');
  });

  test('later entries replace earlier ones, and closed files are forgotten', () => {
    const frames = [encodeEntry(entry(1, 10)), encodeEntry(entry(2, 20))];
    expect(decoded(...frames)).toEqual({ ...entry(2, 20), tornBytes: 0 });
    const closed = encodeEntry({ streams: [], files: [], closed: ['/logs/größe "1"\n'] });
    expect(decoded(...frames, closed).files).toEqual([]);
    expect(decoded(...frames, closed).streams).toEqual([mark(2)]);
  });

  test('an entry that was cut anywhere, or has sectors of zeros, never counted', () => {
    const [first, last] = [encodeEntry(entry(1, 10)), encodeEntry(entry(2, 20))];
    for (let bytes = 0; bytes < last.length; bytes += 1) {
      expect(decoded(first, last.subarray(0, bytes))).toEqual({ ...entry(1, 10), tornBytes: bytes });
    }
    for (let at = 0; at < last.length; at += 1) {
      const torn = Buffer.from(last).fill(0, at, Math.min(last.length, at + 20));
      expect(decoded(first, torn)).toEqual({ ...entry(1, 10), tornBytes: last.length });
    }
  });

  test('damage in front of whole entries is no torn end', () => {
    const frames = [encodeEntry(entry(1, 10)), encodeEntry(entry(2, 20)), encodeEntry(entry(3, 30))];
    const bytes = Buffer.concat(frames);
    const at = (frames[0]?.length ?? 0) + 12;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(decodeJournal(bytes)).toMatchObject({ ok: false });
  });

  test('random bytes are refused or taken for torn, and never thrown at', () => {
    const prng = new Prng(3);
    for (let round = 0; round < 1_000; round += 1) {
      const bytes = Buffer.from(Array.from({ length: prng.below(200) }, () => prng.below(256)));
      const loaded = decodeJournal(bytes);
      if (loaded.ok) expect(loaded.value.state.entry().streams).toEqual([]);
    }
  });

  test('of too many marks those that were not touched for the longest time go', () => {
    const streams = Array.from({ length: STREAM_MARKS_MAX + 2 }, (_, index) =>
      mark(1, { log: `log${index}` }),
    );
    const loaded = decoded(encodeEntry({ streams, files: [], closed: [] }));
    expect(loaded.streams).toHaveLength(STREAM_MARKS_MAX);
    expect(loaded.streams[0]?.log).toBe('log2');
  });
});
