/** What is wrong with options: refusals that end a start, and doubts that do not. */

import { ClusterError } from '../base/errors.ts';
import type { Result } from '../base/result.ts';
import { busDoubts } from '../cluster/bus-addresses.ts';
import { type BusOptions, busEndpoints } from '../cluster/process-options.ts';
import type { Generation } from '../conf/generation.ts';
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

/** What of the bus will probably not work, of any generation of one process. */
export function doubtsOf(
  own: NodeName,
  busOf: (generation: Generation) => Result<BusOptions, readonly string[]>,
): (generation: Generation) => readonly string[] {
  return (generation) => {
    const bus = busOf(generation);
    return bus.ok ? busDoubts(bus.value, own, busEndpoints(generation)) : [];
  };
}
