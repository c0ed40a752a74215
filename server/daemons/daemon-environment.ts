/** What a daemon takes from its surroundings, read once by its program. */

import type { IdentitySources } from '../cluster/identity.ts';

export type DaemonEnvironment = IdentitySources & {
  readonly pid: number;
  /** EC_CONF_SEARCH_PATH. */
  readonly searchPath: string | undefined;
  /** Random; seeds the jitter of waits. */
  readonly seed: number;
};
