/** The four ways in which addresses change hands, each once, and what a client saw of it. */

import { setTimeout as pass } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import { type FailoverWorld, NODES, type NodeLetter } from './failover-world.ts';
import { type Gap, type ProbeRun, sharedNowMs } from './probe-run.ts';

export const FAILURES = ['kill', 'link down', 'move'] as const;
export type Failure = (typeof FAILURES)[number];

export type Outage = {
  /** Longest time without an answer, milliseconds. */
  readonly gapMs: number;
  /** MACs that answered for the address, in order of their turns. */
  readonly holders: readonly string[];
};

/** No host keeps an address longer than this after its daemon died: guard 50 ms (D13) and the look itself. */
const LEFT_BEHIND_MS = 500;
/** Nobody looks at hosts meanwhile: that costs time of the machine that all of them share. */
const UNDISTURBED_MS = 1_000;
const AGAIN_LIMIT_MS = 60_000;
/** Nodes tell each other whom they talk to; whoever takes an address over tells those. */
const ACQUAINTED_MS = 6_500;

/** One failure of the owner of the first address, until all is as before. @param probe of that address alone */
export async function failOnce(world: FailoverWorld, probe: ProbeRun, failure: Failure): Promise<Outage> {
  const [vip = ''] = world.vips;
  await pass(ACQUAINTED_MS);
  const owner = await onlyHolder(world, vip);
  const other = NODES.find((name) => name !== owner) ?? 'a';
  const before = world.arp.answers(vip).length;
  let said = '';
  const sinceMs = sharedNowMs();
  if (failure === 'kill') world.node(owner).kill('SIGKILL');
  else if (failure === 'link down') world.network.setLink(owner, 'down');
  else said = await order(world, owner, `cluster duravip move ${vip} to ${other}`);
  await pass(UNDISTURBED_MS);
  try {
    await until(() => newOwner(world, vip, owner) !== undefined, AGAIN_LIMIT_MS);
  } catch {
    throw new Error(`${vip} stayed with ${owner} after ${failure}: ${said}\n${await world.describe()}`);
  }
  // Whatever the old host would still say is said by then.
  await pass(LEFT_BEHIND_MS);
  const afterMs = sharedNowMs();
  await until(() => probe.answersSince(afterMs), AGAIN_LIMIT_MS);
  if (failure === 'kill' && world.holders(vip).includes(owner))
    throw new Error(`${owner} died and keeps ${vip}`);
  const gap = probe.longestGap(0, sinceMs);
  const turns = world.arp.answers(vip).slice(before);
  const holders = turns.map(({ mac }) => mac).filter((mac, index, all) => mac !== all[index - 1]);
  await mend(world, owner, failure);
  return { gapMs: lengthOf(gap), holders };
}

export type Drain = {
  /** The longest gap of each closely probed address that was drained, milliseconds. */
  readonly gapsMs: readonly number[];
  /** Until the last of all that were drained was claimed on the wire by somebody else, milliseconds. */
  readonly allMs: number;
  /** The longest gap of any address, as coarse as the wide probe is, milliseconds. */
  readonly anyGapMs: number;
};

export type DrainProbes = {
  /** Of all addresses, in order. */
  readonly wide: ProbeRun;
  /** How many of the drained are probed closely, and how often each. */
  readonly close: number;
  readonly closeEveryMs: number;
};

/** Drains the host that has most addresses. */
export async function drainOnce(
  world: FailoverWorld,
  { wide, close, closeEveryMs }: DrainProbes,
): Promise<Drain> {
  // Whoever was drained before gets its share again, and then nothing moves by itself any more.
  await world.settled();
  const [host, owned] = fullest(world);
  // Spread over all of them, so that those that go last are among them.
  const chosen = owned.filter((_vip, index) => (index * close) % owned.length < close);
  const probe = world.probe(
    chosen.map((vip) => world.vips.indexOf(vip)),
    closeEveryMs,
  );
  await until(() => probe.answersSince(0), AGAIN_LIMIT_MS);
  await pass(ACQUAINTED_MS);
  const sinceMs = sharedNowMs();
  const orderedMs = Date.now();
  await order(world, host, `cluster duravip drain ${host}`);
  await pass(UNDISTURBED_MS);
  await until(() => world.owned().get(host)?.length === 0, AGAIN_LIMIT_MS);
  const afterMs = sharedNowMs();
  await until(() => probe.answersSince(afterMs) && wide.answersSince(afterMs), AGAIN_LIMIT_MS);
  const gapsMs = chosen.map((_vip, index) => lengthOf(probe.longestGap(index, sinceMs)));
  const { linkAddress } = world.network.host(host);
  const claims = owned.map((vip) => {
    const elsewhere = world.arp
      .answers(vip)
      .filter(({ mac, atMs }) => mac !== linkAddress && atMs > orderedMs);
    return elsewhere[0]?.atMs ?? Number.POSITIVE_INFINITY;
  });
  const wideGaps = world.vips.map((_vip, index) => lengthOf(wide.longestGap(index, sinceMs)));
  await probe.end();
  await order(world, host, `cluster duravip undrain ${host}`);
  return { gapsMs, allMs: Math.max(...claims) - orderedMs, anyGapMs: Math.max(...wideGaps) };
}

function fullest(world: FailoverWorld): readonly [NodeLetter, readonly string[]] {
  const most = [...world.owned()].sort((one, two) => two[1].length - one[1].length)[0];
  if (most === undefined) throw new Error('nobody has an address');
  return most;
}

function lengthOf({ fromMs, toMs }: Gap): number {
  return toMs - fromMs;
}

/** While tables are exchanged a node says so, and wants to be asked again. */
async function order(world: FailoverWorld, name: NodeLetter, command: string): Promise<string> {
  return await until(async () => {
    const said = await world.ask(name, command);
    return said.includes('ask again') ? undefined : said;
  });
}

async function onlyHolder(world: FailoverWorld, vip: string): Promise<NodeLetter> {
  return await until(() => {
    const holders = world.holders(vip);
    return holders.length === 1 ? holders[0] : undefined;
  }, AGAIN_LIMIT_MS);
}

function newOwner(world: FailoverWorld, vip: string, before: NodeLetter): NodeLetter | undefined {
  return world.holders(vip).find((name) => name !== before);
}

async function mend(world: FailoverWorld, owner: NodeLetter, failure: Failure): Promise<void> {
  if (failure === 'kill') {
    await world.node(owner).ended;
    world.startNode(owner);
  }
  if (failure === 'link down') world.network.setLink(owner, 'up');
  await until(() => everybodyTakesPart(world), AGAIN_LIMIT_MS);
  await world.settled(false);
}

/** All nodes see all nodes as participants of the first address. */
async function everybodyTakesPart(world: FailoverWorld): Promise<boolean> {
  for (const name of NODES) {
    let text = '';
    try {
      text = await world.ask(name, 'cluster duravip show');
    } catch {
      return false; // not listening yet
    }
    const [, first = ''] = text.split(/^(?=\d+\.\d+\.\d+\.\d+\/)/m);
    if (!NODES.every((one) => new RegExp(`^.{4}\\t${one} `, 'm').test(first))) return false;
  }
  return true;
}
