/** A probing client as the test sees it: when each address answered, and the gaps in that. */

import { NetProcess } from '../../support/net-process.ts';

export type ProbeArguments = {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly everyMs: number;
};

/** No connection that began in this time was accepted before its end. */
export type Gap = { readonly fromMs: number; readonly toMs: number };

/** The clock of `Gap`: monotonic, the same for all processes of this machine. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

export class ProbeRun {
  readonly #process: NetProcess;
  readonly #acceptedMs: number[][];

  constructor(args: ProbeArguments, namespace: string) {
    this.#acceptedMs = args.addresses.map(() => []);
    this.#process = new NetProcess({
      script: 'tests/netns/failover/probe-client.ts',
      args: [JSON.stringify(args)],
      namespace,
      onLine: (line) => this.#heard(line),
    });
  }

  /** When the address last answered; undefined if never. */
  lastMs(index: number): number | undefined {
    return this.#acceptedMs[index]?.at(-1);
  }

  /** Every address answered since that moment. */
  answersSince(ms: number): boolean {
    return this.#acceptedMs.every((moments) => (moments.at(-1) ?? 0) > ms);
  }

  /** The longest time between two answers of an address, from the last one before a moment on. */
  longestGap(index: number, sinceMs: number): Gap {
    const moments = this.#acceptedMs[index] ?? [];
    const first = Math.max(
      0,
      moments.findLastIndex((ms) => ms <= sinceMs),
    );
    let longest: Gap = { fromMs: sinceMs, toMs: sinceMs };
    for (let at = first + 1; at < moments.length; at += 1) {
      const gap = { fromMs: moments[at - 1] ?? sinceMs, toMs: moments[at] ?? sinceMs };
      if (gap.toMs - gap.fromMs > longest.toMs - longest.fromMs) longest = gap;
    }
    return longest;
  }

  async end(): Promise<void> {
    await this.#process.end('SIGKILL');
  }

  #heard(line: string): void {
    const [index, , acceptedMs] = line.split(' ').map(Number);
    if (index === undefined || acceptedMs === undefined) return;
    const moments = this.#acceptedMs[index];
    // Connections overtake one another.
    if (moments !== undefined && acceptedMs >= (moments.at(-1) ?? 0)) moments.push(acceptedMs);
  }
}
