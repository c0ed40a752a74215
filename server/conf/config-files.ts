/** The port through which configuration files are read. Synchronous: a process reads its configuration before it runs. */

import type { Result } from '../base/result.ts';

export interface ConfigFiles {
  /** What a path leads to, links followed. Anything that is neither file nor directory is `missing`. */
  kindOf(path: string): 'file' | 'directory' | 'missing';
  /** The text of a regular file of at most `bytesMax`. The error says why not, such as `permission denied`. */
  read(path: string, bytesMax: number): Result<string, string>;
  /** Names of the regular files of a directory, in any order. */
  list(directory: string): Result<readonly string[], string>;
}
