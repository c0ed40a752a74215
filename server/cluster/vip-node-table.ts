/** What one node says of all addresses, as it answers the query `duravip`: its own table beside its own interfaces. */

import type { VipTable } from '../duravip/api.ts';
import type { IpAddress } from '../model/ip.ts';
import type { NodeTableReply } from '../wire/duravip.ts';

export type OwnAddresses = {
  /** The interface that has the address; undefined where none has. */
  readonly placed: (address: IpAddress) => string | undefined;
  /** Entries of the neighbour table. */
  readonly neighbours: number;
};

/** @param told.wallMs on the clock of this node. */
export function nodeTable(
  table: VipTable,
  own: OwnAddresses,
  told: { readonly node: string; readonly wallMs: number },
): NodeTableReply {
  return {
    node: told.node,
    viewId: table.viewId ?? null,
    epoch: table.epoch,
    synced: table.synced,
    toldMs: told.wallMs,
    arp: own.neighbours,
    rows: table.entries().map(({ address, phase, owner, text }) => {
      const at = own.placed(address);
      return {
        address,
        phase,
        owner: owner ?? null,
        plumbed: at !== undefined,
        interface: at ?? null,
        text,
      };
    }),
  };
}
