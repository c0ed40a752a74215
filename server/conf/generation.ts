/**
 * One complete configuration: frozen, replaced as a whole. Typed getters give the value of a scope, of a wider scope,
 * or the default of the table, in this order (momentum.md 8.3). A value that fails its type was reported when the
 * configuration was loaded; asking for it anyway gives the default.
 */

import { assert, must } from '../base/assert.ts';
import type { OptionEntry } from '../base/option-table.ts';
import type { Value } from './ast.ts';
import { nameKey } from './ast.ts';
import { fallbackChain } from './fallback.ts';
import type { LoadedFile } from './include.ts';
import type { Registry } from './registry.ts';
import { type ScopePath, type ScopeStep, scopeAt, stepsOf } from './scope-path.ts';
import { type OptionNode, type ScopeNode, scopesNamed } from './scope-tree.ts';
import { parseBool, parseDecimal, parseInteger, parsePermissions, problemOf } from './values.ts';

/** Where the effective value of an option comes from. */
export type Effective =
  | { readonly from: 'scope'; readonly steps: readonly ScopeStep[]; readonly option: OptionNode }
  | { readonly from: 'default'; readonly entry: OptionEntry };

export class Generation {
  readonly root: ScopeNode;
  readonly registry: Registry;
  /** In the order of reading; the main file first. */
  readonly files: readonly LoadedFile[];

  constructor(root: ScopeNode, registry: Registry, files: readonly LoadedFile[]) {
    this.root = root;
    this.registry = registry;
    this.files = files;
    Object.freeze(this);
  }

  /** Undefined when the scope is not configured. */
  scope(path: ScopePath): ScopeNode | undefined {
    return scopeAt(this.root, stepsOf(path));
  }

  /** The scopes of a name inside a scope, in order of first appearance. */
  scopes(path: ScopePath, name: string): readonly ScopeNode[] {
    const scope = this.scope(path);
    return scope === undefined ? [] : scopesNamed(scope, name);
  }

  /** Instance names of `scopes`, such as the endpoints of `Listen`. */
  instances(path: ScopePath, name: string): readonly string[] {
    return this.scopes(path, name).flatMap(({ instance }) => (instance === undefined ? [] : [instance]));
  }

  /** Set in exactly this scope, under its name or an alias of it. */
  isSet(path: ScopePath, option: string): boolean {
    return this.#setIn(stepsOf(path), option) !== undefined;
  }

  /** A text, a number as it was written, or the only element of an array. */
  getString(path: ScopePath, option: string): string | undefined {
    return this.getStrings(path, option)[0];
  }

  /** The elements of an array; one element for a single value; empty when nothing is set and nothing is default. */
  getStrings(path: ScopePath, option: string): readonly string[] {
    const value = this.effective(stepsOf(path), option);
    if (value === undefined) return [];
    if (value.from === 'scope') return textsOf(value.option.value);
    const { default: standard } = value.entry;
    return standard === undefined ? [] : typeof standard === 'string' ? [standard] : standard;
  }

  getInteger(path: ScopePath, option: string): number | undefined {
    return this.#parsed(path, option, parseInteger);
  }

  getNumber(path: ScopePath, option: string): number | undefined {
    return this.#parsed(path, option, parseDecimal);
  }

  /** File permissions as a number, such as 0o660. */
  getPermissions(path: ScopePath, option: string): number | undefined {
    return this.#parsed(path, option, parsePermissions);
  }

  getBoolean(path: ScopePath, option: string): boolean | undefined {
    return this.#parsed(path, option, parseBool);
  }

  /** Pairs of a dictionary in order, a repeated key with its last value; undefined without any. */
  getDictionary(path: ScopePath, option: string): ReadonlyMap<string, string> | undefined {
    const value = this.effective(stepsOf(path), option);
    if (value?.from === 'default') return defaultPairs(value.entry);
    if (value?.option.value.kind !== 'dict') return undefined;
    const pairs = value.option.value.items.flatMap((item): [string, string][] =>
      item.kind === 'option' && item.value.kind === 'scalar' ? [[item.name, item.value.text]] : [],
    );
    return new Map(pairs);
  }

