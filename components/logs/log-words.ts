/** How the states of logs and of their readers are said and drawn. Pure; what nodes say comes out inert. */

import type { LogUnknown, LogVerdict } from '../../server/wire/log-verdict.ts';
import type { LogRow, StreamView } from '../../server/wire/logs.ts';
import { formatBytes, formatDuration, UNKNOWN } from '../ui/format-time.ts';
import { inertText } from '../ui/inert-text.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import type { LineState, LogLine } from './log-lines.ts';

export type Said = { readonly shape: GlyphShape; readonly word: string; readonly detail: string };

const SHAPES: Readonly<Record<LogVerdict['kind'], GlyphShape>> = {
  dataLost: 'critical',
  stopped: 'critical',
  fallingBehind: 'warning',
  neverRead: 'warning',
  unknown: 'unknown',
  catchingUp: 'moving',
  keepingUp: 'ok',
  idle: 'ok',
};

const WORDS: Readonly<Record<LogVerdict['kind'], string>> = {
  dataLost: 'data lost',
  stopped: 'stopped',
  fallingBehind: 'falling behind',
  neverRead: 'never read',
  unknown: 'unknown',
  catchingUp: 'catching up',
  keepingUp: 'keeping up',
  idle: 'idle',
};

/** The verdict of a line in a word, and what belongs beside it. */
export function saidOf(line: LogLine, nowMs: number | null): Said {
  const { verdict } = line;
  if (verdict === null) return withoutReader(line);
  return { shape: SHAPES[verdict.kind], word: WORDS[verdict.kind], detail: detailOf(line, verdict, nowMs) };
}

function detailOf(line: LogLine, verdict: LogVerdict, nowMs: number | null): string {
  switch (verdict.kind) {
    case 'dataLost':
      return 'records went before it read them';
    case 'stopped':
      return joined([sinceWords(verdict.sinceMs, nowMs), diskWords(verdict.diskFullS)]);
    case 'fallingBehind':
      return diskWords(verdict.diskFullS) ?? 'it reads slower than the log grows';
    case 'neverRead':
      return joined([
        line.row.state === 'missing' ? 'nothing is written' : null,
        diskWords(verdict.diskFullS),
      ]);
    case 'catchingUp':
      return verdict.etaS === null ? 'as fast as the log grows' : `done in ${spanOf(verdict.etaS)}`;
    case 'unknown':
      return UNKNOWN_WORDS[verdict.reason];
    case 'keepingUp':
    case 'idle':
      return '';
  }
}

function joined(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join(' · ');
}

function sinceWords(sinceMs: number | null, nowMs: number | null): string {
  if (sinceMs === null) return 'read nothing since its node started';
  return nowMs === null ? '' : `${formatDuration(nowMs - sinceMs)} ago`;
}

export function diskWords(seconds: number | null): string | null {
  return seconds === null ? null : `disk full in ${spanOf(seconds)}`;
}

function spanOf(seconds: number): string {
  return formatDuration(seconds * 1_000);
}

function withoutReader({ row, current }: LogLine): Said {
  if (!current) return { shape: 'unknown', word: 'unknown', detail: UNKNOWN_WORDS.nodeSilent };
  if (row.state !== 'ok') return LOG_STATES[row.state];
  return { shape: 'warning', word: 'no subscriber', detail: 'nothing will free its segments' };
}

export const LOG_STATES: Readonly<Record<Exclude<LogRow['state'], 'ok'>, Said>> = {
  missing: { shape: 'none', word: 'missing', detail: 'published, and nothing was ever written there' },
  unreadable: { shape: 'critical', word: 'unreadable', detail: 'the node cannot read it' },
  damaged: { shape: 'warning', word: 'damaged', detail: 'a part of it cannot be read' },
};

/** Why nothing can be said. */
export const UNKNOWN_WORDS: Readonly<Record<LogUnknown, string>> = {
  nodeSilent: 'its node is silent',
  unreadable: 'the log cannot be read',
  badCheckpoint: 'its checkpoint cannot be read',
  pastEnd: 'its checkpoint is past the end',
  dataLost: 'its checkpoint is older than the oldest segment',
  damaged: 'a damaged place lies ahead of it',
  notCounted: 'not counted yet',
  noRates: 'no rate is known yet',
};

