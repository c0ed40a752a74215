/**
 * The keys that both ends of a connection of the cluster listener prove to each other: those of the bus, of which this
 * room knows nothing but these two functions.
 */

export type ServiceKey = {
  /** Short, derived from the key: both ends name the same key alike. Safe to show. */
  readonly id: string;
  /** 32 bytes that nobody can make without the key, such as HMAC-SHA-256. */
  readonly mac: (data: Buffer) => Buffer;
};

export type ServiceKeys = {
  /** One to eight. All are accepted; an acceptor uses its first one that the dialler has as well. */
  readonly keys: readonly ServiceKey[];
  /** Fresh random bytes, 16 to 64 of them. */
  readonly nonce: () => Buffer;
};
