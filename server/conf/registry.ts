/**
 * All option tables of a process, by scope. Checks, defaults, console texts and forms ask here; a room adds its
 * options by handing its tables to `createRegistry`.
 */

import { assert } from '../base/assert.ts';
import type { OptionEntry, ScopeTable } from '../base/option-table.ts';
import { AUDIT_TABLES } from './tables/audit-tables.ts';
import { CLUSTER_TABLES, LOGS_TABLES } from './tables/cluster-tables.ts';
import { DELIVERY_TABLES } from './tables/delivery-tables.ts';
import { GLOBAL_TABLES } from './tables/global-tables.ts';
import { LISTENER_TABLES } from './tables/listener-tables.ts';
import { LOGGER_TABLES } from './tables/logger-tables.ts';
import { option } from './tables/option-entry.ts';
import { SHARED_TABLES } from './tables/shared-tables.ts';
import { WIDER_GLOBAL_OPTIONS, WIDER_SCOPES, WIDER_SECRETS } from './tables/wider-product.ts';

/** What the documents call the scope outside all others. */
export const GLOBAL_SCOPE_NAME = 'Global';

/** Tables for everything but the bus, whose room owns its own. */
export const CONF_TABLES: readonly ScopeTable[] = [
  ...GLOBAL_TABLES,
  ...LISTENER_TABLES,
  ...CLUSTER_TABLES,
  ...LOGS_TABLES,
  ...LOGGER_TABLES,
  ...AUDIT_TABLES,
  ...DELIVERY_TABLES,
  ...SHARED_TABLES,
];

export class Registry {
  readonly #tables = new Map<string, KnownScope>();
  readonly #widerOptions = new Map<string, OptionEntry>();
  readonly #widerScopes = new Map<string, string>();

  constructor(tables: readonly ScopeTable[]) {
    for (const [name, defaultText] of WIDER_GLOBAL_OPTIONS) {
      const secret = WIDER_SECRETS.has(name.toLowerCase());
      this.#widerOptions.set(
        name.toLowerCase(),
        option(name, 'any', defaultText, 'options summary of 4.x', { kept: true, secret }),
      );
    }
    for (const name of WIDER_SCOPES) this.#widerScopes.set(name.toLowerCase(), name);
    for (const table of tables) {
      const key = pathKey(table.path);
      assert(!this.#tables.has(key), `the scope ${table.path.join('::')} has one table`);
      this.#tables.set(key, new KnownScope(table));
    }
  }

  /** @param names scope names from the outside in, in any case, without instances. */
  scope(names: readonly string[]): KnownScope | undefined {
    return this.#tables.get(pathKey(names));
  }

  /** Any name may be an option there: the scope has no table, or one that does not tell all. */
  isOpen(names: readonly string[]): boolean {
    const table = this.scope(names)?.table;
    return table === undefined || table.open === true || table.kept === true;
  }

  /** An option of a scope whose table is known, aliases included. */
  option(names: readonly string[], name: string): OptionEntry | undefined {
    return this.scope(names)?.option(name);
  }

  /** An option of the global scope that is kept and not run. */
  widerOption(name: string): OptionEntry | undefined {
    return this.#widerOptions.get(name.toLowerCase());
  }

  widerOptions(): readonly OptionEntry[] {
    return [...this.#widerOptions.values()];
  }

  /** Documented spelling of a scope name, as written where it is not known. */
  spelling(names: readonly string[]): string {
    const written = names.at(-1) ?? GLOBAL_SCOPE_NAME;
    const known = this.scope(names)?.table.path.at(-1);
    return (
      known ?? (names.length === 1 ? this.#widerScopes.get(written.toLowerCase()) : undefined) ?? written
    );
  }

  isWiderScope(name: string): boolean {
    return this.#widerScopes.has(name.toLowerCase());
  }

  /** Names of the scopes that may stand directly in a scope. */
  childScopes(names: readonly string[]): readonly string[] {
    const parent = pathKey(names);
    const known = [...this.#tables.values()].flatMap(({ table }) => {
      const last = table.path.at(-1);
      return last !== undefined && pathKey(table.path.slice(0, -1)) === parent ? [last] : [];
    });
    return names.length === 0 ? [...known, ...this.#widerScopes.values()] : known;
  }

  /** Names that may be written in a scope, for suggestions. */
  optionNames(names: readonly string[]): readonly string[] {
    const known = this.scope(names)?.table.options.map((entry) => entry.name) ?? [];
    return names.length === 0 ? [...known, ...WIDER_GLOBAL_OPTIONS.keys()] : known;
  }

  tables(): readonly ScopeTable[] {
    return [...this.#tables.values()].map(({ table }) => table);
  }
}

export class KnownScope {
  readonly table: ScopeTable;
  readonly #options = new Map<string, OptionEntry>();

  constructor(table: ScopeTable) {
    this.table = table;
    for (const entry of table.options) {
      const key = entry.name.toLowerCase();
      assert(!this.#options.has(key), `${entry.name} stands once in its table`);
      this.#options.set(key, entry);
    }
  }

  option(name: string): OptionEntry | undefined {
    return this.#options.get(name.toLowerCase());
  }
}

/** @param tables of other rooms, such as those of the bus. */
export function createRegistry(tables: readonly ScopeTable[]): Registry {
  return new Registry([...CONF_TABLES, ...tables]);
}

function pathKey(names: readonly string[]): string {
  return names.join('\n').toLowerCase();
}
