/**
 * Members in words: names where there may be none, states with their reason, events as sentences. Pure. A silent
 * member is "silent since", never "left" (R1).
 */

import { FRESHNESS } from '../../server/wire/freshness.ts';
import type { Row } from '../../server/wire/live.ts';
import type { Hop } from '../live/freshness.ts';
import { formatMoment } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';

export type Member = Row<'members'>;
export type ClusterEvent = Row<'events'>;

/** Skews above this are marked (ui.md 2.5). */
export const SKEW_MARKED_MS = 500;

const ROLE_ORDER: Readonly<Record<Member['role'], number>> = { node: 0, manager: 1, dashboard: 2, other: 3 };

export function memberName(member: Pick<Member, 'nodeName' | 'role'>): string {
  if (member.nodeName !== null && member.nodeName.trim() !== '') return inertName(member.nodeName);
  return member.role === 'other' ? 'member (unnamed)' : `${member.role} (unnamed)`;
}

/**
 * The name that a member's sigil is drawn from. A manager gives no node name; its server has one, which the matrix
 * shows, and both must look the same.
 */
export function sigilName(member: Pick<Member, 'id' | 'nodeName' | 'role'>): string {
  if (member.nodeName !== null) return member.nodeName;
  const server = member.role === 'manager' ? /^#[^#]+#([^#]+)$/.exec(member.id)?.[1] : undefined;
  return server ?? member.role;
}

const byNumberInName = new Intl.Collator('en', { numeric: true });

export function compareNames(a: string, b: string): number {
  return byNumberInName.compare(a, b);
}

/** Nodes first, then by name; the state does not move a row, so nothing jumps under the pointer. */
export function compareMembers(a: Member, b: Member): number {
  return (
    ROLE_ORDER[a.role] - ROLE_ORDER[b.role] ||
    compareNames(memberName(a), memberName(b)) ||
    compareNames(a.id, b.id)
  );
}

export type StateWords = {
  readonly shape: GlyphShape;
  readonly word: string;
  /** More than the word, for a second line; empty when there is nothing to add. */
  readonly detail: string;
};

const HEALTHY: StateWords = { shape: 'ok', word: 'present', detail: '' };

/** @param gatewayMs the gateway's wall clock now; null before the first heartbeat. */
export function stateWords(member: Member, hop: Hop | undefined, gatewayMs: number | null): StateWords {
  const at = formatMoment(member.sinceMs, gatewayMs);
  switch (member.state) {
    case 'departed':
      return departedWords(member, at);
    case 'suspect':
      return suspectWords(hop, at, gatewayMs);
    case 'qualifying':
      return { shape: 'moving', word: 'qualifying', detail: `seen at ${at}, has not answered yet` };
    case 'present':
      return hop?.level === 'silent' ? silentWords(hop, gatewayMs) : HEALTHY;
  }
}

function suspectWords(hop: Hop | undefined, at: string, gatewayMs: number | null): StateWords {
  const detail = 'in the view, but its heartbeats are missing';
  if (hop?.level !== 'silent') return { shape: 'warning', word: `suspect since ${at}`, detail };
  return { shape: 'warning', word: `suspect, ${silentWords(hop, gatewayMs).word}`, detail };
}

function silentWords(hop: Hop, gatewayMs: number | null): StateWords {
  const sinceMs = gatewayMs === null || hop.ageMs === null ? null : gatewayMs - hop.ageMs;
  const limit = FRESHNESS.silentMemberMs / 1_000;
  return {
    shape: 'unknown',
    word: `silent since ${formatMoment(sinceMs, gatewayMs)}`,
    detail: `nothing heard for more than ${limit} s; still in the view`,
  };
}

function departedWords(member: Member, at: string): StateWords {
  switch (member.cause) {
    case 'silence':
      return { shape: 'unknown', word: `silent since ${at}`, detail: 'out of the view; it may still run' };
    case 'leave':
      return { shape: 'none', word: `left at ${at}`, detail: 'it said goodbye' };
    case 'closed':
      return { shape: 'critical', word: `lost at ${at}`, detail: 'its connection closed' };
    case 'backlog':
      return {
        shape: 'critical',
        word: `cut off at ${at}`,
        detail: 'it read too slowly: its backlog was full',
      };
    case null:
      return { shape: 'unknown', word: `gone since ${at}`, detail: 'no cause is known' };
  }
}

const CAUSE_WORDS: Readonly<Record<string, string>> = {
  silence: 'fell silent',
  leave: 'left',
  closed: 'was lost: its connection closed',
  backlog: 'was cut off: its backlog was full',
};

/** Why a server or a member went, as a sentence goes on after its name. */
export function lossWords(cause: string): string {
  return CAUSE_WORDS[cause] ?? 'departed';
}

export type EventWords = { readonly shape: GlyphShape; readonly text: string };

const EVENT_SHAPES: Readonly<Record<ClusterEvent['kind'], GlyphShape>> = {
  joined: 'ok',
  rejoined: 'ok',
  recovered: 'ok',
  departed: 'critical',
  suspect: 'warning',
  slow: 'warning',
  busLost: 'critical',
  busJoined: 'ok',
  viewChanged: 'moving',
  started: 'none',
};

export function eventWords(event: ClusterEvent): EventWords {
  const shape = departedShape(event) ?? EVENT_SHAPES[event.kind];
  const who = event.member === null ? 'a member' : inertName(event.member);
  return { shape, text: sentence(event, who) };
}

function departedShape(event: ClusterEvent): GlyphShape | undefined {
  if (event.kind !== 'departed') return undefined;
  if (event.cause === 'silence') return 'unknown';
  return event.cause === 'leave' ? 'none' : undefined;
}

function sentence(event: ClusterEvent, who: string): string {
  switch (event.kind) {
    case 'joined':
      return `${who} joined`;
    case 'rejoined':
      return `${who} rejoined under its own name`;
    case 'departed':
      return `${who} ${lossWords(event.cause ?? '')}`;
    case 'suspect':
      return `${who} is suspect: heartbeats are missing`;
    case 'slow':
      return `${who} is slow`;
    case 'recovered':
      return `${who} recovered`;
    case 'busLost':
      return 'the gateway lost the bus';
    case 'busJoined':
      return 'the gateway joined the bus';
    case 'viewChanged':
      return 'the view changed';
    case 'started':
      return 'the gateway started';
  }
}

/** The gateway's own words, where they add something. */
export function eventDetail(event: ClusterEvent): string {
  return inertText(event.detail);
}

export function newestFirst(events: Readonly<Record<string, ClusterEvent>>): readonly ClusterEvent[] {
  return Object.values(events).sort((a, b) => Number(b.id) - Number(a.id));
}

/** Running time by the member's own clock; null where unknown. */
export function upMs(member: Member, gatewayMs: number | null): number | null {
  if (member.state === 'departed' || member.startedMs === null || gatewayMs === null) return null;
  return gatewayMs + (member.clockSkewMs ?? 0) - member.startedMs;
}
