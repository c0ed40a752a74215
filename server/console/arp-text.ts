/** `cluster arp show`, laid out as momentum.md 7.6 shows it: a line for each host. Takes plain facts. */

import { printableLine } from './printable.ts';
import { renderXml } from './xml.ts';

export type ArpLine = {
  readonly address: string;
  /** `00:e0:81:63:5c:e8` */
  readonly mac: string;
  readonly ageSeconds: number;
};

const ADDRESS_COLUMNS = 17;

/** CMD-03; empty where no host is known. */
export function renderArp(hosts: readonly ArpLine[]): string {
  return hosts
    .map(({ address, mac, ageSeconds }) => {
      const column = printableLine(address).padEnd(ADDRESS_COLUMNS);
      return `${column}[${printableLine(mac)}]  ${ageSeconds}s`;
    })
    .join('\n');
}

export function renderArpXml(hosts: readonly ArpLine[]): string {
  return renderXml({
    name: 'ArpTable',
    content: hosts.map(({ address, mac, ageSeconds }) => ({
      name: 'Host',
      attributes: { address, mac, ageSeconds },
    })),
  });
}
