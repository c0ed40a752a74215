/** `cluster duravip whatif` (ours): what the election would do if some nodes left. Takes plain facts. */

import { printableLine } from './printable.ts';
import { renderXml } from './xml.ts';

export type WhatIfLines = {
  readonly viewId: string;
  readonly epoch: string;
  readonly without: readonly string[];
  readonly moves: readonly {
    readonly address: string;
    readonly from: string | undefined;
    readonly to: string | undefined;
    readonly losesPreference: boolean;
  }[];
  readonly loads: readonly { readonly node: string; readonly before: number; readonly after: number }[];
};

const ADDRESS_COLUMNS = 17;

export function renderWhatIf({ viewId, epoch, without, moves, loads }: WhatIfLines): string {
  const who = without.map(printableLine).join(', ');
  const verb = without.length === 1 ? 'leaves' : 'leave';
  return [
    `If ${who} ${verb} [view ${printableLine(viewId)}, epoch ${printableLine(epoch)}]:`,
    ...(moves.length === 0 ? ['no address moves'] : moves.map(moveLine)),
    'Addresses per node, now and then:',
    ...loads.map(({ node, before, after }) => `\t${printableLine(node)} ${before} ${after}`),
  ].join('\n');
}

function moveLine({ address, from, to, losesPreference }: WhatIfLines['moves'][number]): string {
  const note = losesPreference ? ' (not where it prefers to be)' : '';
  const way = `${printableLine(from ?? 'nobody')} to ${printableLine(to ?? 'nobody: no candidate is left')}`;
  return `${printableLine(address).padEnd(ADDRESS_COLUMNS)}from ${way}${note}`;
}

export function renderWhatIfXml({ viewId, epoch, without, moves, loads }: WhatIfLines): string {
  return renderXml({
    name: 'WhatIf',
    attributes: { viewId, epoch },
    content: [
      ...without.map((node) => ({ name: 'Without', attributes: { node } })),
      ...moves.map(({ address, from, to, losesPreference }) => ({
        name: 'Move',
        attributes: { address, from, to, losesPreference },
      })),
      ...loads.map(({ node, before, after }) => ({ name: 'Load', attributes: { node, before, after } })),
    ],
  });
}
