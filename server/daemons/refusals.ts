/** Refusals that end a start, as errors of the catalog. */

import { ClusterError } from '../base/errors.ts';
import type { Result } from '../base/result.ts';

/** @throws ClusterError with the code given, all reasons in one line. */
export function orRefused<T>(
  code: 'IDENTITY_REFUSED' | 'OPTIONS_REFUSED',
  result: Result<T, string | readonly string[]>,
): T {
  if (result.ok) return result.value;
  const reason = typeof result.error === 'string' ? result.error : result.error.join('; ');
  throw new ClusterError(code, { reason });
}
