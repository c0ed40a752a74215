/**
 * Checks a scope tree against the option tables: names, value types, instance names. A known scope takes known options
 * only; scopes without a table belong to the wider product and are kept with one warning each.
 */

import { nearest } from '../base/nearest.ts';
import type { OptionEntry } from '../base/option-table.ts';
import { nameKey } from './ast.ts';
import { type DiagnosticSink, shown } from './diagnostics.ts';
import { GLOBAL_SCOPE_NAME, type Registry } from './registry.ts';
import { type OptionNode, type ScopeNode, scopeKey, unshared } from './scope-tree.ts';
import { parseAs, parseBool, problemOf } from './values.ts';

/** @param known a tree without errors; what both share is not looked at again. */
export function checkOptions(
  root: ScopeNode,
  registry: Registry,
  sink: DiagnosticSink,
  known?: ScopeNode,
): void {
  new OptionChecker(registry, sink).scope(root, [], false, known);
}

class OptionChecker {
  readonly #registry: Registry;
  readonly #sink: DiagnosticSink;
  readonly #warned = new Set<string>();

  constructor(registry: Registry, sink: DiagnosticSink) {
    this.#registry = registry;
    this.#sink = sink;
  }

  /** @param names scope names from the outside in; the table of that scope is known. */
  scope(scope: ScopeNode, names: readonly string[], kept: boolean, known: ScopeNode | undefined): void {
    for (const entry of unshared(scope.entries, known?.entries ?? [])) {
      if (entry.kind === 'option') {
        if (known?.options.get(nameKey(entry.name)) !== entry) this.#option(entry, names, kept);
        continue;
      }
      const before = known?.scopes.get(scopeKey(entry.name, entry.instance));
      if (before !== entry) this.#child(entry, names, kept, before);
    }
  }

