/**
 * Tokens to a tree, for both generations of the syntax. Every error is reported and reading goes on, so that one run
 * shows all of them. Line ends are blank space, but a name and what belongs to it are expected on one line where the
 * 2.2 syntax would otherwise be ambiguous (a flag word before a scope).
 */

import type { ArrayElement, Attribute, DictValue, Item, Scalar, Value } from './ast.ts';
import { nameKey } from './ast.ts';
import { DIAGNOSTICS_MAX, type DiagnosticSink, type Position } from './diagnostics.ts';
import { type Token, type TokenKind, tokenize } from './lexer.ts';
import { TokenReader } from './token-reader.ts';

export type ParsedFile = {
  readonly items: readonly Item[];
  /** False when a bracket was left open or closed twice: then scopes may hold what does not belong to them. */
  readonly balanced: boolean;
};

/** Open brackets around any place of a file. */
export const NESTING_MAX = 64;

export function parseText(file: string, text: string, sink: DiagnosticSink): ParsedFile {
  const parser = new Parser(file, tokenize(file, text, sink), sink);
  const items = parser.file();
  return { items, balanced: parser.balanced };
}

type Opener = { readonly token: Token; readonly closer: TokenKind; readonly what: string };

class Parser {
  readonly #reader: TokenReader;
  readonly #file: string;
  readonly #sink: DiagnosticSink;
  readonly #open: Opener[] = [];
  /** The first bracket that was closed although the indentation says that it was left before. */
  #suspect: { readonly opener: Opener; readonly token: Token } | undefined;
  balanced = true;

  constructor(file: string, tokens: readonly Token[], sink: DiagnosticSink) {
    this.#reader = new TokenReader(tokens);
    this.#file = file;
    this.#sink = sink;
  }

  file(): readonly Item[] {
    return this.#items(undefined);
  }

