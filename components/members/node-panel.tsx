'use client';

/** One member in detail, beside the table on a desk, instead of it on a phone. `tab=` in the address says which part. */

import Link from 'next/link';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs';
import { useCollection, useFreshness, useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { useUrlState } from '../ui/url-state.ts';
import { EventList } from './event-list.tsx';
import {
  type ClusterEvent,
  type Member,
  memberName,
  newestFirst,
  sigilName,
  stateWords,
} from './member-words.ts';
import { NodeNow } from './node-now.tsx';
import { useMemberHref } from './use-member-href.ts';

const OptionsView = lazy(() =>
  import('../options/options-view.tsx').then((part) => ({ default: part.OptionsView })),
);
const NodeVips = lazy(() => import('../duravips/node-vips.tsx').then((part) => ({ default: part.NodeVips })));
const NodeLogs = lazy(() => import('../logs/node-logs.tsx').then((part) => ({ default: part.NodeLogs })));
const NodeObjects = lazy(() =>
  import('../objects/node-objects.tsx').then((part) => ({ default: part.NodeObjects })),
);
const NodeConsole = lazy(() => import('./node-console.tsx').then((part) => ({ default: part.NodeConsole })));

const EVENTS_FIRST = 20;

export function NodePanel({ id }: { readonly id: string }) {
  const member = useCollection('members')[id];
  const rows = useCollection('events');
  const history = useMemo(
    () => newestFirst(rows).filter((event) => isAbout(event, id, member)),
    [rows, id, member],
  );
  const hrefOf = useMemberHref();
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
          href={hrefOf(null)}
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

type TabName = 'now' | 'vips' | 'logs' | 'objects' | 'options' | 'console' | 'history';

const TAB_LABELS: Readonly<Record<TabName, string>> = {
  now: 'Now',
  vips: 'VIPs',
  logs: 'Logs',
  objects: 'Objects',
  options: 'Options',
  console: 'Console',
  history: 'History',
};

/** Only what the member can answer: a dashboard takes no commands and says nothing of its options. */
function tabsOf(member: Member): readonly TabName[] {
  if (member.role === 'node' && member.nodeName !== null) {
    return ['now', 'vips', 'logs', 'objects', 'options', 'console', 'history'];
  }
  return member.role === 'manager' ? ['now', 'options', 'history'] : ['now', 'history'];
}

function MemberTabs({
  member,
  history,
}: {
  readonly member: Member;
  readonly history: readonly ClusterEvent[];
}) {
  const [wanted, setTab] = useUrlState('tab', 'now');
  const names = tabsOf(member);
  const tab = names.find((name) => name === wanted) ?? 'now';
  const content: Readonly<Record<TabName, () => ReactNode>> = {
    now: () => <NodeNow member={member} />,
    vips: () => <NodeVips node={member.nodeName ?? member.id} />,
    logs: () => <NodeLogs node={member.nodeName ?? member.id} />,
    objects: () => <NodeObjects node={member.nodeName ?? member.id} />,
    options: () => <OptionsView member={member.id} />,
    console: () => <NodeConsole node={member.nodeName ?? member.id} />,
    history: () => (
      <EventList
        events={history}
        mark={MARKS.node.event}
        first={EVENTS_FIRST}
        empty="Nothing has happened to it yet."
      />
    ),
  };
  return (
    <Tabs className="node-tabs" selectedKey={tab} onSelectionChange={(key) => setTab(String(key))}>
      <TabList className="tabs-list" aria-label="About this member">
        {names.map((name) => (
          <Tab key={name} id={name} className="tab">
            {TAB_LABELS[name]}
          </Tab>
        ))}
      </TabList>
      {names.map((name) => (
        <TabPanel key={name} id={name} className="node-body" data-test={MARKS.node.tab} data-tab={name}>
          {name === tab ? (
            <Suspense fallback={<p className="muted">Loading…</p>}>{content[name]()}</Suspense>
          ) : null}
        </TabPanel>
      ))}
    </Tabs>
  );
}
