/** Addresses of members. Pure. */

import { hrefWith } from '../ui/url-query.ts';

export function memberHref(id: string, tab = ''): string {
  return hrefWith('/members', { node: id, tab });
}
