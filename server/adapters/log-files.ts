/**
 * The files and the journal of an aggregator: operations of logs/aggregation-disk.ts on a real file system. It decides
 * nothing; what an operation promises to be durable is synced before its result is given.
 */

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { unreachable } from '../base/assert.ts';
import {
  type DiskError,
  type DiskOperation,
  type DiskResult,
  JOURNAL_BYTES_MAX,
} from '../logs/aggregation-disk.ts';
import { socketErrorText } from './stream-endpoint.ts';

/** A file of this name that nobody reads stands in for nothing; only the owner of the process reads the journal. */
const JOURNAL_MODE = 0o640;
const JOURNAL_DIRECTORY_MODE = 0o755;
const { O_APPEND, O_CREAT, O_WRONLY, O_NONBLOCK } = constants;
// Without O_NONBLOCK a named pipe in the place of a file would stop the process.
const APPENDING = O_WRONLY | O_APPEND | O_NONBLOCK;

type Outcome = DiskResult extends infer Result
  ? Result extends unknown
    ? Omit<Result, 'id'>
    : never
  : never;

export class LogFiles {
  readonly #journalPath: string;
  readonly #give: (result: DiskResult) => void;
  readonly #open = new Map<number, FileHandle>();
  #journal: FileHandle | undefined;
  #closed = false;

  /** @param parts `give` takes results, each once and never within `perform`. */
  constructor(parts: { readonly journalPath: string; readonly give: (result: DiskResult) => void }) {
    this.#journalPath = parts.journalPath;
    this.#give = parts.give;
  }

  perform(operation: DiskOperation): void {
    void this.#run(operation);
  }

