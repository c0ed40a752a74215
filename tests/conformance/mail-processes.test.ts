/** Mail through one real node: in by SMTP on an address that stays, on the disk, and out to a sink. */

import { randomInt } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MailClient } from '../../server/daemons/demo/mail-client.ts';
import { MailSink, NUMBER_FIELD } from '../../server/daemons/demo/mail-sink.ts';
import { ClusterProcesses, freePort, type ProcessName } from '../support/cluster-processes.ts';
import { DuravipCluster } from '../support/duravip-processes.ts';
import { RawClient } from '../support/raw-smtp.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 120_000;
const NODE = 'node1';

let cluster: ClusterProcesses;
let others: ClusterProcesses | undefined;
let sink: MailSink | undefined;
let sinkPort: number;
let port: number;
let arrived: string[];
let clients: string[];

beforeEach(async () => {
  cluster = await ClusterProcesses.create(1);
  cluster.append('conf/default/ecelerity-cluster.conf', ['include "mail.conf"']);
  port = await freePort();
  sinkPort = await freePort();
  arrived = [];
  clients = [];
  configure(port);
});
afterEach(async () => {
  await cluster.stop();
  await others?.stop();
  others = undefined;
  await sink?.stop();
  sink = undefined;
});

function configure(listensOn: number): void {
  cluster.write('conf/default/mail.conf', [
    'Relay_Domains = ( "sink.example" )',
    'Retry_Interval = 1',
    'Max_Retry_Interval = 2',
    'Domain "sink.example" {',
    `  Routes = ( "127.0.0.1:${sinkPort}" )`,
    '}',
    'Binding "marketing" {',
    `  Bind_Address = "${cluster.address(NODE)}"`,
    '}',
    'ESMTP_Listener {',
    `  Listen "${cluster.address(NODE)}:${listensOn}" { }`,
    '}',
  ]);
}

async function openSink(): Promise<void> {
  sink = await MailSink.start({
    address: '127.0.0.1',
    port: sinkPort,
    arrived: ({ number, client }) => {
      arrived.push(number ?? '');
      clients.push(client);
    },
  });
}

function client(): MailClient {
  return new MailClient({ name: 'client.example', from: '127.0.0.1' });
}

function message(number: number): { from: string; to: string; text: string } {
  const text = `${NUMBER_FIELD}: ${number}\r\nSubject: ${number}\r\n\r\n${'x'.repeat(randomInt(4_000))}\r\n`;
  return { from: 'a@client.example', to: 'b@sink.example', text };
}

function stored(spool = cluster.spool(NODE)): number {
  return readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.msg'))
    .length;
}

describe('a node', { timeout: LIMIT_MS }, () => {
  test('takes mail and delivers it from the address of its binding', async () => {
    await openSink();
    await cluster.start(NODE);
    const one = client();
    expect(await one.open({ address: cluster.address(NODE), port })).toBe(true);
    for (const number of [1, 2, 3]) expect(await one.send(message(number))).toBe('accepted');
    await until(() => arrived.length === 3);
    expect([arrived.toSorted(), new Set(clients)]).toEqual([
      ['1', '2', '3'],
      new Set([cluster.address(NODE)]),
    ]);
    one.quit();
    await until(() => stored() === 0);
    expect(await cluster.ask(NODE, 'summary')).toMatch(/Received Messages: +3\n/);
  });

  test('[VIP-28] follows its configuration: a listener that goes takes its sessions along', async () => {
    await cluster.start(NODE);
    const address = cluster.address(NODE);
    const one = new RawClient(port, address);
    expect(await one.replied(1)).toEqual([220]);
    const other = await freePort();
    configure(other);
    expect(await cluster.ask(NODE, 'config reload')).not.toContain('Error');
    await one.closed();
    const two = new RawClient(other, address);
    expect(await two.replied(1)).toEqual([220]);
    two.socket.destroy();
  });

  test('whose spool cannot be used says 452 until it can', async () => {
    writeFileSync(cluster.spool(NODE), 'a file in its place');
    await openSink();
    await cluster.start(NODE);
    expect(cluster.process(NODE).logged('spool.refuses')).toHaveLength(1);
    const target = { address: cluster.address(NODE), port };
    const one = client();
    await one.open(target);
    expect(await one.send(message(1))).toBe('deferred');
    expect(arrived).toEqual([]);
    rmSync(cluster.spool(NODE));
    await until(async () => (await one.open(target)) && (await one.send(message(2))) === 'accepted', 30_000);
    await until(() => arrived.length > 0);
    one.quit();
  });

  test('that is killed while mail comes in keeps every message that it accepted', async () => {
    const accepted: number[] = [];
    let number = 0;
    const target = { address: cluster.address(NODE), port };
    for (let round = 0; round < 3; round += 1) {
      await cluster.start(NODE);
      let killed = false;
      const flow = async (): Promise<void> => {
        const one = client();
        await one.open(target);
        while (!killed) {
          number += 1;
          const own = number;
          const outcome = await one.send(message(own));
          if (outcome === 'accepted') accepted.push(own);
          else if (outcome !== 'deferred') await one.open(target);
        }
        one.quit();
      };
      const flows = Array.from({ length: 8 }, flow);
      const before = accepted.length;
      await until(() => accepted.length > before + 20, 30_000);
      await wait(randomInt(300));
      await cluster.process(NODE).end('SIGKILL');
      killed = true;
      await Promise.all(flows);
    }
    expect(arrived).toEqual([]);
    await openSink();
    await cluster.start(NODE);
    await until(() => stored() === 0, 60_000);
    const there = new Set(arrived.map(Number));
    expect(accepted.filter((one) => !there.has(one))).toEqual([]);
    expect(accepted.length).toBeGreaterThan(60);
  });
});

describe('two nodes', { timeout: LIMIT_MS }, () => {
  test('[VIP-31] queued mail moves with the address of its binding, and leaves from the new owner', async () => {
    const nodes: readonly ProcessName[] = ['node1', 'node2'];
    const vips = await DuravipCluster.create({ nodes: nodes.length, vips: [201], balanceSeconds: 600 });
    others = vips.processes;
    others.append('conf/default/ecelerity-cluster.conf', [
      'Relay_Domains = ( "sink.example" )',
      'Retry_Interval = 2',
      'Max_Retry_Interval = 2',
      `Domain "sink.example" {\n  Routes = ( "127.0.0.1:${sinkPort}" )\n}`,
    ]);
    await others.start('manager', ...nodes);
    const [from = ''] = await vips.served([201], () => true);
    const to = nodes.find((name) => name !== from) ?? 'node1';
    const one = client();
    await one.open({ address: vips.address(201), port: vips.port });
    for (const number of [1, 2, 3]) expect(await one.send(message(number))).toBe('accepted');
    one.quit();
    await others.ask('manager', `broadcast cluster duravip move ${vips.address(201)} to ${to}`);
    await vips.served([201], ([node]) => node === to);
    const storedAt = (name: string): number => stored(vips.processes.spool(name as ProcessName));
    await until(() => storedAt(from) === 0 && storedAt(to) === 3, 60_000);
    await openSink();
    await until(() => arrived.length >= 3, 60_000);
    expect([arrived.toSorted(), new Set(clients)]).toEqual([['1', '2', '3'], new Set([vips.address(201)])]);
    expect(await others.ask(to as ProcessName, 'summary')).toMatch(/Successfully Delivered Messages: +3\n/);
  });
});
