/** The directories in which a configuration file is looked for (momentum.md 8.5). */

import { err, ok, type Result } from '../base/result.ts';
import { directoryOf } from './file-paths.ts';

/** Documented default order; the first hit wins. */
export const DEFAULT_SEARCH_PATH: readonly string[] = [
  '/opt/msys/ecelerity/etc',
  '/opt/msys/ecelerity/etc/conf/global',
  '/opt/msys/ecelerity/etc/conf/{NODENAME}',
  '/opt/msys/ecelerity/etc/conf/default',
];
export const SEARCH_PATH_SEPARATOR = ':';
/** Directories in one search path. */
export const SEARCH_PATH_ENTRIES_MAX = 64;

export type SearchPathNames = { readonly nodename: string; readonly subcluster: string };

/**
 * Directories to search, placeholders filled in.
 * @param override the value of EC_CONF_SEARCH_PATH, which replaces the whole order; undefined or empty for the default.
 */
export function searchPathFrom(
  override: string | undefined,
  names: SearchPathNames,
): Result<readonly string[], string> {
  const given = (override ?? '').split(SEARCH_PATH_SEPARATOR).filter((entry) => entry !== '');
  const entries = given.length === 0 ? DEFAULT_SEARCH_PATH : given;
  if (entries.length > SEARCH_PATH_ENTRIES_MAX) {
    return err(`the search path has more than ${SEARCH_PATH_ENTRIES_MAX} directories`);
  }
  return expandSearchPath(entries, names);
}

/** Fills in `{NODENAME}` and `{SUBCLUSTER}`. A name that is not one directory is refused where it is needed. */
export function expandSearchPath(
  entries: readonly string[],
  { nodename, subcluster }: SearchPathNames,
): Result<readonly string[], string> {
  for (const [placeholder, name] of [
    ['{NODENAME}', nodename],
    ['{SUBCLUSTER}', subcluster],
  ] as const) {
    const needed = entries.some((entry) => entry.includes(placeholder));
    if (needed && (!/^[^/\s]+$/.test(name) || name === '.' || name === '..')) {
      return err(
        `'${name}' cannot stand for ${placeholder} in the search path: it is not the name of a directory`,
      );
    }
  }
  return ok(
    entries.map((entry) => entry.replaceAll('{NODENAME}', nodename).replaceAll('{SUBCLUSTER}', subcluster)),
  );
}

/** Where an include of `includingFile` is looked for: its own directory comes first, even if that repeats one. */
export function includeSearchPath(includingFile: string, searchPath: readonly string[]): readonly string[] {
  return [directoryOf(includingFile), ...searchPath];
}
