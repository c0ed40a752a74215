'use client';

/** The address of a member beside what the address says already. */

import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';
import { hrefWith } from '../ui/url-query.ts';

/** Opens a member and keeps what else the address says. */
export function useMemberHref(): (id: string | null) => string {
  // Null outside of the router, in tests of components.
  const params: { toString(): string } | null = useSearchParams();
  const search = params?.toString() ?? '';
  return useCallback(
    (id: string | null) => {
      const { node: _, tab, ...rest } = Object.fromEntries(new URLSearchParams(search));
      if (id === null) return hrefWith('/members', rest);
      return hrefWith('/members', { ...rest, node: id, tab: tab ?? '' });
    },
    [search],
  );
}
