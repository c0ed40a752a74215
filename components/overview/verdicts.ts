/**
 * The answers of the overview's tiles: whole, agreed, served, behind. Pure. Every count is the number of rows that the
 * members show behind its link; what nobody said is unknown, not 0.
 */

import { disputedLinks } from '../members/member-flags.ts';
import { plural } from '../ui/format-time.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import { hrefWith } from '../ui/url-query.ts';
import { configured, flagged, inView, type Picture } from './picture.ts';

export type Fact = {
  readonly id: string;
  readonly count: number;
  readonly text: string;
  readonly shape: GlyphShape;
  /** Where the same number of rows is shown. */
  readonly href: string;
};

export type Verdict = {
  /** `waiting`: no data yet. `failed`: its source says nothing, the other tiles stand. `absent`: nothing of the kind. */
  readonly state: 'waiting' | 'known' | 'failed' | 'absent';
  readonly shape: GlyphShape;
  /** The answer in words. */
  readonly word: string;
  readonly facts: readonly Fact[];
  readonly notes: readonly string[];
  /** Where it comes from. */
  readonly source: string;
  /** Since the source was heard, milliseconds; null where it has no age. */
  readonly ageMs: number | null;
  /** Where the whole answer stands, if not where it usually does. */
  readonly page?: string;
};

export function membersHref(filter: string): string {
  return hrefWith('/members', { q: filter });
}

export function waiting(source: string): Verdict {
  return { state: 'waiting', shape: 'unknown', word: '', facts: [], notes: [], source, ageMs: null };
}

/** The first shape that something asks for; facts of nobody ask for nothing. */
export function worst(facts: readonly Fact[], order: readonly GlyphShape[]): GlyphShape {
  return order.find((shape) => facts.some((fact) => fact.count > 0 && fact.shape === shape)) ?? 'ok';
}

export const HARM: readonly GlyphShape[] = ['critical', 'disputed', 'warning', 'unknown', 'moving'];

function fact(id: string, count: number, text: string, shape: GlyphShape, filter: string): Fact {
  return { id, count, text, shape, href: membersHref(filter) };
}

const BUS_SOURCE = 'members, as the gateway hears them on the bus';

export function wholeVerdict(picture: Picture): Verdict {
  if (!picture.loaded) return waiting(BUS_SOURCE);
  const count = (state: string): number => picture.members.filter((seen) => seen.state === state).length;
  const present = count('present');
  const lost = picture.members.filter(
    ({ state, member }) => state === 'departed' && member.cause !== 'leave',
  );
  const departed = count('departed');
  const facts = [
    fact('present', present, 'present', 'ok', 'state:present'),
    fact('silent', count('silent'), 'silent, still in the view', 'warning', 'state:silent'),
    fact('suspect', count('suspect'), 'suspect: heartbeats are missing', 'warning', 'state:suspect'),
    fact('qualifying', count('qualifying'), 'seen, has not answered yet', 'moving', 'state:qualifying'),
    fact('departed', departed, 'departed', lost.length > 0 ? 'critical' : 'none', 'state:departed'),
  ];
  const view = picture.bus === undefined ? '' : `view ${picture.bus.viewNumber}`;
  return {
    state: 'known',
    shape: picture.members.length === 0 ? 'unknown' : worst(facts, HARM),
    word:
      picture.members.length === 0
        ? 'No member is seen'
        : `${present} of ${plural(picture.members.length - departed + lost.length, 'member')} present`,
    facts,
    notes: view === '' ? [] : [view],
    source: BUS_SOURCE,
    ageMs: picture.freshness.nodes.ageMs,
  };
}

const AGREED_SOURCE = 'views and links, as each member tells them';

export function agreedVerdict(picture: Picture): Verdict {
  if (!picture.loaded) return waiting(AGREED_SOURCE);
  const count = (flag: Parameters<typeof flagged>[1]): number => flagged(picture, flag).length;
  const told = inView(picture).filter(({ member }) => member.viewId !== null).length;
  const others = count('view');
  const facts = [
    fact('view', others, 'in another view', 'critical', 'flag:view'),
    fact('link', count('link'), 'at an end of a missing link', 'disputed', 'flag:link'),
    fact('name', count('name'), 'with a name that is used twice', 'disputed', 'flag:name'),
    fact('version', count('version'), 'of another version than its role', 'warning', 'flag:version'),
  ];
  const shared = { facts, source: AGREED_SOURCE, ageMs: picture.freshness.bus.ageMs };
  const telling = picture.matrix.rows.filter((row) => row.current).length;
  const servers = configured(picture).length;
  if (servers > 1 && telling === 0) {
    const word = 'Not known who sees whom';
    const notes = [`None of ${plural(servers, 'server')} told its links, or what it told cannot be read.`];
    return { ...shared, state: 'failed', shape: 'unknown', word, notes };
  }
  const notes = [`${told - others} of ${told} in one view`, linksUp(picture)];
  const shape = told === 0 ? 'unknown' : worst(facts, HARM);
  const moving = picture.settling && (shape === 'critical' || shape === 'disputed') && count('name') === 0;
  if (moving) return { ...shared, state: 'known', shape: 'moving', word: 'The view is changing', notes };
  return { ...shared, state: 'known', shape, word: agreedWord(facts, told), notes };
}

/** Between servers that tell us now: links to who is gone are not expected. */
function linksUp({ matrix }: Picture): string {
  const telling = matrix.rows.filter((row) => row.current).length;
  const expected = telling * (telling - 1);
  return `${expected - disputedLinks(matrix).length} of ${expected} links up`;
}

function agreedWord(facts: readonly Fact[], told: number): string {
  const kind = facts.find((each) => each.count > 0)?.id;
  switch (kind) {
    case 'view':
      return 'The cluster is split';
    case 'link':
      return 'Some servers do not see each other';
    case 'name':
      return 'A name is used twice';
    case 'version':
      return 'Versions are mixed';
    default:
      return told === 0 ? 'Nobody has said its view yet' : 'All agree';
  }
}