  /** Undefined when nothing is set and nothing is known of the option. */
  effective(steps: readonly ScopeStep[], option: string): Effective | undefined {
    const own = this.#setIn(steps, option);
    if (own !== undefined) return { from: 'scope', steps, option: own };
    const chain = fallbackChain(this.root, steps).filter((place) => this.#inherits(steps, place, option));
    for (const place of chain) {
      const found = this.#setIn(place, option);
      if (found !== undefined) return { from: 'scope', steps: place, option: found };
    }
    for (const place of chain) {
      const entry = this.entry(place, option);
      if (entry !== undefined) return { from: 'default', entry };
    }
    return undefined;
  }

  /** The table entry of an option in exactly this scope, aliases resolved. */
  entry(steps: readonly ScopeStep[], option: string): OptionEntry | undefined {
    const names = steps.map((step) => step.name);
    const found = this.registry.option(names, option);
    if (found?.aliasOf !== undefined) return this.registry.option(names, found.aliasOf);
    return found ?? (names.length === 0 ? this.registry.widerOption(option) : undefined);
  }

  /** Nothing acts on the option, although its scope is one of this product. Of the wider product, nothing acts at all. */
  isKept(steps: readonly ScopeStep[], option: string): boolean {
    const scope = this.registry.scope(steps.map((step) => step.name));
    return scope?.option(option)?.kept === true && scope.table.kept !== true;
  }

  /**
   * Whether a scope takes the value of a wider one. An option from a table does so only where the table of the wider
   * scope has it too: `connect_timeout` of the bus is not the global `Connect_Timeout` of mail delivery; and where
   * nothing acts on it out there, it has nothing to give: `Enable` of msgcserver_listener (MSG-24).
   */
  #inherits(asked: readonly ScopeStep[], place: readonly ScopeStep[], option: string): boolean {
    if (place.length === asked.length) return true;
    const namesOf = (steps: readonly ScopeStep[]): readonly string[] => steps.map((step) => step.name);
    const own = this.registry.option(namesOf(asked), option);
    if (own === undefined) return true;
    const wider = this.registry.option(namesOf(place), option);
    if (wider === undefined || wider.family !== own.family) return false;
    return wider.kept !== true || own.kept === true;
  }

  #setIn(steps: readonly ScopeStep[], option: string): OptionNode | undefined {
    const scope = scopeAt(this.root, steps);
    if (scope === undefined) return undefined;
    const direct = scope.options.get(nameKey(option));
    if (direct !== undefined) return direct;
    const names = steps.map((step) => step.name);
    const aliases = this.registry.scope(names)?.table.options ?? [];
    const alias = aliases.find(
      ({ aliasOf }) => aliasOf !== undefined && nameKey(aliasOf) === nameKey(option),
    );
    return alias && scope.options.get(nameKey(alias.name));
  }

  #parsed<T>(
    path: ScopePath,
    option: string,
    parse: (
      text: string,
    ) => { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string },
  ): T | undefined {
    const steps = stepsOf(path);
    const value = this.effective(steps, option);
    const entry = this.entry(steps, option);
    if (
      value?.from === 'scope' &&
      (entry === undefined || problemOf(entry, value.option.value) === undefined)
    ) {
      const parsed = parse(textsOf(value.option.value)[0] ?? '');
      if (parsed.ok) return parsed.value;
    }
    const standard = value?.from === 'default' ? value.entry.default : entry?.default;
    if (typeof standard !== 'string') return undefined;
    const parsed = parse(standard);
    assert(parsed.ok, `the default of ${option} has the type that is asked for`);
    return parsed.value;
  }
}

function defaultPairs({ type, default: standard }: OptionEntry): ReadonlyMap<string, string> | undefined {
  if (type !== 'dictionary' || standard === undefined) return undefined;
  const pairs = [standard].flat().map((pair): [string, string] => {
    const [, key, text] = /^(\S+) = "(.*)"$/.exec(pair) ?? [];
    return [must(key, 'the key of a default pair'), text ?? ''];
  });
  return new Map(pairs);
}

function textsOf(value: Value): readonly string[] {
  if (value.kind === 'scalar') return [value.text];
  if (value.kind === 'dict') return [];
  return value.elements.flatMap((element) => (element.kind === 'scalar' ? [element.text] : []));
}
