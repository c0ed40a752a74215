/**
 * A tree as text in canonical form: two blanks per level, one item per line, quotes as they were written or as the
 * reader needs them. Reading the text again gives the same tree, positions aside.
 */

import { unreachable } from '../base/assert.ts';
import type { ArrayElement, Attribute, Item, Scalar, ScopeItem, Value } from './ast.ts';
import { isBareWord } from './lexer.ts';

const INDENT = '  ';

/** Ends with a line end unless there is nothing to print. */
export function printItems(items: readonly Item[]): string {
  return items.flatMap((item) => itemLines(item).map((line) => `${line}\n`)).join('');
}

/** The same, line by line. */
export function printItemLines(items: readonly Item[]): readonly string[] {
  return items.flatMap(itemLines);
}

/** The lines of a value alone. */
export function printValue(value: Value): readonly string[] {
  return valueLines(value);
}

/** A text in quotes, as the reader takes it back. */
export function quote(text: string): string {
  return `"${text.replace(/"|\\(?=["\\]|$)/g, '\\$&')}"`;
}

export function printScalar(scalar: Pick<Scalar, 'text' | 'quoted'>): string {
  return scalar.quoted || !isBareWord(scalar.text) ? quote(scalar.text) : scalar.text;
}

/** `name = value`; arrays and dictionaries take several lines. */
export function printOption(name: string, value: Value): readonly string[] {
  const [first = '', ...rest] = valueLines(value);
  return [`${printName(name)} = ${first}`, ...rest];
}

function itemLines(item: Item): readonly string[] {
  switch (item.kind) {
    case 'option': {
      if (item.attributes.length === 0) return printOption(item.name, item.value);
      const [first = '', ...rest] = valueLines(item.value);
      return [`${printName(item.name)} ${printAttributes(item.attributes)} ${first}`, ...rest];
    }
    case 'scope':
      return scopeLines(item);
    case 'include':
      return [`${item.readonly ? 'readonly_include' : 'include'} ${printScalar(item.path)}`];
    case 'flag':
      return [printName(item.name)];
    default:
      return unreachable(item);
  }
}

function scopeLines(scope: ScopeItem): readonly string[] {
  const words = [printName(scope.name)];
  if (scope.module !== undefined) words.push(printName(scope.module));
  if (scope.instance !== undefined) words.push(printScalar(scope.instance));
  if (scope.attributes.length > 0) words.push(printAttributes(scope.attributes));
  const head = words.join(' ');
  if (scope.items.length === 0) return [`${head} {}`];
  return [`${head} {`, ...indented(scope.items.flatMap(itemLines)), '}'];
}

function valueLines(value: Value): readonly string[] {
  switch (value.kind) {
    case 'scalar':
      return [printScalar(value)];
    case 'array':
      if (value.elements.length === 0) return ['()'];
      return ['(', ...indented(value.elements.flatMap(elementLines)), ')'];
    case 'dict':
      if (value.items.length === 0) return ['[]'];
      return ['[', ...indented(value.items.flatMap(itemLines)), ']'];
    default:
      return unreachable(value);
  }
}

function elementLines(element: ArrayElement): readonly string[] {
  if (element.kind === 'scalar') return [printScalar(element)];
  const attributes = element.attributes.length === 0 ? '' : ` ${printAttributes(element.attributes)}`;
  const head = `${printScalar(element.head)}${attributes}`;
  if (element.value === undefined) return [head];
  const [first = '', ...rest] = valueLines(element.value);
  const joint = element.value.kind === 'dict' ? ' ' : ' = ';
  return [`${head}${joint}${first}`, ...rest];
}

function printAttributes(attributes: readonly Attribute[]): string {
  return `<${attributes.map(({ name, value }) => `${printName(name)}=${printScalar(value)}`).join(' ')}>`;
}

function printName(name: string): string {
  return isBareWord(name) ? name : quote(name);
}

/** A text with line ends inside keeps them: only the first line of a scalar is indented. */
function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => INDENT + line);
}
