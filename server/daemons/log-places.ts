/** Where a running node has its logs: the disk, how full it is, and what its own loggers wrote. */

import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DiskStore } from '../adapters/file-store.ts';
import type { ProcessLogs } from '../cluster/process-logs.ts';
import type { DiskSpace, LogPlaces } from '../cluster/watched-logs.ts';

export function logPlaces(loggers: ProcessLogs): LogPlaces {
  return { store: new DiskStore(), diskOf, written: (directory) => loggers.written(directory) };
}

/** A directory that does not exist yet will be where its next parent is. */
function diskOf(path: string): DiskSpace | undefined {
  for (let place = path; ; place = dirname(place)) {
    try {
      const { bsize, bavail, blocks } = statfsSync(place);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch {
      if (place === dirname(place)) return undefined; // nothing above it either: nobody knows
    }
  }
}
