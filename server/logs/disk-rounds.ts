/** One round of disk operations at a time: all go out together, and what follows has the results in the same order. */

import { assert, must } from '../base/assert.ts';
import type { DiskOperation, DiskResult } from './aggregation-disk.ts';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type DiskRequest = WithoutId<DiskOperation>;

export class DiskRounds {
  readonly #perform: (operation: DiskOperation) => void;
  #lastId = 0;
  #round:
    | {
        readonly firstId: number;
        readonly results: (DiskResult | undefined)[];
        left: number;
        readonly then: (results: readonly DiskResult[]) => void;
      }
    | undefined;

  /** @param perform called within `ask`. */
  constructor(perform: (operation: DiskOperation) => void) {
    this.#perform = perform;
  }

  get busy(): boolean {
    return this.#round !== undefined;
  }

  /** @param then is called within `take`, or at once when nothing is asked; it may ask again. */
  ask(requests: readonly DiskRequest[], then: (results: readonly DiskResult[]) => void): void {
    assert(this.#round === undefined, 'one round at a time');
    if (requests.length === 0) {
      then([]);
      return;
    }
    const firstId = this.#lastId + 1;
    this.#lastId += requests.length;
    this.#round = { firstId, results: requests.map(() => undefined), left: requests.length, then };
    requests.forEach((request, index) => {
      this.#perform({ ...request, id: firstId + index });
    });
  }

  take(result: DiskResult): void {
    const round = must(this.#round, 'a round that a result belongs to');
    const index = result.id - round.firstId;
    assert(index in round.results && round.results[index] === undefined, 'one result for each operation');
    round.results[index] = result;
    round.left -= 1;
    if (round.left > 0) return;
    this.#round = undefined;
    round.then(round.results.map((one) => must(one, 'a result')));
  }
}
