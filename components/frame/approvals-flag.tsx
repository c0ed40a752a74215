'use client';

/** How many requests wait for an approval, for those who ask or decide. Leads to them. */

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { callApi } from '../api/api-client.ts';
import { MARKS } from '../test-marks.ts';
import { plural } from '../ui/format-time.ts';
import { useSession } from './session-gate.tsx';

const POLL_MS = 15_000;

function readWaiting(reply: unknown): number {
  if (typeof reply !== 'object' || reply === null || !('waiting' in reply)) return 0;
  return typeof reply.waiting === 'number' ? reply.waiting : 0;
}

export function ApprovalsFlag() {
  const { account } = useSession();
  const query = useQuery({
    queryKey: ['approvals-waiting'],
    queryFn: async () => readWaiting(await callApi('/api/approvals')),
    refetchInterval: POLL_MS,
    enabled: account.role !== 'viewer',
  });
  const waiting = query.data ?? 0;
  if (waiting === 0) return null;
  return (
    <Link
      href="/settings?tab=approvals"
      className="approvals-flag"
      data-test={MARKS.frame.approvals}
      aria-label={`${plural(waiting, 'approval')} waiting`}
      title={`${plural(waiting, 'approval')} waiting`}
    >
      <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
        <path d="M5 17.500v-15h10l-2.500 4 2.500 4H5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      </svg>
      {waiting}
    </Link>
  );
}
