'use client';

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { type ApiToken, tokenListReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';

export const TOKENS_KEY = ['tokens'] as const;

/** Every token that the gateway knows, without secrets; for admins. */
export function useTokens(): UseQueryResult<readonly ApiToken[]> {
  return useQuery({
    queryKey: TOKENS_KEY,
    queryFn: async () =>
      parsed(await callApi('/api/tokens'), (value) => tokenListReply.safeParse(value).data?.tokens),
  });
}
