'use client';

/** Groups on the bus with their members by private name, as one server told them. Names are anybody's words. */

import type { BusFigures } from '../../server/wire/bus.ts';
import { MARKS } from '../test-marks.ts';
import { formatAge, plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { groupDigits } from './bus-words.ts';

/** Members named at once; more open on request. */
const MEMBERS_FIRST = 6;
/** Groups that are drawn; more are counted. */
const GROUPS_SHOWN_MAX = 200;

export type BusGroupsProps = { readonly groups: BusFigures['groups']; readonly nowMs: number | null };

export function BusGroups({ groups, nowMs }: BusGroupsProps) {
  if (groups === null) return <p className="muted">No server has told its groups yet.</p>;
  if (groups.list.length === 0)
    return <p className="muted">{inertName(groups.from)} says that nobody is in a group.</p>;
  const more = groups.list.length - GROUPS_SHOWN_MAX;
  return (
    <>
      <ul className="bus-groups">
        {groups.list.slice(0, GROUPS_SHOWN_MAX).map((group) => (
          <li key={group.group} data-test={MARKS.bus.group} data-group={group.group} data-count={group.count}>
            <span className="mono isolate-text bus-group-name">{inertName(group.group)}</span>
            <span className="number">{groupDigits(group.count)}</span>
            <Members members={group.members} count={group.count} />
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="muted">and {more} more groups</p> : null}
      <p className="muted bus-source">
        told by <span className="isolate-text">{inertName(groups.from)}</span>
        {nowMs === null ? '' : ` ${formatAge(nowMs - groups.toldMs)} ago`}
      </p>
    </>
  );
}

function Members({ members, count }: { readonly members: readonly string[]; readonly count: number }) {
  const first = members.slice(0, MEMBERS_FIRST);
  const rest = members.slice(MEMBERS_FIRST);
  const untold = count - members.length;
  return (
    <div className="bus-group-members mono">
      <Names names={first} />
      {rest.length === 0 ? null : (
        <details>
          <summary>{plural(rest.length, 'more member')}</summary>
          <Names names={rest} />
        </details>
      )}
      {untold > 0 ? <span className="muted">and {groupDigits(untold)} that are not named here</span> : null}
    </div>
  );
}

function Names({ names }: { readonly names: readonly string[] }) {
  return (
    <ul>
      {names.map((name) => (
        <li key={name} className="isolate-text">
          {inertName(name)}
        </li>
      ))}
    </ul>
  );
}
