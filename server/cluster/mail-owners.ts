/** Where floating bindings are, from the table of DuraVIP (momentum.md 5.2, 5.9): names of bindings to owners. */

import type { VipEntry } from '../duravip/api.ts';
import type { BindingOwners, BindingPlan } from '../mail/api.ts';
import type { IpAddress } from '../model/ip.ts';
import type { NodeName } from '../model/names.ts';

/**
 * An address that is not up yet, lets go, or failed is nowhere: nobody delivers from it, and messages wait.
 * @param listenerOf address of the cluster listener of a node that is present.
 */
export function bindingOwners(
  bindings: readonly BindingPlan[],
  entries: readonly VipEntry[],
  own: NodeName,
  listenerOf: (node: NodeName) => string | undefined,
): BindingOwners {
  const byAddress = new Map<IpAddress, VipEntry>(entries.map((entry) => [entry.address, entry]));
  const owners = new Map<string, NonNullable<ReturnType<BindingOwners['get']>>>();
  for (const { name, bindAddress, floating } of bindings) {
    if (!floating || bindAddress === undefined) continue;
    const entry = byAddress.get(bindAddress);
    const node = entry?.phase === 'owned' && entry.state === 'up' ? entry.owner : undefined;
    if (node === own) owners.set(name, { at: 'here' });
    else {
      const listener = node === undefined ? undefined : listenerOf(node);
      if (node === undefined || listener === undefined) owners.set(name, { at: 'nowhere' });
      else owners.set(name, { at: 'node', node, listener });
    }
  }
  return owners;
}

export function sameOwners(a: BindingOwners, b: BindingOwners): boolean {
  if (a.size !== b.size) return false;
  for (const [name, one] of a) {
    const other = b.get(name);
    if (other === undefined || other.at !== one.at) return false;
    if (one.at === 'node' && other.at === 'node') {
      if (one.node !== other.node || one.listener !== other.listener) return false;
    }
  }
  return true;
}
