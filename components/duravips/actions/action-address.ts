/** Links that open the preview of an action on the DuraVIPs page: alerts, the palette, other pages. Pure. */

import { hrefWith } from '../../ui/url-query.ts';

const PATH = '/duravips';

export function moveHref(address: string, to = ''): string {
  return hrefWith(PATH, { vip: address, act: 'move', to });
}

export function drainHref(node: string): string {
  return hrefWith(PATH, { node, act: 'drain' });
}

export function announceHref(): string {
  return hrefWith(PATH, { act: 'announce' });
}
