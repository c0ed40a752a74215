/** Lines of the throughput benchmark: a cell in detail when it is done, and one table for each number of servers. */

import { quantile } from '../quantile.ts';
import { columns } from './columns.ts';
import { BURST, type Cell, type Cost, type Latency, type Measured, TICK_MS, WINDOW_MAX } from './measure.ts';
import { goalsOf, PEER_NAMES, peerCalm, peerRates } from './peers.ts';

export type Row = {
  readonly cell: Cell;
  readonly bus: readonly Measured[];
  readonly bare: readonly Measured[];
};

function median(rounds: readonly Measured[], of: (measured: Measured) => number): number {
  return quantile(rounds.map(of), 0.5);
}

function best(rounds: readonly Measured[]): number {
  return Math.max(...rounds.map(({ perSecond }) => perSecond));
}

function totalUs({ costs }: Measured): number {
  return costs.reduce((sum, { userUs, systemUs }) => sum + userUs + systemUs, 0);
}

function ofBare({ bus, bare }: Row): number {
  return median(bus, (m) => m.perSecond) / median(bare, (m) => m.perSecond);
}

function thousands(value: number): string {
  return `${(value / 1_000).toFixed(value < 10_000 ? 2 : 1)} k`;
}

/** Half load grows with the rate that was reached; half of the goal stays what it is. */
function halfGoal(rounds: readonly Measured[]): readonly string[] {
  const reached = rounds.flatMap((m) => (m.halfGoal === undefined ? [] : [m.halfGoal]));
  if (reached.length === 0) return [];
  const of = (pick: (latency: Latency) => number): string => quantile(reached.map(pick), 0.5).toFixed(2);
  return [`half of the goal p50 ${of((l) => l.p50Ms)} p99 ${of((l) => l.p99Ms)} ms`];
}

function summary(name: string, rounds: readonly Measured[]): string {
  const total = median(rounds, totalUs);
  return [
    `  ${name.padEnd(5)}${thousands(median(rounds, (m) => m.perSecond))}/s (best ${thousands(best(rounds))})`,
    `half load p50 ${median(rounds, (m) => m.p50Ms).toFixed(2)} p99 ${median(rounds, (m) => m.p99Ms).toFixed(2)} ms` +
      ` (paced ${median(rounds, (m) => m.paced).toFixed(2)})`,
    ...halfGoal(rounds),
    `all processes ${total.toFixed(2)} µs/msg = ${thousands(1e6 / total)}/s a core`,
    `busiest server ${median(rounds, (m) => m.busiestServer).toFixed(2)} cores, ` +
      `${Math.round(median(rounds, (m) => m.peakServerMb))} MB`,
  ].join(', ');
}

function costLine(rounds: readonly Measured[], index: number, { who }: Cost): string {
  const of = (pick: (cost: Cost) => number): number =>
    median(rounds, ({ costs }) => {
      const cost = costs[index];
      return cost === undefined ? Number.NaN : pick(cost);
    });
  return (
    `    ${who.padEnd(10)}${of((cost) => cost.userUs + cost.systemUs).toFixed(3)} µs/msg ` +
    `(user ${of((cost) => cost.userUs).toFixed(3)}, system ${of((cost) => cost.systemUs).toFixed(3)}), ` +
    `for 1000 msg ${(of((cost) => cost.reads) * 1_000).toFixed(1)} reads, ` +
    `${(of((cost) => cost.writes) * 1_000).toFixed(1)} writes`
  );
}

function costLines(rounds: readonly Measured[]): readonly string[] {
  return (rounds[0]?.costs ?? []).map((cost, index) => costLine(rounds, index, cost));
}

/** Says what is not as usual, so that results of other windows are never taken for these. */
export function cellName({ servers, bytes, senders, shape }: Cell): string {
  const window = shape.windowMax === WINDOW_MAX ? '' : `, window ${shape.windowMax}`;
  const burst = shape.burst === BURST ? '' : `, burst ${shape.burst}`;
  const tick = shape.tickMs === TICK_MS ? '' : `, tick ${shape.tickMs} ms`;
  return `${servers} servers, ${bytes} B, ${senders} sending${window}${burst}${tick}`;
}

export function cellLines(row: Row): readonly string[] {
  const { cell, bus, bare } = row;
  const lines = [cellName(cell), summary('bus', bus), ...costLines(bus)];
  if (bare.length === 0) return lines;
  const costRatio = median(bus, totalUs) / median(bare, totalUs);
  return [
    ...lines,
    summary('bare', bare),
    ...costLines(bare),
    `  bus/bare: ${ofBare(row).toFixed(2)} of the rate, ${costRatio.toFixed(2)} times the processor time`,
  ];
}

const HEAD = ['payload', 'sending', 'bus msg/s', '(best)', 'bare', '(best)', 'bus/bare', 'p50 ms', 'p99 ms'];
const MORE = ['bare p99', 'µs/msg', 'bare', 'cores', 'MB'];

