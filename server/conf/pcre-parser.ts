/**
 * Patterns in the syntax of PCRE to a tree. Read is what a matcher without backtracking can decide; back references,
 * assertions about what stands around, and everything that steers the original's backtracking are refused by name.
 */

import { err, ok, type Result } from '../base/result.ts';
import { type CharSet, escapeSet, posixSet, single } from './pcre-sets.ts';

export const PCRE_CHARACTERS_MAX = 1_024;
/** Highest count in `{n,m}`. */
export const PCRE_REPEAT_MAX = 255;
/** Groups inside one another. */
export const PCRE_DEPTH_MAX = 64;

export type PcreFlags = { readonly ignoreCase: boolean; readonly dotAll: boolean; readonly lines: boolean };

export type PcreAssertion =
  | 'textStart'
  | 'textEnd'
  | 'nearTextEnd'
  | 'lineStart'
  | 'lineEnd'
  | 'edge'
  | 'noEdge';

export type PcreNode =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assertion'; readonly assertion: PcreAssertion }
  | { readonly kind: 'sequence'; readonly nodes: readonly PcreNode[] }
  | { readonly kind: 'choice'; readonly branches: readonly PcreNode[] }
  /** `max` undefined: without end. */
  | {
      readonly kind: 'repeat';
      readonly node: PcreNode;
      readonly min: number;
      readonly max: number | undefined;
    };

export function parsePcre(source: string): Result<PcreNode, string> {
  const characters = [...source];
  if (characters.length > PCRE_CHARACTERS_MAX)
    return err(`it has more than ${PCRE_CHARACTERS_MAX} characters`);
  try {
    return ok(new PcreReader(characters).whole());
  } catch (cause) {
    if (cause instanceof Refusal) return err(cause.message);
    throw cause;
  }
}

/** Leaves the reader from any depth; never leaves this file. */
class Refusal extends Error {}

const NO_FLAGS: PcreFlags = { ignoreCase: false, dotAll: false, lines: false };
const EMPTY: PcreNode = { kind: 'sequence', nodes: [] };
const ESCAPED_ASSERTIONS: Readonly<Record<string, PcreAssertion>> = {
  A: 'textStart',
  z: 'textEnd',
  Z: 'nearTextEnd',
  b: 'edge',
  B: 'noEdge',
};

class PcreReader {
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;
  #flags = NO_FLAGS;

  constructor(characters: readonly string[]) {
    this.#characters = characters;
  }

  whole(): PcreNode {
    const node = this.#choice();
    if (this.#peek() !== undefined) throw new Refusal("a ')' closes nothing");
    return node;
  }

  #peek(ahead = 0): string | undefined {
    return this.#characters[this.#at + ahead];
  }

  #take(text: string): boolean {
    for (const [i, c] of [...text].entries()) if (this.#peek(i) !== c) return false;
    this.#at += text.length;
    return true;
  }

