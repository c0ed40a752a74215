/** Turns membership records into the rows that the dashboard shows. Pure; wall-clock moments come from outside. */

import type { PrivateName } from '../model/names.ts';
import type { Row } from '../wire/live.ts';
import type { MailFigures } from '../wire/objects.ts';
import type { ConfigStatus } from '../wire/options.ts';
import { duplicateNames, type MemberRecord, majorityVersions, roleOf } from './member-record.ts';

/** What is known of a member beside its record. */
export type MemberExtras = {
  readonly viewId: string | undefined;
  /** What it last said of its configuration. */
  readonly config: ConfigStatus | undefined;
  /** What it last said of its mail. */
  readonly mail: MailFigures | undefined;
  readonly clockSkewMs: number | undefined;
  readonly sinceWallMs: number;
  readonly joinedWallMs: number;
};

export type MemberRows = ReadonlyMap<string, { readonly name: PrivateName; readonly row: Row<'members'> }>;

/** @param records present members first, as `Membership.records` gives them. */
export function memberRows(
  records: readonly MemberRecord[],
  extrasOf: (record: MemberRecord) => MemberExtras,
): MemberRows {
  const duplicates = duplicateNames(records);
  const versions = majorityVersions(records);
  const rows = new Map<string, { readonly name: PrivateName; readonly row: Row<'members'> }>();
  for (const record of records) {
    const nodeName = record.facts?.nodeName ?? null;
    const id = nodeName === null || rows.has(nodeName) ? record.name : nodeName;
    const version = record.facts?.version ?? null;
    const present = record.state !== 'departed';
    const extras = extrasOf(record);
    const row: Row<'members'> = {
      ...identity(record, id, nodeName),
      version,
      ...presence(record, extras),
      versionDiffers: present && version !== null && versions.get(roleOf(record)) !== version,
      duplicateName: present && nodeName !== null && duplicates.has(nodeName),
      incarnations: record.incarnations,
      config: extras.config ?? null,
      mail: extras.mail ?? null,
    };
    rows.set(id, { name: record.name, row });
  }
  return rows;
}

function identity(record: MemberRecord, id: string, nodeName: string | null) {
  const { facts } = record;
  const told = facts?.privateNames ?? [];
  return {
    id,
    privateNames: [record.name, ...told.filter((name) => name !== record.name)],
    nodeName,
    subcluster: facts?.subcluster ?? null,
    nodeType: facts?.nodeType ?? 'Unknown',
    role: roleOf(record),
    address: facts?.address ?? null,
    groups: facts === undefined || facts.groups.length === 0 ? [...record.groups] : [...facts.groups],
    startedMs: facts?.startedMs ?? null,
    pid: facts?.pid ?? null,
  };
}

function presence(record: MemberRecord, extras: MemberExtras) {
  const departed = record.state === 'departed';
  return {
    state: record.state,
    cause: record.cause ?? null,
    sinceMs: extras.sinceWallMs,
    joinedMs: departed ? null : extras.joinedWallMs,
    clockSkewMs: extras.clockSkewMs ?? null,
    viewId: departed ? null : (extras.viewId ?? null),
  };
}
