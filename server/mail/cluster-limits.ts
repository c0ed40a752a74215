/**
 * Outbound connections in the counts of the cluster (momentum.md 3.2, REP-04 to REP-06). Where a limit is set, a
 * connection is claimed before it is opened, so the limit holds exactly; where none is set, it is only counted, lazily.
 */

import type { IpAddress } from '../model/ip.ts';
import type { Limit, MailCluster, MailHost } from './api.ts';
import type { Queue } from './held.ts';

export const OUTBOUND_DOMAINS = 'outbound_domains';
export const OUTBOUND_BINDING_DOMAINS = 'outbound_binding_domains';
export const OUTBOUND_CIDR = 'outbound_cidr';
export const OBTC = 'OBTC';
export const OBTM = 'OBTM';
/** Share of a throttle that one round of the cluster may use (momentum.md 4.3, REP-24). */
export const THROTTLE_EPSILON = 0.95;

/**
 * All outbound connections. Those with a limit over all count here for as long as they live, not at their address: a
 * claim tells others of its own keys only, and one that moved to another key would be missing until that is told.
 */
const ANY_ADDRESS = '0.0.0.0/0';

type Key = { readonly object: string; readonly key: string };
export type ClaimKey = Key & { readonly limit: number };
export type ClaimsTaken = readonly ClaimKey[];
/** A connection as it is counted. */
export type Counted = {
  readonly binding: string;
  readonly domain: string;
  readonly group: string;
  readonly claims: ClaimsTaken;
};

/** Key of `outbound_binding_domains` for one binding and one domain. */
export function bindingDomainKey(binding: string, domain: string): string {
  return `${binding}/${domain}`;
}

/** Empty where no limit of the cluster is set. */
export function claimsOf({ domain, policy }: Queue): ClaimsTaken {
  const claims: ClaimKey[] = [];
  const add = (object: string, key: string, limit: Limit): void => {
    if (limit !== undefined && limit >= 0) claims.push({ object, key, limit });
  };
  add(OUTBOUND_DOMAINS, domain, policy.clusterMax);
  add(OUTBOUND_CIDR, ANY_ADDRESS, policy.clusterServerMax);
  for (const { key, limit } of policy.clusterScopeMax) add(OUTBOUND_BINDING_DOMAINS, key, limit);
  return claims;
}

/** What a connection counts for besides its claims. */
export class ConnectionCounts {
  readonly #cluster: MailCluster;

  constructor(cluster: MailCluster) {
    this.#cluster = cluster;
  }

  opened(of: Counted, nowMs: number): void {
    this.#count(of, 1, nowMs);
  }

  /** @param address of the destination, once it was known. */
  closed(of: Counted, address: IpAddress | undefined, nowMs: number): void {
    this.#count(of, -1, nowMs);
    if (address !== undefined) this.#countAddress(of, address, -1, nowMs);
    this.release(of.claims, nowMs);
  }

  connected(of: Counted, address: IpAddress, nowMs: number): void {
    this.#countAddress(of, address, 1, nowMs);
  }

  release(claims: ClaimsTaken, nowMs: number): void {
    if (claims.length === 0) return;
    this.#cluster.release(
      claims.map(({ object, key }) => ({ object, key })),
      nowMs,
    );
  }

  /** Hosts that may get one more connection. Their counts come from the tree of addresses, lazily. */
  hostsWithRoom(hosts: readonly MailHost[], limitOf: (host: string) => Limit): readonly MailHost[] {
    return hosts.filter(({ host, addresses }) => {
      const limit = limitOf(host);
      if (limit === undefined || limit < 0) return true;
      let connections = 0;
      for (const address of addresses) connections += this.#cluster.total(OUTBOUND_CIDR, address) ?? 0;
      return connections < limit;
    });
  }

  #countAddress({ group, claims }: Counted, address: IpAddress, change: 1 | -1, nowMs: number): void {
    const claimed = claims.some(({ object }) => object === OUTBOUND_CIDR);
    this.#cluster.count(OUTBOUND_CIDR, address, change, nowMs, group, claimed);
  }

  #count({ binding, domain, group, claims }: Counted, change: number, nowMs: number): void {
    const isClaimed = (object: string, key: string): boolean =>
      claims.some((claim) => claim.object === object && claim.key === key);
    const count = (object: string, key: string): void =>
      this.#cluster.count(object, key, change, nowMs, group, isClaimed(object, key));
    count(OUTBOUND_DOMAINS, domain);
    count(OUTBOUND_BINDING_DOMAINS, bindingDomainKey(binding, domain));
  }
}
