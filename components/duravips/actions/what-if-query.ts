'use client';

/** What the election of the nodes would do, asked for when a preview opens. A read: nothing comes of it. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { type WhatIfReply, whatIfReply } from '../../../server/wire/duravip.ts';
import { callApi, parsed } from '../../api/api-client.ts';
import { useSession } from '../../frame/session-gate.tsx';

export function useDrainForecast(node: string, state: string): UseQueryResult<WhatIfReply> {
  const { csrf } = useSession();
  return useQuery({
    queryKey: ['vipWhatIf', 'drained', node, state],
    queryFn: async () =>
      parsed(
        await callApi('/api/duravip/whatif', {
          method: 'POST',
          csrf,
          body: { without: [], drained: [node] },
        }),
        (value) => whatIfReply.safeParse(value).data,
      ),
  });
}
