'use client';

/** What an account prefers, kept by the gateway so that it follows the account to every browser. */

import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useMutationState,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { Preferences } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { PREFERENCES_KEY, readPreferences } from '../frame/preferences.ts';
import { useSession } from '../frame/session-gate.tsx';
import { pageVoice } from '../ui/announce.ts';

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
    // Here and not where it is called: who leaves the tab meanwhile still hears what became of it.
    onSuccess: () => pageVoice.result('Saved.'),
    onError: (failure) => pageVoice.alert(`Not saved: ${failure.message}`),
    onSettled: () => queries.invalidateQueries({ queryKey: PREFERENCES_KEY }),
  });
}

export type LastSave = { readonly state: 'none' | 'saving' | 'saved' | 'failed'; readonly failure: string };

/** What became of the newest save, also for a tab that was left and opened again meanwhile. */
export function useLastSave(): LastSave {
  const saves = useMutationState({
    filters: { mutationKey: PREFERENCES_KEY },
    select: ({ state }) => ({ status: state.status, failure: state.error?.message ?? '' }),
  });
  const last = saves.at(-1);
  switch (last?.status) {
    case 'pending':
      return { state: 'saving', failure: '' };
    case 'success':
      return { state: 'saved', failure: '' };
    case 'error':
      return { state: 'failed', failure: last.failure };
    default:
      return { state: 'none', failure: '' };
  }
}
