/** Reads password and role files from disk; a file is read again when it has changed, not for every command. */

import { readFileSync, statSync } from 'node:fs';
import { socketErrorText } from '../adapters/stream-endpoint.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ReadAccessFile } from '../console/access-files.ts';

/** Files kept in memory. */
export const ACCESS_FILES_MAX = 16;

type Kept = { readonly version: string; readonly text: string };

export function diskAccessFiles(): ReadAccessFile {
  const kept = new Map<string, Kept>();
  return (path, bytesMax): Result<string, string> => {
    try {
      const stats = statSync(path, { bigint: true });
      // Anything else, such as a pipe, could hold up the process.
      if (!stats.isFile()) return err('it is not a file');
      if (stats.size > bytesMax) return err(`it has more than ${bytesMax} bytes`);
      const version = `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
      const known = kept.get(path);
      if (known?.version === version) return ok(known.text);
      const text = readFileSync(path, 'utf8');
      if (kept.size >= ACCESS_FILES_MAX) kept.clear();
      kept.set(path, { version, text });
      return ok(text);
    } catch (cause) {
      return err(socketErrorText(cause));
    }
  };
}
