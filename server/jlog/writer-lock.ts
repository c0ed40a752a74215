/**
 * One writer in a log. Who wants to write first leaves an empty file with its name in the directory and then looks
 * for others: of two that come at once at least one sees the other and goes. What the dead left behind is removed;
 * names of processes do not come back, so nobody removes the file of somebody alive.
 *
 * Limits: containers with a shared log but process numbers of their own, and machines with a shared disk, do not see
 * each other; neither do writers that use the C library. The writer notices what others appended (writer.ts).
 */

import { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { FileStore } from './api.ts';
import { writeFailed } from './refusals.ts';

const PREFIX = 'writer.';

export function isOwnerName(name: string): boolean {
  return name.startsWith(PREFIX);
}

export type WriterLock = {
  /** The last writer did not close the log. */
  readonly afterCrash: boolean;
  /** It ran before this machine was switched on: what was not synced may be gone, and readers may have seen it. */
  readonly afterPowerLoss: boolean;
  readonly release: () => void;
};

/** LOG_IN_USE, LOG_READ_ONLY, LOG_FULL, LOG_WRITE_FAILED. */
export function lockWriter(store: FileStore, directory: string): Result<WriterLock, ClusterError> {
  const own = `${PREFIX}${store.processId}`;
  const path = `${directory}/${own}`;
  const created = store.open(path, 'create');
  if (!created.ok) {
    if (created.error.kind !== 'exists') return err(writeFailed(directory, created.error));
    return err(new ClusterError('LOG_IN_USE', { directory, owner: 'this process' }));
  }
  created.value.close();
  const release = (): void => {
    store.unlink(path);
  };
  const names = store.list(directory);
  if (!names.ok) {
    release();
    return err(writeFailed(directory, names.error));
  }
  const others = names.value.filter((name) => isOwnerName(name) && name !== own);
  const alive = others.find((name) => store.isAlive(name.slice(PREFIX.length)));
  if (alive !== undefined) {
    release();
    return err(new ClusterError('LOG_IN_USE', { directory, owner: alive.slice(PREFIX.length) }));
  }
  for (const name of others) store.unlink(`${directory}/${name}`);
  const afterPowerLoss = others.some((name) => bootOf(name.slice(PREFIX.length)) !== bootOf(store.processId));
  return ok({ afterCrash: others.length > 0, afterPowerLoss, release });
}

function bootOf(processId: string): string | undefined {
  return processId.split('-')[0];
}
