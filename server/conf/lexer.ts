/**
 * Text to tokens, for both generations of the syntax. Knows quotes, comments and bare words; knows nothing of names.
 * The manuals ask for quotes around values with special characters, their samples leave them out; so a bare word
 * here is anything but blanks and the characters that carry structure (momentum.md 8.1, leniency).
 */

import { DIAGNOSTICS_MAX, type DiagnosticSink, type Position } from './diagnostics.ts';

/** Characters of one file. */
export const FILE_CHARACTERS_MAX = 4 * 1024 * 1024;
/** Tokens of one file. */
export const TOKENS_MAX = 500_000;

export type TokenKind =
  | 'word'
  | 'string'
  | '{'
  | '}'
  | '['
  | ']'
  | '('
  | ')'
  | '='
  | '<'
  | '>'
  | ','
  | ';'
  | 'end';

export type Token = {
  readonly kind: TokenKind;
  /** Of a word or string: its value. Otherwise as written. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** The line on which it ends; a string may span lines. */
  readonly endLine: number;
  /** Where it begins and ends (exclusive) in the text, quotes included. */
  readonly startAt: number;
  readonly endAt: number;
};

const STRUCTURE: Readonly<Record<string, TokenKind>> = {
  '{': '{',
  '}': '}',
  '[': '[',
  ']': ']',
  '(': '(',
  ')': ')',
  '=': '=',
  '<': '<',
  '>': '>',
  ',': ',',
  ';': ';',
};
const WORD_END = /[\s"'#{}[\]()=<>]/;
const BLANK = /\s/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u0008\u000e-\u001f\u007f]/;

/** True when the lexer reads the text back as one bare word. */
export function isBareWord(text: string): boolean {
  if (text.length === 0 || /^[,;]|[,;]$/.test(text) || text.includes('/*')) return false;
  return ![...text].some((c) => WORD_END.test(c) || CONTROL.test(c));
}

/** Always ends with one `end` token. What cannot be read is reported and left out. */
export function tokenize(file: string, text: string, sink: DiagnosticSink): readonly Token[] {
  return new Lexer(file, text, sink).run();
}

type Start = Position & { readonly at: number };

