/** Logs on the disk. Calls return when the kernel has it; only a sync takes its time elsewhere. */

import {
  close as closeLater,
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  open,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import type { FileStore, OpenMode, StoreError, StoreFile } from '../jlog/api.ts';

/** As the C library makes them (jlog.md 2). */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  update: O_RDWR,
  append: O_RDWR | O_CREAT | O_APPEND,
  create: O_RDWR | O_CREAT | O_EXCL,
};

const KINDS: Readonly<Record<string, StoreError['kind']>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EEXIST: 'exists',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EIO: 'damaged',
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an error',
  EMFILE: 'this process has too many open files',
};

function refusal(cause: unknown): StoreError {
  const code = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? '') : '';
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return { kind: KINDS[code] ?? 'other', reason };
}

function attempt<T>(work: () => T): Result<T, StoreError> {
  try {
    return ok(work());
  } catch (cause) {
    return err(refusal(cause));
  }
}

class DiskFile implements StoreFile {
  readonly #fd: number;
  #syncs = 0;
  #closing = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  size(): Result<number, StoreError> {
    return attempt(() => fstatSync(this.#fd).size);
  }

  read(into: Uint8Array, offset: number): Result<number, StoreError> {
    return attempt(() => {
      let done = 0;
      while (done < into.length) {
        const read = readSync(this.#fd, into, done, into.length - done, offset + done);
        if (read === 0) break;
        done += read;
      }
      return done;
    });
  }

  write(bytes: Uint8Array, offset: number): Result<number, StoreError> {
    return attempt(() => writeSync(this.#fd, bytes, 0, bytes.length, offset));
  }

  truncate(size: number): Result<void, StoreError> {
    return attempt(() => ftruncateSync(this.#fd, size));
  }

  sync(done: (error: StoreError | undefined) => void): void {
    this.#syncs += 1;
    fdatasync(this.#fd, (cause) => {
      this.#syncs -= 1;
      if (this.#closing && this.#syncs === 0) closeSync(this.#fd);
      done(cause === null ? undefined : refusal(cause));
    });
  }

  close(): void {
    this.#closing = true;
    if (this.#syncs === 0) closeSync(this.#fd);
  }
}

export class DiskStore implements FileStore {
  readonly processId: string = ownProcessId();

  open(path: string, mode: OpenMode): Result<StoreFile, StoreError> {
    return attempt(() => new DiskFile(openSync(path, FLAGS[mode], FILE_MODE)));
  }

  list(directory: string): Result<readonly string[], StoreError> {
    return attempt(() => readdirSync(directory));
  }

  sizeOf(path: string): Result<number, StoreError> {
    return attempt(() => {
      const stat = statSync(path);
      return stat.isFile() ? stat.size : 0;
    });
  }

  unlink(path: string): Result<void, StoreError> {
    return attempt(() => unlinkSync(path));
  }

  rename(from: string, to: string): Result<void, StoreError> {
    return attempt(() => renameSync(from, to));
  }

  makeDirectory(path: string, { parents }: { readonly parents: boolean }): Result<void, StoreError> {
    return attempt(() => {
      mkdirSync(path, { recursive: parents, mode: DIRECTORY_MODE });
    });
  }

  syncDirectory(directory: string, done: (error: StoreError | undefined) => void): void {
    open(directory, 'r', (cause, fd) => {
      if (cause !== null) {
        done(refusal(cause));
        return;
      }
      fsync(fd, (failed) => {
        closeLater(fd, () => done(failed === null ? undefined : refusal(failed)));
      });
    });
  }

  isAlive(processId: string): boolean {
    const [boot, pid = '', started] = processId.split('-');
    if (!/^\d+$/.test(pid) || boot !== bootOfMachine()) return false;
    const now = startOf(Number(pid));
    if (now !== undefined) return now === started;
    // Without /proc a number that is in use counts as the same process.
    return started === NO_START && answers(Number(pid));
  }
}

const NO_START = '0';

/** Machine start, number and start time: numbers of processes come back, these three together do not. */
function ownProcessId(): string {
  return `${bootOfMachine()}-${process.pid}-${startOf(process.pid) ?? NO_START}`;
}

function bootOfMachine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  } catch {
    return '0';
  }
}

/** In ticks since the machine started; undefined when there is no such process, or no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return refusal(cause).kind === 'denied';
  }
}
