/**
 * The tree of one configuration file, for both generations of the syntax. Order is kept, comments are not. A node
 * says what was written; what it means is decided by the option tables.
 */

import type { Position } from './diagnostics.ts';

/** One value: a bare word or a quoted text, without its quotes. */
export type Scalar = {
  readonly kind: 'scalar';
  readonly text: string;
  /** As written; printing keeps it. */
  readonly quoted: boolean;
  readonly at: Position;
};

/** `( … )` */
export type ArrayValue = {
  readonly kind: 'array';
  readonly elements: readonly ArrayElement[];
  readonly at: Position;
};

/** `[ … ]`, with or without `=` before it. */
export type DictValue = { readonly kind: 'dict'; readonly items: readonly Item[]; readonly at: Position };

export type Value = Scalar | ArrayValue | DictValue;

/** An array holds scalars and, in the 2.2 syntax, `head <attributes> [ … ]` or `head = value`. */
export type ArrayElement = Scalar | EntryElement;

export type EntryElement = {
  readonly kind: 'entry';
  readonly head: Scalar;
  readonly attributes: readonly Attribute[];
  readonly value: Value | undefined;
  readonly at: Position;
};

/** `<name="value">` (2.2). */
export type Attribute = { readonly name: string; readonly value: Scalar; readonly at: Position };

/** `name = value`, or the 2.2 section `name [ … ]`. */
export type OptionItem = {
  readonly kind: 'option';
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly value: Value;
  readonly at: Position;
};

/** `Name instance { … }`; with `module` set, the 2.2 form `Logger class/symbol alias { … }`. */
export type ScopeItem = {
  readonly kind: 'scope';
  readonly name: string;
  readonly module: string | undefined;
  readonly instance: Scalar | undefined;
  readonly attributes: readonly Attribute[];
  readonly items: readonly Item[];
  readonly at: Position;
};

export type IncludeItem = {
  readonly kind: 'include';
  readonly readonly: boolean;
  readonly path: Scalar;
  readonly at: Position;
};

/** A bare word standing alone (2.2), such as `continue`. */
export type FlagItem = { readonly kind: 'flag'; readonly name: string; readonly at: Position };

export type Item = OptionItem | ScopeItem | IncludeItem | FlagItem;

/** Names are compared without case (momentum.md 8.1). */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/** The same tree without positions, for comparing what two texts mean. */
export function withoutPositions(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPositions);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) => (key === 'at' ? [] : [[key, withoutPositions(value)]])),
  );
}
