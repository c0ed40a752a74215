/**
 * Console commands of a node on its published logs: `cluster show logs` literally (momentum.md 7.6), and ours: who reads
 * what, and moving, adding and removing subscribers. Only the last two change anything; `from` makes them refuse when
 * the subscriber is not where whoever types believes it to be.
 */

import type { CommandReply } from '../console/api.ts';
import type { CommandSpec } from '../console/command-tree.ts';
import {
  type LogLines,
  type LogReaders,
  renderLogReaders,
  renderLogReadersXml,
  renderLogs,
  renderLogsXml,
} from '../console/logs-text.ts';
import { printableLine } from '../console/printable.ts';
import { done, failed } from '../console/replies.ts';
import { formatPosition } from '../model/log-position.ts';
import type { LogAnswer, LogBoard } from './log-board.ts';
import { parseTarget } from './log-offsets.ts';
import type { WatchedLogs } from './watched-logs.ts';

export type LogContext = { readonly logBoard: LogBoard; readonly nowMs: number; readonly wallMs: number };

type Spec = CommandSpec<LogContext>;

const LOG = { name: 'log' };
const SUBSCRIBER = { name: 'subscriber' };
const RESET_USAGE =
  'cluster logs reset <log> <subscriber> { begin | end | position | +N | -N } [from <position>]';
const REMOVE_USAGE = 'cluster logs remove <log> <subscriber> [from <position>]';
const ADD_USAGE = 'cluster logs add <log> <subscriber> [ begin | end ]';

export const NODE_LOG_COMMANDS: readonly Spec[] = [
  {
    words: 'cluster show logs',
    help: 'Show size and subscribers of the published logs',
    xml: 'own',
    run: ({ xml }, { logBoard }) => done((xml ? renderLogsXml : renderLogs)(logLines(logBoard.published))),
  },
  {
    words: 'cluster logs subscribers',
    parameters: [{ ...LOG, optional: true }],
    help: 'Show who reads the published logs, and how far behind',
    xml: 'own',
    run: ({ args: [log], xml }, context) => subscribers(log, xml, context),
  },
  {
    words: 'cluster logs reset',
    usage: RESET_USAGE,
    parameters: [LOG, SUBSCRIBER, { name: 'to' }, { name: 'from', optional: true, rest: 'words' }],
    help: 'Move a subscriber that is not in use',
    run: ({ args: [log = '', subscriber = '', word = '', ...rest] }, { logBoard, nowMs }) => {
      const to = parseTarget(word);
      if (!to.ok) return failed(to.error);
      const from = fromOf(rest);
      if (from === false) return failed(`Usage: ${RESET_USAGE}`);
      return reply(logBoard.change({ log, subscriber, to: to.value }, from, nowMs));
    },
  },
  {
    words: 'cluster logs remove',
    usage: REMOVE_USAGE,
    parameters: [LOG, SUBSCRIBER, { name: 'from', optional: true, rest: 'words' }],
    help: 'Remove a subscriber that is not in use, and what only it needed',
    run: ({ args: [log = '', subscriber = '', ...rest] }, { logBoard, nowMs }) => {
      const from = fromOf(rest);
      if (from === false) return failed(`Usage: ${REMOVE_USAGE}`);
      return reply(logBoard.change({ log, subscriber, to: null }, from, nowMs));
    },
  },
  {
    words: 'cluster logs add',
    usage: ADD_USAGE,
    parameters: [LOG, SUBSCRIBER, { name: 'whence', optional: true, choices: ['begin', 'end'] }],
    help: 'Add a subscriber at the beginning, or at the end',
    run: ({ args: [log = '', subscriber = '', whence] }, { logBoard, nowMs }) =>
      reply(logBoard.add(log, subscriber, whence?.toLowerCase() === 'end' ? 'end' : 'begin', nowMs)),
  },
];

/** Words behind `from`: a position, nothing, or false for what is neither. */
function fromOf(rest: readonly string[]): string | undefined | false {
  const [word, position, ...more] = rest;
  if (word === undefined) return undefined;
  return word.toLowerCase() === 'from' && position !== undefined && more.length === 0 ? position : false;
}

function reply({ ok, text }: LogAnswer): CommandReply {
  return ok ? done(printableLine(text)) : failed(printableLine(text));
}

function logLines(published: WatchedLogs | undefined): readonly LogLines[] {
  return (published?.keys ?? []).map((key) => {
    const journal = published?.journal(key);
    const known = journal?.ok === true ? journal.value.subscribers() : undefined;
    return {
      key,
      onDiskBytes: published?.sizeOf(key) ?? 0,
      subscribers: (known?.ok === true ? known.value : []).flatMap(({ name, position }) =>
        position === undefined ? [] : [{ name, segment: position.segment, offset: position.marker }],
      ),
    };
  });
}

function subscribers(log: string | undefined, xml: boolean, context: LogContext): CommandReply {
  const { logBoard, nowMs, wallMs } = context;
  const keys = logBoard.published?.keys ?? [];
  if (log !== undefined && !keys.includes(log)) {
    const place = logBoard.place(log, '', nowMs);
    return failed(place.ok ? '' : printableLine(place.text));
  }
  const wallUs = Math.floor(wallMs * 1_000);
  const readers = (log === undefined ? keys : [log]).flatMap((key): LogReaders[] => {
    const look = logBoard.published?.look(key, { nowMs, wallUs });
    if (look === undefined) return [];
    return [
      {
        key,
        state: look.state,
        text: look.text,
        subscribers: look.subscribers.map((one) => ({
          name: one.name,
          position: one.position === undefined ? undefined : formatPosition(one.position),
          lag: one.lag && {
            records: one.lag.records,
            bytes: one.lag.bytes,
            oldestS: one.lag.ageUs === undefined ? undefined : Math.floor(one.lag.ageUs / 1_000_000),
          },
          text: one.neverRead && one.text === '' ? 'never read' : one.text,
          job: one.job?.id,
          by: one.job?.by,
        })),
      },
    ];
  });
  return done((xml ? renderLogReadersXml : renderLogReaders)(readers));
}
