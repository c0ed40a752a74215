/** Configuration files in memory, for tests and simulation. Directories exist where a path needs them. */

import { err, ok, type Result } from '../base/result.ts';
import type { ConfigFiles, ConfigWriter } from '../conf/config-files.ts';

export class MemoryFiles implements ConfigFiles, ConfigWriter {
  readonly #texts = new Map<string, string>();
  readonly #denied = new Set<string>();
  readonly #protected = new Set<string>();

  /** @param texts by absolute path. */
  constructor(texts: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(texts)) this.#texts.set(path, text);
  }

  /** For the setting up of tests: makes directories where the path needs them. */
  put(path: string, text: string): void {
    this.#texts.set(path, text);
  }

  isWritable(path: string): boolean {
    if (this.#protected.has(path)) return false;
    const kind = this.kindOf(path);
    if (kind !== 'missing') return kind === 'file';
    const directory = path.slice(0, Math.max(1, path.lastIndexOf('/')));
    return directory === '/' || this.kindOf(directory) === 'directory';
  }

  write(path: string, text: string): Result<void, string> {
    if (!this.isWritable(path)) return err('permission denied');
    this.#texts.set(path, text);
    return ok(undefined);
  }

  /** From now on writing the path fails as it does without permission. */
  protect(path: string): void {
    this.#protected.add(path);
  }

  remove(path: string): void {
    this.#texts.delete(path);
  }

  /** From now on reading the path fails as it does without permission. */
  deny(path: string): void {
    this.#denied.add(path);
  }

  kindOf(path: string): 'file' | 'directory' | 'missing' {
    if (this.#texts.has(path)) return 'file';
    return this.#below(path).length > 0 ? 'directory' : 'missing';
  }

  read(path: string, bytesMax: number): Result<string, string> {
    if (this.#denied.has(path)) return err('permission denied');
    const text = this.#texts.get(path);
    if (text === undefined) return err('no such file');
    const bytes = Buffer.byteLength(text);
    return bytes > bytesMax ? err(`more than ${bytesMax} bytes`) : ok(text);
  }

  list(directory: string): Result<readonly string[], string> {
    if (this.#denied.has(directory)) return err('permission denied');
    if (this.kindOf(directory) !== 'directory') return err('no such directory');
    return ok(this.#below(directory).filter((name) => !name.includes('/')));
  }

  #below(directory: string): readonly string[] {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    return [...this.#texts.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }
}