class Lexer {
  readonly #file: string;
  readonly #text: string;
  readonly #sink: DiagnosticSink;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(file: string, text: string, sink: DiagnosticSink) {
    this.#file = file;
    this.#text = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
    this.#sink = sink;
  }

  run(): readonly Token[] {
    if (this.#text.length > FILE_CHARACTERS_MAX) {
      this.#sink.add(
        'CONF_FILE_TOO_LARGE',
        this.#position(),
        `${this.#file} has more than ${FILE_CHARACTERS_MAX} characters`,
      );
      return [this.#end()];
    }
    // Giving up after many errors also bounds the work that unclosed texts and comments can cause.
    while (this.#at < this.#text.length && this.#sink.errors <= DIAGNOSTICS_MAX) {
      if (this.#tokens.length >= TOKENS_MAX) {
        this.#sink.add(
          'CONF_TOO_MANY_TOKENS',
          this.#position(),
          `more than ${TOKENS_MAX} words and brackets`,
        );
        break;
      }
      this.#one();
    }
    return [...this.#tokens, this.#end()];
  }

  #one(): void {
    const c = this.#text.charAt(this.#at);
    const kind = STRUCTURE[c];
    if (c === '\n') this.#newLine();
    else if (BLANK.test(c)) this.#at += 1;
    else if (c === '#') this.#lineComment();
    else if (c === '/' && this.#text.charAt(this.#at + 1) === '*') this.#blockComment();
    else if (c === '"') this.#string();
    else if (c === "'") this.#singleQuoted();
    else if (CONTROL.test(c)) this.#badCharacters();
    else if (kind === undefined) this.#word();
    else {
      const start = this.#position();
      this.#at += 1;
      this.#push(kind, c, start);
    }
  }

  #newLine(): void {
    this.#at += 1;
    this.#line += 1;
    this.#lineStart = this.#at;
  }

  #lineComment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #blockComment(): void {
    const start = this.#position();
    const end = this.#text.indexOf('*/', this.#at + 2);
    if (end >= 0) {
      this.#advanceTo(end + 2);
      return;
    }
    this.#sink.syntax(
      'CONF_UNTERMINATED_COMMENT',
      start,
      '/*',
      'this comment is not closed',
      'close it with */; a value that contains /* needs double quotes',
    );
    // Going on with the next line finds further errors; the rest of this one is taken as comment.
    this.#lineComment();
  }

  #word(): void {
    const start = this.#position();
    const from = this.#at;
    while (this.#at < this.#text.length && !this.#wordEndsHere()) this.#at += 1;
    // A comma or semicolon ends a word only where the word ends anyway: `10.0.0.1:25,200` is one word.
    while (this.#at > from + 1 && /[,;]/.test(this.#text.charAt(this.#at - 1))) this.#at -= 1;
    this.#push('word', this.#text.slice(from, this.#at), start);
  }

  #wordEndsHere(): boolean {
    const c = this.#text.charAt(this.#at);
    if (WORD_END.test(c) || CONTROL.test(c)) return true;
    return c === '/' && this.#text.charAt(this.#at + 1) === '*';
  }

  #string(): void {
    const start = this.#position();
    const end = this.#stringEnd();
    const lineEnd = this.#text.indexOf('\n', this.#at);
    const spansLines = end !== undefined && lineEnd >= 0 && lineEnd < end;
    const next = end === undefined ? '' : this.#text.charAt(end + 1);
    // A text over several lines whose closing quote touches a word is really two texts, the first one unclosed.
    const suspicious = spansLines && next !== '' && !WORD_END.test(next) && !/[,;]/.test(next);
    if (end !== undefined && !suspicious) {
      const raw = this.#text.slice(this.#at + 1, end);
      this.#advanceTo(end + 1);
      this.#push('string', raw.replace(/\\(["\\])/g, '$1'), start);
      this.#refuseControl(raw, start);
      return;
    }
    const stop = lineEnd < 0 ? this.#text.length : lineEnd;
    const raw = this.#text.slice(this.#at + 1, stop).trimEnd();
    this.#sink.syntax(
      'CONF_UNTERMINATED_STRING',
      start,
      raw,
      'this text is not closed',
      'put a double quote at its end',
    );
    this.#at = stop;
    this.#push('string', raw, start);
  }

  /** Index of the closing quote. */
  #stringEnd(): number | undefined {
    for (let i = this.#at + 1; i < this.#text.length; i += 1) {
      const c = this.#text.charAt(i);
      if (c === '"') return i;
      if (c === '\\' && /["\\]/.test(this.#text.charAt(i + 1))) i += 1;
    }
    return undefined;
  }

  #refuseControl(raw: string, start: Position): void {
    if (!CONTROL.test(raw)) return;
    this.#sink.syntax(
      'CONF_BAD_CHARACTER',
      start,
      raw,
      'this text contains a control character',
      'remove it',
    );
  }

  #singleQuoted(): void {
    const start = this.#position();
    const rest = /^'([^'\n]*)'?/.exec(this.#text.slice(this.#at, this.#at + 4096));
    const raw = rest?.[1] ?? '';
    this.#sink.syntax(
      'CONF_SINGLE_QUOTE',
      start,
      rest?.[0] ?? "'",
      'a single quote does not enclose a value',
      'use double quotes',
    );
    this.#at += Math.max(1, rest?.[0].length ?? 1);
    this.#push('string', raw, start);
  }

  #badCharacters(): void {
    const start = this.#position();
    const from = this.#at;
    while (this.#at < this.#text.length && CONTROL.test(this.#text.charAt(this.#at))) this.#at += 1;
    const near = this.#text.slice(from, this.#at);
    this.#sink.syntax('CONF_BAD_CHARACTER', start, near, 'a control character stands here', 'remove it');
  }

  #advanceTo(end: number): void {
    for (let i = this.#text.indexOf('\n', this.#at); i >= 0 && i < end; i = this.#text.indexOf('\n', i + 1)) {
      this.#line += 1;
      this.#lineStart = i + 1;
    }
    this.#at = end;
  }

  #push(kind: TokenKind, text: string, start: Start): void {
    const { line, column, at: startAt } = start;
    this.#tokens.push({ kind, text, line, column, endLine: this.#line, startAt, endAt: this.#at });
  }

  #position(): Start {
    const column = this.#at - this.#lineStart + 1;
    return { file: this.#file, line: this.#line, column, at: this.#at };
  }

  #end(): Token {
    const { line, column } = this.#position();
    const at = this.#text.length;
    return { kind: 'end', text: 'end of file', line, column, endLine: line, startAt: at, endAt: at };
  }
}
