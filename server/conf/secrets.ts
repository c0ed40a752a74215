/**
 * Values that nobody reads back: passwords, tokens and the like. Consoles, the dashboard and diagnostics show stars
 * instead, everywhere and to everybody; only the files hold them.
 */

import type { Value } from './ast.ts';
import type { Registry } from './registry.ts';

export const SECRET_MASK = '********';

/** In a scope without a table the name alone tells. */
const SECRET_NAME = /pass(word|wd|phrase)|secret|token|basic_auth|private_?key$/i;

/** @param names of the scope, from the outside in. */
export function isSecret(registry: Registry, names: readonly string[], option: string): boolean {
  const entry =
    registry.option(names, option) ?? (names.length === 0 ? registry.widerOption(option) : undefined);
  if (entry !== undefined) return entry.secret === true;
  return SECRET_NAME.test(option);
}

/** What is shown in place of a secret. */
export function masked(value: Value): Value {
  return { kind: 'scalar', text: SECRET_MASK, quoted: true, at: value.at };
}
