'use client';

/** What the gateway remembers of a lag, and what a node says a change would do. Asked while somebody looks. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import {
  type LagHistory,
  type LogReview,
  lagHistoryReply,
  logReviewReply,
  type OffsetTarget,
} from '../../server/wire/logs.ts';
import { callApi, parsed } from '../api/api-client.ts';
import type { ApiFailure } from '../api/api-failure.ts';
import { useSession } from '../frame/session-gate.tsx';

/** A sample comes each 10 s. */
const HISTORY_AGAIN_MS = 10_000;

export type SubscriberName = { readonly node: string; readonly log: string; readonly subscriber: string };

export function useLagHistory(of: SubscriberName): UseQueryResult<LagHistory, ApiFailure> {
  return useQuery<LagHistory, ApiFailure>({
    queryKey: ['log-history', of],
    queryFn: async ({ signal }) => {
      const reply = await callApi(`/api/logs/history?${new URLSearchParams(of)}`, { signal });
      return parsed(reply, (value) => lagHistoryReply.safeParse(value).data);
    },
    refetchInterval: HISTORY_AGAIN_MS,
    retry: false,
  });
}

/** @param to null: it would be removed; undefined: nothing is asked yet. @param look counts what was looked at. */
export function useLogReview(
  of: SubscriberName,
  to: OffsetTarget | null | undefined,
  look: number,
): UseQueryResult<LogReview, ApiFailure> {
  const { csrf } = useSession();
  return useQuery<LogReview, ApiFailure>({
    queryKey: ['log-review', of, to ?? null, look],
    enabled: to !== undefined,
    queryFn: async ({ signal }) => {
      const body = { ...of, to };
      const reply = await callApi('/api/logs/review', { method: 'POST', csrf, body, signal });
      return parsed(reply, (value) => logReviewReply.safeParse(value).data);
    },
    // What was looked at stands until somebody looks again.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  });
}
