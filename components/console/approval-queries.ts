'use client';

/** Requests for approval: asking for one, and what became of it. */

import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import {
  APPROVAL_EXPIRES_MS,
  type Approval,
  approval,
  approvalListReply,
  type CommandTarget,
} from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useSession } from '../frame/session-gate.tsx';

export const APPROVALS_KEY = ['approvals'] as const;
export const APPROVAL_EXPIRES_SHOWN_MS = APPROVAL_EXPIRES_MS;
/** A waiting request is asked for this often. */
const WAITING_REFETCH_MS = 3_000;

export type ApprovalOrder = {
  readonly command: string;
  readonly target: CommandTarget;
  readonly timeoutMs: number;
  readonly reason: string;
};

async function fetchApprovals(): Promise<readonly Approval[]> {
  const reply = await callApi('/api/approvals');
  return parsed(reply, (value) => approvalListReply.safeParse(value).data?.approvals);
}

/** One request; null once the gateway does not list it any more. */
export function useApproval(id: string): UseQueryResult<Approval | null> {
  return useQuery({
    queryKey: APPROVALS_KEY,
    queryFn: fetchApprovals,
    select: (list) => list.find((each) => each.id === id) ?? null,
    refetchInterval: (query) =>
      query.state.data?.some((each) => each.id === id && each.state === 'waiting')
        ? WAITING_REFETCH_MS
        : false,
  });
}

export function useAskForApproval(
  onAsked: (asked: Approval) => void,
): UseMutationResult<Approval, Error, ApprovalOrder> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (order: ApprovalOrder) =>
      parsed(await callApi('/api/approvals', { method: 'POST', csrf, body: order }), readApproval),
    onSuccess: (asked) => {
      queries.setQueryData<readonly Approval[]>(APPROVALS_KEY, (known) => [asked, ...(known ?? [])]);
      void queries.invalidateQueries({ queryKey: APPROVALS_KEY });
      onAsked(asked);
    },
  });
}

function readApproval(value: unknown): Approval | undefined {
  return approval.safeParse(value).data;
}
