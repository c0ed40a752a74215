/** The checks of recorded traces find what they are for, and leave alone what is allowed. */

import { expect, test } from 'vitest';
import type { GroupName, NodeName, PrivateName } from '../../server/model/names.ts';
import type { BusEvent, GroupView, Service } from '../../server/msgc/client-api.ts';
import type { ClientRecord, ClientTrace } from '../sim/bus/history.ts';
import { checkClients } from './check-clients.ts';

const GROUP = 'g' as GroupName;
const [A, B] = ['#x#a', '#y#b'] as PrivateName[];

/** What one client recorded, in short: `view 1 a b`, `join 2 a b`, `hear a 1`, `send 1`, `transition`, `lost`. */
function traceOf(own: PrivateName, lines: readonly string[]): ClientTrace {
  const session = own.slice(1, 2);
  const records: ClientRecord[] = [event({ type: 'busConnected', ...connection(session, own) })];
  for (const line of lines) records.push(recordOf(session, own, line.split(' ')));
  return { name: own, host: own.slice(3) as NodeName, records, killed: false };
}

function connection(
  session: string,
  own: PrivateName,
): Omit<Extract<BusEvent, { type: 'busConnected' }>, 'type'> {
  return { server: 'h:1', serverNode: own.slice(3) as NodeName, privateNames: new Map([[session, own]]) };
}

function event(event: BusEvent): ClientRecord {
  return { type: 'event', event };
}

function recordOf(session: string, own: PrivateName, [what = '', ...rest]: readonly string[]): ClientRecord {
  const [first = '', ...others] = rest;
  switch (what) {
    case 'send':
    case 'safe': {
      const service: Service = what === 'safe' ? 'safe' : 'agreed';
      const payload = Buffer.from(`${own} ${first}`);
      const request = { type: 'publish', session, groups: [GROUP], service, kind: 7, payload } as const;
      return { type: 'request', request };
    }
    case 'hear': {
      const sender = nameOf(first);
      const payload = Buffer.from(`${sender} ${others[0]}`);
      return event({ type: 'message', session, group: GROUP, sender, kind: 7, payload });
    }
    case 'transition':
      return event({ type: 'transition', session, group: GROUP });
    case 'lost':
      return event({ type: 'busLost', reason: 'reset' });
    case 'again':
      return event({ type: 'busConnected', ...connection(session, own) });
    default:
      return event({ type: 'view', session, view: viewOf(what, first, others) });
  }
}

/** `alone` is a network view whose members share no history but the last one's. */
function viewOf(what: string, viewId: string, letters: readonly string[]): GroupView {
  const members = letters.map((letter) => ({ name: nameOf(letter), capabilities: Buffer.alloc(0) }));
  const names = members.map(({ name }) => name);
  const transitional = what === 'alone' ? names.slice(-1) : names;
  const cause = what === 'join' ? 'join' : 'network';
  return { group: GROUP, viewId, members, cause, joined: [], lost: [], transitional };
}

function nameOf(letter: string): PrivateName {
  return (letter === 'a' ? A : B) ?? A ?? ('' as PrivateName);
}

function found(a: readonly string[], b: readonly string[]): readonly string[] {
  const traces = [traceOf(nameOf('a'), a), traceOf(nameOf('b'), b)];
  return checkClients(traces).map(({ invariant }) => invariant);
}

const TOGETHER = ['view 1 a b'];

test.each([
  ['B1', 'a message that nobody sent', [], ['hear a 1']],
  ['O1', 'another order', ['send 1', 'hear a 1', 'hear b 1'], ['send 1', 'hear b 1', 'hear a 1']],
  [
    'B3',
    'a hole',
    ['send 1', 'send 2', 'send 3', 'hear a 1', 'hear a 2', 'hear a 3'],
    ['hear a 1', 'hear a 3'],
  ],
  ['F1', 'a broken promise', ['safe 1', 'hear a 1', 'transition', 'view 2 a'], ['transition', 'alone 3 b']],
])('%s is found: %s', (invariant, _what, a, b) => {
  expect(found([...TOGETHER, ...a], [...TOGETHER, ...b])).toContain(invariant);
});

test.each([
  ['one who is behind', ['send 1', 'hear a 1'], []],
  [
    'what is heard after the transition',
    ['send 1', 'hear a 1', 'view 2 a'],
    ['send 1', 'transition', 'hear b 1', 'alone 3 b'],
  ],
  [
    'what is heard after the transition, in a view of somebody who joined behind it',
    ['send 1', 'join 2 a b', 'hear a 1'],
    ['send 1', 'transition', 'join 2 a b', 'hear b 1', 'alone 3 b'],
  ],
  [
    'what was under way when the connection was lost',
    ['send 1', 'send 2', 'lost', 'again', 'view 4 a b', 'send 3', 'hear a 3'],
    ['hear a 1', 'hear a 3'],
  ],
  [
    'what a receiver missed while it was away',
    ['send 1', 'send 2', 'hear a 1', 'hear a 2'],
    ['hear a 1', 'alone 2 b', 'alone 3 a b'],
  ],
  [
    'a safe message after the transition',
    ['safe 1', 'transition', 'hear a 1', 'view 2 a'],
    ['transition', 'alone 3 b'],
  ],
])('%s is allowed', (_what, a, b) => {
  expect(found([...TOGETHER, ...a], [...TOGETHER, ...b])).toEqual([]);
});
