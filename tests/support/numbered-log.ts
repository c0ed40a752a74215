/** A durable log on this machine's disk with a writer in this process, for tests of who reads it. */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DiskStore } from '../../server/adapters/file-store.ts';
import type { JournalWriter, LogCreation } from '../../server/jlog/api.ts';
import { createLog, openLog } from '../../server/jlog/log.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import { formatPosition } from '../../server/model/log-position.ts';

export class NumberedLog {
  readonly directory: string;
  readonly #store = new DiskStore();
  readonly #writer: JournalWriter;

  constructor(directory: string, creation: LogCreation) {
    this.directory = directory;
    mkdirSync(path.dirname(directory), { recursive: true });
    const made = createLog(this.#store, directory, creation);
    if (!made.ok) throw made.error;
    const writer = openWriter(this.#store, directory);
    if (!writer.ok) throw writer.error;
    this.#writer = writer.value;
  }

  /** @param wallMs when the lines say that they were written */
  append(lines: readonly string[], wallMs: number): void {
    const { error } = this.#writer.append(lines, wallMs * 1_000);
    if (error !== undefined) throw error;
  }

  /** Names and positions of all subscribers, `master 00000000:00000003`. */
  subscribers(): readonly string[] {
    const log = openLog(this.#store, this.directory);
    const found = log.ok ? log.value.subscribers() : log;
    if (!found.ok) throw found.error;
    return found.value.map(
      ({ name, position }) => `${name} ${position === undefined ? '?' : formatPosition(position)}`,
    );
  }

  /** Whether the checkpoint of a subscriber is at the end, as far as files say. */
  isRead(subscriber: string): boolean {
    const log = openLog(this.#store, this.directory);
    if (!log.ok) throw log.error;
    const described = log.value.describe(0);
    if (!described.ok) throw described.error;
    const { last } = described.value;
    return last !== undefined && this.subscribers().includes(`${subscriber} ${formatPosition(last)}`);
  }

  close(): void {
    this.#writer.close();
  }
}