/** What it means, and what helps. */
const UNKNOWN_CURES: Readonly<Record<LogUnknown, string>> = {
  nodeSilent: 'What is shown is what the node said last. It is asked again as soon as the node is heard.',
  unreadable:
    'Look at the permissions of the directory and at its disk, on the node: the log has to be readable for the user that the node runs as.',
  badCheckpoint:
    'The file that holds its position is too short or cannot be read. Give it a position by an offset change, or remove the subscriber.',
  pastEnd:
    'The log was replaced, or cut, behind its back: it would wait for records that do not exist. Give it a position by an offset change.',
  dataLost: 'The segments that it had not read were deleted.',
  damaged:
    'Records behind the damaged place are read, and the damage is counted as a gap, when it comes to it; how many there are is not known before.',
  notCounted: 'The node counts when it has time for it; large backlogs are counted step by step.',
  noRates: 'Rates are averages over a minute: they need two looks at the log.',
};

/** The reasons behind a verdict, in sentences. */
export function whyOf({ verdict, subscriber, row }: LogLine): readonly string[] {
  const said = [subscriber?.text ?? '', row.text].filter((text) => text !== '').map(inertText);
  if (verdict?.kind === 'unknown') return [UNKNOWN_CURES[verdict.reason], ...said];
  if (verdict?.kind === 'dataLost') {
    return [
      'Its checkpoint stands before the oldest segment that is still there. What lay between is gone for this subscriber; it goes on at the oldest record.',
      ...said,
    ];
  }
  if (verdict?.kind === 'stopped') {
    const who =
      subscriber?.job == null
        ? 'No job of the log file service serves it: its aggregator is not connected, or does not list this name.'
        : 'A job serves it, and its aggregator acknowledges nothing: it may be held, or its disk may be full.';
    return [who, ...said];
  }
  if (verdict?.kind === 'neverRead') {
    return [
      'Its checkpoint is where it was when the subscriber was made. Until somebody reads with this name, or it is removed, its segments stay.',
      ...said,
    ];
  }
  if (verdict === null && row.state === 'ok') {
    return [
      'Segments are deleted when the last subscriber has read them. Without any subscriber nothing does that, and nobody gets the records.',
      ...said,
    ];
  }
  return said;
}

export const STATE_WORDS: Readonly<Record<LineState, string>> = {
  'data-lost': 'data lost',
  stopped: 'stopped',
  'falling-behind': 'falling behind',
  unreadable: 'unreadable',
  damaged: 'damaged',
  'never-read': 'never read',
  unknown: 'unknown',
  'no-subscriber': 'no subscriber',
  'catching-up': 'catching up',
  'keeping-up': 'keeping up',
  idle: 'idle',
  missing: 'missing',
  behind: 'behind',
  paused: 'paused',
  silent: 'silent',
  active: 'active',
};

export const STREAM_WORDS: Readonly<Record<StreamView['state'], Omit<Said, 'detail'>>> = {
  pulling: { shape: 'ok', word: 'pulling' },
  idle: { shape: 'ok', word: 'idle' },
  held: { shape: 'warning', word: 'held' },
  refused: { shape: 'critical', word: 'refused' },
  unreachable: { shape: 'critical', word: 'unreachable' },
  off: { shape: 'none', word: 'off' },
  failed: { shape: 'critical', word: 'failed' },
};

/** `182`, `18.2 k`, `1.8 M`. */
export function formatCount(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return UNKNOWN;
  const scaled = [
    { from: 1e9, sign: 'G' },
    { from: 1e6, sign: 'M' },
    { from: 1e4, by: 1e3, sign: 'k' },
  ].find(({ from }) => Math.abs(count) >= from);
  if (scaled === undefined) return String(Math.round(count));
  return `${(count / (scaled.by ?? scaled.from)).toFixed(1)} ${scaled.sign}`;
}

export function formatRate(perS: number | null, bytes = false): string {
  if (perS === null) return UNKNOWN;
  const amount = bytes ? formatBytes(Math.round(perS)) : formatCount(perS);
  return `${perS > 0 && perS < 10 && !bytes ? String(Math.round(perS * 10) / 10) : amount}/s`;
}
