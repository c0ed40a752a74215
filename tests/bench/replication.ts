/**
 * `replication [--prefixes N]`: updates and sums of a tree of netblocks next to a bare Map of the same addresses in the
 * same run; what a netblock costs in memory; bytes that a changed key costs on the bus; how long a joiner takes to catch up
 * with so many keys: two Replicators in one process, every message really encoded and decoded.
 */

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Prng } from '../../server/base/prng.ts';
import { VirtualClock } from '../../server/memory/virtual-clock.ts';
import { CidrTree } from '../../server/replication/cidr-tree.ts';
import { FieldReader, FieldWriter } from '../../server/replication/fields.ts';
import { WINDOW } from '../../server/replication/snapshot-sender.ts';
import { AgreedBus } from '../support/agreed-bus.ts';
import { memberNamed, ReplicationMemberProcess } from '../support/replication-member.ts';
import { planOf } from '../support/replication-world.ts';
import type { BenchReport } from './report.ts';

const PREFIXES = 1_000_000;
const ROUNDS = 3;
const OBJECT = 'inbound_cidr';
/** Keys of one message of changes. */
const TOLD = 10_000;

function addresses(count: number, prng: Prng): readonly string[] {
  const found = new Set<string>();
  while (found.size < count) {
    const word = prng.uint32();
    found.add(`${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`);
  }
  return [...found];
}

function shuffled(texts: readonly string[], prng: Prng): readonly string[] {
  const all = [...texts];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = prng.below(at + 1);
    [all[at], all[other]] = [all[other] ?? '', all[at] ?? ''];
  }
  return all;
}

function perSecond(count: number, work: () => void): number {
  const startedMs = performance.now();
  work();
  return Math.round(count / ((performance.now() - startedMs) / 1_000));
}

function best(rates: readonly number[]): number {
  return Math.max(...rates);
}

/** Without asking for a flag on the command line. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}

/** Heap and typed arrays. */
function memoryBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function treeNumbers(texts: readonly string[], prng: Prng): BenchReport['numbers'] {
  const before = memoryBytes();
  const tree = new CidrTree();
  const insert = perSecond(texts.length, () => {
    for (const text of texts) tree.count(text, 1, 0);
  });
  const bytes = memoryBytes() - before;
  // The copy of the share of one more member: the same netblocks, so only its values are new.
  const w = new FieldWriter();
  tree.writeOwn(0, w, Number.POSITIVE_INFINITY);
  const r = new FieldReader(w.finish());
  while (r.left > 0) tree.readEntry(1, r);
  const moreBytes = memoryBytes() - before - bytes;
  const order = shuffled(texts, prng);
  const [updates, mapUpdates, sums, mapReads]: [number[], number[], number[], number[]] = [[], [], [], []];
  const map = new Map(texts.map((text) => [text, 1]));
  let kept = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    updates.push(
      perSecond(order.length, () => {
        for (const text of order) tree.count(text, 1, 0);
      }),
    );
    mapUpdates.push(
      perSecond(order.length, () => {
        for (const text of order) map.set(text, (map.get(text) ?? 0) + 1);
      }),
    );
    sums.push(
      perSecond(order.length, () => {
        for (const text of order) kept += tree.sum(text);
      }),
    );
    mapReads.push(
      perSecond(order.length, () => {
        for (const text of order) kept += map.get(text) ?? 0;
      }),
    );
  }
  const blocks = order.slice(0, 100_000).map((text) => `${text.split('.').slice(0, 2).join('.')}.0.0/16`);
  const blockSums = perSecond(blocks.length, () => {
    for (const block of blocks) kept += tree.sum(block);
  });
  const startedMs = performance.now();
  const rows = tree.rows({ view: 'global', under: undefined, search: undefined, top: 200, nowMs: 0 });
  const topMs = performance.now() - startedMs;
  return {
    'new netblocks of a tree, per s': insert,
    'updates of a tree, per s': best(updates),
    'updates of a bare Map, per s': best(mapUpdates),
    'sums of an address, per s': best(sums),
    'reads of a bare Map, per s': best(mapReads),
    'sums of a /16, per s': blockSums,
    'the 200 largest rows of the top, ms': Math.round(topMs * 100) / 100,
    'rows of the top': rows.found,
    'memory of a netblock with one share, bytes': Math.round(bytes / texts.length),
    'memory of one more share of a netblock, bytes': Math.round(moreBytes / texts.length),
    'kept (not optimised away)': kept % 2,
  };
}

function process2(): {
  readonly clock: VirtualClock;
  readonly bus: AgreedBus;
  readonly make: (node: string) => ReplicationMemberProcess;
} {
  const clock = new VirtualClock();
  const bus = new AgreedBus(clock, new Prng(2), 0);
  const plan = [planOf(OBJECT, 'inbound_cidr')];
  return {
    clock,
    bus,
    make: (node) => new ReplicationMemberProcess({ member: memberNamed(node), clock, bus, plan }),
  };
}

function wireNumbers(texts: readonly string[]): BenchReport['numbers'] {
  const { clock, bus, make } = process2();
  const [here, there] = [make('here'), make('there')];
  here.join(undefined);
  there.join(here.name);
  clock.runFor(10);
  const told = texts.slice(0, TOLD);
  const before = bus.bytes;
  for (const text of told) here.count(OBJECT, text, 1);
  clock.runFor(2_000);
  const together = (bus.bytes - before) / told.length;
  const alone = bus.bytes;
  for (const text of told.slice(0, 100)) {
    here.count(OBJECT, text, 1);
    clock.runFor(1_001);
  }
  return {
    'bytes of a changed key, 10,000 at once': Math.round(together * 100) / 100,
    'bytes of a changed key, alone each second': Math.round((bus.bytes - alone) / 100),
  };
}

function joinerNumbers(texts: readonly string[]): BenchReport['numbers'] {
  const { clock, bus, make } = process2();
  const here = make('here');
  here.join(undefined);
  clock.runFor(10);
  for (const text of texts) here.replicator.count(OBJECT, text, 1, clock.nowMs());
  here.arm();
  clock.runFor(2_000);
  const bytes = bus.bytes;
  const joiner = make('joiner');
  const startedMs = performance.now();
  joiner.join(here.name);
  let underWay = 0;
  while (joiner.replicator.total(OBJECT, '0.0.0.0/0') !== texts.length && clock.step()) {
    underWay = Math.max(underWay, here.replicator.chunksUnderWay);
  }
  const ms = performance.now() - startedMs;
  return {
    'a joiner catches up, keys': texts.length,
    'a joiner catches up, ms': Math.round(ms),
    'a joiner catches up, bytes of a key': Math.round(((bus.bytes - bytes) / texts.length) * 100) / 100,
    [`a joiner catches up, chunks under way of ${WINDOW}`]: underWay,
  };
}

export async function replicationBench(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...flags],
    options: { prefixes: { type: 'string', default: String(PREFIXES) } },
  });
  const count = Number(values.prefixes);
  if (!Number.isInteger(count) || count < TOLD) throw new Error(`--prefixes takes a number from ${TOLD} on.`);
  const prng = new Prng(1);
  const texts = addresses(count, prng);
  return { numbers: { ...treeNumbers(texts, prng), ...wireNumbers(texts), ...joinerNumbers(texts) } };
}
