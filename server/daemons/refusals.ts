/** What is wrong with options at a start: refusals that end it, and warnings that do not. */

import { ClusterError } from '../base/errors.ts';
import type { Logger } from '../base/ports.ts';
import type { Result } from '../base/result.ts';
import type { BusOptions } from '../cluster/process-options.ts';
import type { NodeName } from '../model/names.ts';

/** @throws ClusterError with the code given, all reasons in one line. */
export function orRefused<T>(
  code: 'IDENTITY_REFUSED' | 'OPTIONS_REFUSED',
  result: Result<T, string | readonly string[]>,
): T {
  if (result.ok) return result.value;
  const reason = typeof result.error === 'string' ? result.error : result.error.join('; ');
  throw new ClusterError(code, { reason });
}

/** Others refuse a server that is not among their peers, and `peers` must be the same everywhere. */
export function warnWithoutSelf({ server }: BusOptions, own: NodeName, logger: Logger): void {
  const peers = server.peers.map(({ node }) => node);
  if (!peers.includes(own)) logger.warn('peers.without_self', { own, peers });
}
