/** Configuration files as they would be if some were written: for trying out a text before it reaches the disk. */

import { err, ok, type Result } from '../base/result.ts';
import type { ConfigFiles } from './config-files.ts';
import { directoryOf } from './file-paths.ts';

export class OverlayFiles implements ConfigFiles {
  readonly #below: ConfigFiles;
  readonly #texts: ReadonlyMap<string, string>;

  /** @param texts by absolute path. */
  constructor(below: ConfigFiles, texts: ReadonlyMap<string, string>) {
    this.#below = below;
    this.#texts = texts;
  }

  kindOf(path: string): 'file' | 'directory' | 'missing' {
    return this.#texts.has(path) ? 'file' : this.#below.kindOf(path);
  }

  read(path: string, bytesMax: number): Result<string, string> {
    const text = this.#texts.get(path);
    if (text === undefined) return this.#below.read(path, bytesMax);
    const bytes = new TextEncoder().encode(text).length;
    return bytes > bytesMax ? err(`more than ${bytesMax} bytes`) : ok(text);
  }

  list(directory: string): Result<readonly string[], string> {
    const names = this.#below.list(directory);
    if (!names.ok) return names;
    const added = [...this.#texts.keys()]
      .filter((path) => directoryOf(path) === directory)
      .map((path) => path.slice(path.lastIndexOf('/') + 1));
    return ok([...new Set([...names.value, ...added])]);
  }
}
