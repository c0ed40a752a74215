/**
 * Patterns of the configuration, in the part of PCRE's syntax that is decided in linear time: no text can keep a
 * process busy. Back references, looking around and possessive repetition are refused when the configuration loads.
 */

import { RE2JS } from 're2js';
import { err, ok, type Result } from '../base/result.ts';

export const PCRE_CHARACTERS_MAX = 1_024;

export type Pcre = {
  readonly source: string;
  /** True when the pattern occurs anywhere in the text; `^` and `$` tie it to the ends. */
  readonly test: (text: string) => boolean;
};

/** The error says what of the pattern is not understood. */
export function compilePcre(source: string): Result<Pcre, string> {
  if (source.length > PCRE_CHARACTERS_MAX) return err(`it has more than ${PCRE_CHARACTERS_MAX} characters`);
  try {
    const pattern = RE2JS.compile(source);
    return ok({ source, test: (text) => pattern.matcher(text).find() });
  } catch (cause) {
    const { message } = cause as Error;
    return err(message.replace(/^error parsing regexp: /, ''));
  }
}