  /** @param kept the scope around it has no effect, which was said once. */
  #child(child: ScopeNode, outer: readonly string[], kept: boolean, known: ScopeNode | undefined): void {
    const names = [...outer, child.name];
    const table = this.#registry.scope(names)?.table;
    const acts = !kept && this.#acts(child, names);
    // Whether such a scope acts depends on others, too: the checks of DuraVIP know it.
    if (!kept && !acts && table?.actsBy === undefined) this.#keptScope(child, outer);
    if (table === undefined) return;
    this.#instance(child, names);
    this.scope(child, names, !acts, known);
  }

  /** A scope of the wider product acts where something of this product is in it. */
  #acts(scope: ScopeNode, names: readonly string[]): boolean {
    const table = this.#registry.scope(names)?.table;
    if (table === undefined || table.kept !== true) return table !== undefined;
    const { actsBy } = table;
    if (actsBy === undefined) return false;
    return scope.entries.some((entry) =>
      entry.kind === 'scope'
        ? this.#acts(entry, [...names, entry.name])
        : actsBy.some((name) => nameKey(name) === nameKey(entry.name)) && !isOff(entry),
    );
  }

  #keptScope(child: ScopeNode, outer: readonly string[]): void {
    const { name } = child;
    const key = `${outer.join('\n')}\n${name}`.toLowerCase();
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    const where = outer.length === 0 ? '' : ` in '${this.#registry.spelling(outer)}'`;
    const message = `the scope '${shown(name)}'${where} is kept but has no effect here`;
    const known = this.#registry.scope([...outer, name]) !== undefined;
    const wider = known || (outer.length === 0 && this.#registry.isWiderScope(name));
    const close = wider ? undefined : nearest(name, this.#registry.childScopes(outer));
    const hint = close === undefined || nameKey(close) === nameKey(name) ? undefined : didYouMean(close);
    this.#sink.add('CONF_UNKNOWN_SCOPE', child.at, message, hint);
  }

  #instance(scope: ScopeNode, names: readonly string[]): void {
    const table = this.#registry.scope(names)?.table;
    if (table === undefined) return;
    const spelling = this.#registry.spelling(names);
    if (scope.instance === undefined) {
      if (table.instance !== 'required') return;
      const hint = `write ${spelling} "name" { … }`;
      this.#sink.add('CONF_BAD_INSTANCE', scope.at, `the scope '${spelling}' needs a name of its own`, hint);
      return;
    }
    if (table.instance === 'none') {
      const message = `the scope '${spelling}' exists once and takes no name such as '${shown(scope.instance)}'`;
      this.#sink.add('CONF_BAD_INSTANCE', scope.at, message, `write ${spelling} { … }`);
      return;
    }
    const checked = parseAs(table.instanceType ?? 'string', scope.instance);
    if (!checked.ok) this.#sink.add('CONF_BAD_INSTANCE', scope.at, `${spelling}: ${checked.error}`);
    else if (scope.instance === '')
      this.#sink.add('CONF_BAD_INSTANCE', scope.at, `${spelling}: its name is empty`);
  }

  #option(node: OptionNode, names: readonly string[], kept: boolean): void {
    const entry = this.#registry.option(names, node.name);
    if (entry === undefined) {
      if (!kept) this.#otherOption(node, names);
      return;
    }
    if (entry.kept === true && !kept) this.#keptOption(entry.name, node, names);
    const problem = problemOf(entry, node.value);
    if (problem !== undefined) {
      this.#sink.add('CONF_BAD_VALUE', node.value.at, `${entry.name}: ${problem}`, typeHint(entry));
    }
    if (entry.deprecated !== undefined) {
      this.#sink.add(
        'CONF_DEPRECATED',
        node.at,
        `the option '${entry.name}' is deprecated`,
        entry.deprecated,
      );
    }
  }

  #keptOption(name: string, node: OptionNode, names: readonly string[]): void {
    const table = this.#registry.scope(names)?.table;
    if (table?.actsBy !== undefined || table?.wide === true) {
      this.#keptRest(name, node, names);
      return;
    }
    const where = names.length === 0 ? '' : ` in '${this.#registry.spelling(names)}'`;
    const message = `the option '${shown(name)}'${where} is kept but has no effect here`;
    this.#sink.add('CONF_KEPT_OPTION', node.at, message);
  }

  /** Scopes of mail are many and full of such options: one word on the first of them. */
  #keptRest(name: string, node: OptionNode, names: readonly string[]): void {
    const key = `rest of ${names.join('\n')}`.toLowerCase();
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    const spelling = this.#registry.spelling(names);
    const wide = this.#registry.scope(names)?.table.wide === true;
    const message = wide
      ? `in '${spelling}' the option '${shown(name)}' and its like are kept but have no effect here`
      : `of the scope '${spelling}' only DuraVIP has an effect here; '${shown(name)}' and its like are kept`;
    this.#sink.add('CONF_KEPT_OPTION', node.at, message);
  }

  #otherOption(node: OptionNode, names: readonly string[]): void {
    const wider = names.length === 0 ? this.#registry.widerOption(node.name) : undefined;
    const table = this.#registry.scope(names)?.table;
    if (wider !== undefined || table?.open === true || table?.kept === true) {
      this.#keptOption(wider?.name ?? node.name, node, names);
      return;
    }
    const scopeName = names.length === 0 ? GLOBAL_SCOPE_NAME : this.#registry.spelling(names);
    const candidates = [...this.#registry.optionNames(names), ...this.#registry.childScopes(names)];
    const close = nearest(node.name, candidates);
    this.#sink.add(
      'CONF_UNKNOWN_OPTION',
      node.at,
      `'${shown(node.name)}' is not a valid scope name in scope '${scopeName}'`,
      close === undefined ? undefined : didYouMean(close),
    );
  }
}

function isOff({ value }: OptionNode): boolean {
  if (value.kind !== 'scalar') return false;
  const on = parseBool(value.text);
  return value.text === '' || (on.ok && !on.value);
}

function didYouMean(name: string): string {
  return `did you mean '${name}'?`;
}

function typeHint(entry: OptionEntry): string | undefined {
  const { default: standard } = entry;
  if (standard === undefined || typeof standard !== 'string') return undefined;
  return `the default is ${standard}${entry.unit === undefined ? '' : ` (${entry.unit})`}`;
}
