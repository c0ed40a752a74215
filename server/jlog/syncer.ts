/** Makes what a writer wrote survive the loss of power: one sync at a time, shared by all who wait for it. */

import type { FileStore, StoreError, StoreFile } from './api.ts';

type Done = (error: StoreError | undefined) => void;

export class Syncer {
  readonly #store: FileStore;
  readonly #directory: string;
  /** Files with something that is not on the disk; true for those to be closed afterwards. */
  #dirty = new Map<StoreFile, boolean>();
  #names = false;
  #waiting: Done[] = [];
  #busy = false;

  constructor(store: FileStore, directory: string) {
    this.#store = store;
    this.#directory = directory;
  }

  wrote(file: StoreFile): void {
    if (!this.#dirty.has(file)) this.#dirty.set(file, false);
  }

  /** A file was created. */
  named(): void {
    this.#names = true;
  }

  /** Syncs the file soon and then closes it: nobody writes to it any more. */
  leave(file: StoreFile): void {
    this.#dirty.set(file, true);
    this.#start();
  }

  flush(done: Done): void {
    this.#waiting.push(done);
    this.#start();
  }

  #start(): void {
    if (this.#busy) return;
    const [files, names, waiting] = [this.#dirty, this.#names, this.#waiting];
    this.#dirty = new Map();
    this.#names = false;
    this.#waiting = [];
    this.#busy = true;
    let open = files.size + (names ? 1 : 0) + 1;
    let failed: StoreError | undefined;
    const one = (error: StoreError | undefined): void => {
      failed ??= error;
      open -= 1;
      if (open > 0) return;
      this.#busy = false;
      for (const done of waiting) done(failed);
      if (this.#waiting.length > 0 || [...this.#dirty.values()].includes(true)) this.#start();
    };
    if (names) this.#store.syncDirectory(this.#directory, one);
    for (const [file, closes] of files) {
      file.sync((error) => {
        if (closes) file.close();
        one(error);
      });
    }
    one(undefined);
  }
}
