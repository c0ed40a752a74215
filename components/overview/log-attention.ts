/** What of the logs needs somebody: one by one while they are few, counted where they are many. Pure. */

import type { AggregatorRow } from '../../server/wire/logs.ts';
import { logHref, logsHref } from '../logs/log-address.ts';
import type { LogLine } from '../logs/log-lines.ts';
import type { LogPicture } from '../logs/log-picture.ts';
import { saidOf } from '../logs/log-words.ts';
import { plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import type { Attention, AttentionKind } from './attention.ts';

/** More of one kind are one item. */
const LINES_SINGLE_MAX = 4;

type Trouble = {
  readonly kind: AttentionKind;
  readonly state: LogLine['states'][number];
  readonly shape: GlyphShape;
  readonly is: string;
  readonly are: string;
};

const TROUBLES: readonly Trouble[] = [
  { kind: 'logDataLost', state: 'data-lost', shape: 'critical', is: 'lost data', are: 'lost data' },
  {
    kind: 'logUnreadable',
    state: 'unreadable',
    shape: 'critical',
    is: 'cannot be read',
    are: 'cannot be read',
  },
  { kind: 'logStopped', state: 'stopped', shape: 'critical', is: 'stopped reading', are: 'stopped reading' },
  { kind: 'logBehind', state: 'falling-behind', shape: 'warning', is: 'falls behind', are: 'fall behind' },
  { kind: 'logNeverRead', state: 'never-read', shape: 'warning', is: 'never read', are: 'never read' },
];

export function logItems({ lines, managers }: LogPicture, nowMs: number | null): readonly Attention[] {
  return [
    ...TROUBLES.flatMap((trouble) => troubleItems(trouble, lines, nowMs)),
    ...managers.flatMap(managerItems),
  ];
}

function troubleItems(
  { kind, state, shape, is, are }: Trouble,
  lines: readonly LogLine[],
  nowMs: number | null,
): readonly Attention[] {
  const found = lines.filter(({ states }) => states.includes(state));
  if (found.length <= LINES_SINGLE_MAX) {
    return found.map((line) => ({
      id: `${kind} ${line.id}`,
      kind,
      shape,
      sigil: line.row.node,
      title: `${nameOf(line)} ${is}`,
      cause: causeOf(line, nowMs),
      sinceMs: line.verdict?.kind === 'stopped' ? line.verdict.sinceMs : null,
      next: { label: 'See why', href: logHref(line.id) },
    }));
  }
  return [
    {
      id: kind,
      kind,
      shape,
      sigil: null,
      title: `${plural(found.length, 'subscriber')} ${are}`,
      cause: `${found.slice(0, 2).map(nameOf).join(', ')} and others`,
      sinceMs: null,
      next: { label: 'See them', href: logsHref(`state:${state} -state:paused`) },
    },
  ];
}

function nameOf({ row, subscriber }: LogLine): string {
  const log = `${inertName(row.log)} on ${inertName(row.node)}`;
  return subscriber === null ? log : `${inertName(subscriber.name)} of ${log}`;
}

function causeOf(line: LogLine, nowMs: number | null): string {
  const said = line.subscriber?.text || line.row.text;
  if (said !== '') return inertText(said);
  const { detail } = saidOf(line, nowMs);
  const waiting = line.subscriber?.lag?.records ?? 0;
  if (detail !== '') return detail;
  return waiting === 0 ? 'no reason is known' : `${plural(waiting, 'record waits', 'records wait')} for it`;
}

/** What stands in the way of everything that a manager pulls. */
function managerItems({ manager, text }: AggregatorRow): readonly Attention[] {
  if (text === '') return [];
  return [
    {
      id: `logManager ${manager}`,
      kind: 'logManager',
      shape: 'critical',
      sigil: manager,
      title: `${inertName(manager)} cannot pull logs`,
      cause: inertText(text),
      sinceMs: null,
      next: { label: 'See what it pulls', href: logsHref('', 'managers') },
    },
  ];
}
