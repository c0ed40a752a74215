/**
 * The disk of an aggregator in memory: operations take time, and a crash takes any part of what was under way. A killed
 * process leaves a part of its last writes; a loss of power also leaves sectors of zeros in the midst of them.
 */

import { assert, must } from '../base/assert.ts';
import type { Clock } from '../base/ports.ts';
import type { Prng } from '../base/prng.ts';
import type { DiskError, DiskOperation, DiskResult } from '../logs/aggregation-disk.ts';

type Outcome = DiskResult extends infer Result
  ? Result extends unknown
    ? Omit<Result, 'id'>
    : never
  : never;
type MemoryFile = { readonly identity: string; content: Buffer };

const FULL: DiskError = { kind: 'full', text: 'the disk: no space left on the disk' };
const READ_ONLY: DiskError = { kind: 'readOnly', text: 'the disk: the file system is read-only' };
const SECTOR_BYTES = 512;

export class MemoryLogDisk {
  readonly #clock: Clock;
  readonly #prng: Prng;
  readonly #files = new Map<string, MemoryFile>();
  #journal: Buffer | undefined;
  #identities = 0;
  #epoch = 0;
  #give: (result: DiskResult) => void = () => undefined;
  readonly #open = new Map<number, MemoryFile>();
  /** What a crash does to operations that have not come back. */
  #pending = new Map<number, DiskOperation>();
  /** Writes fail, after a part of them. */
  full = false;
  readOnly = false;
  /** How long an operation takes. */
  delayMs: (prng: Prng) => number = (prng) => prng.between(0.05, 3);
  /** Journals that were set aside. */
  aside = 0;

  constructor(parts: { readonly clock: Clock; readonly prng: Prng }) {
    this.#clock = parts.clock;
    this.#prng = parts.prng;
  }

  /** A process begins; the one before must have crashed. */
  attach(give: (result: DiskResult) => void): void {
    this.#give = give;
  }

