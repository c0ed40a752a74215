'use client';

/** What of the Bus page stands in its address: the link that is open, and the server it is looked at from. Pure but for the hook. */

import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';
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

/** Opens a link and keeps what else the address says. */
export function useLinkHref(): (pair: LinkPair | null) => string {
  // Null outside of the router, in tests of components.
  const params: { toString(): string } | null = useSearchParams();
  const search = params?.toString() ?? '';
  return useCallback(
    (pair) => {
      const { link: _, ...rest } = Object.fromEntries(new URLSearchParams(search));
      return hrefWith('/bus', pair === null ? rest : { ...rest, link: pairText(pair) });
    },
    [search],
  );
}
