/** The lines of a cell: the bus beside the bare fan-out, then what a message costs each process. */

import { quantile } from '../quantile.ts';
import type { Cell, Cost, Measured } from './measure.ts';

function median(rounds: readonly Measured[], of: (measured: Measured) => number): number {
  return quantile(rounds.map(of), 0.5);
}

function totalUs({ costs }: Measured): number {
  return costs.reduce((sum, { userUs, systemUs }) => sum + userUs + systemUs, 0);
}

function thousands(value: number): string {
  return `${(value / 1_000).toFixed(value < 10_000 ? 2 : 1)} k`;
}

function summary(name: string, rounds: readonly Measured[]): string {
  const best = Math.max(...rounds.map(({ perSecond }) => perSecond));
  const total = median(rounds, totalUs);
  return [
    `  ${name.padEnd(5)}${thousands(median(rounds, (m) => m.perSecond))}/s (best ${thousands(best)})`,
    `half load p50 ${median(rounds, (m) => m.p50Ms).toFixed(2)} p99 ${median(rounds, (m) => m.p99Ms).toFixed(2)} ms` +
      ` (paced ${median(rounds, (m) => m.paced).toFixed(2)})`,
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

export function cellName({ servers, bytes, senders }: Cell): string {
  return `${servers} servers, ${bytes} B, ${senders} sending`;
}

export function cellLines(
  cell: Cell,
  bus: readonly Measured[],
  bare: readonly Measured[],
): readonly string[] {
  const ratio = median(bus, (m) => m.perSecond) / median(bare, (m) => m.perSecond);
  const costRatio = median(bus, totalUs) / median(bare, totalUs);
  return [
    cellName(cell),
    summary('bus', bus),
    ...costLines(bus),
    ...(bare.length === 0
      ? []
      : [
          summary('bare', bare),
          ...costLines(bare),
          `  bus/bare: ${ratio.toFixed(2)} of the rate, ${costRatio.toFixed(2)} of the processor time`,
        ]),
  ];
}

export function numbersOf(
  cell: Cell,
  bus: readonly Measured[],
  bare: readonly Measured[],
): Readonly<Record<string, number>> {
  const name = cellName(cell);
  const numbers: Record<string, number> = {};
  for (const [wiring, rounds] of Object.entries({ bus, bare })) {
    if (rounds.length === 0) continue;
    const put = (what: string, value: number): void => {
      numbers[`${name}: ${wiring} ${what}`] = Math.round(value * 1_000) / 1_000;
    };
    put(
      'messages/s',
      median(rounds, (m) => m.perSecond),
    );
    put('messages/s, best', Math.max(...rounds.map((m) => m.perSecond)));
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
