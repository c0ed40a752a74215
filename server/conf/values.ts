/** Texts of a configuration file to values, by the types of the option tables (momentum.md 8.1, A45). */

import { unreachable } from '../base/assert.ts';
import type { OptionEntry, OptionType } from '../base/option-table.ts';
import { err, ok, type Result } from '../base/result.ts';
import { isIpAddress, parseCidr, parseEndpoint, parseListen } from './addresses.ts';
import type { Value } from './ast.ts';
import { shown } from './diagnostics.ts';

/** Debug levels in rising order (momentum.md 2.2). */
export const DEBUG_LEVELS: readonly string[] = ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL'];

const TRUE_WORDS: readonly string[] = ['true', 'on', 'yes', 'enabled', '1'];
const FALSE_WORDS: readonly string[] = ['false', 'off', 'no', 'disabled', '0'];

export type Throttle = { readonly count: number; readonly perSeconds: number };

export function parseBool(text: string): Result<boolean, string> {
  const word = text.toLowerCase();
  if (TRUE_WORDS.includes(word)) return ok(true);
  if (FALSE_WORDS.includes(word)) return ok(false);
  return err(
    `'${shown(text)}' is neither true nor false: write true, false, on, off, yes, no, enabled, disabled, 1 or 0`,
  );
}

/** Decimal, octal with a leading 0, or hexadecimal with 0x; a sign may stand before it. */
export function parseInteger(text: string): Result<number, string> {
  const match = /^([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.exec(text);
  if (match === null) return err(`'${shown(text)}' is not a whole number`);
  const digits = match[2] ?? '';
  const octal = digits.length > 1 && /^0[0-7]+$/.test(digits);
  const size = octal ? Number.parseInt(digits, 8) : Number(digits);
  if (!Number.isSafeInteger(size)) return err(`'${shown(text)}' is too large`);
  return ok(match[1] === '-' && size !== 0 ? -size : size);
}

export function parseDecimal(text: string): Result<number, string> {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) || text.length > 32) {
    return err(`'${shown(text)}' is not a number`);
  }
  return ok(Number(text));
}

/** File permissions, always octal. */
export function parsePermissions(text: string): Result<number, string> {
  if (!/^0?[0-7]{1,4}$/.test(text)) return err(`'${shown(text)}' is not an octal permission such as 0660`);
  return ok(Number.parseInt(text, 8));
}

/** `N` per second or `N/seconds`. */
export function parseThrottle(text: string): Result<Throttle, string> {
  const match = /^(\d{1,9})(?:\/(\d{1,9}))?$/.exec(text);
  const perSeconds = Number(match?.[2] ?? 1);
  if (match === null || perSeconds === 0)
    return err(`'${shown(text)}' is not a throttle: write N or N/seconds`);
  return ok({ count: Number(match[1]), perSeconds });
}

/** Upper case, whatever the case written. */
export function parseLevel(text: string): Result<string, string> {
  const level = text.toUpperCase();
  return DEBUG_LEVELS.includes(level)
    ? ok(level)
    : err(`'${shown(text)}' is not one of ${DEBUG_LEVELS.join(', ')}`);
}

/** What is wrong with a value, in one sentence; undefined if nothing. */
export function problemOf(entry: OptionEntry, value: Value): string | undefined {
  if (entry.type === 'any') return undefined;
  if (value.kind === 'dict' || entry.type === 'dictionary') return dictionaryProblem(entry, value);
  if (value.kind === 'scalar') return textProblem(entry, value.text);
  if (entry.array !== true) return `${entry.name} takes one value, not an array`;
  for (const element of value.elements) {
    if (element.kind !== 'scalar') return `${entry.name} takes plain values; '${element.head.text}' has more`;
    const problem = textProblem(entry, element.text);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function dictionaryProblem(entry: OptionEntry, value: Value): string | undefined {
  if (entry.type !== 'dictionary') return `${entry.name} takes no dictionary [ … ]`;
  if (value.kind !== 'dict') return `${entry.name} takes a dictionary: ${entry.name} = [ key = "value" ]`;
  const odd = value.items.find((item) => item.kind !== 'option' || item.value.kind !== 'scalar');
  if (odd === undefined) return undefined;
  const name = odd.kind === 'include' ? 'include' : odd.name;
  return `${entry.name} takes pairs key = "value"; '${shown(name)}' is none`;
}

function textProblem(entry: OptionEntry, text: string): string | undefined {
  if (entry.values !== undefined && !entry.values.some((v) => v.toLowerCase() === text.toLowerCase())) {
    return `'${shown(text)}' is not one of ${entry.values.join(', ')}`;
  }
  const result = parseAs(entry.type, text);
  if (!result.ok) return result.error;
  if (typeof result.value !== 'number') return undefined;
  const unit = entry.unit === undefined ? '' : ` ${entry.unit}`;
  if (entry.min !== undefined && result.value < entry.min) return `${text} is below ${entry.min}${unit}`;
  if (entry.max !== undefined && result.value > entry.max) return `${text} is above ${entry.max}${unit}`;
  return undefined;
}

/** What is wrong with a text of a type; used for instance names too. */
export function parseAs(type: OptionType, text: string): Result<unknown, string> {
  switch (type) {
    case 'int':
      return parseInteger(text);
    case 'number':
      return parseDecimal(text);
    case 'bool':
      return parseBool(text);
    case 'level':
      return parseLevel(text);
    case 'perms':
      // Permissions have no bounds of their own, hence no number to compare.
      return mapOk(parsePermissions(text), String);
    case 'throttle':
      return parseThrottle(text);
    case 'address':
      return isIpAddress(text) ? ok(text) : err(`'${shown(text)}' is not an IP address`);
    case 'cidr':
      return parseCidr(text);
    case 'endpoint':
      return parseEndpoint(text);
    case 'listen':
      return parseListen(text);
    case 'string':
    case 'dictionary':
    case 'any':
      return ok(text);
    default:
      return unreachable(type);
  }
}

function mapOk<T, U>(result: Result<T, string>, to: (value: T) => U): Result<U, string> {
  return result.ok ? ok(to(result.value)) : result;
}