  perform(operation: DiskOperation): void {
    const epoch = this.#epoch;
    this.#pending.set(operation.id, operation);
    this.#clock.at(this.#clock.nowMs() + this.delayMs(this.#prng), () => {
      if (epoch !== this.#epoch) return;
      this.#pending.delete(operation.id);
      const outcome = this.#do(operation);
      this.#give({ ...outcome, id: operation.id } as DiskResult);
    });
  }

  /** The process is gone; each operation under way was done, in part or not at all. @param power it was a loss of power. */
  crash(power: boolean): void {
    this.#epoch += 1;
    for (const operation of this.#pending.values()) {
      if (operation.type === 'append') this.#tear(this.#open.get(operation.file), operation.bytes, power);
      else if (operation.type === 'appendJournal') {
        const journal = { identity: '', content: this.#journal ?? Buffer.alloc(0) };
        this.#tear(journal, operation.bytes, power);
        this.#journal = journal.content;
      } else if (this.#prng.chance(0.5)) this.#do(operation);
    }
    this.#pending = new Map();
    this.#open.clear();
  }

  content(path: string): Buffer | undefined {
    return this.#files.get(path)?.content;
  }

  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** The file that was made first comes first. */
  get pathsByAge(): readonly string[] {
    const ages = [...this.#files].map(([path, { identity }]) => [path, Number(identity.slice(2))] as const);
    return ages.sort(([, a], [, b]) => a - b).map(([path]) => path);
  }

  get journal(): Buffer | undefined {
    return this.#journal;
  }

  set journal(bytes: Buffer | undefined) {
    this.#journal = bytes;
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.#pending.size === 0;
  }

  /** As `mv` and `rm` do it; an open file stays open. */
  rename(from: string, to: string): void {
    this.#files.set(to, must(this.#files.get(from), 'a file to rename'));
    this.#files.delete(from);
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  #tear(file: MemoryFile | undefined, bytes: Buffer, power: boolean): void {
    if (file === undefined || this.readOnly || this.#prng.chance(0.25)) return;
    const whole = this.#prng.chance(0.25);
    const torn = Buffer.from(whole ? bytes : bytes.subarray(0, this.#prng.below(bytes.length + 1)));
    if (power) {
      for (let at = 0; at < torn.length; at += SECTOR_BYTES) {
        if (this.#prng.chance(0.3)) torn.fill(0, at, Math.min(torn.length, at + SECTOR_BYTES));
      }
    }
    file.content = Buffer.concat([file.content, torn]);
  }

  #do(operation: DiskOperation): Outcome {
    switch (operation.type) {
      case 'loadJournal':
        return { type: 'journal', bytes: this.#journal };
      case 'appendJournal':
        return this.#written(operation.bytes, (bytes) => {
          this.#journal = Buffer.concat([this.#journal ?? Buffer.alloc(0), bytes]);
        });
      case 'replaceJournal':
        if (this.full || this.readOnly) return this.#refused();
        this.#journal = Buffer.from(operation.bytes);
        return { type: 'done' };
      case 'setJournalAside':
        this.aside += 1;
        this.#journal = undefined;
        return { type: 'setAside', path: `journal.damaged-${this.aside}` };
      case 'open':
        return this.#openFile(operation.file, operation.path);
      case 'look':
        return {
          type: 'looked',
          identity: this.#files.get(operation.path)?.identity,
          size: this.#opened(operation.file).content.length,
        };
      case 'append':
        return this.#append(this.#opened(operation.file), operation.bytes);
      case 'cut':
        return this.#cut(this.#opened(operation.file), operation.size);
      case 'cutBack':
        return this.#cutBack(operation);
      case 'close':
        this.#open.delete(operation.file);
        return { type: 'done' };
    }
  }

  #openFile(number: number, path: string): Outcome {
    let file = this.#files.get(path);
    if (this.readOnly) return this.#refused();
    if (file === undefined) {
      this.#identities += 1;
      file = { identity: `1:${this.#identities}`, content: Buffer.alloc(0) };
      this.#files.set(path, file);
    }
    this.#open.set(number, file);
    return { type: 'opened', identity: file.identity, size: file.content.length };
  }

  #append(file: MemoryFile, bytes: Buffer): Outcome {
    const outcome = this.#written(bytes, (part) => {
      file.content = Buffer.concat([file.content, part]);
    });
    return outcome.type === 'done' ? { type: 'appended', size: file.content.length } : outcome;
  }

  #written(bytes: Buffer, write: (bytes: Buffer) => void): Outcome {
    if (!this.full && !this.readOnly) {
      write(bytes);
      return { type: 'done' };
    }
    if (!this.readOnly) write(bytes.subarray(0, this.#prng.below(bytes.length + 1)));
    return this.#refused();
  }

  #cut(file: MemoryFile, size: number): Outcome {
    if (this.readOnly) return this.#refused();
    if (file.content.length > size) file.content = Buffer.from(file.content.subarray(0, size));
    return { type: 'done' };
  }

  #cutBack({ path, identity, size }: Extract<DiskOperation, { type: 'cutBack' }>): Outcome {
    const file = this.#files.get(path);
    if (file === undefined) return { type: 'cutBack', outcome: 'gone', bytes: 0 };
    if (file.identity !== identity) return { type: 'cutBack', outcome: 'other', bytes: 0 };
    const bytes = file.content.length - size;
    if (bytes <= 0) return { type: 'cutBack', outcome: bytes === 0 ? 'asIs' : 'shorter', bytes: 0 };
    const cut = this.#cut(file, size);
    return cut.type === 'failed' ? cut : { type: 'cutBack', outcome: 'cut', bytes };
  }

  #refused(): Outcome {
    return { type: 'failed', error: this.readOnly ? READ_ONLY : FULL };
  }

  #opened(number: number): MemoryFile {
    const file = this.#open.get(number);
    assert(file !== undefined, 'the file is open');
    return file;
  }
}
