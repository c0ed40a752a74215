/** Where the options and scopes of a configuration are written, all places of each in the order of reading. */

import type { Item } from './ast.ts';
import type { Position } from './diagnostics.ts';
import type { ScopeStep } from './scope-path.ts';
import { placeKey } from './tree-diff.ts';

export type Definition = { readonly name: string; readonly at: Position };

export class Definitions {
  readonly #options = new Map<string, Definition[]>();
  readonly #scopes = new Map<string, Definition[]>();

  /** @param items without includes and 2.2 forms. */
  constructor(items: readonly Item[]) {
    this.#add(items, []);
  }

  option(steps: readonly ScopeStep[], name: string): readonly Definition[] {
    return this.#options.get(placeKey(steps, name)) ?? [];
  }

  /** The places at which the scope is opened; none for the global scope. */
  scope(steps: readonly ScopeStep[]): readonly Definition[] {
    return this.#scopes.get(placeKey(steps, '')) ?? [];
  }

  #add(items: readonly Item[], steps: readonly ScopeStep[]): void {
    for (const item of items) {
      if (item.kind === 'option') {
        push(this.#options, placeKey(steps, item.name), { name: item.name, at: item.at });
      } else if (item.kind === 'scope') {
        const inner = [...steps, { name: item.name, instance: item.instance?.text }];
        push(this.#scopes, placeKey(inner, ''), { name: item.name, at: item.at });
        this.#add(item.items, inner);
      }
    }
  }
}

function push(map: Map<string, Definition[]>, key: string, definition: Definition): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [definition]);
  else list.push(definition);
}
