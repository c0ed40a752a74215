/** What console texts about members take, made from the membership table. */

import type { MemberLines } from '../console/membership-text.ts';
import type { MemberRecord } from './member-record.ts';
import type { Membership } from './membership.ts';

/** Present members in the order of the cluster group's view. */
export function presentMembers(membership: Membership): readonly MemberRecord[] {
  return membership.records().filter((record) => record.state !== 'departed');
}

export function memberLines(record: MemberRecord): MemberLines {
  const { facts } = record;
  return {
    privateName: record.name,
    nodeName: facts?.nodeName ?? null,
    subcluster: facts?.subcluster ?? null,
    nodeType: facts?.nodeType ?? null,
    version: facts?.version ?? null,
    address: facts?.address ?? null,
    groups: facts === undefined || facts.groups.length === 0 ? record.groups : facts.groups,
  };
}
