/** What of the Bus page stands in its address: the link that is open, and the server it is looked at from. Pure. */

import { hrefWith, readNames, writeNames } from '../ui/url-query.ts';

export type LinkPair = { readonly from: string; readonly to: string };

export function pairText({ from, to }: LinkPair): string {
  return writeNames([from, to]);
}

export function readPair(text: string): LinkPair | null {
  const [from, to, ...more] = readNames(text);
  return from === undefined || to === undefined || more.length > 0 ? null : { from, to };
}

export function samePair(a: LinkPair | null, b: LinkPair | null): boolean {
  return a === b || (a !== null && b !== null && a.from === b.from && a.to === b.to);
}

/** The page with this server chosen. */
export function busHref(server: string): string {
  return hrefWith('/bus', { node: server });
}

/** The page with a link open. */
export function linkHref(pair: LinkPair): string {
  return hrefWith('/bus', { link: pairText(pair) });
}
