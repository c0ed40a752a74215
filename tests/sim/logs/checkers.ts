/**
 * What must be true of durable logs. L1: every acknowledged line is in the files of every manager; L2: none is there
 * twice; L3: those of one log are in order; L4: none is torn; L5: a node knows of nothing as taken that is not in the
 * journal of its manager; L6: no crash damages a journal. That everything drains after the storm is part of L1.
 */

import { comparePositions, formatPosition, LOG_BEGIN } from '../../../server/model/log-position.ts';
import type { SimManager } from './sim-manager.ts';
import type { LogsWorld } from './world.ts';

/** Lines that are told of one kind of violation. */
const TOLD_MAX = 5;

export function checkCheckpoints(world: LogsWorld): readonly string[] {
  const violations: string[] = [];
  for (const manager of world.managers) {
    for (const node of world.nodes) {
      for (const log of node.logs) {
        const checkpoint = node.checkpointOf(log, manager.name);
        if (checkpoint === undefined) continue;
        const durable = manager.durableOf(node, log) ?? LOG_BEGIN;
        if (comparePositions(checkpoint, durable) <= 0) continue;
        const [told, known] = [formatPosition(checkpoint), formatPosition(durable)];
        violations.push(`L5: ${log.name}: ${manager.name} is at ${told} on the node, and has ${known}`);
      }
    }
  }
  return violations;
}

/** Empty when everything has drained. */
export function undrained(world: LogsWorld): readonly string[] {
  return world.managers.flatMap((manager) => {
    const there = numbersOf(world, manager).numbers;
    return world.nodes.flatMap(({ logs }) =>
      logs.flatMap(({ name, acknowledged }) => {
        const have = new Set(there.get(name));
        const missing = [...acknowledged].filter((number) => !have.has(number));
        return missing.length === 0
          ? []
          : [`L1: ${manager.name}: ${name}: ${missing.length} missing: ${missing.slice(0, TOLD_MAX)}`];
      }),
    );
  });
}

export function checkFiles(world: LogsWorld): readonly string[] {
  return world.managers.flatMap((manager) => {
    const { numbers, torn } = numbersOf(world, manager);
    const damaged = manager.disk.aside > 0 ? [`L6: ${manager.name}: its journal was damaged`] : [];
    const violations = torn.slice(0, TOLD_MAX).map((text) => `L4: ${manager.name}: ${text}`);
    for (const [name, all] of numbers) {
      const seen = new Set<number>();
      const twice = all.filter((number) => seen.size === seen.add(number).size);
      if (twice.length > 0)
        violations.push(`L2: ${manager.name}: ${name}: ${twice.slice(0, TOLD_MAX)} twice`);
    }
    for (const { name, all } of inPlaces(world, manager)) {
      const wrong = all.findIndex((number, index) => index > 0 && number < (all[index - 1] ?? 0));
      if (wrong >= 0) violations.push(`L3: ${manager.name}: ${name}: ${all[wrong]} after ${all[wrong - 1]}`);
    }
    return [...damaged, ...violations];
  });
}

/** What stands in all files that ever had one path, oldest first: rotation gives a file another name. */
function inPlaces(
  world: LogsWorld,
  { disk }: SimManager,
): readonly { readonly name: string; readonly all: readonly number[] }[] {
  const places = new Map<string, string[]>();
  for (const path of disk.pathsByAge) {
    const place = path.replace(/\.old\d+$/, '');
    places.set(place, [...(places.get(place) ?? []), path]);
  }
  return [...places.values()].flatMap((paths) =>
    [...numbersIn(world, disk, paths).numbers].map(([name, all]) => ({ name, all })),
  );
}

type Found = {
  /** Of each log in the order of the files. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  readonly torn: readonly string[];
};

function numbersOf(world: LogsWorld, { disk }: SimManager): Found {
  return numbersIn(world, disk, disk.pathsByAge);
}

function numbersIn(world: LogsWorld, disk: SimManager['disk'], paths: readonly string[]): Found {
  const numbers = new Map<string, number[]>();
  const torn: string[] = [];
  for (const path of paths) {
    const text = (disk.content(path) ?? Buffer.alloc(0)).toString('utf8');
    const lines = text.split('\n');
    if (lines.pop() !== '') torn.push(`${path} ends without a line feed`);
    for (const line of lines) {
      const parsed = world.lines.find(line);
      // A format without checksums: what a loss of power left of a record that was never synced may look whole.
      if (parsed === undefined && world.powerLost && line.includes('\0')) continue;
      if (parsed === undefined) torn.push(`${path}: ${JSON.stringify(line.slice(0, 60))}`);
      else if (!numbers.get(parsed.log)?.push(parsed.number)) numbers.set(parsed.log, [parsed.number]);
    }
  }
  return { numbers, torn };
}
