'use client';

/** Requests for commands that take a second person: what waits, and what became of the others. */

import Link from 'next/link';
import { useState } from 'react';
import { APPROVAL_EXPIRES_MS, type Approval } from '../../server/wire/http.ts';
import { approvalText } from '../console/approval-view.tsx';
import { targetText } from '../console/command-target.ts';
import { consoleHref } from '../console/console-address.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { ClassPlate } from '../ui/class-plate.tsx';
import { formatMoment, plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { useApprovalInbox } from './approval-inbox.ts';
import { ApproveSheet } from './approve-sheet.tsx';
import { DenyForm } from './deny-form.tsx';
import { changeWords, nodeChanges } from './node-changes.ts';

export function ApprovalsTab() {
  const { account } = useSession();
  const allowed = account.role !== 'viewer';
  const query = useApprovalInbox(allowed);
  const [reviewing, setReviewing] = useState<string | null>(null);
  if (!allowed) return <p className="muted">Requests for approval need the operator role.</p>;
  if (query.data === undefined) {
    return <p className="muted">{query.isError ? query.error.message : 'Fetching the requests…'}</p>;
  }
  const { approvals } = query.data;
  const waiting = approvals.filter(({ state }) => state === 'waiting');
  const decided = approvals.filter(({ state }) => state !== 'waiting');
  const reviewed = approvals.find(({ id }) => id === reviewing);
  return (
    <>
      <p className="muted settings-words">
        An operator may ask for a command of class W3 or W4; an admin who is not the same person sends it or
        denies it. {account.role === 'admin' ? 'You see all requests.' : 'You see your own requests.'}
      </p>
      {query.isError ? <p className="field-error">{query.error.message} What follows may be old.</p> : null}
      <section aria-label="Waiting">
        <h2 className="section-title">Waiting ({waiting.length})</h2>
        {waiting.length === 0 ? <p className="muted">No request waits.</p> : null}
        <ul className="request-list">
          {waiting.map((request) => (
            <WaitingRequest key={request.id} request={request} onReview={() => setReviewing(request.id)} />
          ))}
        </ul>
      </section>
      <section aria-label="Decided">
        <h2 className="section-title">Decided ({decided.length})</h2>
        <ul className="request-list">
          {decided.map((request) => (
            <DecidedRequest key={request.id} request={request} />
          ))}
        </ul>
      </section>
      {reviewed === undefined ? null : <ApproveSheet request={reviewed} onClose={() => setReviewing(null)} />}
    </>
  );
}

function RequestHead({ request }: { readonly request: Approval }) {
  const gatewayMs = useGatewayNow(60_000);
  return (
    <>
      <p className="request-command">
        <ClassPlate value={request.class} />
        <code>{inertText(request.command)}</code>
      </p>
      <p className="muted">
        {inertName(request.requestedBy)} asks, {formatMoment(request.requestedMs, gatewayMs)}: to{' '}
        {targetText(request.target)}. Reason:{' '}
        <span className="request-reason">{inertText(request.reason)}</span>
      </p>
    </>
  );
}

type WaitingRequestProps = { readonly request: Approval; readonly onReview: () => void };

function WaitingRequest({ request, onReview }: WaitingRequestProps) {
  const { account } = useSession();
  const gatewayMs = useGatewayNow(1_000);
  const own = request.requestedBy.toLowerCase() === account.name.toLowerCase();
  const leftMs = gatewayMs === null ? null : Math.max(0, request.expiresMs - gatewayMs);
  const obstacle = own ? 'you asked for it: it takes a second person' : null;
  return (
    <li data-test={MARKS.settings.request} data-state={request.state} data-request={request.id}>
      <RequestHead request={request} />
      <NodesThenNow request={request} />
      <p className="request-expiry">
        <progress
          max={APPROVAL_EXPIRES_MS}
          value={leftMs ?? 0}
          aria-label={`Time left to decide on ${inertName(request.command)}`}
        />
        <span data-test={MARKS.settings.requestState}>{approvalText(request, gatewayMs)}</span>
      </p>
      {account.role === 'admin' ? (
        <div className="request-actions">
          <ActionButton mark={MARKS.settings.requestReview} obstacle={obstacle} onPress={onReview}>
            Review and approve…
          </ActionButton>
          <DenyForm request={request} />
        </div>
      ) : null}
    </li>
  );
}

/** What the target meant when it was asked for, and means now. */
function NodesThenNow({ request }: { readonly request: Approval }) {
  const changes = nodeChanges(request);
  const then = plural(request.nodesThen.length, 'node');
  if (changes === null) {
    return (
      <p data-test={MARKS.settings.requestNodes} data-changed="unknown">
        <Status shape="unknown">
          {then} when it was asked for; unknown now, the gateway has no bus connection
        </Status>
      </p>
    );
  }
  const { gone, come } = changes;
  const changed = gone.length + come.length > 0;
  return (
    <p data-test={MARKS.settings.requestNodes} data-changed={changed}>
      {changed ? (
        <Status shape="warning">{changeWords(request, changes)}. Approving voids it.</Status>
      ) : (
        <span className="muted">
          {then}, the same as when it was asked for: {request.nodesThen.map(inertName).join(', ')}
        </span>
      )}
    </p>
  );
}

function DecidedRequest({ request }: { readonly request: Approval }) {
  return (
    <li data-test={MARKS.settings.request} data-state={request.state} data-request={request.id}>
      <RequestHead request={request} />
      <p>
        <span data-test={MARKS.settings.requestState}>{approvalText(request, null)}</span>
        {request.note === '' ? '' : ` · ${inertText(request.note)}`}
        {request.job === null ? null : (
          <>
            {' · '}
            <Link href={consoleHref({ job: request.job })} data-test={MARKS.settings.requestJob}>
              see the replies
            </Link>
          </>
        )}
      </p>
    </li>
  );
}
