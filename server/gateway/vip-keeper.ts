/** Tells browsers of changed operations, not too often, and keeps them on disk, one write after the other. */

import type { Clock, Timer } from '../base/ports.ts';
import type { ModelChange } from '../cluster/observer-api.ts';
import type { OperationRow } from '../wire/duravip.ts';
import type { VipStore } from './store-port.ts';
import { type KeptOperation, shortened } from './vip-operation.ts';

/** Changed rows are told, and kept, at most this often. */
const TELL_INTERVAL_MS = 100;

export type VipKeeperParts = {
  readonly store: Pick<VipStore, 'saveOperation' | 'dropOperation'>;
  readonly clock: Clock;
  readonly row: (id: string) => OperationRow | undefined;
  readonly keptForm: (id: string) => KeptOperation | undefined;
  /** Of the collection `vipOperations`. */
  readonly onRows: (changes: readonly ModelChange[]) => void;
  readonly failed: (error: unknown) => void;
};

export class VipKeeper {
  readonly #parts: VipKeeperParts;
  readonly #changed = new Set<string>();
  /** What has to be on disk before a command goes out. */
  readonly #first = new Map<string, Promise<void>>();
  #timer: Timer | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: VipKeeperParts) {
    this.#parts = parts;
  }

  /** Told at the end of this turn, and then not before TELL_INTERVAL_MS. */
  changed(id: string): void {
    this.#changed.add(id);
    this.#tellSoon();
  }

  dropped(id: string): void {
    this.#first.delete(id);
    this.#changed.delete(id);
    this.#parts.onRows([{ c: 'vipOperations', k: id, row: null }]);
    this.#write(() => this.#parts.store.dropOperation(id));
  }

  /** Resolves once the operation, as it was when this was first asked, is on disk. Rejects if it cannot be. */
  kept(id: string): Promise<void> {
    const kept = this.#first.get(id) ?? this.#save(id);
    this.#first.set(id, kept);
    return kept;
  }

  /** More of it goes out: it is written down anew before. */
  again(id: string): void {
    this.#first.delete(id);
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#tell();
    await this.#work;
  }

  #tellSoon(): void {
    if (this.#timer !== undefined) return;
    const { clock } = this.#parts;
    this.#timer = clock.at(clock.nowMs(), () => {
      this.#tell();
      this.#timer = clock.at(clock.nowMs() + TELL_INTERVAL_MS, () => {
        this.#timer = undefined;
        if (this.#changed.size > 0) this.#tellSoon();
      });
    });
  }

  #tell(): void {
    const ids = [...this.#changed];
    this.#changed.clear();
    const changes = ids.flatMap((id): ModelChange[] => {
      const row = this.#parts.row(id);
      return row === undefined ? [] : [{ c: 'vipOperations', k: id, row: shortened(row) }];
    });
    if (changes.length > 0) this.#parts.onRows(changes);
    for (const id of ids) this.#write(() => this.#save(id));
  }

  async #save(id: string): Promise<void> {
    const kept = this.#parts.keptForm(id);
    if (kept !== undefined) await this.#parts.store.saveOperation(kept);
  }

  #write(write: () => Promise<void>): void {
    this.#work = this.#work.then(write).catch(this.#parts.failed);
  }
}
