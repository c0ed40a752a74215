'use client';

/** Asks one node for its own table, through the gateway, only while somebody looks. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { type NodeTableReply, nodeTableReply } from '../../server/wire/duravip.ts';
import { callApi, parsed } from '../api/api-client.ts';
import type { ApiFailure } from '../api/api-failure.ts';

/** Every look asks anew. */
const STALE_MS = 1_000;

function readTable(value: unknown): NodeTableReply | undefined {
  return nodeTableReply.safeParse(value).data;
}

/** @param node null: nobody is asked. */
export function useNodeTable(node: string | null): UseQueryResult<NodeTableReply, ApiFailure> {
  return useQuery<NodeTableReply, ApiFailure>({
    queryKey: ['duravip-table', node],
    queryFn: async ({ signal }) => {
      const reply = await callApi(`/api/duravip/nodes/${encodeURIComponent(node ?? '')}/table`, { signal });
      return parsed(reply, readTable);
    },
    enabled: node !== null,
    staleTime: STALE_MS,
    // Silence of a node is an answer to show, not one to repeat behind the reader's back.
    retry: false,
    refetchOnWindowFocus: false,
  });
}
