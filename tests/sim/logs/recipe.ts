/** Everything that one seed decides about a schedule of durable logs, as data. */

import { Prng } from '../../../server/base/prng.ts';

export const DEEDS = [
  'killWriter',
  'killService',
  'killManager',
  'cut',
  'block',
  'fullManager',
  'readOnlyManager',
  'fullNode',
  'losePower',
  'rotate',
] as const;
export type DeedKind = (typeof DEEDS)[number];

export type LogsDeed = {
  readonly kind: DeedKind;
  readonly atMs: number;
  /** Which node or manager, by number, modulo how many there are. */
  readonly which: number;
  /** After this it is undone: what was killed starts again, what was full has room. */
  readonly forMs: number;
};

export type LogsRecipe = {
  readonly seed: number;
  readonly nodes: number;
  readonly managers: readonly string[];
  readonly logs: readonly string[];
  readonly unitBytes: number;
  readonly activeMs: number;
  readonly idleMs: number;
  readonly logfile: string;
  readonly maxOpen: number;
  readonly maxIdleMs: number;
  readonly outstandingMax: number;
  /** Longest that an operation of a manager's disk takes. */
  readonly diskMs: number;
  /** Then only what was synced is acknowledged. */
  readonly powerFails: boolean;
  readonly stormMs: number;
  /** Between two appends of a log. */
  readonly everyMs: number;
  readonly burstMax: number;
  readonly deeds: readonly LogsDeed[];
};

const LOGFILES = ['/var/%{l}/%{s}/%{n}', '/var/%M/%S/%{l}/%{n}', '/var/%S/%{n}', '/var/all'];

export function drawLogsRecipe(seed: number): LogsRecipe {
  const prng = new Prng(seed);
  const powerFails = prng.chance(0.4);
  const stormMs = prng.pick([250, 600, 1_300]);
  const kinds = DEEDS.filter((kind) => kind !== 'losePower' || powerFails);
  return {
    seed,
    nodes: prng.chance(0.3) ? 2 : 1,
    managers: prng.chance(0.25) ? ['mgr1', 'mgr2'] : ['mgr1'],
    logs: prng.chance(0.3) ? ['mainlog', 'rejectlog'] : ['mainlog'],
    unitBytes: prng.pick([200, 700, 3_000, 100_000]),
    activeMs: prng.pick([0, 20, 100]),
    idleMs: prng.pick([50, 200, 400]),
    logfile: prng.pick(LOGFILES),
    maxOpen: prng.pick([1, 2, 16]),
    maxIdleMs: prng.pick([30, 300, 5_000]),
    diskMs: prng.pick([3, 3, 3, 200]),
    outstandingMax: prng.pick([3, 20, 65_536]),
    powerFails,
    stormMs,
    everyMs: prng.pick([15, 40, 80]),
    burstMax: prng.pick([1, 3, 8]),
    deeds: Array.from({ length: 1 + prng.below(6) }, () => ({
      kind: prng.pick(kinds),
      atMs: prng.between(0, stormMs),
      which: prng.below(12),
      forMs: prng.between(1, stormMs / 2),
    })),
  };
}
