/**
 * Whom a console command goes to: all nodes, those of a subcluster, or named ones; and why it cannot be sent (A21:
 * an unknown subcluster or node is an immediate error and nothing is sent).
 */

import { unreachable } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type GroupName, type PrivateName, subclusterGroup } from '../model/names.ts';
import type { CommandTarget } from '../wire/http.ts';
import { historyName, type MemberRecord, roleOf } from './member-record.ts';

export type Asked = {
  readonly node: string;
  readonly privateName: PrivateName;
  readonly subcluster: string | null;
};

export type Resolved = {
  /** Sent once to this group; undefined: to each asked node by private message. */
  readonly group: GroupName | undefined;
  readonly asked: readonly Asked[];
  /** Nodes that had fallen silent before (R1): nothing reaches them, and whoever asks should see that. */
  readonly silent: readonly Asked[];
};

export type UnknownTarget = { readonly code: 'unknownTarget'; readonly names: readonly string[] };

export function resolveTarget(
  target: CommandTarget,
  records: readonly MemberRecord[],
  controlGroup: GroupName,
): Result<Resolved, UnknownTarget> {
  const nodes = records.filter((record) => roleOf(record) === 'node');
  switch (target.kind) {
    case 'all':
      return ok(groupTarget(controlGroup, nodes));
    case 'subcluster': {
      const name = target.name.trim().toLowerCase();
      const ofIt = nodes.filter((record) => record.facts?.subcluster === name);
      const known = ofIt.some(isPresent);
      return known
        ? ok(groupTarget(subclusterGroup(name), ofIt))
        : err({ code: 'unknownTarget', names: [target.name] });
    }
    case 'nodes':
      return namedTarget(target.names, nodes);
    default:
      return unreachable(target);
  }
}

function groupTarget(group: GroupName, nodes: readonly MemberRecord[]): Resolved {
  return {
    group,
    asked: nodes.filter(isPresent).map(asked),
    silent: nodes.filter(isSilent).map(asked),
  };
}

function namedTarget(
  names: readonly string[],
  nodes: readonly MemberRecord[],
): Result<Resolved, UnknownTarget> {
  const found = new Map<PrivateName, Asked>();
  const silent = new Map<PrivateName, Asked>();
  const unknown: string[] = [];
  for (const name of names) {
    const wanted = name.trim().toLowerCase();
    const matching = nodes.filter(
      (record) =>
        (historyName(record) === wanted || record.name === name) && (isPresent(record) || isSilent(record)),
    );
    if (matching.length === 0) unknown.push(name);
    for (const record of matching) (isPresent(record) ? found : silent).set(record.name, asked(record));
  }
  if (unknown.length > 0) return err({ code: 'unknownTarget', names: unknown });
  return ok({ group: undefined, asked: [...found.values()], silent: [...silent.values()] });
}

function isPresent(record: MemberRecord): boolean {
  return record.state !== 'departed';
}

function isSilent(record: MemberRecord): boolean {
  return record.state === 'departed' && record.cause === 'silence';
}

function asked(record: MemberRecord): Asked {
  const subcluster = record.facts?.subcluster ?? null;
  return { node: historyName(record), privateName: record.name, subcluster };
}
