/** Passwords as argon2id, which is the library's default algorithm. An unknown account costs the same as a wrong password. */

import { hash, verify } from '@node-rs/argon2';
import type { PasswordCost } from './options.ts';
import { newSecret } from './secrets.ts';

export class PasswordHasher {
  readonly #cost: PasswordCost;
  #dummyHash: Promise<string> | undefined;

  constructor(cost: PasswordCost) {
    this.#cost = cost;
  }

  /** Prepares the hash that stands in for unknown accounts, so that the first such attempt is no slower. */
  async prepare(): Promise<void> {
    await this.#dummy();
  }

  async hash(password: string): Promise<string> {
    return await hash(password, {
      memoryCost: this.#cost.memoryKib,
      timeCost: this.#cost.passes,
      parallelism: 1,
    });
  }

  /** @param stored undefined for an unknown account: the answer is no, after the same work. */
  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const matches = await verify(stored ?? (await this.#dummy()), password);
    return matches && stored !== undefined;
  }

  #dummy(): Promise<string> {
    this.#dummyHash ??= this.hash(newSecret());
    return this.#dummyHash;
  }
}
