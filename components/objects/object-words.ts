/** How objects, their kinds and their states are said and drawn. Pure; what nodes say comes out inert. */

import type { NodeObjectVerdict, ObjectUnknown } from '../../server/wire/object-verdict.ts';
import type { ObjectRow } from '../../server/wire/objects.ts';
import { formatDuration, plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import type { ObjectLine, ObjectState } from './object-lines.ts';
import type { SkewState } from './skew.ts';

export const OBJECT_SHAPES: Readonly<Record<ObjectState, GlyphShape>> = {
  diverged: 'disputed',
  unknown: 'unknown',
  skewed: 'moving',
  identical: 'ok',
  partly: 'unknown',
};

export const OBJECT_STATE_WORDS: Readonly<Record<ObjectState, string>> = {
  diverged: 'diverged',
  unknown: 'unknown',
  skewed: 'under way',
  identical: 'alike',
  partly: 'partly known',
};

export const SKEW_SHAPES: Readonly<Record<SkewState, GlyphShape>> = {
  same: 'ok',
  moving: 'moving',
  differs: 'disputed',
  unknown: 'unknown',
};

export type ObjectSaid = { readonly shape: GlyphShape; readonly word: string; readonly detail: string };

export function saidOfObject({ verdict }: ObjectLine, nowMs: number | null): ObjectSaid {
  const { kind, diverged, unknown, sinceMs } = verdict;
  const since = sinceMs === null || nowMs === null ? '' : ` for ${formatDuration(nowMs - sinceMs)}`;
  const mute = unknown.length === 0 ? '' : `${plural(unknown.length, 'node')} not known`;
  const detail: Readonly<Record<typeof kind, string>> = {
    diverged: `on ${diverged.map(inertName).join(', ')}${since}`,
    unknown: 'nothing is known of any node that has it',
    skewed: mute,
    identical: mute,
  };
  return { shape: OBJECT_SHAPES[kind], word: OBJECT_STATE_WORDS[kind], detail: detail[kind] };
}

export function saidOfNode(verdict: NodeObjectVerdict, nowMs: number | null): ObjectSaid {
  const { kind } = verdict;
  const shared = { shape: OBJECT_SHAPES[kind], word: OBJECT_STATE_WORDS[kind] };
  switch (kind) {
    case 'diverged': {
      const since = nowMs === null ? '' : `for ${formatDuration(nowMs - verdict.sinceMs)}`;
      const of =
        verdict.owners.length === 0 ? '' : `, its copy of ${verdict.owners.map(inertName).join(', ')}`;
      return { ...shared, detail: `${since}${of}` };
    }
    case 'unknown':
      return { ...shared, word: UNKNOWN_WORDS[verdict.reason], detail: '' };
    case 'skewed':
      return { ...shared, detail: verdict.part > 0 ? `${formatPart(verdict.part)} apart` : '' };
    case 'identical':
      return { ...shared, detail: '' };
  }
}

const UNKNOWN_WORDS: Readonly<Record<ObjectUnknown, string>> = {
  gone: 'gone',
  silent: 'silent',
  stale: 'says nothing of objects',
  awaiting: 'waits for a snapshot',
};

/** `6.5 %`; what is more than nothing is not 0. */
export function formatPart(part: number): string {
  const percent = part * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent < 10 ? Math.round(percent * 10) / 10 : Math.round(percent)} %`;
}

export type ViewKind = 'tree' | 'table' | 'cache' | 'raw';

/** How an object of this kind is shown. A kind that nobody here knows is shown as it comes. */
export function viewOf(kind: string): ViewKind {
  switch (kind) {
    case 'cidrtree':
      return 'tree';
    case 'cache':
      return 'cache';
    case 'gauge table':
    case 'throttle set':
    case 'metrics':
      return 'table';
    default:
      return 'raw';
  }
}

type KindWords = {
  /** Head of the first column. */
  readonly key: string;
  /** What the field to look for something is called, and what to type there. */
  readonly find: string;
  readonly hint: string;
  /** What a number is. */
  readonly value: string;
};

const KINDS: Readonly<Record<string, KindWords>> = {
  cidrtree: {
    key: 'Prefix',
    find: 'Address or netblock',
    hint: '10.0.0.103 or 10.0.0.0/8',
    value: 'connections',
  },
  'gauge table': { key: 'Name', find: 'Name', hint: 'a part of it', value: 'count' },
  'throttle set': {
    key: 'Throttle',
    find: 'Throttle',
    hint: 'a part of its name',
    value: 'used of the present span',
  },
  metrics: {
    key: 'Series',
    find: 'Series',
    hint: 'an address or a part of the name',
    value: 'sum of the windows',
  },
  cache: { key: 'Key', find: 'Key', hint: 'a part of it', value: 'bytes' },
};
const OTHER_KIND: KindWords = { key: 'Key', find: 'Key', hint: 'a part of it', value: 'number' };

export function kindWords(kind: string): KindWords {
  return KINDS[kind] ?? OTHER_KIND;
}

/** As `cluster shared list` says it; every object is lazy (momentum.md 4.2). */
export function flagsOf({ snapshots, parameters, bindingGroup }: ObjectRow): readonly string[] {
  return [
    'lazy',
    ...(snapshots ? ['snapshots'] : []),
    ...(bindingGroup === null ? [] : [`group ${inertName(bindingGroup)}`]),
    ...parameters.filter((name) => name !== 'snapshot').map(inertName),
  ];
}

const PLAIN_WORD = /^[\w.:/#-]+$/;

/** As the console takes it: names with blanks stand in quotes. */
function consoleWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : JSON.stringify(text);
}

/** What the console is asked for the same. @param node null: the sum of all. */
export function showCommand(object: string, node: string | null): string {
  const from = node === null ? '' : ` from ${consoleWord(node)}`;
  return `cluster shared show ${consoleWord(object)}${from}`;
}
