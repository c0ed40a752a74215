/** Which pages may write to the gateway and open its socket: an exact list, no patterns, no guessing from Host. Pure. */

export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed origins as browsers send them: scheme, host, port unless default; no path. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  }

  /** A missing Origin is refused: it is acceptable only with a bearer token, which is not judged here (R12). */
  allows(origin: string | undefined): boolean {
    return origin !== undefined && this.#allowed.has(origin.toLowerCase());
  }

  get list(): readonly string[] {
    return [...this.#allowed];
  }
}

/** The origins of a gateway on this host and port that has no public address configured. */
export function ownOrigins(host: string, port: number): readonly string[] {
  const names = isLoopback(host) || isAnyAddress(host) ? [host, '127.0.0.1', 'localhost', '[::1]'] : [host];
  const hosts = names.filter((name) => !isAnyAddress(name)).map(bracketed);
  return [...new Set(hosts)].map((name) => `http://${name}:${port}`);
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return plain === '::1' || plain === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
