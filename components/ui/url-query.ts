/**
 * How state is written into an address: readable queries, sort orders, links to a page in a given state. Pure; it
 * knows no page's columns and no filter language.
 */

/** Longer values are cut, in the address and out of it: an address must stay something that can be pasted. */
export const URL_VALUE_CHARACTERS_MAX = 2_000;
/** Columns of one sort order; more are ignored. */
export const SORT_COLUMNS_MAX = 4;

export type SortEntry = { readonly column: string; readonly descending: boolean };

/** `-moved,name`: by `moved`, largest first, then by `name`. */
export function writeSort(entries: readonly SortEntry[]): string {
  return entries
    .slice(0, SORT_COLUMNS_MAX)
    .map(({ column, descending }) => `${descending ? '-' : ''}${column}`)
    .join(',');
}

/** Columns that the page does not have are ignored, as is a column that is named again. */
export function readSort(text: string, columns: readonly string[]): readonly SortEntry[] {
  const entries: SortEntry[] = [];
  for (const part of text.split(',')) {
    const descending = part.startsWith('-');
    const column = descending ? part.slice(1) : part;
    if (!columns.includes(column) || entries.some((entry) => entry.column === column)) continue;
    if (entries.length < SORT_COLUMNS_MAX) entries.push({ column, descending });
  }
  return entries;
}

/** Names in one value, as in `persp=AA,CC`. Commas and percent signs of a name are escaped. */
export function writeNames(names: readonly string[]): string {
  return names.map((name) => name.replace(/[%,]/g, encodeURIComponent)).join(',');
}

export function readNames(text: string): readonly string[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.replace(/%25|%2C/gi, decodeURIComponent));
}

/** As `URLSearchParams` reads it, but with `:`, `/` and `,` as people type them. */
export function writeQuery(params: URLSearchParams): string {
  return [...params].map(([name, value]) => `${readable(name)}=${readable(value)}`).join('&');
}

/** A link to a page in a state; empty values are left out. */
export function hrefWith(path: string, values: Readonly<Record<string, string>>): string {
  const params = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''));
  const query = writeQuery(params);
  return query === '' ? path : `${path}?${query}`;
}

function readable(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
    .replace(/%20/g, '+')
    .replace(/%(3A|2F|2C|40)/gi, decodeURIComponent);
}
