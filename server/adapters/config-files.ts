/** Configuration files on disk. Decides nothing: whether a missing file matters is the reader's business. */

import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import type { ConfigFiles, ConfigWriter } from '../conf/config-files.ts';

export class DiskConfigFiles implements ConfigFiles, ConfigWriter {
  kindOf(path: string): 'file' | 'directory' | 'missing' {
    const stats = attempt(() => statSync(path, { throwIfNoEntry: false }));
    if (!stats.ok || stats.value === undefined) return 'missing';
    if (stats.value.isFile()) return 'file';
    return stats.value.isDirectory() ? 'directory' : 'missing';
  }

  read(path: string, bytesMax: number): Result<string, string> {
    return attempt(() => {
      const { size } = statSync(path);
      if (size > bytesMax) throw new RangeError(`more than ${bytesMax} bytes`);
      return readFileSync(path, 'utf8');
    });
  }

  list(directory: string): Result<readonly string[], string> {
    const names = attempt(() => readdirSync(directory));
    if (!names.ok) return names;
    return ok(names.value.filter((name) => this.kindOf(`${directory}/${name}`) === 'file'));
  }

  isWritable(path: string): boolean {
    const before = attempt(() => statSync(path, { throwIfNoEntry: false }));
    if (!before.ok || before.value?.isFile() === false) return false;
    // A file is replaced, so its directory must take a new file; and who made it read-only meant it.
    return attempt(() => {
      if (before.value !== undefined) accessSync(path, constants.W_OK);
      accessSync(dirname(before.value === undefined ? path : realpathSync(path)), constants.W_OK);
    }).ok;
  }

  write(path: string, text: string): Result<void, string> {
    return attempt(() => replaceFile(path, text));
  }
}

function replaceFile(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile()) throw new Error('it is not a regular file');
  const target = before === undefined ? path : realpathSync(path);
  // With a dot before it, because an include of the directory leaves such names out.
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  attempt(() => unlinkSync(temporary)); // What a crash left.
  const mode = before === undefined ? NEW_FILE_MODE : before.mode & 0o7777;
  const file = openSync(temporary, 'wx', mode);
  try {
    try {
      writeFileSync(file, text);
      fchmodSync(file, mode);
      if (before !== undefined) attempt(() => fchownSync(file, before.uid, before.gid));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (cause) {
    attempt(() => unlinkSync(temporary));
    throw cause;
  }
}

/** Configuration may hold passwords. */
const NEW_FILE_MODE = 0o640;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOENT: 'no such file',
  EISDIR: 'it is a directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
};

function attempt<T>(read: () => T): Result<T, string> {
  try {
    return ok(read());
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return err(REASONS[code ?? ''] ?? message);
  }
}
