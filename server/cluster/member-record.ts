/**
 * One member as the membership table keeps it, and what may be derived from several of them. Pure values; who
 * changes them and when is the table's business (membership.ts).
 */

import type { GroupName, PrivateName } from '../model/names.ts';
import type { LossCause } from '../msgc/client-api.ts';
import type { MemberFacts } from './messages.ts';

/** What `cluster membership` shows as the type of a dedicated server; ours, after the module it runs. */
export const DEDICATED_NODE_TYPE = 'msgc_server';

export type MemberRole = 'node' | 'manager' | 'dashboard' | 'other';

/** `qualifying`: in a view, has not answered yet. `suspect`: in a view, heartbeats are missing (R4). */
export type MemberState = 'qualifying' | 'present' | 'suspect' | 'departed';

export type MemberRecord = {
  readonly name: PrivateName;
  /** Undefined until known from capabilities or an answer. */
  readonly facts: MemberFacts | undefined;
  readonly state: MemberState;
  /** Why it departed (R1); undefined while present, and where it went while this process had no bus. */
  readonly cause: LossCause | undefined;
  /** Monotonic moment at which the state began. */
  readonly sinceMs: number;
  /** Monotonic moment at which this presence began. */
  readonly joinedMs: number;
  /** Monotonic moment at which anything of it was last heard. */
  readonly heardAtMs: number;
  /** Groups of ours in whose view it is, in our order; of a departed member those it was in last. */
  readonly groups: readonly GroupName[];
  /** Times it joined under its name since this table exists. */
  readonly incarnations: number;
  readonly missedHeartbeats: number;
  /** Excluded from ownership: suspect for long and `byzantine_action = "exclude"` (R4). */
  readonly excluded: boolean;
};

export function roleOf(record: Pick<MemberRecord, 'facts'>): MemberRole {
  switch (record.facts?.nodeType) {
    case 'Momentum':
      return 'node';
    case 'Manager':
      return 'manager';
    case 'Dashboard':
      return 'dashboard';
    default:
      return 'other';
  }
}

/** Whether it is a process of ours with a configuration to speak of: dashboards have none, others are unknown. */
export function answersQueries(record: Pick<MemberRecord, 'facts'>): boolean {
  const type = record.facts?.nodeType;
  return type === 'Momentum' || type === 'Manager' || type === DEDICATED_NODE_TYPE;
}

/** The name under which a member's history is kept: its node name, else its private name. */
export function historyName(record: Pick<MemberRecord, 'facts' | 'name'>): string {
  return record.facts?.nodeName ?? record.name;
}

/** Node names that more than one present member claims. */
export function duplicateNames(records: Iterable<MemberRecord>): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const record of records) {
    const name = record.facts?.nodeName;
    if (record.state === 'departed' || name === undefined || name === null) continue;
    if (seen.has(name)) twice.add(name);
    seen.add(name);
  }
  return twice;
}

/** For each role the version that most present members run; among equals the greatest. */
export function majorityVersions(records: Iterable<MemberRecord>): ReadonlyMap<MemberRole, string> {
  const counts = new Map<MemberRole, Map<string, number>>();
  for (const record of records) {
    const version = record.facts?.version;
    if (record.state === 'departed' || version === undefined || version === null) continue;
    const role = roleOf(record);
    const ofRole = counts.get(role) ?? new Map<string, number>();
    ofRole.set(version, (ofRole.get(version) ?? 0) + 1);
    counts.set(role, ofRole);
  }
  const majority = new Map<MemberRole, string>();
  for (const [role, ofRole] of counts) {
    const [first] = [...ofRole].sort(([a, m], [b, n]) => n - m || (a < b ? 1 : -1));
    if (first !== undefined) majority.set(role, first[0]);
  }
  return majority;
}
