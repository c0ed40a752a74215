'use client';

/** What the gateway remembers of ownership, and what it predicts. Asked while somebody looks. */

import { type UseMutationResult, type UseQueryResult, useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  type HistoryReply,
  historyReply,
  ownersAtReply,
  type WhatIfReply,
  whatIfReply,
} from '../../../server/wire/duravip.ts';
import { callApi, parsed } from '../../api/api-client.ts';
import type { ApiFailure } from '../../api/api-failure.ts';
import { useSession } from '../../frame/session-gate.tsx';
import { useLiveParts } from '../../live/use-live.ts';

export type OwnersAt = z.infer<typeof ownersAtReply>;

/** So many addresses in one question (`historyRequest`). */
export const LANES_MAX = 200;
/** What is kept may be a moment behind what is shown live. */
const AGAIN_MS = 5_000;

/** @param changed anything that is different after an owner changed: what is kept is asked for again. */
export function useHistory(
  addresses: readonly string[],
  spanMs: number,
  changed: string,
): UseQueryResult<HistoryReply, ApiFailure> {
  const { csrf } = useSession();
  const { store } = useLiveParts();
  return useQuery<HistoryReply, ApiFailure>({
    queryKey: ['duravip-history', addresses, spanMs, changed],
    enabled: addresses.length > 0,
    queryFn: async ({ signal }) => {
      const { beat } = store.published().live;
      const toMs = beat === null ? Date.now() : beat.serverMs + performance.now() - beat.receivedMs;
      const body = { addresses: addresses.slice(0, LANES_MAX), fromMs: toMs - spanMs, toMs };
      const reply = await callApi('/api/duravip/history', { method: 'POST', csrf, body, signal });
      return parsed(reply, (value) => historyReply.safeParse(value).data);
    },
    placeholderData: (before) => before,
    staleTime: AGAIN_MS,
    refetchInterval: spanMs <= 86_400_000 ? AGAIN_MS : false,
    retry: false,
  });
}

export function useOwnersAt(atMs: number): UseQueryResult<OwnersAt, ApiFailure> {
  return useQuery<OwnersAt, ApiFailure>({
    queryKey: ['duravip-at', atMs],
    queryFn: async ({ signal }) => {
      const reply = await callApi(`/api/duravip/at?ms=${Math.round(atMs)}`, { signal });
      return parsed(reply, (value) => ownersAtReply.safeParse(value).data);
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

export type WhatIfQuestion = { readonly without: readonly string[]; readonly drained: readonly string[] };

export function useWhatIf(): UseMutationResult<WhatIfReply, ApiFailure, WhatIfQuestion> {
  const { csrf } = useSession();
  return useMutation<WhatIfReply, ApiFailure, WhatIfQuestion>({
    mutationFn: async (body) => {
      const reply = await callApi('/api/duravip/whatif', { method: 'POST', csrf, body });
      return parsed(reply, (value) => whatIfReply.safeParse(value).data);
    },
  });
}