function tableRow(row: Row): readonly string[] {
  const { cell, bus, bare } = row;
  const fixed = (rounds: readonly Measured[], digits: number, of: (m: Measured) => number): string =>
    rounds.length === 0 ? '-' : median(rounds, of).toFixed(digits);
  const rate = (rounds: readonly Measured[]): readonly string[] =>
    rounds.length === 0
      ? ['-', '']
      : [thousands(median(rounds, (m) => m.perSecond)), `(${thousands(best(rounds))})`];
  const p99Ms = median(bus, (m) => m.p99Ms);
  const goals = goalsOf(cell, { perSecond: median(bus, (m) => m.perSecond), ofBare: ofBare(row), p99Ms });
  return [
    `${cell.bytes} B`,
    cell.senders,
    ...rate(bus),
    ...rate(bare),
    bare.length === 0 ? '-' : ofBare(row).toFixed(2),
    fixed(bus, 2, (m) => m.p50Ms),
    fixed(bus, 2, (m) => m.p99Ms),
    fixed(bare, 2, (m) => m.p99Ms),
    fixed(bus, 2, totalUs),
    fixed(bare, 2, totalUs),
    fixed(bus, 2, (m) => m.busiestServer),
    fixed(bus, 0, (m) => m.peakServerMb),
    goals.join(', '),
  ];
}

function peerRow({ cell, bus }: Row): readonly string[] {
  const rates = peerRates(cell);
  const ours = median(bus, (m) => m.perSecond);
  return [
    `${cell.bytes} B`,
    cell.senders,
    thousands(ours),
    ...PEER_NAMES.map((_, index) => {
      const rate = rates[index];
      return rate === undefined ? '-' : `${thousands(rate)} (x${(ours / rate).toFixed(1)})`;
    }),
  ];
}

function calmRow({ cell, bus }: Row): readonly string[] {
  const peers = peerCalm(cell);
  const text = (p50: number, p99: number): string => `${p50.toFixed(2)} / ${p99.toFixed(2)}`;
  return [
    `${cell.bytes} B`,
    text(
      median(bus, (m) => m.calm?.p50Ms ?? Number.NaN),
      median(bus, (m) => m.calm?.p99Ms ?? Number.NaN),
    ),
    ...PEER_NAMES.map((_, index) => {
      const pair = peers[index];
      return pair === undefined ? '-' : text(...pair);
    }),
  ];
}

/** One table for each number of servers; beside it what others reach, where they were measured. */
export function tableLines(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.map(({ cell }) => cell.servers))].flatMap((servers) => {
    const of = rows.filter(({ cell }) => cell.servers === servers);
    const shape = of[0]?.cell.shape;
    const beside = of.filter(({ cell }) => peerRates(cell).length > 0);
    const calm = of.filter(({ cell }) => peerCalm(cell).length > 0);
    return [
      '',
      `${servers} servers, ${servers} clients, a process each. Window of a sender min(${shape?.windowMax}, ` +
        `${(shape?.windowMax ?? 0) / 250} MB / size), at least 32; bursts of ${shape?.burst}. Median of ` +
        `${of[0]?.bus.length} rounds (best). Latency one way at half of the rate. Processor time of all processes.`,
      ...columns([[...HEAD, ...MORE, 'goals'], ...of.map(tableRow)]),
      ...(beside.length === 0
        ? []
        : [
            '  beside others, messages/s:',
            ...columns([['payload', 'sending', 'bus', ...PEER_NAMES], ...beside.map(peerRow)]),
          ]),
      ...(calm.length === 0
        ? []
        : [
            '  at 1,000 messages/s, p50 / p99 ms:',
            ...columns([['payload', 'bus', ...PEER_NAMES], ...calm.map(calmRow)]),
          ]),
    ];
  });
}

export function numbersOf({ cell, bus, bare }: Row): Readonly<Record<string, number>> {
  const numbers: Record<string, number> = {};
  for (const [wiring, rounds] of Object.entries({ bus, bare })) {
    if (rounds.length === 0) continue;
    const put = (what: string, value: number): void => {
      numbers[`${cellName(cell)}: ${wiring} ${what}`] = Math.round(value * 1_000) / 1_000;
    };
    put(
      'messages/s',
      median(rounds, (m) => m.perSecond),
    );
    put('messages/s, best', best(rounds));
    put(
      'p50 ms at half load',
      median(rounds, (m) => m.p50Ms),
    );
    put(
      'p99 ms at half load',
      median(rounds, (m) => m.p99Ms),
    );
    put('processor µs a message, all', median(rounds, totalUs));
    put(
      'busiest server, cores',
      median(rounds, (m) => m.busiestServer),
    );
    put(
      'largest server, MB',
      median(rounds, (m) => m.peakServerMb),
    );
  }
  return numbers;
}
