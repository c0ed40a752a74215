/**
 * Whether a user may run a command (momentum.md 7.1): the rules of `Authorization { Role "name" { allow = ( … ) } }`
 * that carry the user's name or one of the user's roles. The first pattern that matches allows; otherwise the command is
 * refused. Pure; patterns are compiled once per text.
 */

import type { Generation } from '../conf/generation.ts';
import { compilePcre, type Pcre } from '../conf/pcre.ts';

export const NOT_AUTHORIZED = 'Not Authorized for this command';
/** Compiled patterns kept; more empties the memory. */
export const PATTERNS_KEPT_MAX = 1_000;

/** -1: it could not be decided, which refuses as well. */
export type AuthorizationOutcome = 1 | 0 | -1;

export type AuthorizationDecision = {
  readonly outcome: AuthorizationOutcome;
  /** The rule that allowed it. */
  readonly role: string | undefined;
  /** Patterns that could not be read, one line each. */
  readonly problems: readonly string[];
};

export class Authorization {
  readonly #patterns = new Map<string, Pcre | string>();

  /** @param command as typed, trimmed. */
  decide(
    generation: Generation,
    who: { readonly user: string; readonly roles: readonly string[] },
    command: string,
  ): AuthorizationDecision {
    const problems: string[] = [];
    for (const role of new Set([who.user, ...who.roles])) {
      for (const pattern of allowedPatterns(generation, role)) {
        const compiled = this.#compile(pattern);
        if (typeof compiled === 'string') problems.push(`Role "${role}": ${compiled}`);
        else if (compiled.test(command)) return { outcome: 1, role, problems };
      }
    }
    return { outcome: problems.length > 0 ? -1 : 0, role: undefined, problems };
  }

  /** The error is a text. */
  #compile(pattern: string): Pcre | string {
    const known = this.#patterns.get(pattern);
    if (known !== undefined) return known;
    if (this.#patterns.size >= PATTERNS_KEPT_MAX) this.#patterns.clear();
    const result = compilePcre(pattern);
    const compiled = result.ok ? result.value : result.error;
    this.#patterns.set(pattern, compiled);
    return compiled;
  }
}

/** Names of the configured rules, in order. */
export function definedRoles(generation: Generation): readonly string[] {
  return generation.instances(['Authorization'], 'Role');
}

/** Instance names of this scope are compared by the tree without case; a user name is not. */
function allowedPatterns(generation: Generation, role: string): readonly string[] {
  if (!definedRoles(generation).includes(role)) return [];
  const path = ['Authorization', { name: 'Role', instance: role }];
  return generation.isSet(path, 'allow') ? generation.getStrings(path, 'allow') : [];
}
