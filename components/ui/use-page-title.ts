'use client';

/** The tab title names environment, cluster and page, so that two tabs are not mistaken for each other. */

import { useEffect } from 'react';
import { pageTitle } from '../frame/environment.ts';
import { useSession } from '../frame/session-gate.tsx';

export function usePageTitle(page: string): void {
  const { environment, clusterName } = useSession();
  useEffect(() => {
    document.title = pageTitle({ environment, clusterName, page });
  }, [environment, clusterName, page]);
}