  /** Nothing is given any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const handles = [...this.#open.values(), ...(this.#journal === undefined ? [] : [this.#journal])];
    this.#open.clear();
    this.#journal = undefined;
    await Promise.allSettled(handles.map((handle) => handle.close()));
  }

  async #run(operation: DiskOperation): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await this.#do(operation);
    } catch (error) {
      outcome = { type: 'failed', error: diskError(error, this.#placeOf(operation)) };
    }
    if (!this.#closed) this.#give({ ...outcome, id: operation.id } as DiskResult);
  }

  #placeOf(operation: DiskOperation): string {
    return 'path' in operation ? operation.path : 'file' in operation ? 'a log file' : this.#journalPath;
  }

  #do(operation: DiskOperation): Promise<Outcome> {
    switch (operation.type) {
      case 'loadJournal':
        return this.#loadJournal();
      case 'appendJournal':
        return this.#appendJournal(operation.bytes);
      case 'replaceJournal':
        return this.#replaceJournal(operation.bytes);
      case 'setJournalAside':
        return this.#setAside();
      case 'open':
        return this.#openFile(operation);
      case 'look':
        return this.#look(operation.file, operation.path);
      case 'append':
        return this.#append(operation.file, operation.bytes);
      case 'cut':
        return this.#cut(this.#handle(operation.file), operation.size);
      case 'cutBack':
        return cutBack(operation);
      case 'close':
        return this.#close(operation.file);
      default:
        return unreachable(operation);
    }
  }

  async #loadJournal(): Promise<Outcome> {
    await makeDirectory(path.dirname(this.#journalPath), JOURNAL_DIRECTORY_MODE);
    try {
      const { size } = await stat(this.#journalPath);
      if (size > JOURNAL_BYTES_MAX) throw new Error(`it has ${size} bytes, at most ${JOURNAL_BYTES_MAX}`);
      return { type: 'journal', bytes: await readFile(this.#journalPath) };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return { type: 'journal', bytes: undefined };
      throw error;
    }
  }

  async #appendJournal(bytes: Buffer): Promise<Outcome> {
    this.#journal ??= await open(this.#journalPath, APPENDING, JOURNAL_MODE);
    await writeAll(this.#journal, bytes);
    await this.#journal.datasync();
    return { type: 'done' };
  }

  async #replaceJournal(bytes: Buffer): Promise<Outcome> {
    const beside = `${this.#journalPath}.new`;
    await this.#journal?.close();
    this.#journal = undefined;
    const fresh = await open(beside, 'w', JOURNAL_MODE);
    try {
      await writeAll(fresh, bytes);
      await fresh.datasync();
    } finally {
      await fresh.close();
    }
    await rename(beside, this.#journalPath);
    await syncDirectory(path.dirname(this.#journalPath));
    return { type: 'done' };
  }

  async #setAside(): Promise<Outcome> {
    const { mtimeMs } = await stat(this.#journalPath);
    const aside = `${this.#journalPath}.damaged-${Math.floor(mtimeMs / 1_000)}`;
    await rename(this.#journalPath, aside);
    await syncDirectory(path.dirname(aside));
    return { type: 'setAside', path: aside };
  }

  async #openFile(operation: Extract<DiskOperation, { type: 'open' }>): Promise<Outcome> {
    const { file, path: place, fileMode, dirMode } = operation;
    const handle = await openOrCreate(place, fileMode, dirMode);
    try {
      const found = await handle.stat({ bigint: true });
      if (!found.isFile()) throw new Error('it is no regular file');
      this.#open.set(file, handle);
      return { type: 'opened', identity: identityOf(found), size: Number(found.size) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #look(file: number, place: string): Promise<Outcome> {
    const { size } = await this.#handle(file).stat();
    try {
      return { type: 'looked', identity: identityOf(await stat(place, { bigint: true })), size };
    } catch (error) {
      if (!isGone(error)) throw error;
      return { type: 'looked', identity: undefined, size };
    }
  }

  async #append(file: number, bytes: Buffer): Promise<Outcome> {
    const handle = this.#handle(file);
    await writeAll(handle, bytes);
    await handle.datasync();
    return { type: 'appended', size: (await handle.stat()).size };
  }

  async #cut(handle: FileHandle, size: number): Promise<Outcome> {
    const found = await handle.stat();
    if (found.size > size) {
      await handle.truncate(size);
      await handle.sync();
    }
    return { type: 'done' };
  }

  async #close(file: number): Promise<Outcome> {
    const handle = this.#open.get(file);
    this.#open.delete(file);
    try {
      await handle?.close();
    } catch {
      // What counts of it was synced; there is nothing left to lose.
    }
    return { type: 'done' };
  }

  #handle(file: number): FileHandle {
    const handle = this.#open.get(file);
    if (handle === undefined) throw new Error('it is not open');
    return handle;
  }
}

async function cutBack(operation: Extract<DiskOperation, { type: 'cutBack' }>): Promise<Outcome> {
  const { path: place, identity, size } = operation;
  let handle: FileHandle;
  try {
    handle = await open(place, O_WRONLY | O_NONBLOCK);
  } catch (error) {
    if (isGone(error)) return { type: 'cutBack', outcome: 'gone', bytes: 0 };
    throw error;
  }
  try {
    const found = await handle.stat({ bigint: true });
    const bytes = Number(found.size) - size;
    if (identityOf(found) !== identity) return { type: 'cutBack', outcome: 'other', bytes: 0 };
    if (bytes <= 0) return { type: 'cutBack', outcome: bytes === 0 ? 'asIs' : 'shorter', bytes: 0 };
    await handle.truncate(size);
    await handle.sync();
    return { type: 'cutBack', outcome: 'cut', bytes };
  } finally {
    await handle.close();
  }
}

async function openOrCreate(place: string, fileMode: number, dirMode: number): Promise<FileHandle> {
  try {
    return await open(place, APPENDING);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const directory = path.dirname(place);
  await makeDirectory(directory, dirMode);
  const handle = await open(place, APPENDING | O_CREAT, fileMode);
  try {
    // The mode is what the configuration says, whatever mask this process inherited.
    await handle.chmod(fileMode);
    await syncDirectory(directory);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** With all its parents; those that are made have the mode. */
async function makeDirectory(directory: string, mode: number): Promise<void> {
  try {
    await mkdir(directory, mode);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    const parent = path.dirname(directory);
    if (codeOf(error) !== 'ENOENT' || parent === directory) throw error;
    await makeDirectory(parent, mode);
    // Where it still cannot be made, as in /proc, there is no point in beginning anew.
    await mkdir(directory, mode);
  }
  const made = await open(directory, 'r');
  try {
    await made.chmod(mode);
  } finally {
    await made.close();
  }
  await syncDirectory(path.dirname(directory));
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

const KINDS: Readonly<Record<string, DiskError['kind']>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'readOnly',
  EACCES: 'denied',
  EPERM: 'denied',
};
const REASONS: Readonly<Record<DiskError['kind'], string | undefined>> = {
  full: 'no space left on the disk',
  readOnly: 'the file system is read-only',
  denied: 'no permission',
  other: undefined,
};

function diskError(error: unknown, place: string): DiskError {
  const kind = KINDS[codeOf(error) ?? ''] ?? 'other';
  return { kind, text: `${place}: ${REASONS[kind] ?? socketErrorText(error)}` };
}

function isGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
