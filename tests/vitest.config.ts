/**
 * Which tests run how. Pure rooms run in threads; what opens sockets, files or native libraries runs in processes.
 */

import { defineConfig } from 'vitest/config';

/** Rooms whose unit tests touch the world outside. */
const OUTSIDE = ['adapters', 'daemons', 'gateway'].map((room) => `tests/unit/${room}/**/*.test.{ts,tsx}`);

/** Clusters of real processes: they need the machine for themselves, or they take each other for silent. */
const PROCESSES = [
  'daemons',
  'duravip-processes',
  'duravip-what-if',
  'logs-aggregation',
  'logs-torture',
  'mail-cluster',
  'mail-limits',
  'mail-processes',
  'msgc-processes',
  'replication-processes',
  'reload-storm',
].map((name) => `tests/conformance/${name}.test.ts`);

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 10_000,
    exclude: ['**/node_modules/**', 'tests/e2e/**'],
    projects: [
      { extends: true, test: { name: 'tidy', include: ['tests/tidy/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', ...OUTSIDE],
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['tests/conformance/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...PROCESSES],
        },
      },
      {
        extends: true,
        test: { name: 'processes', include: PROCESSES, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
      // Alone and last: real time, and what it cuts is what others may stand on.
      {
        extends: true,
        test: {
          name: 'netns',
          include: ['tests/netns/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      { extends: true, test: { name: 'outside', include: OUTSIDE, pool: 'forks', testTimeout: 30_000 } },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // Beside everything else at the lowest priority: the limit only ends what hangs. Nearly all of a schedule is
      // garbage when it ends, so young objects get room.
      {
        extends: true,
        test: {
          name: 'sim',
          include: ['tests/sim/**/*.test.ts'],
          pool: 'forks',
          execArgv: ['--max-semi-space-size=64'],
          testTimeout: 900_000,
        },
      },
    ],
  },
});
