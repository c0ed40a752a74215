'use client';

/** The address of a link beside what the address says already. */

import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';
import { hrefWith } from '../ui/url-query.ts';
import { type LinkPair, pairText } from './bus-address.ts';

export function useLinkHref(): (pair: LinkPair) => string {
  // Null outside of the router, in tests of components.
  const params: { toString(): string } | null = useSearchParams();
  const search = params?.toString() ?? '';
  return useCallback(
    (pair) => hrefWith('/bus', { ...Object.fromEntries(new URLSearchParams(search)), link: pairText(pair) }),
    [search],
  );
}
