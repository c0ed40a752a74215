/**
 * The ports through which configuration files are read and written. Synchronous: a process reads its configuration
 * before it runs, and a change is complete before the next command is read.
 */

import type { Result } from '../base/result.ts';

export interface ConfigFiles {
  /** What a path leads to, links followed. Anything that is neither file nor directory is `missing`. */
  kindOf(path: string): 'file' | 'directory' | 'missing';
  /** The text of a regular file of at most `bytesMax`. The error says why not, such as `permission denied`. */
  read(path: string, bytesMax: number): Result<string, string>;
  /** Names of the regular files of a directory, in any order. */
  list(directory: string): Result<readonly string[], string>;
}

export interface ConfigWriter {
  /** Whether `write` may succeed: an existing regular file, or a new one in a directory that exists. */
  isWritable(path: string): boolean;
  /**
   * Replaces a file as a whole: readers see the old or the new text, also after a crash. An existing file keeps its
   * permissions and stays where a link leads to. The error says why not, such as `permission denied`.
   */
  write(path: string, text: string): Result<void, string>;
}
