/** How a process reaches its own msgc_server. */

import type { Generation } from '../conf/generation.ts';
import { type BusOptions, busEndpoints } from './process-options.ts';

const LOOPBACK: Readonly<Record<string, string>> = { '*': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * The bus of a process whose client has nowhere else to go: without a `server` in `msgc_client` it uses the first
 * endpoint of `msgcserver_listener`, by loopback where that listens on all addresses.
 */
export function withOwnServer(bus: BusOptions, generation: Generation): BusOptions {
  if (generation.isSet(['msgc_client'], 'server')) return bus;
  const servers = busEndpoints(generation).map(({ host, port }) => ({ host: LOOPBACK[host] ?? host, port }));
  return servers.length === 0 ? bus : { ...bus, client: { ...bus.client, servers } };
}
