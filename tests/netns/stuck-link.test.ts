/**
 * Peers and clients that stand still for real (SIGSTOP), on loopback: their links are killed, at `max_backlog` or for
 * silence, whichever comes first; the others go on, memory stays bounded, and all is well after SIGCONT.
 */

import { afterEach, expect, test } from 'vitest';
import { checkGroups } from '../sim/bus/checkers/groups.ts';
import { until } from '../support/until.ts';
import { GROUPS, NetBusWorld, SERVERS, type ServerName } from './bus-world.ts';
import { checkClients } from './check-clients.ts';
import { pass } from './faults.ts';

const LIMIT_MS = 180_000;
const STUCK_LIMIT_MS = 45_000;
const MAX_BACKLOG = 400;
const MESSAGE_BYTES = 16 * 1024;
const MESSAGES = 15;
const EVERY_MS = 50;
const WARM_UP_MS = 3_000;
const MIB = 1024 * 1024;
/**
 * What may be kept of a view whose members do not all answer (BUS-24), the queues of both links and of both clients, and
 * what the collector leaves lying about.
 */
const GROWTH_BYTES_MAX = 16 * MIB + 4 * MAX_BACKLOG * MESSAGE_BYTES + 48 * MIB;

/** Nothing is silent before the test is over. */
const BACKLOG_FIRST = [`max_backlog = ${MAX_BACKLOG}`, 'silence_timeout = 30000', 'debug_level = "DEBUG"'];
const SILENCE_FIRST = ['max_backlog = 100000', 'silence_timeout = 700'];

let world: NetBusWorld;
let pump: NodeJS.Timeout | undefined;

afterEach(async () => {
  clearInterval(pump);
  await world.stop();
}, LIMIT_MS);

async function startWith(options: readonly string[]): Promise<void> {
  world = new NetBusWorld({ options });
  await world.start(
    SERVERS.map((name, index) => ({
      session: `s${name}`,
      groups: GROUPS,
      servers: [world.endpoint(name)],
      keyFile: world.keyFile,
      seed: index + 1,
      sentBefore: 0,
    })),
  );
}

/** Large messages from these clients, without an end. */
function flood(...sessions: readonly string[]): void {
  const order = {
    do: 'publish',
    count: MESSAGES,
    group: 'ga',
    service: 'agreed',
    bytes: MESSAGE_BYTES,
  } as const;
  pump = setInterval(() => {
    for (const session of sessions) world.client(session).tell(order);
  }, EVERY_MS);
}

function heardCount(session: string): number {
  const { records } = world.client(session).trace;
  return records.filter((record) => record.type === 'event' && record.event.type === 'message').length;
}

/** Both hear more than before. */
async function goesOn(...sessions: readonly string[]): Promise<void> {
  const before = new Map(sessions.map((session) => [session, heardCount(session)]));
  await until(() =>
    sessions.every((session) => heardCount(session) > (before.get(session) ?? 0) + 10 * MESSAGES),
  );
}

/** One view again, everything delivered to everybody, and what was recorded is right. */
async function heals(): Promise<void> {
  clearInterval(pump);
  world.heal();
  await world.well();
  await world.deliversAll();
  const history = world.history();
  expect([...checkGroups(history), ...checkClients(history.clients)]).toEqual([]);
}

function isViewOf(name: ServerName, members: readonly ServerName[]): boolean {
  return [...(world.view(name)?.members ?? [])].sort().join() === members.join();
}

function causes(at: ServerName, peer: ServerName): readonly string[] {
  return world
    .linksDown(at)
    .filter((link) => link.peer === peer)
    .map(({ cause }) => cause);
}

test('[MSG-14] a stopped peer is killed at max_backlog, the others go on within bounded memory, and it heals', {
  timeout: LIMIT_MS,
}, async () => {
  await startWith(BACKLOG_FIRST);
  flood('sa', 'sb');
  const warmMs = performance.now() + WARM_UP_MS;
  let before = 0;
  while (performance.now() < warmMs) {
    before = Math.max(before, world.residentBytes('a'));
    await pass(EVERY_MS);
  }
  world.signal('c', 'SIGSTOP');
  let most = 0;
  await until(() => {
    most = Math.max(most, world.residentBytes('a'));
    return causes('a', 'c').length > 0;
  }, STUCK_LIMIT_MS);
  expect(causes('a', 'c')).toEqual(['backlog']);
  await until(() => isViewOf('a', ['a', 'b']));
  await goesOn('sa', 'sb');
  most = Math.max(most, world.residentBytes('a'));
  process.stdout.write(`stuck link: a grew by ${Math.round((most - before) / MIB)} MiB\n`);
  expect(most - before).toBeLessThan(GROWTH_BYTES_MAX);
  await heals();
});

test.each(['a', 'c'] as const)(
  'a stopped server %s is down for silence before its backlog is full',
  { timeout: LIMIT_MS },
  async (stopped) => {
    await startWith(SILENCE_FIRST);
    const others = SERVERS.filter((name) => name !== stopped);
    flood(...others.map((name) => `s${name}`));
    await goesOn(...others.map((name) => `s${name}`));
    world.signal(stopped, 'SIGSTOP');
    await until(() => others.every((name) => isViewOf(name, others)), STUCK_LIMIT_MS);
    await until(() => others.every((name) => causes(name, stopped).length > 0));
    for (const name of others) expect(causes(name, stopped)[0]).toBe('silence');
    await goesOn(...others.map((name) => `s${name}`));
    await heals();
  },
);

test('a stopped client is killed at max_backlog, and comes back', { timeout: LIMIT_MS }, async () => {
  await startWith(BACKLOG_FIRST);
  flood('sb');
  await goesOn('sa', 'sc');
  world.client('sa').signal('SIGSTOP');
  await until(() => world.clientsDown('a').includes('backlog: max_backlog reached'), STUCK_LIMIT_MS);
  await goesOn('sb', 'sc');
  expect(SERVERS.flatMap((name) => world.linksDown(name))).toEqual([]);
  world.client('sa').signal('SIGCONT');
  await heals();
});
