/**
 * Changes in the text of one configuration file that leave everything else as it is, comments and blanks included.
 * Places are found among the tokens of the text, which must be free of errors. A change that this text does not allow,
 * such as one of a 2.2 endpoint, is not made, and the caller is told.
 */

import { nameKey } from './ast.ts';
import { DiagnosticSink, type Position } from './diagnostics.ts';
import { type Token, tokenize } from './lexer.ts';

const INDENT = '  ';
const CLOSERS: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

type Replacement = { readonly from: number; readonly to: number; readonly text: string };

export class TextEdit {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #byPlace = new Map<string, number>();
  readonly #replacements: Replacement[] = [];

  constructor(file: string, text: string) {
    this.#text = text;
    this.#tokens = tokenize(file, text, new DiagnosticSink());
    for (const [index, { line, column }] of this.#tokens.entries()) {
      this.#byPlace.set(`${line}:${column}`, index);
    }
  }

  /** Gives the option that stands at a place another value. */
  replaceValue(at: Position, name: string, lines: readonly string[]): boolean {
    const value = this.#valueOf(at, name);
    if (value === undefined) return false;
    const indented = lines.join(`\n${this.#indentAt(value.from)}`);
    const text = value.equals ? indented : `= ${indented}`;
    const next = this.#text.charAt(value.to);
    this.#replace(value.from, value.to, next === '' || /[\s}\])>#]/.test(next) ? text : `${text} `);
    return true;
  }

  /** Takes away an option, or a flag word, with the lines that would be left blank. */
  removeOption(at: Position, name: string): boolean {
    const index = this.#byPlace.get(placeOf(at));
    const token = index === undefined ? undefined : this.#tokens[index];
    if (token === undefined || nameKey(token.text) !== nameKey(name)) return false;
    const value = this.#valueOf(at, name);
    this.#remove(token.startAt, value?.to ?? token.endAt);
    return true;
  }

  /** Takes away `name … { … }` or the 2.2 section `name [ … ]`. */
  removeScope(at: Position): boolean {
    const index = this.#byPlace.get(placeOf(at));
    const token = index === undefined ? undefined : this.#tokens[index];
    const opener = index === undefined ? undefined : this.#openerAfter(index, ['{', '[']);
    const closer = opener === undefined ? undefined : this.#closerOf(opener);
    if (token === undefined || closer === undefined) return false;
    this.#remove(token.startAt, closer.endAt);
    return true;
  }

  /** Whether the scope at a place has braces, into which something can be written. */
  hasBraces(at: Position): boolean {
    const index = this.#byPlace.get(placeOf(at));
    return index !== undefined && this.#openerAfter(index, ['{']) !== undefined;
  }

  /** Adds lines at the end of the scope that is opened at a place. */
  insertInScope(at: Position, lines: readonly string[]): boolean {
    const index = this.#byPlace.get(placeOf(at));
    const opener = index === undefined ? undefined : this.#openerAfter(index, ['{']);
    const closer = opener === undefined ? undefined : this.#closerOf(opener);
    if (closer === undefined) return false;
    const lineStart = this.#text.lastIndexOf('\n', closer.startAt - 1) + 1;
    const indent = this.#indentAt(closer.startAt);
    const text = lines.map((line) => `${indent}${INDENT}${line}\n`).join('');
    const before = this.#text.slice(lineStart, closer.startAt);
    if (before.trim() === '') this.#replace(lineStart, lineStart, text);
    else this.#replace(lineStart + before.trimEnd().length, closer.startAt, `\n${text}${indent}`);
    return true;
  }

  append(lines: readonly string[]): void {
    const end = this.#text.length;
    const joint = end === 0 || this.#text.endsWith('\n') ? '' : '\n';
    this.#replace(end, end, joint + lines.map((line) => `${line}\n`).join(''));
  }

  /** The text with all changes. A change inside something that was taken away is lost with it. */
  result(): string {
    const sorted = this.#replacements
      .map((replacement, order) => ({ ...replacement, order }))
      .sort((a, b) => a.from - b.from || b.to - a.to || a.order - b.order);
    let result = '';
    let done = 0;
    for (const { from, to, text } of sorted) {
      if (from < done) continue;
      result += this.#text.slice(done, from) + text;
      done = to;
    }
    return result + this.#text.slice(done);
  }

  #replace(from: number, to: number, text: string): void {
    this.#replacements.push({ from, to, text });
  }

  /** With its line when nothing else stands on it. */
  #remove(from: number, to: number): void {
    const lineStart = this.#text.lastIndexOf('\n', from - 1) + 1;
    const lineEnd = this.#text.indexOf('\n', to);
    const before = this.#text.slice(lineStart, from);
    const after = this.#text.slice(to, lineEnd < 0 ? this.#text.length : lineEnd);
    if (before.trim() === '' && after.trim() === '') {
      this.#replace(lineStart, lineEnd < 0 ? this.#text.length : lineEnd + 1, '');
    } else this.#replace(from, to, '');
  }

  /** Where the value of an option stands; from the bracket on where there is no `=`. */
  #valueOf(
    at: Position,
    name: string,
  ): { readonly from: number; readonly to: number; readonly equals: boolean } | undefined {
    const index = this.#byPlace.get(placeOf(at));
    if (index === undefined || nameKey(this.#tokens[index]?.text ?? '') !== nameKey(name)) return undefined;
    const next = this.#tokens[index + 1];
    const equals = next?.kind === '=';
    if (!equals && next?.kind !== '[') return undefined;
    const first = index + (equals ? 2 : 1);
    const token = this.#tokens[first];
    if (token === undefined) return undefined;
    const last = CLOSERS[token.kind] === undefined ? token : this.#closerOf(first);
    return last && { from: token.startAt, to: last.endAt, equals };
  }

  /** Index of the bracket that follows a name, its instance and its attributes. */
  #openerAfter(index: number, kinds: readonly string[]): number | undefined {
    let inAttributes = false;
    for (let i = index + 1; i < this.#tokens.length; i += 1) {
      const kind = this.#tokens[i]?.kind ?? 'end';
      if (kind === '<') inAttributes = true;
      else if (kind === '>') inAttributes = false;
      else if (kinds.includes(kind)) return i;
      else if (kind !== 'word' && kind !== 'string' && !(inAttributes && kind === '=')) return undefined;
    }
    return undefined;
  }

  #closerOf(opener: number): Token | undefined {
    let depth = 0;
    for (let i = opener; i < this.#tokens.length; i += 1) {
      const token = this.#tokens[i];
      if (token === undefined) return undefined;
      if (CLOSERS[token.kind] !== undefined) depth += 1;
      else if (token.kind === '}' || token.kind === ']' || token.kind === ')') depth -= 1;
      if (depth === 0) return token;
    }
    return undefined;
  }

  /** The blanks with which the line of an offset begins. */
  #indentAt(offset: number): string {
    const lineStart = this.#text.lastIndexOf('\n', offset - 1) + 1;
    return /^[ \t]*/.exec(this.#text.slice(lineStart))?.[0] ?? '';
  }
}

function placeOf({ line, column }: Position): string {
  return `${line}:${column}`;
}
