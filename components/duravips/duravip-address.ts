/** What of the DuraVIPs page stands in its address: view, filter, sort, the open address, whose table. Pure. */

import { splitFilter } from '../ui/data-table/filter.ts';
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

/** The filter holds this term as it stands. */
export function hasTerm(filter: string, term: string): boolean {
  return splitFilter(filter).includes(term);
}

/** With the term where it was not, without it where it was. What somebody typed beside it stays. */
export function toggledTerm(filter: string, term: string): string {
  const terms = splitFilter(filter);
  const rest = terms.filter((each) => each !== term);
  if (rest.length === terms.length) rest.push(term);
  return rest.map((each) => (/\s/.test(each) ? `"${each}"` : each)).join(' ');
}
