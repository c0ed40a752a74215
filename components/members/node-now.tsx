'use client';

/** A member now: what is wrong with its configuration, what it says of itself, its links, its groups. */

import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { lazy, Suspense } from 'react';
import { callApi } from '../api/api-client.ts';
import { consoleHref } from '../console/console-address.ts';
import { useSession } from '../frame/session-gate.tsx';
import { MARKS } from '../test-marks.ts';
import { GuardedSwitch } from '../ui/guarded-switch.tsx';
import { inertName } from '../ui/inert-text.ts';
import { FailedReload } from './failed-reload.tsx';
import { serverOf } from './member-flags.ts';
import { type Member, memberName } from './member-words.ts';
import { NodeFacts } from './node-facts.tsx';
import { NodeLinks } from './node-links.tsx';

const NodeShare = lazy(() => import('../bus/node-share.tsx').then((part) => ({ default: part.NodeShare })));
const NodeMail = lazy(() => import('./node-mail.tsx').then((part) => ({ default: part.NodeMail })));

export function NodeNow({ member }: { readonly member: Member }) {
  const server = serverOf(member);
  return (
    <>
      {member.config?.lastReload?.ok === false ? <FailedReload member={member} /> : null}
      <NodeFacts member={member} />
      {member.role === 'node' && member.nodeName !== null ? (
        <Link
          className="button"
          href={consoleHref({ nodes: [member.nodeName] })}
          data-test={MARKS.node.console}
        >
          Console on {memberName(member)}
        </Link>
      ) : null}
      {member.mail === null ? null : (
        <>
          <h3 className="section-title">Mail</h3>
          <Suspense fallback={<p className="muted">Loading…</p>}>
            <NodeMail member={member} />
          </Suspense>
        </>
      )}
      <h3 className="section-title">Neighbours</h3>
      <NodeLinks name={server} />
      {server === null ? null : (
        <Suspense fallback={<p className="muted">Loading…</p>}>
          <NodeShare server={server} />
        </Suspense>
      )}
      <h3 className="section-title">Groups</h3>
      <MemberGroups member={member} />
      {member.state === 'departed' ? <Dismiss member={member} /> : null}
    </>
  );
}

function MemberGroups({ member }: { readonly member: Member }) {
  if (member.groups.length === 0) return <p className="muted">It is in no group.</p>;
  return (
    <ul className="plain-list">
      {member.groups.map((group) => (
        <li key={group} className="mono isolate-text" data-test={MARKS.node.group}>
          {inertName(group)}
        </li>
      ))}
    </ul>
  );
}

function Dismiss({ member }: { readonly member: Member }) {
  const { account, csrf } = useSession();
  const router = useRouter();
  const dismiss = useMutation({
    mutationFn: () => callApi(`/api/members/${encodeURIComponent(member.id)}`, { method: 'DELETE', csrf }),
    onSuccess: () => router.replace('/members', { scroll: false }),
  });
  return (
    <div className="node-dismiss" data-test={MARKS.node.dismiss}>
      <p className="muted">A departed member is kept for a day. Dismissing it forgets what it last said.</p>
      <GuardedSwitch
        cover="Dismiss…"
        commit={`Forget ${memberName(member)}`}
        obstacle={account.role === 'admin' ? null : 'needs the admin role'}
        onCommit={() => dismiss.mutate()}
      />
      {dismiss.isError ? (
        <p className="field-error" role="alert">
          {dismiss.error.message}
        </p>
      ) : null}
    </div>
  );
}
