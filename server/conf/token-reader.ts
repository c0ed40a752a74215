/** A cursor over the tokens of one file with lookahead and the skips that recovery needs. */

import { must } from '../base/assert.ts';
import type { Token } from './lexer.ts';

export class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #firstColumn = new Map<number, number>();
  #at = 0;

  /** @param tokens ends with one `end` token, which is never passed. */
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    for (const { line, column } of tokens) {
      if (!this.#firstColumn.has(line)) this.#firstColumn.set(line, column);
    }
  }

  peek(ahead = 0): Token {
    const index = Math.min(this.#at + ahead, this.#tokens.length - 1);
    return must(this.#tokens[index], 'a token');
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  previous(): Token {
    return must(this.#tokens[Math.max(0, this.#at - 1)], 'a token');
  }

  /** Column of the first token on a line. */
  firstColumnOf(line: number): number {
    return this.#firstColumn.get(line) ?? 1;
  }

  skipTo(isWanted: (token: Token) => boolean): void {
    while (this.peek().kind !== 'end' && !isWanted(this.peek())) this.#at += 1;
  }

  skipScalarsOfLine(line: number): void {
    this.skipTo((t) => t.line !== line || (t.kind !== 'word' && t.kind !== 'string'));
  }

  /** After an opener was taken: passes its closer, counting brackets without looking at their kind. */
  skipBracket(): void {
    for (let depth = 1; depth > 0 && this.peek().kind !== 'end'; ) {
      const { kind } = this.take();
      if (kind === '{' || kind === '[' || kind === '(') depth += 1;
      else if (kind === '}' || kind === ']' || kind === ')') depth -= 1;
    }
  }
}
