'use client';

/** Saved commands from the gateway: own ones, and those that others share. */

import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { CommandTarget } from '../../server/wire/http.ts';
import { type SavedCommand, savedCommandListReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useSession } from '../frame/session-gate.tsx';

export const SAVED_KEY = ['saved-commands'] as const;

export type SaveOrder = {
  readonly label: string;
  readonly command: string;
  readonly target: CommandTarget;
  readonly shared: boolean;
};

export function useSavedCommands(): UseQueryResult<readonly SavedCommand[]> {
  return useQuery({
    queryKey: SAVED_KEY,
    queryFn: async () => {
      const reply = await callApi('/api/saved-commands');
      return parsed(reply, (value) => savedCommandListReply.safeParse(value).data?.saved);
    },
  });
}

export function useSaveCommand(onSaved: () => void): UseMutationResult<unknown, Error, SaveOrder> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (order: SaveOrder) => callApi('/api/saved-commands', { method: 'POST', csrf, body: order }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: SAVED_KEY });
      onSaved();
    },
  });
}

export function useRemoveSaved(): UseMutationResult<unknown, Error, string> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      callApi(`/api/saved-commands/${encodeURIComponent(id)}`, { method: 'DELETE', csrf }),
    onSettled: () => void queries.invalidateQueries({ queryKey: SAVED_KEY }),
  });
}
