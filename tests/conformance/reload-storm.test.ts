/**
 * A hundred reloads of real processes with random valid and invalid edits of their files, on their own consoles and
 * over the bus, while commands run on all of them without a pause. The seed is in the message of what fails.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prng } from '../../server/base/prng.ts';
import { ClusterProcesses, type ProcessName } from '../support/cluster-processes.ts';

const NODES: readonly ProcessName[] = ['node1', 'node2', 'node3'];
const RELOADS = 100;
const SEED = 20_260_101;
const LIMIT_MS = 120_000;
/** Of one process, between the first and the last reload: the runtime collects when it likes. */
const GROWTH_BYTES_MAX = 100 * 1024 * 1024;

const BROKEN = [
  'cluster {',
  '}',
  'cluster { view_mature_time = soon }',
  'msgc_client { max_backlog = 1 }',
  'include "missing.conf"',
  'cluster { byzantine_action = panic }',
  '"',
];

/** What must be live at one node. */
type Model = {
  readonly name: ProcessName;
  readonly file: string;
  readonly base: string;
  filed: Edit | undefined;
  live: Edit;
};
/** `extra`: the node has one more control socket. */
type Edit = { readonly backlog: number; readonly extra: boolean };

describe('a reload storm', { timeout: LIMIT_MS }, () => {
  const prng = new Prng(SEED);
  let cluster: ClusterProcesses;
  let models: readonly Model[];

  beforeAll(async () => {
    cluster = await ClusterProcesses.create(NODES.length);
    await cluster.start('manager', ...NODES);
    await cluster.askUntil('manager', 'info', (text) => text.includes('Nodes: 3'));
    models = NODES.map((name) => {
      const file = path.join(cluster.folder, 'conf', name, 'node-local.conf');
      const first = { backlog: 5_000, extra: false };
      return { name, file, base: readFileSync(file, 'utf8'), filed: first, live: first };
    });
  }, LIMIT_MS);
  afterAll(async () => {
    await cluster.stop();
  }, LIMIT_MS);

  const extraSocket = (name: ProcessName): string => path.join(cluster.folder, `${name}-extra`);

  function edit(model: Model): void {
    const next = { backlog: 1_000 + prng.below(8_000), extra: prng.chance(0.5) };
    const valid = [
      model.base,
      `msgc_client { max_backlog = ${next.backlog} keepalive_interval = ${1 + prng.below(5)} }`,
      `cluster { view_mature_time = ${1 + prng.below(9)} heartbeats_per_sec = ${1 + prng.below(3)} }`,
      next.extra ? `Control_Listener { Listen "${extraSocket(model.name)}" { } }` : '',
    ].join('\n');
    const isValid = prng.chance(0.6);
    const broken = BROKEN[prng.below(BROKEN.length)] ?? '}';
    writeFileSync(model.file, isValid ? `${valid}\n` : `${valid}\n${broken}\n`);
    model.filed = isValid ? next : undefined;
  }

  function reloaded(model: Model, reply: string): void {
    const wanted = model.filed === undefined ? /Reconfigure failed\n.*node-local\.conf:\d+/ : /^OK$/m;
    expect(reply, `${model.name}, seed ${SEED}`).toMatch(wanted);
    model.live = model.filed ?? model.live;
  }

  async function reloadOne(model: Model): Promise<void> {
    edit(model);
    reloaded(model, await cluster.ask(model.name, 'config reload'));
  }

  async function reloadAll(): Promise<void> {
    for (const model of models) edit(model);
    await cluster.ask('manager', 'flush control cache');
    expect(await cluster.ask('manager', 'broadcast config reload')).toMatch(/^Sent to 3 nodes: /);
    const text = await cluster.askUntil(
      'manager',
      'retrieve config reload',
      (replies) => (replies.match(/^(OK|Reconfigure failed)$/gm) ?? []).length === NODES.length,
    );
    const blocks = text.split(/^(?=Node: )/m);
    for (const model of models) {
      reloaded(model, blocks.find((block) => block.startsWith(`Node: ${model.name} `)) ?? 'no reply');
    }
  }

  /** Asks without a pause until it is told to stop; every command gets a reply that is right at any time. */
  async function keepAsking(name: ProcessName, isOver: () => boolean): Promise<number> {
    const commands: readonly (readonly [string, RegExp])[] = [
      ['cluster membership', /Node Name: node1/],
      ['config eval msgc_client max_backlog', /^ *max_backlog = \d+$/],
      ['xml cluster info', /^<ClusterInfo>/],
      ['module list', /^Module: cluster\n/],
      ['pid', new RegExp(`^${cluster.process(name).child.pid}$`)],
    ];
    let count = 0;
    while (!isOver()) {
      const [command = '', wanted = /^$/] = commands[count % commands.length] ?? [];
      expect(await cluster.ask(name, command), `${name}: ${command}`).toMatch(wanted);
      count += 1;
    }
    return count;
  }

  async function heapUsed(name: ProcessName): Promise<number> {
    return Number(/Heap Used: (\d+) bytes/.exec(await cluster.ask(name, 'memory heap'))?.[1]);
  }

  test(`[CON-19] [CON-23] [CFG-28] [CLU-26] ${RELOADS} reloads while commands run leave each node on its last valid generation`, async () => {
    const before = await Promise.all(NODES.map(heapUsed));
    let over = false;
    const asking = Promise.all(NODES.map((name) => keepAsking(name, () => over)));
    let reloads = 0;
    try {
      while (reloads < RELOADS) {
        const model = models[prng.below(models.length)];
        if (model === undefined || prng.chance(0.1)) {
          await reloadAll();
          reloads += NODES.length;
        } else {
          await reloadOne(model);
          reloads += 1;
        }
      }
    } finally {
      over = true;
      await asking;
    }
    const counts = await asking;
    expect(Math.min(...counts)).toBeGreaterThan(10);
    for (const { name, live } of models) {
      const eval_ = await cluster.ask(name, 'config eval msgc_client max_backlog');
      expect(eval_.trim(), `${name}, seed ${SEED}`).toBe(`max_backlog = ${live.backlog}`);
      expect(existsSync(extraSocket(name)), `${name}, seed ${SEED}`).toBe(live.extra);
      const { child } = cluster.process(name);
      expect(await cluster.ask(name, 'pid')).toBe(String(child.pid));
      for (const event of [
        'bus.lost',
        'link.down',
        'member.departed',
        'listener.not_opened',
        'config.not_used',
      ]) {
        expect(cluster.process(name).logged(event), `${name}: ${event}`).toEqual([]);
      }
      expect(await cluster.ask(name, 'cluster nodeaddr')).toBe(cluster.clusterAddress(name));
    }
    const after = await Promise.all(NODES.map(heapUsed));
    after.forEach((bytes, index) => {
      expect(bytes - (before[index] ?? 0)).toBeLessThan(GROWTH_BYTES_MAX);
    });
  });

  test('a control socket that cannot be opened is reported on the console and in the log; the others stay', async () => {
    const [model] = models;
    if (model === undefined) throw new Error('a node');
    const bad = path.join(cluster.folder, 'no-such-folder', 'socket');
    writeFileSync(model.file, `${model.base}\nControl_Listener { Listen "${bad}" { } }\n`);
    const reply = await cluster.ask(model.name, 'config reload');
    expect(reply).toMatch(/^OK\nWarning: Control_Listener ".*no-such-folder\/socket": /);
    expect(cluster.process(model.name).logged('listener.not_opened')).toHaveLength(1);
    writeFileSync(model.file, model.base);
    expect(await cluster.ask(model.name, 'config reload')).toBe('OK');
  });
});
