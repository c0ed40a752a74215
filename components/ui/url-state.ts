'use client';

/**
 * State that changes what you see, kept in the address (ui.md 2.12): a link reopens it, back and forward restore it.
 * Writes replace the current entry of the history. What is written shows at once; the router follows. Not for what
 * changes only how you like it (density, theme).
 */

import { usePathname, useSearchParams } from 'next/navigation';
import { useCallback, useLayoutEffect, useSyncExternalStore } from 'react';
import { URL_VALUE_CHARACTERS_MAX, writeQuery } from './url-query.ts';

/** Browsers refuse or drop more than some hundred history writes in ten seconds. */
export const URL_WRITE_EVERY_MS = 100;
/** How long a write may wait for the router before the address alone is believed. */
const SETTLE_MS = 1_000;

/** What is typed there goes on; a press anywhere else may lead away. */
const FIELDS = 'input, textarea, select';

/** Written values that the router has not shown yet; undefined where a name was removed. */
class AddressWrites {
  readonly #listeners = new Set<() => void>();
  readonly #pending = new Map<string, string | undefined>();
  #path: string | null = null;
  #expected: string | null = null;
  #rendered: string | null = null;
  #scheduled = false;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #settling: ReturnType<typeof setTimeout> | undefined;

  readonly subscribe = (listener: () => void): (() => void) => {
    if (this.#listeners.size === 0) {
      window.addEventListener('popstate', this.#popped);
      window.addEventListener('keydown', this.#pressed, true);
      window.addEventListener('click', this.#pressed, true);
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      window.removeEventListener('popstate', this.#popped);
      window.removeEventListener('keydown', this.#pressed, true);
      window.removeEventListener('click', this.#pressed, true);
    };
  };

  has(path: string, name: string): boolean {
    return this.#path === path && this.#pending.has(name);
  }

  get(name: string): string | undefined {
    return this.#pending.get(name);
  }

  set(path: string, name: string, value: string | undefined): void {
    if (this.#path !== path) this.#pending.clear();
    this.#path = path;
    this.#pending.set(name, value);
    this.#schedule();
    this.#emit();
  }

  /** Brings a waiting write into the address now, before somebody copies it or leaves. */
  readonly flush = (): void => {
    this.#scheduled = false;
    if (this.#pending.size === 0 || window.location.pathname !== this.#path) {
      this.#forget();
      return;
    }
    const params = new URLSearchParams(window.location.search);
    for (const [name, value] of this.#pending) {
      if (value === undefined) params.delete(name);
      else params.set(name, value);
    }
    this.#expected = params.toString();
    this.#writtenMs = performance.now();
    const query = writeQuery(params);
    const { pathname, hash } = window.location;
    // The router listens to this and renders the new address in a transition.
    window.history.replaceState(null, '', `${pathname}${query === '' ? '' : `?${query}`}${hash}`);
    this.#awaitRouter();
  };

  /** @param search what the router renders now; null where there is no router. */
  rendered(search: string | null): void {
    this.#rendered = search;
    if (this.#expected === null || this.#scheduled) return;
    if (search === null || search === this.#expected) this.#forget();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const waitMs = this.#writtenMs + URL_WRITE_EVERY_MS - performance.now();
    const write = (): void => {
      if (this.#scheduled) this.flush();
    };
    if (waitMs <= 0) queueMicrotask(write);
    else setTimeout(write, waitMs);
  }

  #awaitRouter(): void {
    clearTimeout(this.#settling);
    this.rendered(this.#rendered);
    if (this.#expected === null) return;
    this.#settling = setTimeout(() => {
      const inAddress = new URLSearchParams(window.location.search).toString();
      if (inAddress === this.#expected && this.#rendered !== inAddress) this.#awaitRouter();
      else if (!this.#scheduled) this.#forget();
    }, SETTLE_MS);
  }

  readonly #popped = (): void => this.#forget();

  /** A write that comes after the router set out for another page would call it back. */
  readonly #pressed = ({ target }: Event): void => {
    const inField = target instanceof Element && target.closest(FIELDS) !== null;
    if (this.#scheduled && !inField) this.flush();
  };

  #forget(): void {
    clearTimeout(this.#settling);
    this.#expected = null;
    this.#pending.clear();
    this.#emit();
  }

  #emit(): void {
    for (const listener of this.#listeners) listener();
  }
}

const writes = new AddressWrites();

/** Call before reading the address to copy it. */
export const flushUrlState: () => void = writes.flush;

/**
 * @param name in the query. @param initial what its absence means, and what is left out.
 * Values are cut at URL_VALUE_CHARACTERS_MAX. Pages that use it stand in a Suspense boundary, as the export needs.
 */
export function useUrlState(name: string, initial: string): readonly [string, (value: string) => void] {
  // Null outside of the router, in tests of components: then the address itself is the state.
  const params: { get(name: string): string | null; toString(): string } | null = useSearchParams();
  const path: string = usePathname() ?? window.location.pathname;
  const read = useCallback((): string => {
    if (writes.has(path, name)) return writes.get(name) ?? initial;
    const given = params ?? new URLSearchParams(window.location.search);
    return (given.get(name) ?? initial).slice(0, URL_VALUE_CHARACTERS_MAX);
  }, [params, path, name, initial]);
  const value = useSyncExternalStore(writes.subscribe, read, () => initial);
  const search = params === null ? null : params.toString();
  useLayoutEffect(() => writes.rendered(search), [search]);
  const set = useCallback(
    (next: string): void => {
      const cut = next.slice(0, URL_VALUE_CHARACTERS_MAX);
      if (cut !== read()) writes.set(path, name, cut === initial ? undefined : cut);
    },
    [read, path, name, initial],
  );
  return [value, set];
}
