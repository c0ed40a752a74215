/** Patterns of the configuration (PCRE) as regular expressions of the runtime, as far as the two agree. */

import { err, ok, type Result } from '../base/result.ts';

/** Longer patterns are refused. */
export const PCRE_CHARACTERS_MAX = 4_096;

/** The error is one line for people. */
export function compilePcre(pattern: string): Result<RegExp, string> {
  if (pattern.length > PCRE_CHARACTERS_MAX)
    return err(`a pattern has at most ${PCRE_CHARACTERS_MAX} characters`);
  const options = /^\(\?([imsx]+)\)/.exec(pattern);
  const flags = options?.[1] ?? '';
  if (flags.includes('x')) return err(`'${pattern}' uses the option x, which is not supported`);
  try {
    return ok(new RegExp(pattern.slice(options?.[0].length ?? 0), [...new Set(flags)].join('')));
  } catch {
    return err(`'${pattern}' is not a pattern`);
  }
}
