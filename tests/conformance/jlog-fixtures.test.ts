/** Logs that the C library wrote, healthy and damaged, read exactly as their manifests say. */

import { describe, expect, test } from 'vitest';
import { must } from '../../server/base/assert.ts';
import type { LogGap, LogRecord } from '../../server/jlog/api.ts';
import { openLog } from '../../server/jlog/log.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import {
  comparePositions,
  formatPosition,
  type LogPosition,
  parsePosition,
} from '../../server/model/log-position.ts';
import { given } from '../support/given.ts';
import {
  contentOf,
  FIXTURES,
  type Fixture,
  LOG,
  loadFixture,
  onDisk,
  sha256,
} from '../support/jlog-fixtures.ts';

type Read = {
  readonly records: readonly LogRecord[];
  readonly gaps: readonly LogGap[];
  readonly end: LogPosition;
};

function readAll(fixture: Fixture, from: LogPosition, limits = { records: 7, bytes: 3_000 }): Read {
  const { store, disk } = onDisk(fixture);
  const before = new Map(disk.files(LOG));
  const log = must(given(openLog(store, LOG)), 'log');
  const records: LogRecord[] = [];
  const gaps: LogGap[] = [];
  let next = from;
  for (let calls = 0; calls < 1_000; calls += 1) {
    const read = given(log.readFrom(next, limits));
    records.push(...read.records);
    gaps.push(...read.gaps);
    next = read.next;
    if (!read.atEnd) continue;
    expect(disk.files(LOG), 'reading changes nothing').toEqual(before);
    return { records, gaps, end: next };
  }
  throw new Error('it never came to the end');
}

function positionOf(text: string): LogPosition {
  return given(parsePosition(text));
}

/** In these, what the strict scan of the manifest finds is not what a careful reader delivers. */
const SALVAGED = [
  '23-torn-then-appended',
  '25-corrupt-header-middle-current',
  '26-corrupt-header-middle-closed',
  '27-garbage-between-records',
];

describe('[LOG-20] golden logs of the C library', () => {
  test('there are 44 of them', () => {
    expect(FIXTURES).toHaveLength(44);
  });

  test.each(FIXTURES.filter((name) => !SALVAGED.includes(name)))('%s reads as its manifest says', (name) => {
    const fixture = loadFixture(name);
    const { manifest } = fixture;
    for (const { checkpoint } of manifest.subscribers) {
      if (checkpoint === null) continue;
      const from = positionOf(checkpoint);
      const expected = manifest.messages.filter(({ id }) => comparePositions(positionOf(id), from) > 0);
      const { records } = readAll(fixture, from);
      expect(records.map(({ position }) => formatPosition(position))).toEqual(expected.map(({ id }) => id));
      for (const [index, message] of expected.entries()) {
        const record = must(records[index], message.id);
        expect(record.timeUs).toBe(message.sec * 1_000_000 + message.usec);
        if (message.sha256 === undefined)
          expect(Buffer.from(record.data)).toEqual(contentOf(message, fixture));
        else expect(sha256(record.data)).toBe(message.sha256);
      }
    }
  });

  test.each(SALVAGED)('%s delivers everything that is intact', (name) => {
    const fixture = loadFixture(name);
    const intact = must(fixture.manifest.written, 'written').messages.filter(
      ({ still_intact }) => still_intact,
    );
    const { records, gaps } = readAll(fixture, { segment: 0, marker: 0 });
    expect(records.map(({ data }) => sha256(data).slice(0, 16))).toEqual(
      intact.map((message) => message.sha256_16),
    );
    expect(gaps.map(({ reason }) => reason)).toEqual(['damaged']);
  });

  test.each(FIXTURES)('%s: sizes, segments and subscribers are those of the manifest', (name) => {
    const { manifest, ...rest } = loadFixture(name);
    const { store } = onDisk({ manifest, ...rest });
    const log = given(openLog(store, LOG));
    const described = given(log.describe(0));
    expect(described.onDiskBytes).toBe(manifest.raw_size);
    expect(described.segments).toBe(manifest.segments.length);
    const expected = manifest.subscribers.map(({ checkpoint, name_hex }) => [
      Buffer.from(name_hex, 'hex').toString(),
      checkpoint,
    ]);
    const found = described.subscribers.map(({ name: subscriber, position }) => [
      Buffer.from(
        subscriber.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        ),
        'latin1',
      ).toString(),
      position === undefined ? null : formatPosition(position),
    ]);
    if (name !== '14-subscriber-names') expect(found).toEqual(expected);
    expect(found.map(([, position]) => position)).toEqual(expected.map(([, position]) => position));
  });

  test.each(FIXTURES)('%s: a writer goes on where that is safe, and refuses otherwise', (name) => {
    const fixture = loadFixture(name);
    const refused = ['44', '45', '48', '50', '51'].includes(name.slice(0, 2));
    const { store, disk } = onDisk(fixture);
    const before = disk.files(LOG);
    const opened = openWriter(store, LOG);
    expect(opened.ok).toBe(!refused);
    if (!opened.ok) {
      expect(opened.error.code).toBe('LOG_UNUSABLE');
      expect(disk.files(LOG)).toEqual(before);
      return;
    }
    const from = { segment: 0, marker: 0 };
    const readable = readAll(fixture, from).records.map(({ data }) => sha256(data));
    const waiting =
      fixture.manifest.pre_commit?.messages.map((message) => sha256(contentOf(message, fixture))) ?? [];
    const line = Buffer.from('a line behind everything');
    expect(opened.value.append([line], 1_800_000_000_000_000).error).toBeUndefined();
    const after = readAll({ ...fixture, files: buffers(disk.files(LOG)) }, from).records.map(({ data }) =>
      sha256(data),
    );
    expect(after).toEqual([...readable, ...waiting, sha256(line)]);
  });
});

function buffers(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Buffer> {
  return new Map([...files].map(([name, bytes]) => [name, Buffer.from(bytes)]));
}
