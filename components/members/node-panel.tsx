'use client';

/** One member in detail, beside the table on a desk, instead of it on a phone. Only tabs with real content. */

import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useMemo, useRef } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs';
import { callApi } from '../api/api-client.ts';
import { consoleHref } from '../console/console-address.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useCollection, useFreshness, useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { GuardedSwitch } from '../ui/guarded-switch.tsx';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { EventList } from './event-list.tsx';
import {
  type ClusterEvent,
  type Member,
  memberName,
  newestFirst,
  sigilName,
  stateWords,
} from './member-words.ts';
import { NodeConsole } from './node-console.tsx';
import { NodeFacts } from './node-facts.tsx';
import { NodeLinks } from './node-links.tsx';

const EVENTS_FIRST = 20;

export function NodePanel({ id }: { readonly id: string }) {
  const member = useCollection('members')[id];
  const rows = useCollection('events');
  const history = useMemo(
    () => newestFirst(rows).filter((event) => isAbout(event, id, member)),
    [rows, id, member],
  );
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return (
    <aside className="node-panel" aria-labelledby="node-title" data-test={MARKS.node.panel} data-member={id}>
      <div className="node-head">
        <NodeSigil name={member ? sigilName(member) : id} size="large" dim={member?.state === 'departed'} />
        <div className="node-head-words">
          <h2 className="node-title" id="node-title" ref={title} tabIndex={-1} data-test={MARKS.node.name}>
            {member ? memberName(member) : inertName(id)}
          </h2>
          {member ? <NodeState member={member} /> : null}
        </div>
        <Link
          className="button"
          href="/members"
          scroll={false}
          prefetch={false}
          data-test={MARKS.node.close}
          aria-label="Close the detail"
        >
          Close
        </Link>
      </div>
      {member ? (
        <MemberTabs member={member} history={history} />
      ) : (
        <div className="node-body">
          <p className="muted">No member of this name is known now.</p>
          <EventList
            events={history}
            mark={MARKS.node.event}
            first={EVENTS_FIRST}
            empty="It has no history here."
          />
        </div>
      )}
    </aside>
  );
}

function isAbout(event: ClusterEvent, id: string, member: Member | undefined): boolean {
  if (event.member === null) return false;
  return (
    event.member === id ||
    event.member === member?.nodeName ||
    (member?.privateNames.includes(event.member) ?? false)
  );
}

function NodeState({ member }: { readonly member: Member }) {
  const hop = useFreshness(500).members[member.id];
  const state = stateWords(member, hop, useGatewayNow());
  return (
    <p>
      <Status shape={state.shape} mark={MARKS.node.state}>
        {state.word}
      </Status>
      {state.detail === '' ? null : <span className="muted"> · {state.detail}</span>}
    </p>
  );
}

function MemberTabs({
  member,
  history,
}: {
  readonly member: Member;
  readonly history: readonly ClusterEvent[];
}) {
  const takesCommands = member.role === 'node' && member.nodeName !== null;
  return (
    <Tabs className="node-tabs">
      <TabList className="tabs-list" aria-label="About this member">
        <Tab id="now" className="tab">
          Now
        </Tab>
        <Tab id="neighbours" className="tab">
          Neighbours
        </Tab>
        <Tab id="groups" className="tab">
          Groups
        </Tab>
        {takesCommands ? (
          <Tab id="console" className="tab">
            Console
          </Tab>
        ) : null}
        <Tab id="history" className="tab">
          History
        </Tab>
      </TabList>
      <TabPanel id="now" className="node-body">
        <NodeFacts member={member} />
        {takesCommands && member.nodeName !== null ? (
          <Link
            className="button"
            href={consoleHref({ nodes: [member.nodeName] })}
            data-test={MARKS.node.console}
          >
            Console on {memberName(member)}
          </Link>
        ) : null}
        {member.state === 'departed' ? <Dismiss member={member} /> : null}
      </TabPanel>
      <TabPanel id="neighbours" className="node-body">
        <NodeLinks name={member.nodeName} />
      </TabPanel>
      <TabPanel id="groups" className="node-body">
        <MemberGroups member={member} />
      </TabPanel>
      {takesCommands ? (
        <TabPanel id="console" className="node-body">
          <NodeConsole node={member.nodeName ?? member.id} />
        </TabPanel>
      ) : null}
      <TabPanel id="history" className="node-body">
        <EventList
          events={history}
          mark={MARKS.node.event}
          first={EVENTS_FIRST}
          empty="Nothing has happened to it yet."
        />
      </TabPanel>
    </Tabs>
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
