/**
 * `cluster duravip whatif` against what then happens: real nodes, killed. Every address is where it was foretold to be, as
 * all that are left show it and as a client sees it, and none has moved that was not foretold.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProcessName } from '../support/cluster-processes.ts';
import { DuravipCluster } from '../support/duravip-processes.ts';
import { until } from '../support/until.ts';

const NODES: readonly ProcessName[] = ['node1', 'node2', 'node3', 'node4', 'node5'];
const VIPS = Array.from({ length: 14 }, (_, index) => 201 + index);
const LIMIT_MS = 120_000;
/** Nothing moves by itself in this time: a what-if says nothing of balancing later on. */
const BALANCE_SECONDS = 3_600;

let cluster: DuravipCluster;
let alive: readonly ProcessName[] = NODES;

type Owners = ReadonlyMap<number, string>;

beforeAll(async () => {
  cluster = await DuravipCluster.create({
    nodes: NODES.length,
    vips: VIPS,
    preferences: { 203: 'node2', 204: 'node2', 209: 'node5' },
    balanceSeconds: BALANCE_SECONDS,
  });
  await cluster.processes.start(...NODES);
}, LIMIT_MS);

afterAll(async () => {
  await cluster.processes.stop();
}, LIMIT_MS);

/** Owners on which all nodes agree, once each address has one and that one answers on it. */
function settled(fits: (owners: Owners) => boolean = () => true): Promise<Owners> {
  return until(async () => {
    const said = await Promise.all(alive.map((name) => cluster.shown(name)));
    const served = await Promise.all(VIPS.map((number) => cluster.answers(number)));
    const owners = new Map(VIPS.flatMap((number, index) => pair(number, served[index])));
    const agreed = said.every((one) => VIPS.every((number) => one.get(number) === owners.get(number)));
    return owners.size === VIPS.length && agreed && fits(owners) ? owners : undefined;
  }, 60_000);
}

function pair(number: number, node: string | undefined): readonly [number, string][] {
  return node === undefined ? [] : [[number, node]];
}

/** Everything of one node asks again while tables are exchanged. */
function order(name: ProcessName, command: string): Promise<string> {
  return until(async () => {
    const text = await cluster.processes.ask(name, command);
    return text.includes('ask again') ? undefined : text;
  });
}

/** Where each address would be without a node, as another one says. */
async function foretold(asked: ProcessName, without: ProcessName, now: Owners): Promise<Owners> {
  const text = await order(asked, `cluster duravip whatif ${without}`);
  const moves = [...text.matchAll(/^[\d.]+\.(\d+) +from (\w+) to (\w+)/gm)];
  expect(text).toContain(`If ${without} leaves [view `);
  for (const [, number, from] of moves) expect(now.get(Number(number))).toBe(from);
  return new Map([...now, ...moves.map(([, number, , to]): [number, string] => [Number(number), to ?? ''])]);
}

async function killAsForetold(victim: ProcessName): Promise<void> {
  const now = await settled();
  const others = alive.filter((name) => name !== victim);
  const said = await Promise.all(others.map((name) => foretold(name, victim, now)));
  const [expected] = said;
  for (const one of said) expect(one).toEqual(expected);
  const losing = [...now.values()].filter((node) => node === victim).length;
  expect(losing).toBeGreaterThan(0);
  await cluster.processes.process(victim).end('SIGKILL');
  alive = others;
  expect(await settled((owners) => ![...owners.values()].includes(victim))).toEqual(expected);
}

function mostLoaded(owners: Owners): ProcessName {
  const load = (name: ProcessName): number => [...owners.values()].filter((node) => node === name).length;
  return [...alive].sort((one, two) => load(two) - load(one))[0] ?? 'node1';
}

async function move(number: number, to: ProcessName): Promise<void> {
  const owners = await settled();
  const from = owners.get(number) as ProcessName;
  if (from !== to) await order(from, `cluster duravip move ${cluster.address(number)} to ${to}`);
  await settled((now) => now.get(number) === to);
}

test('what-if is what then happens: five kills, after moves and a drain too [VP-13]', {
  timeout: LIMIT_MS,
}, async () => {
  await killAsForetold(mostLoaded(await settled()));

  // Pinned to a node that stays, and to the one that is killed.
  const [stays = 'node1', goes = 'node2', other = 'node3'] = alive;
  await move(201, stays);
  await move(202, goes);
  await move(205, goes);
  await killAsForetold(goes);

  // Nobody gives anything to a node that is drained, and one that came back has nothing yet.
  const back = NODES.filter((name) => !alive.includes(name));
  await cluster.processes.start(...back);
  alive = NODES;
  await settled();
  await order(other, `cluster duravip drain ${other}`);
  const drained = await settled((owners) => ![...owners.values()].includes(other));
  await killAsForetold(mostLoaded(drained));

  await order(other, `cluster duravip undrain ${other}`);
  await move(206, other);
  await move(207, other);
  await killAsForetold(other);
  await killAsForetold(mostLoaded(await settled()));
});
