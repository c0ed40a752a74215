/**
 * What an account prefers, as the frame needs it before anything is drawn: read without the schema library, kept a
 * second time in this browser for when the gateway does not answer. The shape is that of `preferences` in
 * server/wire/http.ts; a test holds the two together.
 */

import type { Preferences } from '../../server/wire/http.ts';

export const DEFAULT_PREFERENCES: Preferences = {
  zone: 'browser',
  announcements: 'important',
  density: 'normal',
  shortcuts: true,
};

/** Shared with the settings page. */
export const PREFERENCES_KEY = ['preferences'] as const;

const ZONE_CHARACTERS_MAX = 64;

function oneOf<T extends string>(value: unknown, choices: readonly T[], otherwise: T): T {
  return choices.find((choice) => choice === value) ?? otherwise;
}

export function readPreferences(value: unknown): Preferences | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { zone, announcements, density, shortcuts }: Record<string, unknown> = { ...value };
  const known = typeof zone === 'string' && zone.length <= ZONE_CHARACTERS_MAX;
  return {
    zone: known ? zone : DEFAULT_PREFERENCES.zone,
    announcements: oneOf(announcements, ['none', 'important', 'all'], DEFAULT_PREFERENCES.announcements),
    density: oneOf(density, ['compact', 'normal', 'roomy'], DEFAULT_PREFERENCES.density),
    shortcuts: typeof shortcuts === 'boolean' ? shortcuts : DEFAULT_PREFERENCES.shortcuts,
  };
}

function storageKey(account: string): string {
  return `muster.preferences.${account}`;
}

export function keptPreferences(account: string): Preferences {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(storageKey(account)) ?? 'null');
    return readPreferences(kept) ?? DEFAULT_PREFERENCES;
  } catch {
    return DEFAULT_PREFERENCES;
  }
}

export function keepPreferences(account: string, preferences: Preferences): void {
  try {
    localStorage.setItem(storageKey(account), JSON.stringify(preferences));
  } catch {
    // Without storage they hold until the page is left.
  }
}
