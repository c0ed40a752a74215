/**
 * What a member's row is counted as: one state, and flags for what deviates. Pure. The table filters by these words
 * and the tiles of the overview count them, so that a number and the rows behind it are the same thing.
 */

import type { Hop } from '../live/freshness.ts';
import { type Member, SKEW_MARKED_MS } from './member-words.ts';
import type { Matrix, MatrixCell } from './who-sees-whom.ts';

export const MEMBER_STATES = ['present', 'silent', 'suspect', 'qualifying', 'departed'] as const;
export type MemberState = (typeof MEMBER_STATES)[number];

/** `silent`: in the view, and nothing was heard of it lately. A departed member is departed, whatever the cause. */
export function stateOf(member: Member, hop: Hop | undefined): MemberState {
  return member.state === 'present' && hop?.level === 'silent' ? 'silent' : member.state;
}

/**
 * `view`: in another view than the gateway. `link`: a server that does not see another one, or is not seen. `name`:
 * its name is used twice. `version`: differs from its role. `clock`: far from the gateway's. `reload`: its last
 * reload failed. `unsaved`: has changes by console that are in no file.
 */
export const MEMBER_FLAGS = ['view', 'link', 'name', 'version', 'clock', 'reload', 'unsaved'] as const;
export type MemberFlag = (typeof MEMBER_FLAGS)[number];

export type FlagContext = {
  /** The view that the gateway is in; null while it is not known. */
  readonly busView: string | null;
  /** Servers at either end of a link that is missing between two servers that both tell. */
  readonly missingLinks: ReadonlySet<string>;
};

export function memberFlags(member: Member, context: FlagContext): readonly MemberFlag[] {
  if (member.state === 'departed') return [];
  const server = serverOf(member);
  const { viewId, config } = member;
  const holds: Readonly<Record<MemberFlag, boolean>> = {
    view: viewId !== null && context.busView !== null && viewId !== context.busView,
    link: server !== null && context.missingLinks.has(server),
    name: member.duplicateName,
    version: member.versionDiffers,
    clock: Math.abs(member.clockSkewMs ?? 0) > SKEW_MARKED_MS,
    reload: config?.lastReload?.ok === false,
    unsaved: (config?.unsaved ?? 0) > 0,
  };
  return MEMBER_FLAGS.filter((flag) => holds[flag]);
}

/** Name of the bus server that runs in the member; null for clients of other servers. */
export function serverOf(member: Pick<Member, 'id' | 'nodeName' | 'role'>): string | null {
  if (member.role === 'node') return member.nodeName;
  if (member.role !== 'manager') return null;
  return member.nodeName ?? /^#[^#]+#([^#]+)$/.exec(member.id)?.[1] ?? null;
}

/** Links that are missing between servers that both tell: nobody sees who is gone, and that is no disagreement. */
export function disputedLinks(matrix: Matrix): readonly MatrixCell[] {
  const telling = new Set(matrix.rows.filter((row) => row.current).map((row) => row.from));
  return matrix.missing.filter((cell) => telling.has(cell.to));
}

export function endsOf(cells: readonly MatrixCell[]): ReadonlySet<string> {
  return new Set(cells.flatMap(({ from, to }) => [from, to]));
}
