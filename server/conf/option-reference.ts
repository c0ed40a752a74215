/** The option tables as plain data, for a page that lists every option of every scope. Knows no configuration. */

import type { OptionEntry, ScopeTable } from '../base/option-table.ts';
import { typeName } from './describe.ts';
import type { Registry } from './registry.ts';
import { SECRET_MASK } from './secrets.ts';

export type OptionReference = {
  /** Documented spelling. */
  readonly name: string;
  /** `int`, `array of string`, … */
  readonly type: string;
  readonly unit: string | null;
  /** One text per element; null where nothing is documented. */
  readonly default: readonly string[] | null;
  /** Inclusive. */
  readonly min: number | null;
  readonly max: number | null;
  /** The only texts allowed; empty when any text of the type is. */
  readonly values: readonly string[];
  /** May change at run time; otherwise it takes effect with the next start. */
  readonly dynamic: boolean;
  readonly secret: boolean;
  /** Read and kept for the files of an installation; nothing acts on it. */
  readonly kept: boolean;
  /** What to write instead; null unless deprecated. */
  readonly deprecated: string | null;
  readonly aliasOf: string | null;
  readonly source: string;
};

export type ScopeReference = {
  /** As `config` takes it, with `"name"` where the scope carries a name of its own; empty for the global scope. */
  readonly path: string;
  readonly names: readonly string[];
  readonly instance: 'none' | 'optional' | 'required';
  /** How the name of its own is read; null where any text is. */
  readonly instanceType: string | null;
  /** Options that are not listed are kept. */
  readonly open: boolean;
  readonly kept: boolean;
  readonly options: readonly OptionReference[];
};

/** Scopes by path, the global one first; options by name. The wider options of the global scope are among them. */
export function optionReference(registry: Registry): readonly ScopeReference[] {
  return registry
    .tables()
    .map((table) => scopeReference(registry, table))
    .sort((a, b) => compare(a.path, b.path));
}

function scopeReference(registry: Registry, table: ScopeTable): ScopeReference {
  const { path: names, instance, instanceType } = table;
  const wider = names.length === 0 ? registry.widerOptions() : [];
  const kept = table.kept === true;
  const options = [...table.options, ...wider]
    .map((entry) => reference(entry, kept))
    .sort((a, b) => compare(a.name, b.name));
  return {
    path: pathOf(registry, names),
    names,
    instance,
    instanceType: instanceType ?? null,
    open: table.open === true || kept,
    kept,
    options,
  };
}

function pathOf(registry: Registry, names: readonly string[]): string {
  return names
    .map((name, i) => {
      const instance = registry.scope(names.slice(0, i + 1))?.table.instance ?? 'none';
      return instance === 'none' ? name : `${name} "name"`;
    })
    .join(' ');
}

function reference(entry: OptionEntry, keptScope: boolean): OptionReference {
  const { name, unit, min, max, values, dynamic, deprecated, aliasOf, source } = entry;
  const secret = entry.secret === true;
  const standard = entry.default === undefined ? null : [entry.default].flat();
  return {
    name,
    type: typeName(entry),
    unit: unit ?? null,
    default: secret && standard !== null ? [SECRET_MASK] : standard,
    min: min ?? null,
    max: max ?? null,
    values: values ?? [],
    dynamic,
    secret,
    kept: keptScope || entry.kept === true,
    deprecated: deprecated ?? null,
    aliasOf: aliasOf ?? null,
    source,
  };
}

function compare(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}
