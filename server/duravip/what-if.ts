/** What the nodes would do: the same election on a copy of the table (ui.md D7). Nothing of it is an estimate. */

import type { IpAddress } from '../model/ip.ts';
import type { NodeName } from '../model/names.ts';
import type { WhatIf, WhatIfChange } from './api.ts';
import { dropNodes, holderToBe, settle } from './election.ts';
import type { Ownership } from './ownership.ts';
import type { Replica } from './replica.ts';

/** Undefined while the members of the view have not said what they hold. Balancing later on is not part of it. */
export function computeWhatIf(
  { state, synced, viewId, epoch }: Pick<Replica, 'state' | 'synced' | 'viewId' | 'epoch'>,
  { without, drained }: WhatIfChange,
): WhatIf | undefined {
  if (!synced || viewId === undefined) return undefined;
  const copy = state.clone();
  for (const node of drained) copy.drains.set(node, { on: true, at: copy.clock, by: '' });
  const kept = copy.members.filter(
    (name) => !without.includes(copy.nodes.get(name)?.node ?? ('' as NodeName)),
  );
  dropNodes(copy, kept, () => 'failure', 0);
  settle(copy);
  const places = placesOf(copy);
  const moves: WhatIf['moves'][number][] = [];
  for (const vip of state.sorted()) {
    const from = state.nodeNameOf(vip.owner);
    const to = places.get(vip.address);
    if (from === to) continue;
    const { preference } = vip.derived;
    moves.push({
      address: vip.address,
      from,
      to,
      losesPreference: preference !== undefined && preference === from,
    });
  }
  const loads = state.members.flatMap((name) => {
    const node = state.nodeNameOf(name);
    if (node === undefined) return [];
    const before = state.sorted().filter(({ owner }) => owner === name).length;
    const after = [...places.values()].filter((place) => place === node).length;
    return [{ node, before, after }];
  });
  return { viewId, epoch, moves, loads };
}

function placesOf(state: Ownership): ReadonlyMap<IpAddress, NodeName | undefined> {
  return new Map(state.sorted().map((vip) => [vip.address, state.nodeNameOf(holderToBe(vip))]));
}
