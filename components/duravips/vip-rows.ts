'use client';

/** The rows of all addresses, in the order of their numbers. */

import { useMemo, useState } from 'react';
import type { LiveModel } from '../../server/wire/live.ts';
import { useCollection } from '../live/use-live.ts';
import { ipSortKey } from '../ui/data-table/ip-order.ts';
import type { Vip } from './vip-words.ts';

/** Keeps the order while no address comes or goes: with 10,240 of them each change of an owner would sort again. */
export class VipOrder {
  #addresses: readonly string[] = [];

  rowsOf(vips: LiveModel['vips']): readonly Vip[] {
    const addresses = Object.keys(vips);
    const same =
      addresses.length === this.#addresses.length &&
      this.#addresses.every((address) => vips[address] !== undefined);
    if (!same) this.#addresses = inOrder(addresses);
    return this.#addresses.flatMap((address) => vips[address] ?? []);
  }
}

function inOrder(addresses: readonly string[]): readonly string[] {
  const keyed = addresses.map((address) => ({ address, key: ipSortKey(address) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return keyed.map(({ address }) => address);
}

export function useVips(): readonly Vip[] {
  const vips = useCollection('vips');
  const [order] = useState(() => new VipOrder());
  return useMemo(() => order.rowsOf(vips), [order, vips]);
}
