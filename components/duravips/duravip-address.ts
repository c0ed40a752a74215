/** What of the DuraVIPs page stands in its address: view, filter, sort, the open address, whose table. Pure. */

import { hrefWith } from '../ui/url-query.ts';

const PATH = '/duravips';

/** The page with this filter. */
export function vipsHref(filter = '', view = ''): string {
  return hrefWith(PATH, { q: filter, view });
}

/** The page with this address open. */
export function vipHref(address: string): string {
  return hrefWith(PATH, { row: address });
}

/** Where the other views and rows of the page are, from an address query that says more. */
export function withinPage(search: string, change: Readonly<Record<string, string>>): string {
  return hrefWith(PATH, { ...Object.fromEntries(new URLSearchParams(search)), ...change });
}
