'use client';

/** A request for approval where its result will stand: who decides, how long there is, and what became of it. */

import Link from 'next/link';
import type { Approval } from '../../server/wire/http.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { ClassPlate } from '../ui/class-plate.tsx';
import { formatClock, formatDuration } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { type GlyphShape, Status } from '../ui/status-glyph.tsx';
import { useApproval } from './approval-queries.ts';
import { targetText } from './command-target.ts';
import { consoleHref } from './console-address.ts';

const GLYPHS: Readonly<Record<Approval['state'], GlyphShape>> = {
  waiting: 'moving',
  approved: 'ok',
  denied: 'critical',
  expired: 'unknown',
  void: 'warning',
};

export function ApprovalView({ id }: { readonly id: string }) {
  const query = useApproval(id);
  const gatewayMs = useGatewayNow(1_000);
  if (query.data === undefined) {
    return <p className="empty">{query.isError ? query.error.message : 'Fetching the request…'}</p>;
  }
  if (query.data === null) {
    return (
      <p className="empty" data-test={MARKS.console.approval} data-state="gone">
        This request is gone: requests are kept for a while after they end.
      </p>
    );
  }
  const request = query.data;
  return (
    <section
      className="job approval"
      aria-label="Request for approval"
      data-test={MARKS.console.approval}
      data-state={request.state}
    >
      <header className="job-head">
        <h2 className="job-command">{inertText(request.command)}</h2>
        <p className="job-facts">
          <ClassPlate value={request.class} />
          <span>to {targetText(request.target)}</span>
          <span>asked for by {inertName(request.requestedBy)}</span>
        </p>
        <p className="job-summary" data-test={MARKS.console.approvalState}>
          <Status shape={GLYPHS[request.state]}>{approvalText(request, gatewayMs)}</Status>
        </p>
        <p>Reason: {inertText(request.reason)}</p>
        {request.note === '' || request.state === 'void' ? null : <p>Answer: {inertText(request.note)}</p>}
        {request.job === null ? null : (
          <p>
            <Link
              href={consoleHref({ job: request.job })}
              scroll={false}
              data-test={MARKS.console.approvalJob}
            >
              See the replies
            </Link>
          </p>
        )}
      </header>
    </section>
  );
}

/** One sentence for each state; the time left counts down by the clock of the gateway. */
export function approvalText(request: Approval, gatewayMs: number | null): string {
  const who = request.decidedBy === null ? 'an admin' : inertName(request.decidedBy);
  switch (request.state) {
    case 'waiting':
      return gatewayMs === null
        ? 'waiting for approval by an admin'
        : `waiting for approval by an admin, expires in ${roundedMinutes(request.expiresMs - gatewayMs)}`;
    case 'approved':
      return `approved by ${who} at ${formatClock(request.decidedMs)}`;
    case 'denied':
      return `denied by ${who} at ${formatClock(request.decidedMs)}; nothing was sent`;
    case 'expired':
      return 'expired without an answer; nothing was sent';
    case 'void':
      return `void${request.note === '' ? '' : `: ${inertText(request.note)}`}; nothing was sent`;
  }
}

/** Whole minutes, rounded up, until the last one. */
function roundedMinutes(leftMs: number): string {
  return leftMs > 60_000 ? `${Math.ceil(leftMs / 60_000)} min` : formatDuration(leftMs);
}
