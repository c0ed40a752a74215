/** What the disk refused, in words of the log. */

import { ClusterError } from '../base/errors.ts';
import type { StoreError } from './api.ts';

export function readFailed(directory: string, { reason }: StoreError): ClusterError {
  return new ClusterError('LOG_READ_FAILED', { directory, reason });
}

export function writeFailed(directory: string, { kind, reason }: StoreError): ClusterError {
  if (kind === 'full') return new ClusterError('LOG_FULL', { directory, reason });
  if (kind === 'denied') return new ClusterError('LOG_READ_ONLY', { directory, reason });
  return new ClusterError('LOG_WRITE_FAILED', { directory, reason });
}
