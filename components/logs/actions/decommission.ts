/**
 * What has to be so before a subscriber is removed (momentum.md 6.6): out of the lists of the managers, not in use, nothing
 * unread, and then on every node. Pure; what nobody told is not known, and never done.
 */

import type { AggregatorRow } from '../../../server/wire/logs.ts';
import { plural } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import type { LogLine } from '../log-lines.ts';
import { amountWords } from './review-words.ts';

export type Check = {
  readonly id: 'listed' | 'active' | 'unread' | 'nodes';
  readonly state: 'done' | 'open' | 'unknown';
  readonly text: string;
};

/** Names in one sentence; more are counted. */
const NAMES_MAX = 4;

export function decommissionChecks(
  line: LogLine,
  lines: readonly LogLine[],
  aggregators: Readonly<Record<string, AggregatorRow>>,
): readonly Check[] {
  return [
    listedCheck(line, Object.values(aggregators)),
    activeCheck(line),
    unreadCheck(line),
    nodesCheck(line, lines),
  ];
}

function listedCheck({ row, subscriber }: LogLine, managers: readonly AggregatorRow[]): Check {
  const name = subscriber?.name ?? '';
  const listing = managers.filter(({ streams }) =>
    streams.some((stream) => stream.node === row.node && stream.wanted.includes(name)),
  );
  if (managers.length === 0) {
    return {
      id: 'listed',
      state: 'unknown',
      text: 'No manager says which subscribers it lists: look at Logs in the configuration of each.',
    };
  }
  if (listing.length === 0) {
    const cut = managers.some(({ omitted }) => omitted > 0);
    return cut
      ? {
          id: 'listed',
          state: 'unknown',
          text: 'No manager is seen to list it; not all of their streams are told.',
        }
      : { id: 'listed', state: 'done', text: 'No manager lists it for this node.' };
  }
  return {
    id: 'listed',
    state: 'open',
    text: `Still in the subscriber list of ${named(listing.map(({ manager }) => manager))} for this node: take it out and apply the configuration first.`,
  };
}

function activeCheck({ subscriber }: LogLine): Check {
  if (subscriber?.active !== true) return { id: 'active', state: 'done', text: 'Nobody reads with it now.' };
  const who = subscriber.by === null ? '' : ` by ${inertName(subscriber.by)}`;
  return { id: 'active', state: 'open', text: `It is in use now${who}: the removal is refused while it is.` };
}

function unreadCheck({ subscriber, current }: LogLine): Check {
  const lag = subscriber?.lag ?? null;
  if (lag === null || !current) {
    return { id: 'unread', state: 'unknown', text: 'How much it has not read is not known.' };
  }
  if (lag.records === 0) return { id: 'unread', state: 'done', text: 'It has read everything.' };
  return {
    id: 'unread',
    state: 'open',
    text: `Not read: ${amountWords(lag)}. Nobody gets them by this name. Let it drain first if they are wanted.`,
  };
}

function nodesCheck({ row, subscriber }: LogLine, lines: readonly LogLine[]): Check {
  const name = subscriber?.name;
  const same = lines.filter((each) => each.subscriber?.name === name);
  const others = [...new Set(same.map((each) => each.row.node))].filter((node) => node !== row.node);
  const silent = [...new Set(lines.filter(({ current }) => !current).map((each) => each.row.node))];
  const logs = same.filter((each) => each.row.node === row.node && each.row.id !== row.id).length;
  const here =
    logs === 0 ? '' : ` On this node ${plural(logs, 'other log')} ${logs === 1 ? 'has' : 'have'} it, too.`;
  if (others.length > 0) {
    return {
      id: 'nodes',
      state: 'open',
      text: `This removes it on ${inertName(row.node)} only. It is also on ${named(others)}.${here}`,
    };
  }
  if (silent.length > 0) {
    return {
      id: 'nodes',
      state: 'unknown',
      text: `No other node is seen to have it; ${named(silent)} cannot be asked now.${here}`,
    };
  }
  return logs > 0
    ? { id: 'nodes', state: 'open', text: here.trim() }
    : { id: 'nodes', state: 'done', text: 'No other node has it.' };
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).map(inertName).join(', ');
  return names.length > NAMES_MAX ? `${shown} and ${names.length - NAMES_MAX} more` : shown;
}
