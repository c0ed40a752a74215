/** The list of published logs for one aggregator (LGS-10): looked at one by one, told when complete. */

import { LOG_KEY_BYTES_MAX, LOGS_LISTED_MAX } from './log-frames.ts';
import type { LogsDesk } from './logs-desk.ts';
import type { PublishedLog } from './session-api.ts';

type Listing = {
  readonly left: (readonly [string, string])[];
  readonly made: PublishedLog[];
  again: boolean;
};

export class LogListing {
  readonly #desk: LogsDesk;
  readonly #tell: (logs: readonly PublishedLog[]) => void;
  #listing: Listing | undefined;
  #wanted = false;

  constructor(desk: LogsDesk, tell: (logs: readonly PublishedLog[]) => void) {
    this.#desk = desk;
    this.#tell = tell;
  }

  /** It was asked for, and changes are told from then on. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** @param logs gives the path of each published log by its key, as of now. */
  ask(logs: () => ReadonlyMap<string, string>): void {
    this.#wanted = true;
    if (this.#listing !== undefined) {
      this.#listing.again = true;
      return;
    }
    const listed = [...logs()].filter(([key]) => Buffer.byteLength(key) <= LOG_KEY_BYTES_MAX);
    const listing: Listing = { left: listed.slice(0, LOGS_LISTED_MAX), made: [], again: false };
    this.#listing = listing;
    const next = (): void => {
      const one = listing.left.shift();
      if (one !== undefined) {
        const [log, path] = one;
        this.#desk.lookAt(path, (subscribers) => {
          // What cannot be read now is told by the refusal of OPEN.
          listing.made.push({ log, subscribers: subscribers.ok ? subscribers.value : [] });
          next();
        });
        return;
      }
      this.#listing = undefined;
      this.#tell(listing.made);
      if (listing.again) this.ask(logs);
    };
    next();
  }
}
