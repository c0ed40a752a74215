'use client';

/** Groups on the bus with the members in them. */

import { useMemo } from 'react';
import { useCollection } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { compareMembers, compareNames, type Member, memberName, sigilName } from './member-words.ts';

/** Sigils drawn in one row; more are counted. */
const SIGILS_SHOWN_MAX = 16;

export function groupsOf(
  members: Readonly<Record<string, Member>>,
): readonly (readonly [string, readonly Member[]])[] {
  const groups = new Map<string, Member[]>();
  for (const member of Object.values(members).sort(compareMembers)) {
    if (member.state === 'departed') continue;
    for (const group of new Set(member.groups)) groups.set(group, [...(groups.get(group) ?? []), member]);
  }
  return [...groups].sort(([a], [b]) => compareNames(a, b));
}

export function GroupList() {
  const members = useCollection('members');
  const groups = useMemo(() => groupsOf(members), [members]);
  if (groups.length === 0) return <p className="muted">No group is known yet.</p>;
  return (
    <dl className="facts">
      {groups.map(([group, inside]) => (
        <GroupRow key={group} group={group} inside={inside} />
      ))}
    </dl>
  );
}

function GroupRow({ group, inside }: { readonly group: string; readonly inside: readonly Member[] }) {
  const more = inside.length - SIGILS_SHOWN_MAX;
  return (
    <>
      <dt className="mono isolate-text">{inertName(group)}</dt>
      <dd className="sigil-row" data-test={MARKS.members.group} data-group={group}>
        {inside.slice(0, SIGILS_SHOWN_MAX).map((member) => (
          <span key={member.id} title={memberName(member)}>
            <NodeSigil name={sigilName(member)} size="small" />
            <span className="visually-hidden">{memberName(member)}, </span>
          </span>
        ))}
        <span className="muted">
          {more > 0 ? `and ${more} more, ${inside.length} in all` : inside.length}
        </span>
      </dd>
    </>
  );
}
