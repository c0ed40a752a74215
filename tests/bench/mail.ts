/**
 * `mail [--messages N] [--bytes N] [--connections N] [--rounds N]`: messages per second that one real node accepts, every
 * one synced before its 250, and delivers, next to bare loops of the same SMTP libraries, by turns in the same run.
 * The node runs from its bundle. Client and sink are in the process of the benchmark, alike for all.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MailSink } from '../../server/daemons/demo/mail-sink.ts';
import { inCheckout } from '../support/checkout.ts';
import { ClusterProcesses, freePort } from '../support/cluster-processes.ts';
import { until } from '../support/until.ts';
import { BareMail, sendAll } from './mail/bare.ts';
import { quantile } from './quantile.ts';
import type { BenchReport } from './report.ts';

const NODE = 'node1';
const LIMIT_MS = 600_000;

type Load = {
  readonly messages: number;
  readonly connections: number;
  readonly text: string;
};
type Rates = Readonly<
  Record<'bareAccepts' | 'bareSyncs' | 'accepts' | 'bareDelivers' | 'delivers' | 'passes', number>
>;

export async function mailBench(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      messages: { type: 'string', default: '3000' },
      bytes: { type: 'string', default: '2000' },
      connections: { type: 'string', default: '32' },
      rounds: { type: 'string', default: '3' },
    },
  });
  const text = `Subject: bench\r\n\r\n${'x'.repeat(76)}\r\n`.padEnd(Number(values.bytes) - 2, 'y');
  const load = {
    messages: Number(values.messages),
    connections: Number(values.connections),
    text: `${text}\r\n`,
  };
  const rounds: Rates[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) rounds.push(await oneRound(load));
  const of = (what: keyof Rates): number =>
    Math.round(
      quantile(
        rounds.map((rates) => rates[what]),
        0.5,
      ),
    );
  return {
    numbers: {
      'messages of a round': load.messages,
      'bytes of a message': load.text.length,
      'bare loop accepts/s, kept nowhere': of('bareAccepts'),
      'bare loop accepts/s, each synced': of('bareSyncs'),
      'node accepts/s, each synced': of('accepts'),
      'bare loop delivers/s, from memory': of('bareDelivers'),
      'node delivers/s, from its spool': of('delivers'),
      'node accepts and delivers/s': of('passes'),
    },
  };
}

/** Everything once, in turns, so that a slow moment of the machine does not meet one of them alone. */
async function oneRound(load: Load): Promise<Rates> {
  const directory = mkdtempSync(path.join(tmpdir(), 'muster-mail-'));
  const sink = await MailSink.start({ address: '127.0.0.1', port: 0 });
  const bare = new BareMail();
  const synced = new BareMail();
  const node = await NodeUnderTest.start(sink.port, load);
  try {
    const nowhere = await bare.order({ do: 'receive', directory: undefined });
    const disk = await synced.order({ do: 'receive', directory });
    const bareAccepts = await rate(load, () => sendAll({ ...load, port: nowhere.port }));
    const bareSyncs = await rate(load, () => sendAll({ ...load, port: disk.port }));
    const accepts = await rate(load, () => node.accept());
    const { tookMs } = await bare.order({ do: 'deliver', port: sink.port, ...load });
    const delivers = await rate(load, () => node.deliver(sink));
    const passes = await rate(load, () => node.pass(sink));
    return {
      bareAccepts,
      bareSyncs,
      accepts,
      bareDelivers: (load.messages * 1_000) / tookMs,
      delivers,
      passes,
    };
  } finally {
    bare.stop();
    synced.stop();
    await node.stop();
    await sink.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function rate({ messages }: Load, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (messages * 1_000) / (performance.now() - startedMs);
}

class NodeUnderTest {
  readonly #cluster: ClusterProcesses;
  readonly #port: number;
  readonly #load: Load;

  private constructor(cluster: ClusterProcesses, port: number, load: Load) {
    this.#cluster = cluster;
    this.#port = port;
    this.#load = load;
  }

  /** With deliveries held back. */
  static async start(sinkPort: number, load: Load): Promise<NodeUnderTest> {
    const cluster = await ClusterProcesses.create(1);
    cluster.bundles = inCheckout('dist');
    const port = await freePort();
    cluster.append('conf/default/ecelerity-cluster.conf', [
      'Relay_Hosts = ( "127.0.0.0/8" )',
      `Max_Outbound_Connections = ${load.connections}`,
      'Suspend_Delivery = true',
      `Routes = ( "127.0.0.1:${sinkPort}" )`,
      'ESMTP_Listener {',
      `  Listen "127.0.0.1:${port}" { }`,
      '}',
    ]);
    await cluster.start(NODE);
    return new NodeUnderTest(cluster, port, load);
  }

  accept(): Promise<void> {
    return sendAll({ ...this.#load, port: this.#port });
  }

  /** What was accepted. */
  async deliver(sink: MailSink): Promise<void> {
    const before = sink.counters.taken;
    await this.#cluster.ask(NODE, 'config set Suspend_Delivery false');
    await this.#taken(sink, before);
  }

  async pass(sink: MailSink): Promise<void> {
    const before = sink.counters.taken;
    await this.accept();
    await this.#taken(sink, before);
  }

  async stop(): Promise<void> {
    await this.#cluster.stop();
  }

  async #taken(sink: MailSink, before: number): Promise<void> {
    await until(() => sink.counters.taken - before >= this.#load.messages, LIMIT_MS);
  }
}
