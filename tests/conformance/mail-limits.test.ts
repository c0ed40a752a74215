/** Limits of the whole cluster, held by real nodes under load, and what they share when nothing flows any more. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MailSink } from '../../server/daemons/demo/mail-sink.ts';
import { type BundledPrograms, bundlePrograms } from '../support/bundled-programs.ts';
import type { ProcessName } from '../support/cluster-processes.ts';
import { MailCluster } from '../support/mail-cluster.ts';
import { ExcessWatch, MailLedger } from '../support/mail-ledger.ts';
import { until } from '../support/until.ts';

const NODES: readonly ProcessName[] = ['node1', 'node2', 'node3'];
const VIPS = [201, 202, 203, 204, 205, 206];
const LIMIT_MS = 120_000;
const ARRIVAL_LIMIT_MS = 50_000;
const CONNECTIONS_LIMIT = 10;
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

describe('three nodes that share a limit', { timeout: LIMIT_MS }, () => {
  let programs: BundledPrograms;
  let cluster: MailCluster;
  let sink: MailSink;
  const ledger = new MailLedger();
  const watch = new ExcessWatch(CONNECTIONS_LIMIT);

  beforeAll(async () => {
    programs = await bundlePrograms(PROGRAMS);
    const changed = (count: number): void => watch.changed(count, performance.now());
    sink = await MailSink.start({
      address: SINK,
      port: 0,
      // It is slow: there is always more to send than ten sessions take.
      thinksMs: 300,
      arrived: (message) => ledger.arrived(message),
      opened: changed,
      closed: changed,
    });
    const lines = [
      `  Cluster_Max_Outbound_Connections = ${CONNECTIONS_LIMIT}`,
      '  Max_Deliveries_Per_Connection = 4',
    ];
    cluster = await MailCluster.create({
      nodes: NODES,
      vips: VIPS,
      bundles: programs.folder,
      domains: [{ domain: 'limited.example', port: sink.port, lines }],
    });
    await cluster.start();
  }, LIMIT_MS);
  afterAll(async () => {
    await cluster.processes.stop();
    await sink.stop();
    await programs.remove();
  }, LIMIT_MS);

  test('ten connections to a domain, all nodes together, and no more', async () => {
    const traffic = cluster.send(ledger, { domains: [{ domain: 'limited.example', share: 1 }] });
    await until(() => ledger.accepted >= 150, ARRIVAL_LIMIT_MS);
    await traffic.stop();
    await until(() => ledger.missing.length === 0, ARRIVAL_LIMIT_MS);
    print(
      `limit ${CONNECTIONS_LIMIT}: at most ${watch.most} at once, excess ${Math.max(0, watch.largest)}, ` +
        `for at most ${watch.longestMs.toFixed(1)} ms`,
    );
    expect(watch.most).toBeGreaterThan(CONNECTIONS_LIMIT / 2);
    // A node frees a place when the connection is closed on both sides; the sink may still be about to hear it.
    expect(watch.largest).toBeLessThanOrEqual(1);
    expect(watch.longestMs).toBeLessThan(500);
    expect(ledger.duplicates).toBe(0);
  });

  test('when nothing flows any more, all nodes show every object alike', async () => {
    const shown = async (name: ProcessName): Promise<string> => {
      const list = await cluster.processes.ask(name, 'cluster shared list');
      const objects = list.split('\n').flatMap((line) => /^\s*(\S+)/.exec(line)?.[1] ?? []);
      const texts: string[] = [];
      for (const object of objects)
        texts.push(await cluster.processes.ask(name, `cluster shared show ${object}`));
      return `${list}\n${texts.join('\n')}`;
    };
    const alike = await until(async () => {
      const texts = await Promise.all(NODES.map(shown));
      return new Set(texts).size === 1 ? texts[0] : undefined;
    }, ARRIVAL_LIMIT_MS);
    expect(alike).toContain('outbound_domains');
  });
});
