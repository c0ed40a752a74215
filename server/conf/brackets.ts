/**
 * The open brackets around a place in a file: who closes, what was left open, how deep it goes. Indentation decides
 * nothing but is believed when it tells which bracket was forgotten.
 */

import { DIAGNOSTICS_MAX, type DiagnosticCode, type DiagnosticSink, type Position } from './diagnostics.ts';
import type { Token, TokenKind } from './lexer.ts';
import { TokenReader } from './token-reader.ts';

/** Open brackets around any place of a file. */
export const NESTING_MAX = 64;

export type Opener = {
  readonly token: Token;
  readonly closer: TokenKind;
  /** What it opens, for messages. */
  readonly what: string;
};

/** The first token that stands no further in than the line of a bracket that is still open around it. */
export type Outdented = Token | undefined;

export class Brackets {
  readonly reader: TokenReader;
  readonly #file: string;
  readonly #sink: DiagnosticSink;
  readonly #open: Opener[] = [];
  /** The first bracket that was closed although the indentation says that it was left before. */
  #suspect: { readonly opener: Opener; readonly token: Token } | undefined;
  #balanced = true;

  constructor(file: string, tokens: readonly Token[], sink: DiagnosticSink) {
    this.reader = new TokenReader(tokens);
    this.#file = file;
    this.#sink = sink;
  }

  /** False once a bracket was left open or closed twice. */
  get balanced(): boolean {
    return this.#balanced;
  }

  /** Reads what is inside an opener that was just taken; undefined, with a diagnostic, when it is too deep. */
  inside<T>(opener: Opener, read: (opener: Opener) => T): T | undefined {
    if (this.#open.length >= NESTING_MAX) {
      const what = `more than ${NESTING_MAX} brackets inside each other`;
      this.syntax('CONF_TOO_DEEP', opener.token, opener.token.text, what);
      this.reader.skipBracket();
      return undefined;
    }
    this.#open.push(opener);
    const result = read(opener);
    this.#open.pop();
    return result;
  }

  /** Consumes the closer; reports a missing one. True when what is inside ends here. */
  closes(opener: Opener | undefined, outdented: Outdented): boolean {
    const token = this.reader.peek();
    if (this.#sink.errors > DIAGNOSTICS_MAX) return true;
    if (opener === undefined) return token.kind === 'end';
    if (token.kind === opener.closer) {
      this.#suspectAfter(opener, token, outdented);
      this.reader.take();
      return true;
    }
    const enclosing = this.#open.some((other) => other !== opener && other.closer === token.kind);
    if (token.kind !== 'end' && !enclosing) return false;
    this.unclosed(opener, token, outdented);
    return true;
  }

  /** The next token, if it begins a line no further in than the line of the opener. */
  outdented(opener: Opener | undefined): Outdented {
    const token = this.reader.peek();
    if (opener === undefined || token.line <= opener.token.line || !this.#startsLine(token)) return undefined;
    return token.column <= this.#indentOf(opener) ? token : undefined;
  }

  unclosed(opener: Opener, at: Token, outdented: Outdented): void {
    this.#balanced = false;
    // The bracket that was left open may be an inner one, which then was closed by the closer of an outer one.
    const suspect = this.#suspect;
    const inner =
      suspect !== undefined && suspect.opener.token.line >= opener.token.line ? suspect : undefined;
    const { token, closer, what } = inner?.opener ?? opener;
    const where = inner?.token ?? outdented ?? at;
    const hint =
      where.kind === 'end'
        ? `add '${closer}'`
        : `a '${closer}' is missing before line ${where.line}, where '${where.text}' stands`;
    this.#suspect = undefined;
    this.syntax('CONF_UNCLOSED', token, token.text, `${what} is not closed with '${closer}'`, hint);
  }

  /** Takes a closer that closes nothing. */
  strayCloser(opener: Opener | undefined): void {
    const token = this.reader.take();
    this.#balanced = false;
    const hint =
      opener === undefined
        ? 'nothing is open here: delete it'
        : `the innermost open bracket is '${opener.token.text}' of line ${opener.token.line}`;
    this.syntax('CONF_UNEXPECTED_CLOSER', token, token.text, `unexpected '${token.text}'`, hint);
  }

  at(token: Token): Position {
    return { file: this.#file, line: token.line, column: token.column };
  }

  syntax(code: DiagnosticCode, token: Token, near: string, what: string, hint?: string): void {
    this.#sink.syntax(code, this.at(token), near, what, hint);
  }

  #suspectAfter(opener: Opener, closer: Token, outdented: Outdented): void {
    if (outdented !== undefined) this.#suspect ??= { opener, token: outdented };
    else if (this.#startsLine(closer) && closer.column < this.#indentOf(opener)) {
      this.#suspect ??= { opener, token: closer };
    }
  }

  #startsLine(token: Token): boolean {
    return this.reader.previous().endLine < token.line;
  }

  /** Column at which the line of an opener begins. */
  #indentOf(opener: Opener): number {
    return this.reader.firstColumnOf(opener.token.line);
  }
}
