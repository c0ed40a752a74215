/** IP addresses, networks and endpoints as they stand in configuration files. */

import { err, ok, type Result } from '../base/result.ts';
import { SOCKET_PATH_BYTES_MAX } from '../base/socket-path.ts';

export type Endpoint = { readonly host: string; readonly port: number };

/** A TCP endpoint or the path of a Unix socket. Host `*` listens on every address. */
export type ListenEndpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

export function isIpv6(text: string): boolean {
  if (!/^[0-9a-f:.]+$/i.test(text)) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const embedded = isIpv4(last);
  const plain = embedded ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = plain.length + (embedded ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

export function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** 127.0.0.0/8 and ::1, the addresses that no other machine can reach. */
export function isLoopback(address: string): boolean {
  if (isIpv4(address)) return address.startsWith('127.');
  const lower = address.toLowerCase();
  return isIpv6(address) && (/^(0{0,4}:)*0{0,3}1$/.test(lower) || /^::ffff:127\./.test(lower));
}

/** `address/bits`; an address alone is a network of one. */
export function parseCidr(text: string): Result<{ readonly address: string; readonly bits: number }, string> {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const address = match?.[1] ?? '';
  if (!isIpAddress(address))
    return err(`'${text}' is not a network: write address/bits, such as 10.1.1.0/24`);
  const widest = isIpv4(address) ? 32 : 128;
  const bits = match?.[2] === undefined ? widest : Number(match[2]);
  if (bits > widest) return err(`'${text}' is not a network: at most ${widest} bits`);
  return ok({ address, bits });
}

export function parsePort(text: string): Result<number, string> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? ok(port) : err(`'${text}' is not a port: 1 to 65535`);
}

/** `host:port` or `[v6]:port`. */
export function parseEndpoint(text: string): Result<Endpoint, string> {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(0, colon));
  if (colon < 1 || host === '*') return err(`'${text}' is not an endpoint: write host:port`);
  return hostAndPort(host, text.slice(colon + 1), text);
}

/** A host to send to: a name or an address, IPv6 in `[ ]`, with or without `:port`. */
export type Route = { readonly host: string; readonly port: number | undefined };

export function parseRoute(text: string): Result<Route, string> {
  const match = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d+))?$/.exec(text.trim());
  const host = match?.[1];
  if (host === undefined)
    return err(`'${text}' is not a host: write name, address, [v6], or one of them with :port`);
  const endpoint = hostAndPort(host, match?.[2] ?? '25', text);
  if (!endpoint.ok) return endpoint;
  return ok({ host: endpoint.value.host, port: match?.[2] === undefined ? undefined : endpoint.value.port });
}

/** `:port`, `*:port`, `address:port`, `[v6]:port`, `[*]:port`, or the absolute path of a Unix socket. */
export function parseListen(text: string): Result<ListenEndpoint, string> {
  if (text.startsWith('/')) {
    if (new TextEncoder().encode(text).length > SOCKET_PATH_BYTES_MAX) {
      return err(`the socket path '${text}' has more than ${SOCKET_PATH_BYTES_MAX} bytes`);
    }
    return ok({ kind: 'unix', path: text });
  }
  const colon = text.lastIndexOf(':');
  if (colon < 0) {
    return err(`'${text}' is not an endpoint: write address:port, *:port, :port or an absolute socket path`);
  }
  const host = text.slice(0, colon);
  const wild = host === '' || host === '*' || host === '[*]';
  const result = wild
    ? hostAndPort('*', text.slice(colon + 1), text)
    : hostAndPort(host, text.slice(colon + 1), text);
  return result.ok ? ok({ kind: 'tcp', ...result.value }) : result;
}

function hostAndPort(hostText: string, portText: string, text: string): Result<Endpoint, string> {
  const port = parsePort(portText);
  if (!port.ok) return port;
  const bracketed = /^\[(.*)\]$/.exec(hostText)?.[1];
  if (bracketed !== undefined) {
    if (!isIpv6(bracketed)) return err(`'${bracketed}' is not an IPv6 address`);
    return ok({ host: bracketed, port: port.value });
  }
  if (hostText.includes(':')) return err(`'${text}': an IPv6 address stands in [ ] before its port`);
  if (hostText !== '*' && !/^[a-z0-9._-]{1,255}$/i.test(hostText)) {
    return err(`'${hostText}' is not a host name or address`);
  }
  return ok({ host: hostText, port: port.value });
}
