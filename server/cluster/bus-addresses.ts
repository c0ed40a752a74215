/**
 * Addresses of the bus on machines with several of them (MSG-35): from which one a server dials its peers, and what is
 * doubtful about where others, and the own client, are told to find it. Nothing here stops anything: an address
 * may be translated on its way.
 */

import { type Endpoint, isIpAddress, isIpv4, isLoopback } from '../conf/addresses.ts';
import type { NodeName } from '../model/names.ts';
import type { PeerAddress } from '../msgc/options.ts';
import type { BusOptions } from './process-options.ts';

/** Hosts that stand for every address. */
const EVERYWHERE: Readonly<Record<string, (address: string) => boolean>> = {
  '*': () => true,
  '::': () => true,
  '0.0.0.0': isIpv4,
};

/**
 * Peers with the address that dials to them leave from: that of the listener, when it listens on one address only, or
 * on only one of those that `peers` name. Then a firewall, and the peer, see the cluster network, whatever way the
 * system would have chosen. Elsewhere, for a peer of the other family, and between loopback and the rest, the system
 * chooses.
 */
export function withSources(
  peers: readonly PeerAddress[],
  listens: readonly Endpoint[],
): readonly PeerAddress[] {
  const source = sourceOf(peers, listens);
  if (source === undefined) return peers;
  return peers.map((peer) => (reaches(source, peer.host) ? { ...peer, bindAddress: source } : peer));
}

function sourceOf(peers: readonly PeerAddress[], listens: readonly Endpoint[]): string | undefined {
  const hosts = [...new Set(listens.map(({ host }) => host))];
  if (hosts.some((host) => !isIpAddress(host) || Object.hasOwn(EVERYWHERE, host))) return undefined;
  const named = hosts.filter((host) => peers.some((peer) => sameAddress(peer.host, host)));
  const candidates = named.length > 0 ? named : hosts;
  return candidates.length === 1 ? candidates[0] : undefined;
}

/** A name may lead to any family; only an address says which. */
function reaches(source: string, host: string): boolean {
  if (!isIpAddress(host)) return !isLoopback(source);
  return isIpv4(source) === isIpv4(host) && isLoopback(source) === isLoopback(host);
}

/** One line for people for each thing that will probably not work. */
export function busDoubts(bus: BusOptions, own: NodeName, listens: readonly Endpoint[]): readonly string[] {
  const listening = listens.map(shownEndpoint).join(', ') || 'nowhere';
  const doubts: string[] = [];
  const self = bus.server.peers.find(({ node }) => node === own);
  if (self === undefined) {
    const names = bus.server.peers.map(({ node }) => node).join(', ') || 'nobody';
    doubts.push(`${own} is not among the peers, which are ${names}: other servers refuse it`);
  } else if (!covered(self, listens)) {
    const reached = shownEndpoint(self);
    doubts.push(
      `peers say that others reach ${own} at ${reached}, but its msgcserver_listener listens on ${listening}`,
    );
  }
  const { servers } = bus.client;
  const near = servers.length > 0 && servers.every(({ host }) => isLoopback(host));
  if (near && !servers.some((server) => covered(server, listens))) {
    const used = servers.map(shownEndpoint).join(', ');
    doubts.push(`msgc_client uses the server ${used}, but msgcserver_listener listens on ${listening}`);
  }
  return doubts;
}

/** A host name is given the benefit of the doubt, not so its port. */
function covered({ host, port }: Endpoint, listens: readonly Endpoint[]): boolean {
  return listens.some((listen) => {
    if (listen.port !== port) return false;
    if (!isIpAddress(host) || !isIpAddress(listen.host)) return true;
    return EVERYWHERE[listen.host]?.(host) ?? sameAddress(listen.host, host);
  });
}

/** An IPv6 address may be written in several ways. */
function sameAddress(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

function canonical(address: string): string {
  return isIpAddress(address) && !isIpv4(address) ? new URL(`http://[${address}]`).hostname : address;
}

function shownEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
