'use client';

/** What an account prefers, kept by the gateway so that it follows the account to every browser. */

import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { Preferences } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { PREFERENCES_KEY, readPreferences } from '../frame/preferences.ts';
import { useSession } from '../frame/session-gate.tsx';

export function usePreferences(): UseQueryResult<Preferences> {
  return useQuery({
    queryKey: PREFERENCES_KEY,
    queryFn: async () => parsed(await callApi('/api/preferences'), readPreferences),
  });
}

/** Saves all preferences at once; what is chosen shows at once and goes back when it is refused. */
export function useSavePreferences(): UseMutationResult<Preferences, Error, Preferences> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationKey: PREFERENCES_KEY,
    mutationFn: async (wanted: Preferences) =>
      parsed(await callApi('/api/preferences', { method: 'PUT', csrf, body: wanted }), readPreferences),
    onMutate: async (wanted) => {
      await queries.cancelQueries({ queryKey: PREFERENCES_KEY });
      queries.setQueryData(PREFERENCES_KEY, wanted);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: PREFERENCES_KEY }),
  });
}
