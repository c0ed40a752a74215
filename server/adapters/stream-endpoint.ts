/** How this process writes the address of a socket: `10.0.0.1:4803`, `[::1]:4803`, a path as it is. */

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

export function formatEndpoint(host: string | undefined, port: number | undefined): string {
  if (host === undefined || port === undefined) return '';
  const plain = plainAddress(host);
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}

/** An address as people write it: IPv4 in IPv6 as IPv4. */
export function plainAddress(host: string): string {
  return MAPPED_IPV4.exec(host)?.[1] ?? host;
}

/** `*` and the empty host mean every address; Node wants the host left out for that. */
export function listenHost(host: string): string | undefined {
  return host === '*' || host === '' ? undefined : host;
}

/** The operating system's error code, else the message. */
export function socketErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  // With several addresses per name Node reports an AggregateError whose own message is empty.
  return code ?? (error.message === '' ? error.name : error.message);
}
