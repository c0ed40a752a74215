/** What of the objects page stands in its address: the object, whose data, as whom it is seen, what is looked for. Pure. */

import { hrefWith, readNames, writeNames } from '../ui/url-query.ts';

const PATH = '/objects';

/** Netblocks that stand open at once: each is a question of its own, again and again. */
export const OPEN_MAX = 24;
/** Keys that are watched beside the table. */
export const WATCHED_MAX = 6;

/** The list of objects with this filter. */
export function objectsHref(filter = ''): string {
  return hrefWith(PATH, { q: filter });
}

/** One object. @param state of its page: `view`, `find`, `row` and others. */
export function objectHref(object: string, state: Readonly<Record<string, string>> = {}): string {
  return hrefWith(PATH, { object, ...state });
}

/** The same page in another state. */
export function withinObjects(search: string, change: Readonly<Record<string, string>>): string {
  return hrefWith(PATH, { ...Object.fromEntries(new URLSearchParams(search)), ...change });
}

/** Names in one value, without the one that is there, or with the one that is not. The oldest go where they are too many. */
export function toggledName(text: string, name: string, most: number): string {
  const names = readNames(text);
  const rest = names.filter((each) => each !== name);
  return writeNames(rest.length < names.length ? rest : [...rest, name].slice(-most));
}
