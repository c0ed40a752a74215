/**
 * The live model of the gateway as numbered states: rows go in, patches and snapshots come out. Pure.
 * It knows nothing about sockets; the hub decides when a turn is over and calls `flush`.
 */

import type { ModelChange } from '../cluster/observer-api.ts';
import { emptyModel } from '../wire/empty-model.ts';
import {
  COLLECTIONS,
  type CollectionName,
  LIVE_PROTOCOL_VERSION,
  type LiveModel,
  type LivePatch,
  type LiveSnapshot,
  type ResyncReply,
} from '../wire/live.ts';
import { PatchLog } from './patch-log.ts';

const NAMES = Object.keys(COLLECTIONS).filter((name): name is CollectionName => name in COLLECTIONS);

export class ReadModel {
  readonly epoch: string;
  readonly #rows = new Map<CollectionName, Map<string, unknown>>();
  readonly #log = new PatchLog();
  /** Key `collection key`; the last change of a row within a turn wins, first position is kept. */
  readonly #pending = new Map<string, ModelChange>();
  #pendingSinceMs: number | undefined;
  #seq = 0;

  /** @param epoch new for every start of the gateway. */
  constructor(epoch: string, model: LiveModel) {
    this.epoch = epoch;
    for (const name of NAMES) this.#rows.set(name, new Map(Object.entries(model[name])));
  }

  get seq(): number {
    return this.#seq;
  }

  row(collection: CollectionName, key: string): unknown {
    return this.#rows.get(collection)?.get(key);
  }

  keys(collection: CollectionName): readonly string[] {
    return [...(this.#rows.get(collection)?.keys() ?? [])];
  }

  /** @param receivedWallMs when the cause arrived; the earliest of a turn is stamped on its patch. */
  apply(changes: readonly ModelChange[], receivedWallMs: number): void {
    for (const change of changes) {
      const rows = this.#rows.get(change.c);
      if (rows === undefined) continue;
      if (change.row === null) rows.delete(change.k);
      else rows.set(change.k, change.row);
      this.#pending.set(`${change.c} ${change.k}`, change);
    }
    if (this.#pending.size > 0) this.#pendingSinceMs ??= receivedWallMs;
  }

  /** Ends the turn: one patch for all that changed, or undefined if nothing did. */
  flush(): LivePatch | undefined {
    if (this.#pendingSinceMs === undefined) return undefined;
    this.#seq += 1;
    const patch: LivePatch = {
      epoch: this.epoch,
      seq: this.#seq,
      serverMs: this.#pendingSinceMs,
      changes: [...this.#pending.values()],
    };
    this.#pending.clear();
    this.#pendingSinceMs = undefined;
    this.#log.add(patch);
    return patch;
  }

  /** The state at `seq`; call `flush` first, or rows of the open turn would arrive twice. */
  snapshot(nowWallMs: number): LiveSnapshot {
    const model: Partial<Record<CollectionName, Record<string, unknown>>> = {};
    for (const [name, rows] of this.#rows) model[name] = Object.fromEntries(rows);
    return {
      version: LIVE_PROTOCOL_VERSION,
      epoch: this.epoch,
      seq: this.#seq,
      serverMs: nowWallMs,
      model: { ...emptyModel(), ...model },
    };
  }

  /** What a client that stands at `{epoch, seq}` needs: the missing patches, or everything. */
  resync(at: { readonly epoch: string | null; readonly seq: number | null }, nowWallMs: number): ResyncReply {
    const patches =
      at.epoch === this.epoch && at.seq !== null ? this.#log.since(at.seq, this.#seq) : undefined;
    if (patches === undefined) return { kind: 'snapshot', snapshot: this.snapshot(nowWallMs) };
    return { kind: 'patches', patches };
  }
}
