/**
 * Agreed multicast beside a bare fan-out of the same processes, in alternating rounds: messages a second delivered to
 * the slowest client, latency at half of that, processor time for each message, memory of the servers.
 */

import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { BenchReport } from '../report.ts';
import { PROGRAM } from './bench-process.ts';
import {
  BURST,
  type Cell,
  type Measured,
  measure,
  profiled,
  type Shape,
  TICK_MS,
  WINDOW_MAX,
} from './measure.ts';
import type { Wiring } from './orders.ts';
import { profileLines, Sources } from './profile-report.ts';
import { cellLines, cellName, numbersOf, type Row, tableLines } from './throughput-table.ts';

const FLAGS = {
  quick: { type: 'boolean', default: false },
  servers: { type: 'string', default: '3,5,8' },
  bytes: { type: 'string', default: '64,1024,16384' },
  senders: { type: 'string', default: 'one,all' },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '3' },
  window: { type: 'string', default: String(WINDOW_MAX) },
  burst: { type: 'string', default: String(BURST) },
  tick: { type: 'string', default: String(TICK_MS) },
  'max-backlog': { type: 'string', default: '100000' },
  'without-bare': { type: 'boolean', default: false },
  /** A folder: no table, but a profile of every process of every cell, and where its time goes. */
  profile: { type: 'string' },
} as const;
const ATTEMPTS_MAX = 3;
const QUICK = { servers: '3', bytes: '64,1024', rounds: '1', seconds: '2' } as const;

type Plan = {
  readonly cells: readonly Cell[];
  readonly rounds: number;
  readonly bare: boolean;
  readonly profile: string | undefined;
};

function numbers(text: string): readonly number[] {
  const values = text.split(',').map(Number);
  if (values.some((value) => !(value > 0))) throw new Error(`${text} is not a list of numbers.`);
  return values;
}

function planOf(flags: readonly string[]): Plan {
  const quick = flags.includes('--quick');
  const defaults = Object.entries(quick ? QUICK : {}).flatMap(([name, value]) => [`--${name}`, value]);
  const { values } = parseArgs({ args: [...defaults, ...flags], options: FLAGS });
  const [rounds = 1, seconds = 1, windowMax = 1, burst = 1, tickMs = 1, maxBacklog = 1] = numbers(
    [values.rounds, values.seconds, values.window, values.burst, values.tick, values['max-backlog']].join(
      ',',
    ),
  );
  const shape: Shape = { forMs: seconds * 1_000, windowMax, burst, tickMs, maxBacklog };
  const cells = numbers(values.servers).flatMap((servers) =>
    numbers(values.bytes).flatMap((bytes) =>
      values.senders.split(',').map((senders): Cell => {
        if (senders !== 'one' && senders !== 'all') throw new Error('--senders is one, all or one,all.');
        return { servers, bytes, senders, shape };
      }),
    ),
  );
  return { cells, rounds, bare: !values['without-bare'], profile: values.profile };
}

async function profiles({ cells, bare }: Plan, directory: string): Promise<void> {
  const sources = new Sources(PROGRAM);
  mkdirSync(directory, { recursive: true });
  for (const cell of cells) {
    for (const wiring of bare ? (['bus', 'bare'] as const) : (['bus'] as const)) {
      console.log(`${cellName(cell)}, ${wiring}`);
      for (const { cost, file } of await profiled(wiring, cell, directory)) {
        for (const line of profileLines(file, sources, cost)) console.log(`  ${line}`);
      }
    }
  }
}

/** One bad moment of the machine does not cost the whole table. @returns undefined after ATTEMPTS_MAX of them. */
async function patiently(wiring: Wiring, cell: Cell): Promise<Measured | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    try {
      return await measure(wiring, cell);
    } catch (error) {
      console.log(`${cellName(cell)}, ${wiring}: not measured. ${String(error)}`);
    }
  }
  return undefined;
}

async function rowOf(cell: Cell, { rounds, bare }: Plan): Promise<Row> {
  const bus: Measured[] = [];
  const beside: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const measured = await patiently('bus', cell);
    const measuredBare = bare ? await patiently('bare', cell) : undefined;
    if (measured !== undefined) bus.push(measured);
    if (measuredBare !== undefined) beside.push(measuredBare);
  }
  return { cell, bus, bare: beside };
}

/** `bench bus`: every size and payload, one and all clients sending. About 20 minutes; `--quick` about one. */
export async function busThroughput(flags: readonly string[]): Promise<BenchReport> {
  const plan = planOf(flags);
  const startedMs = performance.now();
  const took = (): string => `Took ${Math.round((performance.now() - startedMs) / 1_000)} s.`;
  if (plan.profile !== undefined) {
    await profiles(plan, plan.profile);
    return { numbers: {}, lines: [took()] };
  }
  const rows: Row[] = [];
  for (const cell of plan.cells) {
    const row = await rowOf(cell, plan);
    if (row.bus.length === 0) continue;
    for (const line of cellLines(row)) console.log(line);
    rows.push(row);
  }
  const numbers = Object.assign({}, ...rows.map(numbersOf)) as Record<string, number>;
  return { numbers, lines: [...tableLines(rows), took()] };
}
