/** Results in tests, where a refusal is a failure. */

import type { Result } from '../../server/base/result.ts';

/** The value, or the refusal as an exception. */
export function given<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value;
  throw result.error instanceof Error ? result.error : new Error(JSON.stringify(result.error));
}
