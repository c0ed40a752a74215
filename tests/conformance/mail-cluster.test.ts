/** Mail through real nodes while one is killed, and while an address moves. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MailSink } from '../../server/daemons/demo/mail-sink.ts';
import { type BundledPrograms, bundlePrograms } from '../support/bundled-programs.ts';
import { freePort, type ProcessName } from '../support/cluster-processes.ts';
import { MailCluster } from '../support/mail-cluster.ts';
import { MailLedger } from '../support/mail-ledger.ts';
import { until } from '../support/until.ts';

const NODES: readonly ProcessName[] = ['node1', 'node2', 'node3'];
const VIPS = [201, 202, 203, 204, 205, 206];
const LIMIT_MS = 120_000;
const ARRIVAL_LIMIT_MS = 50_000;
const SINK = '127.0.0.1';
const PROGRAMS = {
  ecnode: 'server/bin/ecnode.ts',
  eccmgr: 'server/bin/eccmgr.ts',
  vipguard: 'server/bin/vipguard.ts',
};

/** For people: what was counted. */
function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

describe('three nodes under load', { timeout: LIMIT_MS }, () => {
  let programs: BundledPrograms;
  let cluster: MailCluster;
  let sink: MailSink;
  let heldPort: number;
  let ledger = new MailLedger();

  beforeAll(async () => {
    programs = await bundlePrograms(PROGRAMS);
    sink = await MailSink.start({ address: SINK, port: 0, arrived: (message) => ledger.arrived(message) });
    heldPort = await freePort();
    const port = sink.port;
    cluster = await MailCluster.create({
      nodes: NODES,
      vips: VIPS,
      bundles: programs.folder,
      domains: [
        { domain: 'inbox.example', port },
        { domain: 'office.example', port },
        { domain: 'shop.example', port },
        { domain: 'held.example', port: heldPort },
      ],
    });
    await cluster.start();
  }, LIMIT_MS);
  afterAll(async () => {
    await cluster.processes.stop();
    await sink.stop();
    await programs.remove();
  }, LIMIT_MS);

  const allThere = (): Promise<unknown> => until(() => ledger.missing.length === 0, ARRIVAL_LIMIT_MS);

  test('kill -9 of a node and its return while 200 messages a second flow: no accepted message is lost', async () => {
    ledger = new MailLedger();
    const traffic = cluster.send(ledger, {
      domains: ['inbox.example', 'office.example'].map((domain) => ({ domain, share: 1 })),
    });
    await until(() => ledger.accepted >= 300, ARRIVAL_LIMIT_MS);
    const victim = (await cluster.owner(201, 'node1')) ?? 'node1';
    const underWay = sink.counters.connectionsMost;
    await cluster.processes.process(victim).end('SIGKILL');
    const atKill = ledger.accepted;
    await cluster.served();
    await until(() => ledger.accepted >= atKill + 300, ARRIVAL_LIMIT_MS);
    await cluster.processes.start(victim);
    const atReturn = ledger.accepted;
    await until(() => ledger.accepted >= atReturn + 200, ARRIVAL_LIMIT_MS);
    await traffic.stop();
    await allThere();
    print(
      `kill -9 at ${atKill} accepted: ${JSON.stringify(traffic.counters)}, ` +
        `${ledger.there} arrived, ${ledger.duplicates} twice, ${underWay} sessions with the sink at most`,
    );
    expect(ledger.unasked).toEqual([]);
    // SMTP repeats only what was being sent when the answer was lost.
    expect(ledger.duplicates).toBeLessThanOrEqual(underWay);
  });

  test('queued mail of an address that moved arrives from its new owner, when the old one is dead', async () => {
    await cluster.served();
    const from = await until(() => cluster.owner(202, 'node1'));
    const to = NODES.find((name) => name !== from) ?? 'node1';
    ledger = new MailLedger();
    const traffic = cluster.send(ledger, {
      domains: [{ domain: 'held.example', share: 1 }],
      targets: [cluster.target(202)],
    });
    await until(() => ledger.accepted >= 30, ARRIVAL_LIMIT_MS);
    await traffic.stop();
    await cluster.processes.ask('manager', `broadcast cluster duravip move ${cluster.address(202)} to ${to}`);
    await until(async () => (await cluster.owner(202, to)) === to, ARRIVAL_LIMIT_MS);
    await until(async () => (await cluster.queued(from)) === 0, ARRIVAL_LIMIT_MS);
    expect(await cluster.queued(to)).toBeGreaterThanOrEqual(ledger.accepted);
    await cluster.processes.process(from).end('SIGKILL');
    const clients = new Set<string>();
    const held = await MailSink.start({
      address: SINK,
      port: heldPort,
      arrived: (message) => {
        clients.add(message.client);
        ledger.arrived(message);
      },
    });
    try {
      await allThere();
      expect(ledger.duplicates).toBe(0);
      expect([...clients]).toEqual([cluster.address(202)]);
    } finally {
      await held.stop();
      await cluster.processes.start(from);
      await cluster.served();
    }
  });
});
