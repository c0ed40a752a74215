/** Configuration files on disk. Decides nothing: whether a missing file matters is the reader's business. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import type { ConfigFiles } from '../conf/config-files.ts';

export class DiskConfigFiles implements ConfigFiles {
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
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOENT: 'no such file',
  EISDIR: 'it is a directory',
};

function attempt<T>(read: () => T): Result<T, string> {
  try {
    return ok(read());
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return err(REASONS[code ?? ''] ?? message);
  }
}
