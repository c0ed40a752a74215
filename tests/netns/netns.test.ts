/**
 * Three real msgcd, each in a network namespace, under faults of the network and of processes, while real clients
 * publish. What the clients recorded has to keep the invariants of evs.md 2; after healing everything is delivered.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prng } from '../../server/base/prng.ts';
import { checkGroups } from '../sim/bus/checkers/groups.ts';
import { Namespaces, namespacesMissing } from '../support/net-namespaces.ts';
import { GROUPS, NetBusWorld, SERVERS } from './bus-world.ts';
import { checkClients } from './check-clients.ts';
import { FAULTS, pass, randomFaults } from './faults.ts';
import { recordLine } from './records.ts';

const ROUNDS = [1, 2, 3];
const ROUND_MS = 5_000;
const WORK = { do: 'work', everyMs: 20, burst: 3 } as const;
const LIMIT_MS = 180_000;
const RESULTS = 'test-results';

const missing = namespacesMissing();
if (missing !== undefined) process.stdout.write(`netns: not run, ${missing}\n`);

describe.runIf(missing === undefined)('three msgcd in network namespaces', { timeout: LIMIT_MS }, () => {
  let network: Namespaces;
  let world: NetBusWorld;

  beforeAll(async () => {
    network = new Namespaces(SERVERS);
    world = new NetBusWorld({ network });
    const sessions = ['s1a', 's2a', 's1b', 's1c', 's2c'];
    const staying = sessions.map((session, index) => ({
      session,
      groups: GROUPS,
      servers: [world.endpoint(session.slice(-1) as (typeof SERVERS)[number])],
      keyFile: world.keyFile,
      seed: index + 1,
      sentBefore: 0,
    }));
    // One whose servers are on other hosts, so that its own connection is cut as well.
    const roaming = {
      ...{ session: 'rb', groups: GROUPS, keyFile: world.keyFile, seed: 9, sentBefore: 0 },
      servers: [world.endpoint('c'), world.endpoint('a')],
    };
    await world.start([...staying, roaming]);
  }, LIMIT_MS);

  afterAll(async () => {
    await world?.stop();
    network?.remove();
  }, LIMIT_MS);

  /** Works while something goes wrong, heals, and looks at everything that was ever recorded. */
  async function survive(name: string, goWrong: () => Promise<unknown>): Promise<void> {
    world.tell(WORK);
    await goWrong();
    world.heal();
    await world.well();
    await world.deliversAll();
    const history = world.history();
    const found = [...checkGroups(history), ...checkClients(history.clients)];
    if (found.length > 0) keepRecords(name);
    expect(found).toEqual([]);
  }

  function keepRecords(name: string): void {
    const lines = world
      .history()
      .clients.flatMap((client) => [
        `${JSON.stringify({ client: client.name, killed: client.killed })}\n`,
        ...client.records.map(recordLine),
      ]);
    mkdirSync(RESULTS, { recursive: true });
    const file = path.join(RESULTS, `netns-${name.replaceAll(' ', '-')}.jsonl`);
    writeFileSync(file, lines.join(''));
    process.stdout.write(`netns: what the clients recorded is in ${file}\n`);
  }

  test.each(FAULTS)('keep every invariant: $name', async ({ name, run }) => {
    const prng = new Prng(name.length);
    await survive(name, async () => {
      await pass(300);
      await run(world, network, prng);
      await pass(300);
    });
  });

  test.each(ROUNDS)('keep every invariant under random faults, seed %i', async (seed) => {
    await survive(`seed ${seed}`, async () => {
      const names = await randomFaults(world, network, new Prng(seed), ROUND_MS);
      process.stdout.write(`netns: seed ${seed}: ${names.join(', ')}\n`);
    });
  });

  test('the clients were there when it happened', () => {
    const { clients, views } = world.history();
    const events = clients.flatMap(({ records }) => records).filter(({ type }) => type === 'event');
    expect(events.length).toBeGreaterThan(5_000);
    expect(views.size).toBeGreaterThan(20);
    const causes = SERVERS.flatMap((name) => world.linksDown(name)).map(({ cause }) => cause);
    expect(causes).toEqual(expect.arrayContaining(['closed', 'silence']));
  });
});
