/**
 * What needs somebody, the most harmful first: what it is, why, since when, and the next step. Pure. A member that
 * said goodbye needs nobody.
 */

import { linkHref } from '../bus/bus-address.ts';
import { memberHref } from '../members/member-address.ts';
import { disputedLinks, type MemberFlag } from '../members/member-flags.ts';
import { compareNames, type Member, memberName, SKEW_MARKED_MS, sigilName } from '../members/member-words.ts';
import { type CellState, isOneWay } from '../members/who-sees-whom.ts';
import { formatDuration, formatSkew, plural, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import { logItems } from './log-attention.ts';
import type { Picture, SeenMember } from './picture.ts';
import { vipItems } from './vip-attention.ts';

export const ATTENTION_KINDS = [
  'busLost',
  'view',
  'vipTwoOwners',
  'vipUnowned',
  'vipFailed',
  'logDataLost',
  'logManager',
  'logUnreadable',
  'link',
  'name',
  'departed',
  'logStopped',
  'silent',
  'logBehind',
  'vipDisagree',
  'objectDiverged',
  'vipBroken',
  'reload',
  'logNeverRead',
  'announceDue',
  'setSizes',
  'vipUnsafe',
  'vipConflict',
  'version',
  'clock',
  'unsaved',
] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

export type Attention = {
  readonly id: string;
  readonly kind: AttentionKind;
  readonly shape: GlyphShape;
  /** Name to draw a sigil from; null where it is about no single member. */
  readonly sigil: string | null;
  readonly title: string;
  readonly cause: string;
  /** Milliseconds since 1970 by the gateway's clock; null where the start is not known. */
  readonly sinceMs: number | null;
  readonly next: { readonly label: string; readonly href: string };
};

/** More are counted. */
export const ATTENTION_SHOWN_MAX = 20;

/** @param more what other parts of the cluster need. */
export function attentionOf(picture: Picture, more: readonly Attention[] = []): readonly Attention[] {
  const items = [
    ...busItems(picture),
    ...more,
    ...vipItems(picture.vips),
    ...logItems(picture.logs, picture.gatewayMs),
    ...linkItems(picture),
    ...picture.members.flatMap((seen) => memberItems(seen, picture)),
  ];
  const harm = (item: Attention): number => ATTENTION_KINDS.indexOf(item.kind);
  // Of one kind, what began first comes first.
  return items.sort(
    (a, b) => harm(a) - harm(b) || (a.sinceMs ?? 0) - (b.sinceMs ?? 0) || compareNames(a.id, b.id),
  );
}

function busItems({ bus }: Picture): readonly Attention[] {
  if (bus?.state !== 'lost') return [];
  return [
    {
      id: 'busLost',
      kind: 'busLost',
      shape: 'critical',
      sigil: null,
      title: 'The gateway has no bus connection',
      cause: bus.reason === null ? 'no reason is known' : inertName(bus.reason),
      sinceMs: bus.sinceMs,
      next: { label: 'See what was known last', href: '/members' },
    },
  ];
}

const LINK_CAUSES: Readonly<Record<CellState, string>> = {
  up: 'their link is up',
  dialing: 'their link is being dialled',
  waiting: 'their link waits to be dialled again',
  refused: 'the handshake of their link is refused: another key, version or cluster',
  self: '',
  unknown: 'nobody told of their link',
};

/** One item per pair, not per direction. While the servers change, links are being made. */
function linkItems({ matrix, settling }: Picture): readonly Attention[] {
  if (settling) return [];
  const pairs = new Map<string, Attention>();
  for (const cell of disputedLinks(matrix)) {
    const id = `link ${[cell.from, cell.to].sort().join(' ')}`;
    const oneWay = isOneWay(matrix, cell);
    const from = inertName(cell.from);
    const to = inertName(cell.to);
    if (pairs.has(id)) continue;
    pairs.set(id, {
      id,
      kind: 'link',
      shape: 'disputed',
      sigil: cell.from,
      title: oneWay ? `${from} does not see ${to}` : `${from} and ${to} do not see each other`,
      cause: oneWay ? 'the other way is up' : LINK_CAUSES[cell.state],
      sinceMs: null,
      next: { label: 'See what both say of it', href: linkHref({ from: cell.from, to: cell.to }) },
    });
  }
  return [...pairs.values()];
}

type Words = {
  readonly kind: AttentionKind;
  readonly shape: GlyphShape;
  readonly title: string;
  readonly cause: string;
  readonly sinceMs: number | null;
  readonly next: string;
  /** Part of the member's page that the next step opens. */
  readonly tab?: string;
};

function memberItems(seen: SeenMember, picture: Picture): readonly Attention[] {
  const { member, flags } = seen;
  const found = flags.map((flag) => FLAG_WORDS[flag](member, picture));
  return [presenceWords(seen, picture), ...found]
    .filter((words) => words !== null)
    .map(({ kind, shape, title, cause, sinceMs, next, tab }) => ({
      id: `${kind} ${member.id}`,
      kind,
      shape,
      sigil: sigilName(member),
      title,
      cause,
      sinceMs,
      next: { label: next, href: memberHref(member.id, tab) },
    }));
}

const FLAG_WORDS: Readonly<Record<MemberFlag, (member: Member, picture: Picture) => Words | null>> = {
  // Missing links are about two servers: linkItems.
  link: () => null,
  view: (member, { bus, settling }) =>
    settling
      ? null
      : {
          kind: 'view',
          shape: 'critical',
          title: `${memberName(member)} is in another view`,
          cause: `it says ${inertName(member.viewId ?? '')}, the gateway is in ${inertName(bus?.viewId ?? '')}`,
          sinceMs: null,
          next: 'Compare the views',
        },
  name: (member) => ({
    kind: 'name',
    shape: 'disputed',
    title: `${memberName(member)} is a name used twice`,
    cause: `${inertName(member.id)} is one of the members of this name`,
    sinceMs: null,
    next: 'Open it',
  }),
  reload: ({ config, clockSkewMs, ...member }) => ({
    kind: 'reload',
    shape: 'critical',
    title: `${memberName(member)} could not reload`,
    cause: `${plural(config?.lastReload?.errors ?? 0, 'error')}; generation ${config?.generation} stays in effect`,
    // By its own clock.
    sinceMs: config?.lastReload == null ? null : config.lastReload.atMs - (clockSkewMs ?? 0),
    next: 'Read the errors',
  }),
  version: (member) => ({
    kind: 'version',
    shape: 'warning',
    title: `${memberName(member)} runs another version`,
    cause: `it runs ${inertName(member.version ?? UNKNOWN)}, most of its role another version`,
    sinceMs: member.startedMs,
    next: 'Open it',
  }),
  clock: (member) => ({
    kind: 'clock',
    shape: 'warning',
    title: `The clock of ${memberName(member)} is off`,
    cause: `${formatSkew(member.clockSkewMs)} against the gateway, more than ${SKEW_MARKED_MS} ms`,
    sinceMs: null,
    next: 'Open it',
  }),
  unsaved: (member) => ({
    kind: 'unsaved',
    shape: 'warning',
    title: `${memberName(member)} has unsaved changes`,
    cause: `${plural(member.config?.unsaved ?? 0, 'change')} by console in no file: a restart loses them`,
    sinceMs: null,
    next: 'See the options',
    tab: 'options',
  }),
};

function presenceWords({ member, state, heardMs }: SeenMember, { gatewayMs }: Picture): Words | null {
  const name = memberName(member);
  const silentSinceMs = gatewayMs === null || heardMs === null ? null : gatewayMs - heardMs;
  if (state === 'silent' || state === 'suspect') {
    return {
      kind: 'silent',
      shape: 'warning',
      title: `${name} is silent`,
      cause: `nothing heard for ${formatDuration(heardMs)}; still in the view`,
      sinceMs: silentSinceMs,
      next: 'See who still sees it',
    };
  }
  if (state !== 'departed' || member.cause === 'leave') return null;
  const gone = {
    kind: 'departed',
    shape: 'critical',
    sinceMs: member.sinceMs,
    next: 'See its history',
  } as const;
  switch (member.cause) {
    case 'closed':
      return {
        ...gone,
        title: `${name} was lost`,
        cause: 'its connection closed: the process ended or was killed',
      };
    case 'backlog':
      return { ...gone, title: `${name} was cut off`, cause: 'it read too slowly: its backlog was full' };
    case 'silence':
      return {
        ...gone,
        title: `${name} fell silent`,
        cause: 'out of the view; it may still run, or the network is cut',
      };
    case null:
      return { ...gone, title: `${name} is gone`, cause: 'no cause is known' };
  }
}
