/**
 * What needs somebody, the most harmful first: what it is, why, since when, and the next step. Pure. A member that
 * said goodbye needs nobody.
 */

import { memberHref } from '../members/member-address.ts';
import { disputedLinks } from '../members/member-flags.ts';
import { compareNames, memberName, SKEW_MARKED_MS, sigilName } from '../members/member-words.ts';
import { isOneWay } from '../members/who-sees-whom.ts';
import { formatDuration, formatSkew, plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import type { Picture, SeenMember } from './picture.ts';

export const ATTENTION_KINDS = [
  'busLost',
  'view',
  'link',
  'name',
  'departed',
  'silent',
  'reload',
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

export function attentionOf(picture: Picture): readonly Attention[] {
  const items = [
    ...busItems(picture),
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
      cause: oneWay ? 'the other way is up' : `their link is ${cell.state}`,
      sinceMs: null,
      next: { label: 'See who sees whom', href: '/members?q=flag:link' },
    });
  }
  return [...pairs.values()];
}

function memberItems(seen: SeenMember, picture: Picture): readonly Attention[] {
  const { member, flags } = seen;
  const name = memberName(member);
  const item = (
    kind: AttentionKind,
    shape: GlyphShape,
    words: {
      readonly title: string;
      readonly cause: string;
      readonly sinceMs: number | null;
      readonly next: string;
    },
    tab = '',
  ): Attention => ({
    id: `${kind} ${member.id}`,
    kind,
    shape,
    sigil: sigilName(member),
    title: words.title,
    cause: words.cause,
    sinceMs: words.sinceMs,
    next: { label: words.next, href: memberHref(member.id, tab) },
  });
  const { config } = member;
  const found: Attention[] = [];
  const presence = presenceWords(seen, picture);
  if (presence !== null)
    found.push(item(presence.kind, presence.shape, { ...presence, title: `${name} ${presence.what}` }));
  if (flags.includes('view') && !picture.settling) {
    const cause = `it says ${inertName(member.viewId ?? '')}, the gateway is in ${inertName(picture.bus?.viewId ?? '')}`;
    found.push(
      item('view', 'critical', {
        title: `${name} is in another view`,
        cause,
        sinceMs: null,
        next: 'Compare the views',
      }),
    );
  }
  if (flags.includes('name')) {
    const cause = `${inertName(member.id)} is one of the members of this name`;
    found.push(
      item('name', 'disputed', {
        title: `${name} is a name used twice`,
        cause,
        sinceMs: null,
        next: 'Open it',
      }),
    );
  }
  if (flags.includes('reload') && config?.lastReload != null) {
    const { errors, atMs } = config.lastReload;
    const cause = `${plural(errors, 'error')}; generation ${config.generation} stays in effect`;
    const sinceMs = atMs - (member.clockSkewMs ?? 0);
    found.push(
      item('reload', 'critical', {
        title: `${name} could not reload`,
        cause,
        sinceMs,
        next: 'Read the errors',
      }),
    );
  }
  if (flags.includes('version')) {
    const cause = `it runs ${inertName(member.version ?? '—')}, most of its role another version`;
    found.push(
      item('version', 'warning', {
        title: `${name} runs another version`,
        cause,
        sinceMs: member.startedMs,
        next: 'Open it',
      }),
    );
  }
  if (flags.includes('clock')) {
    const cause = `${formatSkew(member.clockSkewMs)} against the gateway, more than ${SKEW_MARKED_MS} ms`;
    found.push(
      item('clock', 'warning', {
        title: `The clock of ${name} is off`,
        cause,
        sinceMs: null,
        next: 'Open it',
      }),
    );
  }
  if (flags.includes('unsaved')) {
    const cause = `${plural(config?.unsaved ?? 0, 'change')} by console in no file: a restart loses them`;
    const words = { title: `${name} has unsaved changes`, cause, sinceMs: null, next: 'See the options' };
    found.push(item('unsaved', 'warning', words, 'options'));
  }
  return found;
}

type PresenceWords = {
  readonly kind: 'departed' | 'silent';
  readonly shape: GlyphShape;
  readonly what: string;
  readonly cause: string;
  readonly sinceMs: number | null;
  readonly next: string;
};

function presenceWords({ member, state, heardMs }: SeenMember, { gatewayMs }: Picture): PresenceWords | null {
  const silentSinceMs = gatewayMs === null || heardMs === null ? null : gatewayMs - heardMs;
  if (state === 'silent' || state === 'suspect') {
    return {
      kind: 'silent',
      shape: 'warning',
      what: 'is silent',
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
      return { ...gone, what: 'was lost', cause: 'its connection closed: the process ended or was killed' };
    case 'backlog':
      return { ...gone, what: 'was cut off', cause: 'it read too slowly: its backlog was full' };
    case 'silence':
      return {
        ...gone,
        what: 'fell silent',
        cause: 'out of the view; it may still run, or the network is cut',
      };
    case null:
      return { ...gone, what: 'is gone', cause: 'no cause is known' };
  }
}
