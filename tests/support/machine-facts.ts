/** What a process of a test says of itself and its machine. */

import type { ProcessFacts } from '../../server/cluster/process-facts.ts';

export const FACTS: ProcessFacts = {
  memory: {
    residentBytes: 50_000_000,
    heapTotalBytes: 30_000_000,
    heapUsedBytes: 20_000_000,
    externalBytes: 2_000_000,
    arrayBufferBytes: 1_000_000,
  },
  cpu: { userMs: 1_200, systemMs: 300 },
  uptimeMs: 5_000,
  system: {
    name: 'Linux',
    hostname: 'battleaxe',
    release: '2.6.10',
    version: '#1 SMP',
    machine: 'x86_64',
    distribution: 'Sample Linux 1',
    bits: 64,
  },
};