  /** Items up to the closer of `opener`, or to the end of the file. */
  #items(opener: Opener | undefined): readonly Item[] {
    const items: Item[] = [];
    let outdented: Token | undefined;
    for (;;) {
      const token = this.#reader.peek();
      if (this.#closes(opener, token, outdented)) return items;
      if (opener !== undefined && token.line > opener.token.line && this.#startsLine(token)) {
        if (token.column <= this.#indentOf(opener)) outdented ??= token;
      }
      if (token.kind === 'word' || token.kind === 'string') {
        const item = this.#item(opener?.closer === ']');
        if (item !== undefined) items.push(item);
      } else {
        this.#strayInItems(token, opener);
      }
    }
  }

  /** Consumes the closer; reports a missing one. True when the items end here. */
  #closes(opener: Opener | undefined, token: Token, outdented: Token | undefined): boolean {
    if (this.#sink.errors > DIAGNOSTICS_MAX) return true;
    if (opener === undefined) return token.kind === 'end';
    if (token.kind === opener.closer) {
      if (outdented === undefined && this.#startsLine(token) && token.column < this.#indentOf(opener)) {
        this.#suspect ??= { opener, token };
      } else if (outdented !== undefined) {
        this.#suspect ??= { opener, token: outdented };
      }
      this.#reader.take();
      return true;
    }
    const enclosing = this.#open.some((other) => other !== opener && other.closer === token.kind);
    if (token.kind !== 'end' && !enclosing) return false;
    this.#unclosed(opener, token, outdented);
    return true;
  }

  #unclosed(opener: Opener, at: Token, outdented: Token | undefined): void {
    this.balanced = false;
    // The bracket that was left open may be an inner one, which then was closed by the closer of an outer one.
    const inner = this.#suspect !== undefined && this.#suspect.opener.token.line >= opener.token.line;
    const { token, closer, what } = inner && this.#suspect !== undefined ? this.#suspect.opener : opener;
    const where = (inner ? this.#suspect?.token : undefined) ?? outdented ?? at;
    const hint =
      where.kind === 'end'
        ? `add '${closer}'`
        : `a '${closer}' is missing before line ${where.line}, where '${where.text}' stands`;
    this.#suspect = undefined;
    this.#syntax('CONF_UNCLOSED', token, token.text, `${what} is not closed with '${closer}'`, hint);
  }

  #strayInItems(token: Token, opener: Opener | undefined): void {
    switch (token.kind) {
      case '}':
      case ']':
      case ')': {
        this.balanced = false;
        const hint =
          opener === undefined
            ? 'nothing is open here: delete it'
            : `the innermost open bracket is '${opener.token.text}' of line ${opener.token.line}`;
        this.#syntax('CONF_UNEXPECTED_CLOSER', token, token.text, `unexpected '${token.text}'`, hint);
        this.#reader.take();
        return;
      }
      case ',':
        this.#reader.take();
        if (opener?.closer === ']') return;
        this.#syntax('CONF_SEMICOLON', token, ',', "',' does not separate options", 'delete it');
        return;
      case ';':
        this.#semicolon(token);
        return;
      case '(':
      case '[':
      case '{':
        this.#syntax(
          'CONF_UNEXPECTED_TOKEN',
          token,
          token.text,
          `'${token.text}' without a name before it`,
          'write the name of an option or scope first',
        );
        this.#bracket(token.kind);
        return;
      default:
        this.#syntax(
          'CONF_UNEXPECTED_TOKEN',
          token,
          token.text,
          `'${token.text}' without a name before it`,
          'an option is written name = value',
        );
        this.#reader.take();
        this.#reader.skipScalarsOfLine(token.line);
    }
  }

  #semicolon(token: Token): void {
    this.#syntax(
      'CONF_SEMICOLON',
      token,
      ';',
      "';' does not end an option in this language",
      'delete it; a value that ends with it needs double quotes',
    );
    this.#reader.take();
  }

  #item(inDict: boolean): Item | undefined {
    const name = this.#reader.take();
    const next = this.#reader.peek();
    switch (next.kind) {
      case '=':
        return this.#option(name, inDict);
      case '[':
        return this.#section(name, []);
      case '{':
        return this.#scope(name, undefined, undefined, []);
      case '<':
        return this.#attributed(name);
      case 'word':
      case 'string':
        return this.#words(name, next, inDict);
      default:
        return this.#flag(name);
    }
  }

  /** `name word …`: an include, a scope with an instance, a module load, a flag, or a mistake. */
  #words(name: Token, second: Token, inDict: boolean): Item | undefined {
    if (isInclude(name)) return this.#include(name, second);
    const third = this.#reader.peek(1);
    const opensScope = third.kind === '{' || third.kind === '<';
    const sameLine = second.line === name.endLine;
    if (name.kind === 'word' && opensScope && (sameLine || second.kind === 'string')) {
      this.#reader.take();
      return this.#namedScope(name, undefined, second);
    }
    if (sameLine && name.kind === 'word' && second.text.includes('/') && isScalar(third)) {
      const fourth = this.#reader.peek(2);
      if (fourth.kind === '{' || fourth.kind === '<') {
        this.#reader.take();
        this.#reader.take();
        return this.#namedScope(name, second.text, third);
      }
    }
    if (!sameLine || name.kind === 'string') return this.#flag(name);
    if (third.kind === '[') return this.#bracketScope(name, second);
    if (third.kind === '=' || inDict) {
      if (inDict && third.kind !== '=') return this.#flag(name);
      const hint = `a name is one word; perhaps ${name.text}_${second.text} = …, or a line is missing its value`;
      this.#syntax(
        'CONF_UNEXPECTED_VALUE',
        name,
        name.text,
        `'${name.text}' before '${second.text} ='`,
        hint,
      );
      return undefined;
    }
    this.#syntax(
      'CONF_MISSING_EQUALS',
      second,
      second.text,
      `missing '=' after '${name.text}'`,
      `write ${name.text} = ${second.kind === 'string' ? `"${second.text}"` : second.text}`,
    );
    const value = this.#value(second, inDict);
    return value && { kind: 'option', name: name.text, attributes: [], value, at: this.#at(name) };
  }

  #include(name: Token, path: Token): Item {
    this.#reader.take();
    const readonly = nameKey(name.text) === 'readonly_include';
    return { kind: 'include', readonly, path: this.#scalar(path), at: this.#at(name) };
  }

  #flag(name: Token): Item | undefined {
    if (name.kind === 'string') {
      const hint = 'several values are written as an array: name = ( "a" "b" )';
      this.#syntax('CONF_UNEXPECTED_VALUE', name, name.text, 'a value without a name', hint);
      return undefined;
    }
    if (isInclude(name)) {
      this.#syntax(
        'CONF_INCLUDE_PATH',
        name,
        name.text,
        `${name.text} needs a path`,
        `${name.text} "file.conf"`,
      );
      return undefined;
    }
    return { kind: 'flag', name: name.text, at: this.#at(name) };
  }

  #option(name: Token, inDict: boolean): Item | undefined {
    const equals = this.#reader.take();
    const value = this.#value(equals, inDict);
    return value && { kind: 'option', name: name.text, attributes: [], value, at: this.#at(name) };
  }

  /** `name [ … ]`, the 2.2 form of `name = [ … ]`. */
  #section(name: Token, attributes: readonly Attribute[]): Item {
    const value = this.#dict(name.text);
    return { kind: 'option', name: name.text, attributes, value, at: this.#at(name) };
  }

  /** `name instance [ … ]`: a scope written with the wrong brackets. */
  #bracketScope(name: Token, instance: Token): Item {
    this.#reader.take();
    const open = this.#reader.peek();
    this.#syntax(
      'CONF_SCOPE_BRACKETS',
      open,
      '[',
      `the scope ${name.text} "${instance.text}" has the wrong brackets`,
      'a scope is written name "instance" { … }',
    );
    const { items } = this.#dict(name.text);
    return this.#scopeItem(name, undefined, this.#scalar(instance), [], items);
  }

  /** After a name: `<…> {` or `<…> [`. */
  #attributed(name: Token): Item | undefined {
    const attributes = this.#attributes();
    const next = this.#reader.peek();
    if (next.kind === '{') return this.#scope(name, undefined, undefined, attributes);
    if (next.kind === '[') return this.#section(name, attributes);
    const hint = 'after attributes follows { … } or [ … ]';
    this.#syntax(
      'CONF_BAD_ATTRIBUTES',
      next,
      next.text,
      `nothing follows the attributes of '${name.text}'`,
      hint,
    );
    return undefined;
  }

  #namedScope(name: Token, module: string | undefined, instance: Token): Item {
    const attributes = this.#reader.peek().kind === '<' ? this.#attributes() : [];
    return this.#scope(name, module, this.#scalar(instance), attributes);
  }

  #scope(
    name: Token,
    module: string | undefined,
    instance: Scalar | undefined,
    attributes: readonly Attribute[],
  ): Item {
    const open = this.#reader.peek();
    if (open.kind !== '{') {
      const hint = 'a scope is written name "instance" { … }';
      this.#syntax('CONF_UNEXPECTED_TOKEN', open, open.text, `'{' is missing after '${name.text}'`, hint);
      return this.#scopeItem(name, module, instance, attributes, []);
    }
    this.#reader.take();
    const what =
      instance === undefined ? `the scope ${name.text}` : `the scope ${name.text} "${instance.text}"`;
    const items = this.#nested({ token: open, closer: '}', what }, (opener) => this.#items(opener)) ?? [];
    return this.#scopeItem(name, module, instance, attributes, items);
  }

  #scopeItem(
    name: Token,
    module: string | undefined,
    instance: Scalar | undefined,
    attributes: readonly Attribute[],
    items: readonly Item[],
  ): Item {
    return { kind: 'scope', name: name.text, module, instance, attributes, items, at: this.#at(name) };
  }

  /** @param before the token after which the value is expected. */
  #value(before: Token, inDict: boolean): Value | undefined {
    const token = this.#reader.peek();
    switch (token.kind) {
      case '(':
        return this.#array();
      case '[':
        return this.#dict('the dictionary');
      case '{':
        return this.#scopeAfterEquals(token);
      case 'word':
      case 'string':
        return this.#scalarValue(before, token, inDict);
      default:
        this.#missingValue(before);
        return undefined;
    }
  }

  #scalarValue(before: Token, token: Token, inDict: boolean): Value | undefined {
    const next = this.#reader.peek(1);
    if (token.line > before.endLine && (next.kind === '=' || next.kind === '{' || next.kind === '[')) {
      this.#missingValue(before);
      return undefined;
    }
    this.#reader.take();
    const value = this.#scalar(token);
    if (next.kind === '=' && next.line === token.endLine) {
      const hint = "a value that contains '=' needs double quotes";
      this.#syntax('CONF_UNEXPECTED_TOKEN', next, '=', `a second '=' after '${token.text}'`, hint);
      this.#reader.take();
      this.#reader.skipScalarsOfLine(next.line);
      return value;
    }
    this.#extraValues(token, inDict);
    return value;
  }

  /** `name = a b`: further words on the line that begin nothing of their own. */
  #extraValues(first: Token, inDict: boolean): void {
    const extra = this.#reader.peek();
    if (!isScalar(extra) || extra.line !== first.endLine || this.#beginsItem(extra, inDict)) return;
    const both = `${first.text} ${extra.text}`;
    const hint = `one value with a blank needs double quotes: "${both}"; several values are an array: ( ${both} )`;
    this.#syntax('CONF_UNEXPECTED_VALUE', extra, extra.text, 'a second value', hint);
    this.#reader.skipScalarsOfLine(first.endLine);
  }

  #beginsItem(token: Token, inDict: boolean): boolean {
    const next = this.#reader.peek(1);
    if (next.kind === '=') return true;
    if (token.kind === 'string') return false;
    if (inDict || isInclude(token)) return true;
    if (next.kind === '{' || next.kind === '[' || next.kind === '<') return true;
    if (!isScalar(next)) return false;
    const third = this.#reader.peek(2);
    return third.kind === '{' || third.kind === '<' || (next.text.includes('/') && isScalar(third));
  }

  #missingValue(before: Token): void {
    const near = this.#reader.peek();
    const hint = 'write the value after it; an empty text is ""';
    this.#syntax('CONF_MISSING_VALUE', before, near.text, `a value is missing after '${before.text}'`, hint);
  }

  #scopeAfterEquals(open: Token): undefined {
    const hint = 'a scope is written without =: name { … }; a dictionary is written name = [ … ]';
    this.#syntax('CONF_SCOPE_EQUALS', open, '{', "'=' before '{'", hint);
    this.#bracket('{');
    return undefined;
  }

  #dict(name: string): DictValue {
    const open = this.#reader.take();
    const what = `'[' of ${name}`;
    const items = this.#nested({ token: open, closer: ']', what }, (opener) => this.#items(opener)) ?? [];
    return { kind: 'dict', items, at: this.#at(open) };
  }

  #array(): Value {
    const open = this.#reader.take();
    const opener: Opener = { token: open, closer: ')', what: 'an array' };
    const elements = this.#nested(opener, (o) => this.#elements(o)) ?? [];
    return { kind: 'array', elements, at: this.#at(open) };
  }

  #elements(opener: Opener): readonly ArrayElement[] {
    const elements: ArrayElement[] = [];
    for (;;) {
      const token = this.#reader.peek();
      if (this.#closes(opener, token, undefined)) return elements;
      if (isScalar(token)) {
        const element = this.#element();
        if (element !== undefined) elements.push(element);
      } else if (token.kind === '{') {
        this.#unclosed(opener, token, undefined);
        return elements;
      } else {
        this.#strayInArray(token, opener);
      }
    }
  }

  #strayInArray(token: Token, opener: Opener): void {
    if (token.kind === ',') {
      this.#reader.take();
      return;
    }
    if (token.kind === '(' || token.kind === '[') {
      const hint = 'an array holds plain values';
      this.#syntax('CONF_UNEXPECTED_TOKEN', token, token.text, `'${token.text}' inside an array`, hint);
      this.#bracket(token.kind);
      return;
    }
    this.#strayInItems(token, opener);
  }

  #element(): ArrayElement | undefined {
    const token = this.#reader.take();
    const head = this.#scalar(token);
    const attributes = this.#reader.peek().kind === '<' ? this.#attributes() : [];
    const next = this.#reader.peek();
    const at = head.at;
    if (next.kind === '[') return { kind: 'entry', head, attributes, value: this.#dict(token.text), at };
    if (next.kind === '=' && attributes.length === 0) {
      const value = this.#value(this.#reader.take(), true);
      return value && { kind: 'entry', head, attributes, value, at };
    }
    if (attributes.length === 0) return head;
    return { kind: 'entry', head, attributes, value: undefined, at };
  }

  /** `<name="value" …>` */
  #attributes(): readonly Attribute[] {
    const open = this.#reader.take();
    const attributes: Attribute[] = [];
    for (;;) {
      const name = this.#reader.peek();
      if (name.kind === '>') {
        this.#reader.take();
        return attributes;
      }
      const value = this.#reader.peek(2);
      if (name.kind !== 'word' || this.#reader.peek(1).kind !== '=' || !isScalar(value)) {
        const hint = 'attributes are written <name="value">';
        this.#syntax('CONF_BAD_ATTRIBUTES', name, name.text, '\'>\' or name="value" is missing', hint);
        this.#reader.skipTo((t) => t.kind === '>' || t.line !== open.line || /^[{}[\]()]$/.test(t.kind));
        if (this.#reader.peek().kind === '>') this.#reader.take();
        return attributes;
      }
      this.#reader.take();
      this.#reader.take();
      this.#reader.take();
      attributes.push({ name: name.text, value: this.#scalar(value), at: this.#at(name) });
    }
  }

  /** Reads a bracket that belongs to nothing, for the errors in it. */
  #bracket(kind: '(' | '[' | '{'): void {
    if (kind === '(') this.#array();
    else if (kind === '[') this.#dict('this bracket');
    else {
      const open = this.#reader.take();
      this.#nested({ token: open, closer: '}', what: 'this bracket' }, (opener) => this.#items(opener));
    }
  }

  #nested<T>(opener: Opener, read: (opener: Opener) => T): T | undefined {
    if (this.#open.length >= NESTING_MAX) {
      const what = `more than ${NESTING_MAX} brackets inside each other`;
      this.#syntax('CONF_TOO_DEEP', opener.token, opener.token.text, what);
      this.#reader.skipBracket();
      return undefined;
    }
    this.#open.push(opener);
    const result = read(opener);
    this.#open.pop();
    return result;
  }

  #startsLine(token: Token): boolean {
    return this.#reader.previous().endLine < token.line;
  }

  /** Column at which the line of an opener begins. */
  #indentOf(opener: Opener): number {
    return this.#reader.firstColumnOf(opener.token.line);
  }

  #scalar(token: Token): Scalar {
    return { kind: 'scalar', text: token.text, quoted: token.kind === 'string', at: this.#at(token) };
  }

  #at(token: Token): Position {
    return { file: this.#file, line: token.line, column: token.column };
  }

  #syntax(
    code: Parameters<DiagnosticSink['syntax']>[0],
    token: Token,
    near: string,
    what: string,
    hint?: string,
  ): void {
    this.#sink.syntax(code, this.#at(token), near, what, hint);
  }
}

function isScalar(token: Token): boolean {
  return token.kind === 'word' || token.kind === 'string';
}

function isInclude(token: Token): boolean {
  const key = nameKey(token.text);
  return token.kind === 'word' && (key === 'include' || key === 'readonly_include');
}
