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

class ShortcutRegistry {
  readonly #matcher = new ShortcutMatcher();
  readonly #listeners = new Set<() => void>();
  #groups: readonly (readonly Shortcut[])[] = [];
  #all: readonly Shortcut[] = [];
  #singleKeys = true;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly all = (): readonly Shortcut[] => this.#all;

  add(group: readonly Shortcut[]): () => void {
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

  #set(groups: readonly (readonly Shortcut[])[]): void {
    this.#groups = groups;
    this.#all = groups.flat().slice(-SHORTCUTS_MAX);
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
    const found = this.#matcher.press(press, this.#all, this.#singleKeys, performance.now());
    if (found === undefined) return;
    event.preventDefault();
    found.run();
  };
}

const registry = new ShortcutRegistry();

/** Held while mounted. Of equal keys the newest counts. Keys and labels may change; `run` is always the newest. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const newest = useRef(shortcuts);
  newest.current = shortcuts;
  const named = JSON.stringify(
    shortcuts.map(({ keys, label, listedOnly }) => [keys, label, listedOnly === true]),
  );
  useEffect(() => {
    const names = JSON.parse(named) as readonly (readonly [string, string, boolean])[];
    return registry.add(
      names.map(([keys, label, listedOnly]) => ({
        keys,
        label,
        listedOnly,
        run: () => newest.current.find((shortcut) => shortcut.keys === keys)?.run(),
      })),
    );
  }, [named]);
}

/** Printable keys off or on; `Mod+` combinations and Escape stay. */
export function setSingleKeyShortcuts(on: boolean): void {
  registry.setSingleKeys(on);
}

const NONE: readonly Shortcut[] = [];

export function useShortcutList(): readonly Shortcut[] {
  return useSyncExternalStore(registry.subscribe, registry.all, () => NONE);
}
