/** Behind?: who reads the logs too slowly, and whose configuration is not what its files say. Pure. */

import { logsHref } from '../logs/log-address.ts';
import { type Counted, stateFilter } from '../logs/log-counts.ts';
import { plural } from '../ui/format-time.ts';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import { configured, flagged, type Picture } from './picture.ts';
import { type Fact, HARM, membersHref, type Verdict, waiting, worst } from './verdicts.ts';

const SOURCE = 'logs and configurations, as each process tells its own';
/** Members that have a configuration, whether they tell it or not. */
const OF_CONFIGURED = '-state:departed role:node role:manager';

const LOG_FACTS: readonly { readonly id: Counted; readonly text: string; readonly shape: GlyphShape }[] = [
  { id: 'data-lost', text: 'lost data', shape: 'critical' },
  { id: 'stopped', text: 'stopped reading', shape: 'critical' },
  { id: 'unreadable', text: 'of a log that cannot be read', shape: 'critical' },
  { id: 'falling-behind', text: 'fall behind', shape: 'warning' },
  { id: 'never-read', text: 'never read', shape: 'warning' },
  { id: 'unknown', text: 'not known how far behind', shape: 'unknown' },
  { id: 'no-subscriber', text: 'without any reader', shape: 'warning' },
  { id: 'catching-up', text: 'catch up', shape: 'moving' },
];

export function behindVerdict(picture: Picture): Verdict {
  if (!picture.loaded) return waiting(SOURCE);
  const ofLogs = logFacts(picture);
  const ofConfigs = configFacts(picture);
  const { counts, paused } = picture.logs;
  const logs = counts.all === 0 ? null : logWord(picture);
  const configs = configWord(picture);
  // The worse of the two is the answer, the other one stands below.
  const logsFirst = logs !== null && rank(worst(ofLogs, HARM)) <= rank(worst(ofConfigs, HARM));
  const known = logs !== null || configured(picture).length > 0;
  return {
    state: 'known',
    shape: known ? worst([...ofLogs, ...ofConfigs], HARM) : 'unknown',
    word: logsFirst ? logs : configs,
    facts: [...ofLogs, ...ofConfigs],
    notes: [
      logsFirst ? configs : (logs ?? 'No log is published, as far as is known.'),
      ...(paused === 0 ? [] : [`${plural(paused, 'reader')} paused, and not counted`]),
    ],
    source: SOURCE,
    ageMs: picture.freshness.nodes.ageMs,
    ...(counts.all === 0 ? {} : { page: '/logs' }),
  };
}

function rank(shape: GlyphShape): number {
  const place = HARM.indexOf(shape);
  return place < 0 ? HARM.length : place;
}

function logFacts({ logs }: Picture): readonly Fact[] {
  return LOG_FACTS.map(({ id, text, shape }) => ({
    id,
    count: logs.counts[id],
    text,
    shape,
    href: logsHref(`${stateFilter(id)} -state:paused`),
  }));
}

function configFacts(picture: Picture): readonly Fact[] {
  const mute = configured(picture).filter(({ member }) => member.config === null).length;
  const fact = (id: string, count: number, text: string, shape: GlyphShape, filter: string): Fact => {
    return { id, count, text, shape, href: membersHref(filter) };
  };
  return [
    fact('reload', flagged(picture, 'reload').length, 'with a failed reload', 'critical', 'flag:reload'),
    fact('unsaved', flagged(picture, 'unsaved').length, 'with changes in no file', 'warning', 'flag:unsaved'),
    fact('mute', mute, 'said nothing of its configuration', 'unknown', `config:unknown ${OF_CONFIGURED}`),
  ];
}

function logWord({ logs: { counts } }: Picture): string {
  const of = `of ${plural(counts.subscribers, 'subscriber')}`;
  if (counts.behind > 0) return `${counts.behind} ${of} behind`;
  if (counts.unknown > 0) return `${counts.unknown} ${of} not known`;
  return counts['catching-up'] > 0
    ? `${counts['catching-up']} ${of} catching up`
    : `${plural(counts.subscribers, 'subscriber')}, none behind`;
}

function configWord(picture: Picture): string {
  const all = configured(picture);
  const told = all.filter(({ member }) => member.config !== null);
  const bad = told.filter(({ flags }) => flags.includes('reload') || flags.includes('unsaved')).length;
  return all.length === 0
    ? 'No configuration is known'
    : `${told.length - bad} of ${all.length} run as their files say`;
}
