'use client';

/** Requests for approval as the inbox needs them: all that the account may see, and decisions on them. */

import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { z } from 'zod';
import { type Approval, approval, approvalListReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { APPROVALS_KEY } from '../console/approval-queries.ts';
import { useSession } from '../frame/session-gate.tsx';

/** What the nodes of a request are may change at any time. */
const INBOX_REFETCH_MS = 3_000;
export const INBOX_KEY = ['approval-inbox'] as const;

export type Inbox = z.infer<typeof approvalListReply>;
export type Decision = {
  readonly id: string;
  readonly verdict: 'approve' | 'deny';
  readonly note: string;
  readonly typedName?: string;
};

/** @param allowed false for those who neither ask nor decide. */
export function useApprovalInbox(allowed: boolean): UseQueryResult<Inbox> {
  return useQuery({
    queryKey: INBOX_KEY,
    queryFn: async () =>
      parsed(await callApi('/api/approvals'), (value) => approvalListReply.safeParse(value).data),
    refetchInterval: INBOX_REFETCH_MS,
    enabled: allowed,
  });
}

export function useDecide(): UseMutationResult<Approval, Error, Decision> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, verdict, note, typedName }: Decision) => {
      const path = `/api/approvals/${encodeURIComponent(id)}/${verdict}`;
      const body = { note, ...(typedName === undefined ? {} : { typedName }) };
      const reply = await callApi(path, { method: 'POST', csrf, body });
      return parsed(reply, (value) => approval.safeParse(value).data);
    },
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: INBOX_KEY });
      await queries.invalidateQueries({ queryKey: APPROVALS_KEY });
    },
  });
}
