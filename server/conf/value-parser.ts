/** Values of options: scalars, arrays, dictionaries, and the attributes of the 2.2 syntax. */

import type { ArrayElement, Attribute, DictValue, Item, Scalar, Value } from './ast.ts';
import { nameKey } from './ast.ts';
import type { Brackets, Opener } from './brackets.ts';
import type { Token } from './lexer.ts';
import type { TokenReader } from './token-reader.ts';

/** Reads the items of a dictionary, up to its closer. */
type ReadItems = (opener: Opener) => readonly Item[];

export class ValueParser {
  readonly #brackets: Brackets;
  readonly #reader: TokenReader;
  readonly #readItems: ReadItems;

  constructor(brackets: Brackets, readItems: ReadItems) {
    this.#brackets = brackets;
    this.#reader = brackets.reader;
    this.#readItems = readItems;
  }

  scalar(token: Token): Scalar {
    return {
      kind: 'scalar',
      text: token.text,
      quoted: token.kind === 'string',
      at: this.#brackets.at(token),
    };
  }

  /** A token that no item and no element begins with: reported and passed. */
  stray(token: Token, opener: Opener | undefined): void {
    const { kind } = token;
    if (kind === '}' || kind === ']' || kind === ')') this.#brackets.strayCloser(opener);
    else if (kind === ',') this.#comma(opener);
    else if (kind === ';') this.#semicolon(token);
    else {
      const opens = kind === '(' || kind === '[' || kind === '{';
      const hint = opens ? 'write the name of an option or scope first' : 'an option is written name = value';
      const what = `'${token.text}' without a name before it`;
      this.#brackets.syntax('CONF_UNEXPECTED_TOKEN', token, token.text, what, hint);
      if (opens) {
        this.#skipBracket(kind);
        return;
      }
      this.#reader.take();
      this.#reader.skipScalarsOfLine(token.line);
    }
  }

  #comma(opener: Opener | undefined): void {
    const token = this.#reader.take();
    if (opener?.closer === ']' || opener?.closer === ')') return;
    this.#brackets.syntax('CONF_SEMICOLON', token, ',', "',' does not separate options", 'delete it');
  }

  #semicolon(token: Token): void {
    this.#brackets.syntax(
      'CONF_SEMICOLON',
      token,
      ';',
      "';' does not end an option in this language",
      'delete it; a value that ends with it needs double quotes',
    );
    this.#reader.take();
  }

  /** @param before the token after which the value is expected. */
  value(before: Token, inDict: boolean): Value | undefined {
    const token = this.#reader.peek();
    switch (token.kind) {
      case '(':
        return this.array();
      case '[':
        return this.dict('the dictionary');
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
    const value = this.scalar(token);
    if (next.kind === '=' && next.line === token.endLine) {
      const hint = "a value that contains '=' needs double quotes";
      this.#brackets.syntax('CONF_UNEXPECTED_TOKEN', next, '=', `a second '=' after '${token.text}'`, hint);
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
    this.#brackets.syntax('CONF_UNEXPECTED_VALUE', extra, extra.text, 'a second value', hint);
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
    return third.kind === '{' || third.kind === '<' || (isModule(next) && isScalar(third));
  }

  #missingValue(before: Token): void {
    const near = this.#reader.peek();
    const hint = 'write the value after it; an empty text is ""';
    this.#brackets.syntax(
      'CONF_MISSING_VALUE',
      before,
      near.text,
      `a value is missing after '${before.text}'`,
      hint,
    );
  }

  #scopeAfterEquals(open: Token): undefined {
    const hint = 'a scope is written without =: name { … }; a dictionary is written name = [ … ]';
    this.#brackets.syntax('CONF_SCOPE_EQUALS', open, '{', "'=' before '{'", hint);
    this.#skipBracket('{');
    return undefined;
  }

  dict(name: string): DictValue {
    const open = this.#reader.take();
    const what = `'[' of ${name}`;
    const items =
      this.#brackets.inside({ token: open, closer: ']', what }, (opener) => this.#readItems(opener)) ?? [];
    return { kind: 'dict', items, at: this.#brackets.at(open) };
  }

  array(): Value {
    const open = this.#reader.take();
    const opener: Opener = { token: open, closer: ')', what: 'an array' };
    const elements = this.#brackets.inside(opener, (o) => this.#elements(o)) ?? [];
    return { kind: 'array', elements, at: this.#brackets.at(open) };
  }

  #elements(opener: Opener): readonly ArrayElement[] {
    const elements: ArrayElement[] = [];
    for (;;) {
      const token = this.#reader.peek();
      if (this.#brackets.closes(opener, undefined)) return elements;
      if (isScalar(token)) {
        const element = this.#element();
        if (element !== undefined) elements.push(element);
      } else if (token.kind === '{') {
        this.#brackets.unclosed(opener, token, undefined);
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
      this.#brackets.syntax(
        'CONF_UNEXPECTED_TOKEN',
        token,
        token.text,
        `'${token.text}' inside an array`,
        hint,
      );
      this.#skipBracket(token.kind);
      return;
    }
    this.stray(token, opener);
  }

  #element(): ArrayElement | undefined {
    const token = this.#reader.take();
    const head = this.scalar(token);
    const attributes = this.#reader.peek().kind === '<' ? this.attributes() : [];
    const next = this.#reader.peek();
    const at = head.at;
    if (next.kind === '[') return { kind: 'entry', head, attributes, value: this.dict(token.text), at };
    if (next.kind === '=' && attributes.length === 0) {
      const value = this.value(this.#reader.take(), true);
      return value && { kind: 'entry', head, attributes, value, at };
    }
    if (attributes.length === 0) return head;
    return { kind: 'entry', head, attributes, value: undefined, at };
  }

  /** `<name="value" …>` */
  attributes(): readonly Attribute[] {
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
        this.#brackets.syntax(
          'CONF_BAD_ATTRIBUTES',
          name,
          name.text,
          '\'>\' or name="value" is missing',
          hint,
        );
        this.#reader.skipTo((t) => t.kind === '>' || t.line !== open.line || /^[{}[\]()]$/.test(t.kind));
        if (this.#reader.peek().kind === '>') this.#reader.take();
        return attributes;
      }
      this.#reader.take();
      this.#reader.take();
      this.#reader.take();
      attributes.push({ name: name.text, value: this.scalar(value), at: this.#brackets.at(name) });
    }
  }

  /** Reads a bracket that belongs to nothing, for the errors in it. */
  #skipBracket(kind: '(' | '[' | '{'): void {
    if (kind === '(') this.array();
    else if (kind === '[') this.dict('this bracket');
    else {
      const open = this.#reader.take();
      this.#brackets.inside({ token: open, closer: '}', what: 'this bracket' }, (opener) =>
        this.#readItems(opener),
      );
    }
  }
}

export function isScalar(token: Token): boolean {
  return token.kind === 'word' || token.kind === 'string';
}

/** `class/symbol` of a 2.2 module load. */
export function isModule(token: Token): boolean {
  return token.kind === 'word' && /^[\w.-]+\/[\w.-]+$/.test(token.text);
}

export function isInclude(token: Token): boolean {
  const key = nameKey(token.text);
  return token.kind === 'word' && (key === 'include' || key === 'readonly_include');
}
