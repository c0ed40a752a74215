/**
 * `cluster duravip show` and `show tables`, laid out as momentum.md 7.6 shows them. Takes plain facts; who owns what
 * is decided elsewhere.
 */

import { printableLine } from './printable.ts';
import { renderXml, textElement, type XmlElement } from './xml.ts';

export type VipParticipant = {
  readonly node: string;
  /** `multivip` for bindings, the listener scope for listeners (A59). */
  readonly services: string;
  readonly owner: boolean;
};

export type VipLines = {
  readonly address: string;
  /** Bindings and listeners that share the address. */
  readonly names: readonly string[];
  /** `owned`, `safe`, … in the order in which they are shown. */
  readonly states: readonly string[];
  readonly services: string;
  readonly viewStableSeconds: number;
  readonly configurationStableSeconds: number;
  readonly participants: readonly VipParticipant[];
};

/** CMD-07; the header alone where there is no DuraVIP. */
export function renderDuravips(vips: readonly VipLines[]): string {
  return ['DuraVIP State:', ...vips.flatMap(vipLines)].join('\n');
}

function vipLines(vip: VipLines): readonly string[] {
  const title = [vip.address, ...vip.names].map(printableLine).join('/');
  const states = vip.states.map(printableLine).join(',');
  return [
    `${title}: (${states}) ${printableLine(vip.services)}`,
    `\t[view stable for ${vip.viewStableSeconds} seconds]`,
    `\t[configuration stable for ${vip.configurationStableSeconds} seconds]`,
    // The asterisk marks the owner (A3).
    ...vip.participants.map(
      ({ node, services, owner }) =>
        `${owner ? ' *  ' : '    '}\t${printableLine(node)} ${printableLine(services)}`,
    ),
  ];
}

export type VipTableEntry = {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  /** Seconds since the view of it changed. */
  readonly lastViewChange: number;
  readonly views: readonly {
    readonly privateName: string;
    readonly address: string;
    readonly name: string;
    readonly state: string;
  }[];
};

/** CMD-08, CMD-09: the known element names below one root (A50). */
export function renderDuravipTables(vips: readonly VipTableEntry[]): string {
  const table = { name: 'group_vips_by_name', content: [{ name: 'VIPs', content: vips.map(vipElement) }] };
  return renderXml({ name: 'DuraVIP', content: [{ name: 'VIPStateTable', content: [table] }] });
}

function vipElement(vip: VipTableEntry): XmlElement {
  return {
    name: 'VIP',
    content: [
      textElement('Name', vip.name),
      textElement('IP', vip.address),
      textElement('State', vip.state),
      textElement('Last_View_Change', String(vip.lastViewChange)),
      {
        name: 'ViewsForParticipants',
        content: vip.views.map((view) => ({
          name: 'ParticipantView',
          content: [
            textElement('Private_Name', view.privateName),
            textElement('IP', view.address),
            textElement('Name', view.name),
            textElement('State', view.state),
          ],
        })),
      },
    ],
  };
}

export function renderDuravipsXml(vips: readonly VipLines[]): string {
  return renderXml({
    name: 'DuraVIPs',
    content: vips.map((vip) => ({
      name: 'DuraVIP',
      attributes: {
        address: vip.address,
        services: vip.services,
        states: vip.states.join(','),
        viewStableSeconds: vip.viewStableSeconds,
        configurationStableSeconds: vip.configurationStableSeconds,
      },
      content: [
        ...vip.names.map((name) => textElement('Name', name)),
        ...vip.participants.map(({ node, services, owner }) => ({
          name: 'Participant',
          attributes: { node, services, owner },
        })),
      ],
    })),
  });
}
