/** What the C library did to make the golden logs, done by us: every file must be the same after every step. */

import { describe, expect, test } from 'vitest';
import { must } from '../../server/base/assert.ts';
import { lastPosition, readInterval } from '../../server/jlog/interval.ts';
import { createLog, openLog } from '../../server/jlog/log.ts';
import { lookAt } from '../../server/jlog/log-view.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import { MemoryDisk, type MemoryStore } from '../../server/memory/memory-store.ts';
import { formatPosition, parsePosition } from '../../server/model/log-position.ts';
import { given } from '../support/given.ts';
import {
  contentOf,
  FIXTURES,
  type Fixture,
  type FixtureStep,
  LOG,
  loadFixture,
  sha256,
} from '../support/jlog-fixtures.ts';

/**
 * Compressed, or written through the buffer of the C library, which we empty but never fill; or made by hand; or, 23,
 * appended to behind a torn record, which we cut.
 */
const NOT_REPLAYED = ['08', '09', '10', '11', '12', '13', '23', '50', '51'];

class Replay {
  readonly #fixture: Fixture;
  readonly #disk = new MemoryDisk();
  readonly #store: MemoryStore = this.#disk.process();

  constructor(fixture: Fixture) {
    this.#fixture = fixture;
  }

  step(step: FixtureStep): void {
    switch (step.op) {
      case 'init':
        given(
          createLog(this.#store, LOG, {
            unitBytes: must(step.unit_limit, 'limit'),
            safety: must(step.safety, 'safety'),
          }),
        );
        return;
      case 'add_subscriber':
        this.#addSubscriber(nameOf(must(step.name_hex, 'name')), must(step.whence, 'whence'));
        return;
      case 'remove_subscriber':
        given(this.#log().removeSubscriber(must(step.name, 'name')));
        return;
      case 'checkpoint':
        given(
          this.#log().checkpoint(must(step.subscriber, 'name'), given(parsePosition(must(step.id, 'id')))),
        );
        return;
      case 'set_subscriber_checkpoint':
        given(
          this.#log().setCheckpoint(must(step.subscriber, 'name'), given(parsePosition(must(step.id, 'id')))),
        );
        return;
      case 'open_and_close_writer':
      case 'write':
        this.#write(step);
        return;
      case 'drain':
        this.#drain(must(step.subscriber, 'name'), step);
        return;
      case 'open_reader_and_read_interval':
        this.#interval(must(step.subscriber, 'name'), step);
        return;
      case 'mutate':
        this.#mutate(step);
        return;
      default:
        throw new Error(step.op);
    }
  }

  #log() {
    return given(openLog(this.#store, LOG));
  }

  #addSubscriber(name: string, whence: string): void {
    if (whence === 'begin' || whence === 'end') {
      // Looking for the end, the C library brings the index up to date.
      if (whence === 'end' && this.#disk.files(LOG).size > 2) this.#last();
      given(this.#log().addSubscriber(name, whence));
      return;
    }
    const from = whence.slice('copy:'.length);
    const position = given(this.#log().subscribers()).find((other) => other.name === from)?.position;
    given(this.#log().setCheckpoint(name, must(position, from)));
  }

  #write({ messages = [] }: FixtureStep): void {
    const writer = given(openWriter(this.#store, LOG));
    for (const message of messages) {
      const timeUs = message.sec * 1_000_000 + message.usec;
      expect(writer.append([contentOf(message, this.#fixture)], timeUs).error).toBeUndefined();
    }
    writer.close();
    while (this.#disk.syncsOpen > 0) this.#disk.finishSync();
  }

  #drain(subscriber: string, { result }: FixtureStep): void {
    const intervals = [];
    for (;;) {
      const { start, finish, count } = given(readInterval(this.#store, LOG, subscriber, { writes: true }));
      intervals.push({ start: formatPosition(start), finish: formatPosition(finish), count });
      if (count === 0) break;
      given(this.#log().checkpoint(subscriber, finish));
    }
    expect(intervals).toEqual(result?.intervals);
  }

  #interval(subscriber: string, { result }: FixtureStep): void {
    expect(given(this.#log().describe(0)).onDiskBytes).toBe(result?.raw_size);
    expect(this.#last()).toBe(result?.last);
    const { start, finish, count } = given(readInterval(this.#store, LOG, subscriber, { writes: true }));
    expect([formatPosition(start), formatPosition(finish), count]).toEqual([
      result?.start,
      result?.finish,
      result?.interval_count,
    ]);
  }

  #last(): string {
    const view = given(lookAt(this.#store, LOG));
    return formatPosition(given(lastPosition({ store: this.#store, directory: LOG, view, writes: true })));
  }

  #mutate({ file = '', action, to = 0, offset = 0, hex = '' }: FixtureStep): void {
    const path = `${LOG}/${file}`;
    const bytes = Buffer.from(hex, 'hex');
    const before = Buffer.from(this.#disk.files(LOG).get(file) ?? []);
    if (action === 'delete') given(this.#store.unlink(path));
    else if (action === 'truncate') this.#disk.put(path, before.subarray(0, to));
    else if (action === 'append') this.#disk.put(path, Buffer.concat([before, bytes]));
    else if (action === 'insert')
      this.#disk.put(path, Buffer.concat([before.subarray(0, offset), bytes, before.subarray(offset)]));
    else
      this.#disk.put(
        path,
        Buffer.concat([before.subarray(0, offset), bytes, before.subarray(offset + bytes.length)]),
      );
  }

  /** As the manifest lists files. */
  files(): readonly unknown[] {
    return [...this.#disk.files(LOG)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, bytes]) => [name, bytes.length, sha256(bytes)]);
  }
}

function nameOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  return [...bytes]
    .map((byte) => (byte < 128 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`))
    .join('');
}

describe('the same operations give the same bytes', () => {
  test.each(FIXTURES.filter((name) => !NOT_REPLAYED.includes(name.slice(0, 2))))('%s', (name) => {
    const fixture = loadFixture(name);
    const replay = new Replay(fixture);
    for (const [index, step] of fixture.manifest.steps.entries()) {
      replay.step(step);
      const expected = step.files_after.map((file) => [
        file.name,
        file.size,
        file.sha256 ?? sha256(Buffer.from(file.hex ?? '', 'hex')),
      ]);
      expect(replay.files(), `step ${index}: ${step.op}`).toEqual(expected);
    }
  });
});
