'use client';

/** What a member says of itself and what the gateway knows of it, now. */

import type { ReactNode } from 'react';
import { useFreshness, useGatewayNow, useLive } from '../live/use-live.ts';
import {
  formatAge,
  formatDuration,
  formatMoment,
  formatSkew,
  UNKNOWN,
  zoneLabel,
} from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { type Member, SKEW_MARKED_MS, upMs } from './member-words.ts';

export function NodeFacts({ member }: { readonly member: Member }) {
  const gatewayMs = useGatewayNow();
  const hop = useFreshness(500).members[member.id];
  const leader = useLive(({ live }) => live.model.cluster['cluster']?.leader ?? null);
  const busView = useLive(({ live }) => live.model.bus['bus']?.viewId ?? null);
  const zone = gatewayMs === null ? '' : ` (${zoneLabel(gatewayMs)})`;
  return (
    <dl className="facts">
      <Fact term="Role">
        {member.role}
        {leader !== null && leader === member.nodeName ? ', leader' : ''}{' '}
        <span className="muted">calls itself {inertName(member.nodeType) || UNKNOWN}</span>
      </Fact>
      <Fact term="Subcluster">{orUnknown(member.subcluster)}</Fact>
      <Fact term="Address">
        <span className="mono">{orUnknown(member.address)}</span>
      </Fact>
      <Fact term="Private names">
        <PrivateNames names={member.privateNames} />
      </Fact>
      <Fact term="Version">
        {orUnknown(member.version)}{' '}
        {member.versionDiffers ? <Status shape="warning">differs from the others of its role</Status> : null}
      </Fact>
      <Fact term="Process">
        pid {member.pid ?? UNKNOWN}, up {formatDuration(upMs(member, gatewayMs))}
      </Fact>
      <Fact term={`Started${zone}`}>
        {formatMoment(member.startedMs, gatewayMs)} <span className="muted">by its own clock</span>
      </Fact>
      <Fact term={`Joined${zone}`}>
        {formatMoment(member.joinedMs, gatewayMs)}
        {member.incarnations > 1 ? (
          <span className="muted">
            {' '}
            for the {ordinal(member.incarnations)} time since the gateway started
          </span>
        ) : null}
      </Fact>
      <Fact term="Heard">{member.state === 'departed' ? UNKNOWN : `${formatAge(hop?.ageMs)} ago`}</Fact>
      <Fact term="View">
        <span className="mono">{orUnknown(member.viewId)}</span>{' '}
        {member.viewId !== null &&
        busView !== null &&
        busView !== member.viewId &&
        member.state !== 'departed' ? (
          <Status shape="disputed">not the gateway’s view</Status>
        ) : null}
      </Fact>
      <Fact term="Clock">
        {formatSkew(member.clockSkewMs)}{' '}
        {Math.abs(member.clockSkewMs ?? 0) > SKEW_MARKED_MS ? (
          <Status shape="warning">times it reports are off by this much</Status>
        ) : (
          <span className="muted">against the gateway</span>
        )}
      </Fact>
      {member.duplicateName ? (
        <Fact term="Name">
          <Status shape="disputed">another present member claims the same name</Status>
        </Fact>
      ) : null}
    </dl>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
}

function PrivateNames({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return UNKNOWN;
  return (
    <ul>
      {names.map((name) => (
        <li key={name} className="mono isolate-text">
          {inertName(name)}
        </li>
      ))}
    </ul>
  );
}

function orUnknown(text: string | null): string {
  return text === null || text === '' ? UNKNOWN : inertName(text);
}

const ORDINALS = new Intl.PluralRules('en', { type: 'ordinal' });
const SUFFIXES: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> = { one: 'st', two: 'nd', few: 'rd' };

function ordinal(count: number): string {
  return `${count}${SUFFIXES[ORDINALS.select(count)] ?? 'th'}`;
}
