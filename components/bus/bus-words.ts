/** Figures of the bus in words. Pure. Unknown is a dash, never 0. */

import { type CellState, cellWord } from '../members/who-sees-whom.ts';
import { formatAge, formatBytes, formatDuration, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import type { BusServer, LinkFigures } from './bus-picture.ts';

type Rates = NonNullable<LinkFigures['rates']>;

/** Bytes of one direction per second: `12.0 kB/s`. */
export function formatByteRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return UNKNOWN;
  return `${formatBytes(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond))}/s`;
}

/** Messages per second: one decimal where it says something. */
export function formatMessageRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return UNKNOWN;
  const number = perSecond < 10 && perSecond % 1 !== 0 ? perSecond.toFixed(1) : groupDigits(perSecond);
  return `${number}/s`;
}

/** Thin spaces between groups of three digits. */
export function groupDigits(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

export function formatRates(rates: Rates | null, direction: 'In' | 'Out'): string {
  if (rates === null) return UNKNOWN;
  return `${formatByteRate(rates[`bytes${direction}`])}, ${formatMessageRate(rates[`messages${direction}`])}`;
}

/** Of `max_backlog`, at which the link is killed; 0 to 1. Null where either is not known. */
export function backlogShare(backlog: number | null | undefined, maxBacklog: number): number | null {
  if (backlog === null || backlog === undefined || maxBacklog <= 0) return null;
  return Math.min(1, Math.max(0, backlog / maxBacklog));
}

/** Anything that waits is at least 1 %. */
export function formatShare(share: number | null): string {
  if (share === null) return UNKNOWN;
  return `${share > 0 ? Math.max(1, Math.round(share * 100)) : 0} %`;
}

/** From here on a backlog is marked: half of what kills the link. */
export const BACKLOG_MARKED = 0.5;

/** `up for 3 min`, `waiting to dial again for 12 s`. */
export function stateFor(state: CellState, sinceMs: number | null, nowMs: number | null): string {
  const word = cellWord(state);
  if (sinceMs === null || nowMs === null) return word;
  return `${word} for ${formatDuration(nowMs - sinceMs)}`;
}

const SERVER_STATES: Readonly<Record<BusServer['figures']['state'], string>> = {
  operational: 'in its view',
  gather: 'looking for its members',
  flush: 'flushing the old view',
};

export function serverStateWord(state: BusServer['figures']['state']): string {
  return SERVER_STATES[state];
}

/** How a server's figures stand: null while they are what is now. */
export function agedWords(server: BusServer): string | null {
  if (!server.figures.current) return 'out of the view: last known';
  return server.old ? `told nothing for ${formatAge(server.ageMs)}` : null;
}

/** `node1, node2 and 3 more`. */
export function listed(names: readonly string[], shown = 4): string {
  const first = names.slice(0, shown).map(inertName);
  const more = names.length - first.length;
  if (more > 0) return `${first.join(', ')} and ${more} more`;
  const last = first.pop();
  return first.length === 0 ? (last ?? '') : `${first.join(', ')} and ${last ?? ''}`;
}

/** In a refusal's code and in the catalogue of counted reasons underscores stand for blanks. */
export function reasonWords(reason: string): string {
  return inertName(reason).replaceAll('_', ' ');
}
