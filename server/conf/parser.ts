/**
 * Tokens to a tree, for both generations of the syntax. Every error is reported and reading goes on, so that one run
 * shows all of them. Line ends are blank space, but a name and what belongs to it are expected on one line where the
 * 2.2 syntax would otherwise be ambiguous (a flag word before a scope).
 */

import type { Attribute, Item, Scalar } from './ast.ts';
import { nameKey } from './ast.ts';
import { Brackets, type Opener, type Outdented } from './brackets.ts';
import type { DiagnosticSink } from './diagnostics.ts';
import { type Token, tokenize } from './lexer.ts';
import type { TokenReader } from './token-reader.ts';
import { isInclude, isModule, isScalar, ValueParser } from './value-parser.ts';

export type ParsedFile = {
  readonly items: readonly Item[];
  /** False when a bracket was left open or closed twice: then scopes may hold what does not belong to them. */
  readonly balanced: boolean;
};

export function parseText(file: string, text: string, sink: DiagnosticSink): ParsedFile {
  const brackets = new Brackets(file, tokenize(file, text, sink), sink);
  const items = new ItemParser(brackets).items(undefined);
  return { items, balanced: brackets.balanced };
}

class ItemParser {
  readonly #brackets: Brackets;
  readonly #reader: TokenReader;
  readonly #values: ValueParser;

  constructor(brackets: Brackets) {
    this.#brackets = brackets;
    this.#reader = brackets.reader;
    this.#values = new ValueParser(brackets, (opener) => this.items(opener));
  }

  /** Items up to the closer of `opener`, or to the end of the file. */
  items(opener: Opener | undefined): readonly Item[] {
    const items: Item[] = [];
    let outdented: Outdented;
    for (;;) {
      const token = this.#reader.peek();
      if (this.#brackets.closes(opener, outdented)) return items;
      outdented ??= this.#brackets.outdented(opener);
      if (token.kind === 'word' || token.kind === 'string') {
        const item = this.#item(opener?.closer === ']');
        if (item !== undefined) items.push(item);
      } else {
        this.#values.stray(token, opener);
      }
    }
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
    if (sameLine && name.kind === 'word' && isModule(second) && isScalar(third)) {
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
      this.#brackets.syntax(
        'CONF_UNEXPECTED_VALUE',
        name,
        name.text,
        `'${name.text}' before '${second.text} ='`,
        hint,
      );
      return undefined;
    }
    this.#brackets.syntax(
      'CONF_MISSING_EQUALS',
      second,
      second.text,
      `missing '=' after '${name.text}'`,
      `write ${name.text} = ${second.kind === 'string' ? `"${second.text}"` : second.text}`,
    );
    const value = this.#values.value(second, inDict);
    return value && { kind: 'option', name: name.text, attributes: [], value, at: this.#brackets.at(name) };
  }

  #include(name: Token, path: Token): Item {
    this.#reader.take();
    const readonly = nameKey(name.text) === 'readonly_include';
    return { kind: 'include', readonly, path: this.#values.scalar(path), at: this.#brackets.at(name) };
  }

  #flag(name: Token): Item | undefined {
    if (name.kind === 'string') {
      const hint = 'several values are written as an array: name = ( "a" "b" )';
      this.#brackets.syntax('CONF_UNEXPECTED_VALUE', name, name.text, 'a value without a name', hint);
      return undefined;
    }
    if (isInclude(name)) {
      this.#brackets.syntax(
        'CONF_INCLUDE_PATH',
        name,
        name.text,
        `${name.text} needs a path`,
        `${name.text} "file.conf"`,
      );
      return undefined;
    }
    return { kind: 'flag', name: name.text, at: this.#brackets.at(name) };
  }

  #option(name: Token, inDict: boolean): Item | undefined {
    const equals = this.#reader.take();
    const value = this.#values.value(equals, inDict);
    return value && { kind: 'option', name: name.text, attributes: [], value, at: this.#brackets.at(name) };
  }

  /** `name [ … ]`, the 2.2 form of `name = [ … ]`. */
  #section(name: Token, attributes: readonly Attribute[]): Item {
    const value = this.#values.dict(name.text);
    return { kind: 'option', name: name.text, attributes, value, at: this.#brackets.at(name) };
  }

  /** `name instance [ … ]`: a scope written with the wrong brackets. */
  #bracketScope(name: Token, instance: Token): Item {
    this.#reader.take();
    const open = this.#reader.peek();
    this.#brackets.syntax(
      'CONF_SCOPE_BRACKETS',
      open,
      '[',
      `the scope ${name.text} "${instance.text}" has the wrong brackets`,
      'a scope is written name "instance" { … }',
    );
    const { items } = this.#values.dict(name.text);
    return this.#scopeItem(name, undefined, this.#values.scalar(instance), [], items);
  }

  /** After a name: `<…> {` or `<…> [`. */
  #attributed(name: Token): Item | undefined {
    const attributes = this.#values.attributes();
    const next = this.#reader.peek();
    if (next.kind === '{') return this.#scope(name, undefined, undefined, attributes);
    if (next.kind === '[') return this.#section(name, attributes);
    const hint = 'after attributes follows { … } or [ … ]';
    this.#brackets.syntax(
      'CONF_BAD_ATTRIBUTES',
      next,
      next.text,
      `nothing follows the attributes of '${name.text}'`,
      hint,
    );
    return undefined;
  }

  #namedScope(name: Token, module: string | undefined, instance: Token): Item {
    const attributes = this.#reader.peek().kind === '<' ? this.#values.attributes() : [];
    return this.#scope(name, module, this.#values.scalar(instance), attributes);
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
      this.#brackets.syntax(
        'CONF_UNEXPECTED_TOKEN',
        open,
        open.text,
        `'{' is missing after '${name.text}'`,
        hint,
      );
      return this.#scopeItem(name, module, instance, attributes, []);
    }
    this.#reader.take();
    const what =
      instance === undefined ? `the scope ${name.text}` : `the scope ${name.text} "${instance.text}"`;
    const items =
      this.#brackets.inside({ token: open, closer: '}', what }, (opener) => this.items(opener)) ?? [];
    return this.#scopeItem(name, module, instance, attributes, items);
  }

  #scopeItem(
    name: Token,
    module: string | undefined,
    instance: Scalar | undefined,
    attributes: readonly Attribute[],
    items: readonly Item[],
  ): Item {
    return {
      kind: 'scope',
      name: name.text,
      module,
      instance,
      attributes,
      items,
      at: this.#brackets.at(name),
    };
  }
}