  /** Flags set inside end with the group. */
  #choice(): PcreNode {
    const flags = this.#flags;
    const branches = [this.#sequence()];
    while (this.#take('|')) branches.push(this.#sequence());
    this.#flags = flags;
    return branches.length === 1 ? (branches[0] ?? EMPTY) : { kind: 'choice', branches };
  }

  #sequence(): PcreNode {
    const nodes: PcreNode[] = [];
    for (let c = this.#peek(); c !== undefined && c !== '|' && c !== ')'; c = this.#peek()) {
      if (this.#take('\\Q')) nodes.push(...this.#literals());
      else if (!this.#take('\\E')) nodes.push(this.#repeated(this.#atom(c)));
    }
    return { kind: 'sequence', nodes };
  }

  /** `\Q…\E` */
  #literals(): readonly PcreNode[] {
    const nodes: PcreNode[] = [];
    for (let c = this.#peek(); c !== undefined && !this.#take('\\E'); c = this.#peek()) {
      nodes.push(this.#literal(c));
      this.#at += 1;
    }
    return nodes;
  }

  #literal(c: string): PcreNode {
    return { kind: 'set', set: single(c.codePointAt(0) ?? 0, this.#flags.ignoreCase) };
  }

  #atom(c: string): PcreNode {
    this.#at += 1;
    switch (c) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#class() };
      case '.':
        return { kind: 'set', set: { negated: true, ranges: this.#flags.dotAll ? [] : [[10, 10]] } };
      case '^':
        return { kind: 'assertion', assertion: this.#flags.lines ? 'lineStart' : 'textStart' };
      case '$':
        return { kind: 'assertion', assertion: this.#flags.lines ? 'lineEnd' : 'nearTextEnd' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new Refusal(`nothing stands before '${c}' that could be repeated`);
      default:
        return this.#literal(c);
    }
  }

  #escape(): PcreNode {
    const c = this.#peek();
    if (c === undefined) throw new Refusal('it ends with a backslash');
    const assertion = ESCAPED_ASSERTIONS[c];
    if (assertion !== undefined) {
      this.#at += 1;
      return { kind: 'assertion', assertion };
    }
    if (/[1-9gk]/.test(c)) throw new Refusal('back references are not supported');
    return { kind: 'set', set: this.#escapedSet() };
  }

  /** After a backslash, inside a class or outside. */
  #escapedSet(): CharSet {
    const c = this.#peek() ?? '';
    this.#at += 1;
    const hex = c === 'x' ? this.#matched(/^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{0,2}))/) : undefined;
    const octal = c === '0' ? this.#matched(/^([0-7]{0,2})/) : undefined;
    const digits = hex ?? octal;
    if (digits !== undefined) {
      const code = digits === '' ? 0 : Number.parseInt(digits, hex === undefined ? 8 : 16);
      if (code > 0x10ffff) throw new Refusal(`\\x{${digits}} is not a character`);
      return single(code, this.#flags.ignoreCase);
    }
    const set = escapeSet(c, this.#flags.ignoreCase);
    if (set === undefined) throw new Refusal(`'\\${c}' is not supported`);
    return set;
  }

  #matched(pattern: RegExp): string {
    const found = pattern.exec(this.#characters.slice(this.#at, this.#at + 10).join(''));
    this.#at += found?.[0].length ?? 0;
    return found?.[1] ?? found?.[2] ?? '';
  }

  /** After `(`. */
  #group(): PcreNode {
    this.#depth += 1;
    if (this.#depth > PCRE_DEPTH_MAX)
      throw new Refusal(`more than ${PCRE_DEPTH_MAX} groups inside each other`);
    if (this.#take('*')) throw new Refusal('verbs such as (*SKIP) are not supported');
    const outside = this.#flags;
    const node = this.#take('?') ? this.#special() : this.#choice();
    if (node === 'flags') {
      // `(?i)` holds up to the end of the group it stands in.
      this.#depth -= 1;
      return EMPTY;
    }
    this.#flags = outside;
    if (!this.#take(')')) throw new Refusal("a '(' is not closed");
    this.#depth -= 1;
    return node;
  }

  /** After `(?`. */
  #special(): PcreNode | 'flags' {
    if (this.#take('#')) {
      while (this.#peek() !== undefined && this.#peek() !== ')') this.#at += 1;
      return EMPTY;
    }
    if (this.#take(':')) return this.#choice();
    const rest = this.#characters.slice(this.#at, this.#at + 64).join('');
    const name = /^(?:P?<(?![=!])|')\w{1,32}[>']/.exec(rest)?.[0];
    if (name !== undefined) {
      this.#at += name.length;
      return this.#choice();
    }
    if (/^<?[=!]/.test(rest)) throw new Refusal('looking ahead and behind is not supported');
    const flags = /^([a-z]*)(?:-([a-z]*))?([:)])/i.exec(rest);
    if (flags === null) throw new Refusal(`'(?${rest.slice(0, 1)}' is not supported`);
    this.#at += flags[0].length;
    this.#flags = changedFlags(this.#flags, flags[1] ?? '', flags[2] ?? '');
    return flags[3] === ':' ? this.#choice() : 'flags';
  }

  #repeated(node: PcreNode): PcreNode {
    let result = node;
    for (;;) {
      const range = this.#range();
      if (range === undefined) return result;
      if (node.kind === 'assertion') throw new Refusal('a place such as ^ or \\b cannot be repeated');
      // A lazy repetition matches the same texts as a greedy one.
      if (this.#peek() === '+') throw new Refusal('possessive repetition is not supported');
      if (this.#peek() === '?') this.#at += 1;
      result = { kind: 'repeat', node: result, ...range };
    }
  }

  #range(): { readonly min: number; readonly max: number | undefined } | undefined {
    if (this.#take('*')) return { min: 0, max: undefined };
    if (this.#take('+')) return { min: 1, max: undefined };
    if (this.#take('?')) return { min: 0, max: 1 };
    const match = /^\{(\d{1,5})(,?)(\d{0,5})\}/.exec(
      this.#characters.slice(this.#at, this.#at + 16).join(''),
    );
    if (match === null) return undefined; // A brace that counts nothing is itself.
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === '' ? min : match[3] === '' ? undefined : Number(match[3]);
    if (min > PCRE_REPEAT_MAX || (max ?? 0) > PCRE_REPEAT_MAX) {
      throw new Refusal(`'${match[0]}' repeats more than ${PCRE_REPEAT_MAX} times`);
    }
    if (max !== undefined && max < min) throw new Refusal(`'${match[0]}' counts backwards`);
    return { min, max };
  }

  /** After `[`. */
  #class(): CharSet {
    const negated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; ; first = false) {
      const c = this.#peek();
      if (c === undefined) throw new Refusal("a '[' is not closed");
      if (c === ']' && !first) break;
      const low = this.#classItem();
      const dash = this.#peek() === '-' && this.#peek(1) !== ']' && this.#peek(1) !== undefined;
      if (!dash) ranges.push(...low.ranges);
      else {
        this.#at += 1;
        ranges.push(...rangeBetween(low, this.#classItem(), this.#flags.ignoreCase));
      }
    }
    this.#at += 1;
    return { negated, ranges };
  }

  #classItem(): CharSet {
    const c = this.#peek() ?? '';
    if (c === '[' && /[:.=]/.test(this.#peek(1) ?? '')) {
      const named = /^\[:(\^?)(\w+):\]/.exec(this.#characters.slice(this.#at, this.#at + 16).join(''));
      const set = posixSet(named?.[2] ?? '', named?.[1] === '^', this.#flags.ignoreCase);
      if (named === null || set === undefined) throw new Refusal("a class such as '[:alpha:]' is not known");
      this.#at += named[0].length;
      return set;
    }
    this.#at += 1;
    if (c !== '\\') return single(c.codePointAt(0) ?? 0, this.#flags.ignoreCase);
    if (this.#take('b')) return single(8, false);
    return this.#escapedSet();
  }
}

function changedFlags(before: PcreFlags, on: string, off: string): PcreFlags {
  const known: Readonly<Record<string, keyof PcreFlags>> = { i: 'ignoreCase', s: 'dotAll', m: 'lines' };
  let flags = before;
  for (const [letters, value] of [
    [on, true],
    [off, false],
  ] as const) {
    for (const letter of letters) {
      const flag = known[letter];
      if (flag === undefined) throw new Refusal(`the flag '${letter}' is not supported`);
      flags = { ...flags, [flag]: value };
    }
  }
  return flags;
}

function rangeBetween(low: CharSet, high: CharSet, ignoreCase: boolean): CharSet['ranges'] {
  const from = low.ranges[0];
  const to = high.ranges[0];
  if (from === undefined || to === undefined || from[0] !== from[1] || to[0] !== to[1]) {
    throw new Refusal("a '-' in [ ] stands between characters only");
  }
  if (to[0] < from[0]) throw new Refusal('a range in [ ] counts backwards');
  return ignoreCase ? bothCases(from[0], to[0]) : [[from[0], to[0]]];
}

function bothCases(from: number, to: number): CharSet['ranges'] {
  const shifted = (low: number, high: number, by: number): CharSet['ranges'] => {
    const [a, b] = [Math.max(from, low), Math.min(to, high)];
    return a <= b ? [[a + by, b + by]] : [];
  };
  return [[from, to], ...shifted(65, 90, 32), ...shifted(97, 122, -32)];
}
