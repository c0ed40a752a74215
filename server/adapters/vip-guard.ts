/**
 * The guard: alone runs `ip`, and takes all addresses away when its daemon is dead (the channel ends) or says nothing
 * for longer than its patience, because it hangs or is stopped: then the others may have taken over (vip.md 4.7, D13).
 * If the guard dies as well, the kernel ends the addresses by their leases.
 */

import type { HostFact } from '../duravip/api.ts';
import { LinuxAddresses } from './linux-addresses.ts';
import { type GuardOrder, type GuardWord, hostNowMs } from './vip-guard-words.ts';

/** The end of all addresses may take so long; then the guard ends anyway. */
const END_LIMIT_MS = 5_000;

export type GuardChannel = {
  readonly say: (word: GuardWord) => void;
  readonly end: (code: number) => void;
};

export class VipGuard {
  readonly #addresses: LinuxAddresses;
  readonly #channel: GuardChannel;
  readonly #patienceMs: number;
  #epoch = 0;
  #heardAtMs = hostNowMs();
  #timer: NodeJS.Timeout | undefined;
  /** Once it has dropped all it waits for a word before it is impatient again. */
  #isWaiting = false;
  #ending = false;

  constructor(patienceMs: number, channel: GuardChannel) {
    this.#patienceMs = patienceMs;
    this.#channel = channel;
    this.#addresses = new LinuxAddresses({ onFact: (fact) => this.#said(fact), lease: true });
    this.#arm();
  }

  take({ saidAtMs, epoch, commands }: GuardOrder): void {
    if (this.#ending) return;
    this.#heardAtMs = Math.max(this.#heardAtMs, saidAtMs);
    if (this.#isWaiting && hostNowMs() - saidAtMs < this.#patienceMs) {
      this.#isWaiting = false;
      this.#arm();
    }
    if (commands === 'close') void this.end();
    else if (commands.length === 0) this.#channel.say({ type: 'alive' });
    else if (epoch === this.#epoch) for (const command of commands) this.#addresses.perform(command);
  }

  /** The daemon is gone, or wants it so. */
  async end(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    clearTimeout(this.#timer);
    setTimeout(() => this.#channel.end(1), END_LIMIT_MS).unref();
    await this.#addresses.close();
    this.#channel.end(0);
  }

  #said(fact: HostFact): void {
    if (!this.#isWaiting) this.#channel.say({ type: 'fact', fact });
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const dueMs = this.#heardAtMs + this.#patienceMs - hostNowMs();
    this.#timer = setTimeout(() => this.#looksUp(), Math.max(1, dueMs));
  }

  /** Words that came while the guard itself did not run are read first. */
  #looksUp(): void {
    setImmediate(() => setImmediate(() => void this.#judge()));
  }

  async #judge(): Promise<void> {
    const silentMs = hostNowMs() - this.#heardAtMs;
    if (this.#ending) return;
    if (silentMs < this.#patienceMs) {
      this.#arm();
      return;
    }
    if (this.#addresses.held === 0) {
      this.#timer = setTimeout(() => this.#looksUp(), this.#patienceMs);
      return;
    }
    this.#isWaiting = true;
    this.#epoch += 1;
    const text = `no word from the daemon for ${Math.round(silentMs)} ms`;
    await this.#addresses.dropAll(text);
    this.#channel.say({ type: 'dropped', epoch: this.#epoch, text });
  }
}
