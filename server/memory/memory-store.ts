/**
 * A disk in memory that forgets as real ones do. A killed process leaves a part of its last write; a loss of power also
 * takes any part of what was not synced, in any order, by sectors. Processes each have their own view of one disk.
 */

import { err, ok, type Result } from '../base/result.ts';
import type { FileStore, OpenMode, StoreError, StoreFile } from '../jlog/api.ts';
import { apply, type Chance, type Change, copyOf, type Inode, loseChanges } from './memory-inode.ts';

/** Thrown out of the call in which a process was killed. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

type NameChange = { readonly path: string; readonly inode: Inode | undefined };

const DENIED: StoreError = { kind: 'denied', reason: 'the file system is read-only' };
const FULL: StoreError = { kind: 'full', reason: 'the disk is full' };
const MISSING: StoreError = { kind: 'missing', reason: 'no such file or directory' };

export class MemoryDisk {
  readonly #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  readonly #directories = new Set<string>();
  readonly #alive = new Set<string>();
  readonly #syncs: (() => void)[] = [];
  #processes = 0;
  #powered = 0;
  #changesLeft = Number.POSITIVE_INFINITY;
  #killShare = 0;
  #bytesFree = Number.POSITIVE_INFINITY;
  #readOnly = false;
  /** Answers instead of the disk: for files that cannot be read or written. */
  refuse:
    | ((path: string, what: 'read' | 'write' | 'truncate' | 'open' | 'sync') => StoreError | undefined)
    | undefined;

  /** A process that uses the disk, until `kill` or `losePower`. */
  process(): MemoryStore {
    this.#processes += 1;
    const processId = `${this.#powered}-${this.#processes}-0`;
    this.#alive.add(processId);
    return new MemoryStore(this, processId);
  }

  isAlive(processId: string): boolean {
    return this.#alive.has(processId);
  }

  kill({ processId }: MemoryStore): void {
    this.#alive.delete(processId);
  }

  /** The process that makes change number `changes` from now dies in it, after `share` of what it writes. */
  killAfter(changes: number, share: number): void {
    [this.#changesLeft, this.#killShare] = [changes, share];
  }

  /** Bytes that may still be added to files. */
  set bytesFree(bytes: number) {
    this.#bytesFree = bytes;
  }

  set readOnly(yes: boolean) {
    this.#readOnly = yes;
  }

  /** Paths below a directory with their content, for comparison. */
  files(directory: string): ReadonlyMap<string, Uint8Array> {
    const below = [...this.#names].filter(([path]) => path.startsWith(`${directory}/`));
    return new Map(
      below.map(([path, { content, size }]) => [path.slice(directory.length + 1), content.slice(0, size)]),
    );
  }

  /** For the setting up of tests: the file is there, synced. */
  put(path: string, bytes: Uint8Array): void {
    const inode = { content: copyOf(bytes), size: bytes.length, durable: copyOf(bytes), changes: [] };
    this.#directories.add(path.slice(0, path.lastIndexOf('/')));
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** Syncs that were asked for and have not come back. */
  get syncsOpen(): number {
    return this.#syncs.length;
  }

  /** Lets one of them come back. */
  finishSync(which = 0): void {
    this.#syncs.splice(which, 1)[0]?.();
  }

  /** All processes die; of what was not synced each part survives or not. */
  losePower(chance: Chance): void {
    this.#powered += 1;
    this.#alive.clear();
    this.#syncs.length = 0;
    for (const { path, inode } of this.#nameChanges) {
      if (chance.chance(0.5)) continue;
      if (inode === undefined) this.#durableNames.delete(path);
      else this.#durableNames.set(path, inode);
    }
    this.#nameChanges = [];
    this.#names.clear();
    for (const [path, inode] of this.#durableNames) this.#names.set(path, inode);
    this.#durableNames = new Map(this.#names);
    for (const inode of new Set(this.#names.values())) loseChanges(inode, chance);
  }

  /** @returns how much of a change may still be made: 1, or less when the process dies in it. */
  change(store: MemoryStore): number {
    if (!this.#alive.has(store.processId)) throw new Killed('this process is dead');
    this.#changesLeft -= 1;
    if (this.#changesLeft >= 0) return 1;
    this.#changesLeft = Number.POSITIVE_INFINITY;
    this.kill(store);
    return this.#killShare;
  }

  get isReadOnly(): boolean {
    return this.#readOnly;
  }

  takeBytes(bytes: number): number {
    const taken = Math.min(bytes, Math.max(0, this.#bytesFree));
    this.#bytesFree -= taken;
    return taken;
  }

  giveBytes(bytes: number): void {
    this.#bytesFree += bytes;
  }

  find(path: string): Inode | undefined {
    return this.#names.get(path);
  }

  name(path: string, inode: Inode | undefined): void {
    if (inode === undefined) this.#names.delete(path);
    else this.#names.set(path, inode);
    this.#nameChanges.push({ path, inode });
  }

  hasDirectory(directory: string): boolean {
    return this.#directories.has(directory);
  }

  addDirectory(directory: string): void {
    this.#directories.add(directory);
  }

  namesIn(directory: string): readonly string[] {
    const from = directory.length + 1;
    const names: string[] = [];
    for (const path of this.#names.keys()) {
      if (path.startsWith(directory) && path.lastIndexOf('/') === from - 1) names.push(path.slice(from));
    }
    return names;
  }

  /** @param now what is known to last once the sync comes back. */
  sync(store: MemoryStore, now: () => () => void, done: (error: StoreError | undefined) => void): void {
    const make = now();
    this.#syncs.push(() => {
      make();
      if (this.#alive.has(store.processId)) done(undefined);
    });
  }

  syncNames(): () => void {
    const changes = [...this.#nameChanges];
    return () => {
      for (const { path, inode } of changes) {
        if (inode === undefined) this.#durableNames.delete(path);
        else this.#durableNames.set(path, inode);
      }
      this.#nameChanges = this.#nameChanges.filter((change) => !changes.includes(change));
    };
  }
}

/** What a process sees of the disk. */
export class MemoryStore implements FileStore {
  readonly #disk: MemoryDisk;
  readonly processId: string;

  constructor(disk: MemoryDisk, processId: string) {
    this.#disk = disk;
    this.processId = processId;
  }

  isAlive(processId: string): boolean {
    return this.#disk.isAlive(processId);
  }

  open(path: string, mode: OpenMode): Result<StoreFile, StoreError> {
    const refused = this.#disk.refuse?.(path, 'open');
    if (refused !== undefined) return err(refused);
    const found = this.#disk.find(path);
    if (mode !== 'read' && this.#disk.isReadOnly) return err(DENIED);
    if (found !== undefined && mode === 'create') return err({ kind: 'exists', reason: 'the file exists' });
    if (found === undefined && (mode === 'read' || mode === 'update')) return err(MISSING);
    if (found !== undefined) return ok(new MemoryFile(this, this.#disk, { path, inode: found, mode }));
    if (!this.#disk.hasDirectory(path.slice(0, path.lastIndexOf('/')))) return err(MISSING);
    const share = this.#disk.change(this);
    const inode: Inode = { content: new Uint8Array(64), size: 0, durable: new Uint8Array(0), changes: [] };
    if (share > 0) this.#disk.name(path, inode);
    if (share < 1) throw new Killed(path);
    return ok(new MemoryFile(this, this.#disk, { path, inode, mode }));
  }

  list(directory: string): Result<readonly string[], StoreError> {
    return this.#disk.hasDirectory(directory) ? ok(this.#disk.namesIn(directory)) : err(MISSING);
  }

  sizeOf(path: string): Result<number, StoreError> {
    const found = this.#disk.find(path);
    return found === undefined ? err(MISSING) : ok(found.size);
  }

  unlink(path: string): Result<void, StoreError> {
    if (this.#disk.isReadOnly) return err(DENIED);
    const found = this.#disk.find(path);
    if (found === undefined) return err(MISSING);
    const share = this.#disk.change(this);
    if (share > 0) {
      this.#disk.name(path, undefined);
      this.#disk.giveBytes(found.size);
    }
    if (share < 1) throw new Killed(path);
    return ok(undefined);
  }

  rename(from: string, to: string): Result<void, StoreError> {
    if (this.#disk.isReadOnly) return err(DENIED);
    const found = this.#disk.find(from);
    if (found === undefined) return err(MISSING);
    const share = this.#disk.change(this);
    if (share > 0) {
      this.#disk.name(to, found);
      this.#disk.name(from, undefined);
    }
    if (share < 1) throw new Killed(from);
    return ok(undefined);
  }

  makeDirectory(path: string): Result<void, StoreError> {
    if (this.#disk.isReadOnly) return err(DENIED);
    this.#disk.addDirectory(path);
    return ok(undefined);
  }

  syncDirectory(_directory: string, done: (error: StoreError | undefined) => void): void {
    this.#disk.sync(this, () => this.#disk.syncNames(), done);
  }
}

type Opened = { readonly path: string; readonly inode: Inode; readonly mode: OpenMode };

class MemoryFile implements StoreFile {
  readonly #store: MemoryStore;
  readonly #disk: MemoryDisk;
  readonly #opened: Opened;

  constructor(store: MemoryStore, disk: MemoryDisk, opened: Opened) {
    this.#store = store;
    this.#disk = disk;
    this.#opened = opened;
  }

  size(): Result<number, StoreError> {
    return ok(this.#opened.inode.size);
  }

  read(into: Uint8Array, offset: number): Result<number, StoreError> {
    const { path, inode } = this.#opened;
    const refused = this.#disk.refuse?.(path, 'read');
    if (refused !== undefined) return err(refused);
    const bytes = Math.max(0, Math.min(into.length, inode.size - offset));
    into.set(inode.content.subarray(offset, offset + bytes));
    return ok(bytes);
  }

  write(bytes: Uint8Array, offset: number): Result<number, StoreError> {
    const { path, inode, mode } = this.#opened;
    const refused = this.#disk.refuse?.(path, 'write');
    if (refused !== undefined) return err(refused);
    const share = this.#disk.change(this.#store);
    const at = mode === 'append' ? inode.size : offset;
    const wanted = share === 1 ? bytes.length : Math.floor(bytes.length * share);
    const growth = Math.max(0, at + wanted - inode.size);
    const possible = wanted - (growth - this.#disk.takeBytes(growth));
    if (possible > 0) {
      const change: Change = { type: 'write', offset: at, bytes: copyOf(bytes.subarray(0, possible)) };
      apply(inode, change);
      inode.changes.push(change);
    }
    if (share < 1) throw new Killed(path);
    return possible === 0 && wanted > 0 ? err(FULL) : ok(possible);
  }

  truncate(size: number): Result<void, StoreError> {
    const { path, inode } = this.#opened;
    const refused = this.#disk.refuse?.(path, 'truncate');
    if (refused !== undefined) return err(refused);
    const share = this.#disk.change(this.#store);
    if (share > 0) {
      this.#disk.giveBytes(Math.max(0, inode.size - size));
      const change: Change = { type: 'truncate', size };
      apply(inode, change);
      inode.changes.push(change);
    }
    if (share < 1) throw new Killed(path);
    return ok(undefined);
  }

  sync(done: (error: StoreError | undefined) => void): void {
    const { path, inode } = this.#opened;
    const refused = this.#disk.refuse?.(path, 'sync');
    if (refused !== undefined) {
      this.#disk.sync(
        this.#store,
        () => () => {},
        () => done(refused),
      );
      return;
    }
    const now = (): (() => void) => {
      const durable = inode.content.slice(0, inode.size);
      const changes = new Set(inode.changes);
      return () => {
        inode.durable = durable;
        inode.changes = inode.changes.filter((change) => !changes.has(change));
      };
    };
    this.#disk.sync(this.#store, now, done);
  }

  close(): void {}
}
