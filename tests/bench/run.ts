/**
 * `bench NAME [--json FILE]`: runs one benchmark and prints its numbers. Numbers never fail a build.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runBusChild } from './bus/child.ts';
import { busThroughput } from './bus/throughput.ts';
import { CHILD_ARGUMENT } from './bus/world.ts';
import { killToPixel } from './kill-to-pixel.ts';
import { startTimes } from './start-times.ts';

export type BenchResult = Readonly<Record<string, number>>;

const BENCHES: Readonly<Record<string, () => Promise<BenchResult>>> = {
  bus: busThroughput,
  start: startTimes,
  'kill-to-pixel': killToPixel,
};

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'string' } },
    allowPositionals: true,
  });
  const [name = '', ...rest] = positionals;
  const bench = BENCHES[name];
  if (bench === undefined || rest.length > 0) {
    console.error(`Usage: bench NAME [--json FILE]. Names: ${Object.keys(BENCHES).join(', ')}.`);
    return 2;
  }
  const result = await bench();
  for (const [what, value] of Object.entries(result)) console.log(`${what.padEnd(44)}${value}`);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ bench: name, result }, null, 2)}\n`);
  }
  return 0;
}

try {
  if (process.argv[2] === CHILD_ARGUMENT) runBusChild();
  else process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
