/** Who a process is in the cluster: node name, subcluster and cluster address (momentum.md 3.3). */

import { err, ok, type Result } from '../base/result.ts';
import { isIpAddress, isLoopback } from '../conf/addresses.ts';
import { type NodeName, parseNodeName } from '../model/names.ts';

export const SUBCLUSTER_DEFAULT = 'default';

/** What the environment of the process says. */
export type IdentitySources = {
  /** EC_NODE_NAME, exported by the launcher from `cluster.boot`. */
  readonly nodeName: string | undefined;
  /** EC_SUB_CLUSTER. */
  readonly subcluster: string | undefined;
  readonly hostname: string;
};

/** CLU-04: the option, else EC_NODE_NAME, else the host name cut at its first dot. */
export function resolveNodeName(
  option: string | undefined,
  { nodeName, hostname }: IdentitySources,
): Result<NodeName, string> {
  const short = hostname.split('.')[0] ?? '';
  return parseNodeName(given(option) ?? given(nodeName) ?? short);
}

/** MSG-33: what the surroundings call this process, where that is not the name that is used. */
export function otherSpelling(
  sources: IdentitySources,
): { readonly from: string; readonly read: string; readonly used: NodeName } | undefined {
  const { nodeName, hostname } = sources;
  const used = resolveNodeName(undefined, sources);
  const from = given(nodeName) === undefined ? 'host name' : 'EC_NODE_NAME';
  const read = given(nodeName) ?? hostname.split('.')[0] ?? '';
  return used.ok && used.value !== read ? { from, read, used: used.value } : undefined;
}

/** CLU-16. */
export function resolveSubcluster({ subcluster }: IdentitySources): string {
  return given(subcluster) ?? SUBCLUSTER_DEFAULT;
}

/**
 * CLU-07: the configured address, else what the node name resolves to; never one that other machines cannot reach,
 * unless that is allowed for demonstrations and tests (R21).
 * @param resolved addresses of the node name, in the resolver's order; empty if it has none.
 */
export function resolveNodeAddress(facts: {
  readonly nodeName: NodeName;
  readonly option: string | undefined;
  readonly resolved: readonly string[];
  readonly allowLoopback: boolean;
}): Result<string, string> {
  const { nodeName, option, resolved, allowLoopback } = facts;
  const candidates = given(option) === undefined ? resolved : [option ?? ''];
  const usable = candidates.find(
    (address) => isIpAddress(address) && (allowLoopback || !isLoopback(address)),
  );
  if (usable !== undefined) return ok(usable);
  const [first] = candidates;
  const hint = 'set nodeaddr in cluster {} to an address of the cluster network';
  if (first === undefined) return err(`the node name ${nodeName} does not resolve to an address: ${hint}`);
  const whence = given(option) === undefined ? `the node name ${nodeName} resolves to` : 'nodeaddr is';
  return err(
    isLoopback(first)
      ? `${whence} ${first}, a loopback address that no other machine can reach: ${hint}`
      : `${whence} ${first}, which is not an IP address: ${hint}`,
  );
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}
