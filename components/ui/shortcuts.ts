'use client';

/**
 * Keyboard shortcuts of the page: a component names its keys while it is mounted, the `?` sheet lists them. Never
 * for a destructive act: a key may open a preview, and no more (ui.md 2.1).
 */

import { useEffect, useRef, useSyncExternalStore } from 'react';
import { SHORTCUTS_MAX, type Shortcut, ShortcutMatcher } from './shortcut-keys.ts';

export type { Shortcut } from './shortcut-keys.ts';

/** Where single keys belong to the element and not to the page. */
const FIELDS =
  'input, textarea, select, [contenteditable=""], [contenteditable="true"], [role="textbox"], [role="combobox"], ' +
  '[role="listbox"], [role="menu"], [role="dialog"], [role="alertdialog"]';

/** `everywhere` is the frame's; a page's own shortcut of the same keys counts before it. */
export type ShortcutScope = 'page' | 'everywhere';
type Group = { readonly scope: ShortcutScope; readonly shortcuts: readonly Shortcut[] };
export type ShortcutList = Readonly<Record<ShortcutScope, readonly Shortcut[]>>;

const NOTHING: ShortcutList = { page: [], everywhere: [] };

class ShortcutRegistry {
  readonly #matcher = new ShortcutMatcher();
  readonly #listeners = new Set<() => void>();
  #groups: readonly Group[] = [];
  #list: ShortcutList = NOTHING;
  #singleKeys = true;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly list = (): ShortcutList => this.#list;

  add(group: Group): () => void {
    if (this.#groups.length === 0) document.addEventListener('keydown', this.#pressed);
    this.#set([...this.#groups, group]);
    return () => {
      this.#set(this.#groups.filter((each) => each !== group));
      if (this.#groups.length === 0) document.removeEventListener('keydown', this.#pressed);
    };
  }

  setSingleKeys(on: boolean): void {
    this.#singleKeys = on;
  }

  #set(groups: readonly Group[]): void {
    this.#groups = groups;
    const of = (scope: ShortcutScope): readonly Shortcut[] =>
      groups.filter((group) => group.scope === scope).flatMap((group) => group.shortcuts);
    this.#list = {
      everywhere: of('everywhere').slice(-SHORTCUTS_MAX),
      page: of('page').slice(-SHORTCUTS_MAX),
    };
    for (const listener of this.#listeners) listener();
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const { target } = event;
    const press = {
      key: event.key,
      mod: event.ctrlKey || event.metaKey,
      alt: event.altKey,
      inField: target instanceof Element && target.closest(FIELDS) !== null,
    };
    // The page's own come last: they cover those of the frame.
    const all = [...this.#list.everywhere, ...this.#list.page];
    const found = this.#matcher.press(press, all, this.#singleKeys, performance.now());
    if (found === undefined) return;
    event.preventDefault();
    found.run();
  };
}

const registry = new ShortcutRegistry();

/** Held while mounted. Of equal keys the newest counts. Keys and labels may change; `run` is always the newest. */
export function useShortcuts(shortcuts: readonly Shortcut[], scope: ShortcutScope = 'page'): void {
  const newest = useRef(shortcuts);
  newest.current = shortcuts;
  const named = JSON.stringify(
    shortcuts.map(({ keys, label, listedOnly }) => [keys, label, listedOnly === true]),
  );
  useEffect(() => {
    const names = JSON.parse(named) as readonly (readonly [string, string, boolean])[];
    return registry.add({
      scope,
      shortcuts: names.map(([keys, label, listedOnly]) => ({
        keys,
        label,
        listedOnly,
        run: () => newest.current.find((shortcut) => shortcut.keys === keys)?.run(),
      })),
    });
  }, [named, scope]);
}

/** Printable keys off or on; `Mod+` combinations and Escape stay. */
export function setSingleKeyShortcuts(on: boolean): void {
  registry.setSingleKeys(on);
}

export function useShortcutList(): ShortcutList {
  return useSyncExternalStore(registry.subscribe, registry.list, () => NOTHING);
}
