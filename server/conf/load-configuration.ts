/** From files to a checked generation. Nothing is thrown; with errors there is no generation. */

import type { Item } from './ast.ts';
import { nameKey } from './ast.ts';
import { checkMeaning } from './check-meaning.ts';
import { checkOptions } from './check-options.ts';
import type { ConfigFiles } from './config-files.ts';
import { type DiagnosticList, DiagnosticSink } from './diagnostics.ts';
import { Generation } from './generation.ts';
import { type LastFile, loadItems } from './include.ts';
import { modernize } from './modernize.ts';
import type { Registry } from './registry.ts';
import { buildScopeTree } from './scope-tree.ts';
import { expandSearchPath } from './search-path.ts';

export const LOCAL_CHANGES_FILE = 'Local_Changes_File';

export type LoadRequest = {
  readonly files: ConfigFiles;
  /** Directories, placeholders allowed; `searchPathFrom` reads EC_CONF_SEARCH_PATH. */
  readonly searchPath: readonly string[];
  /** Absolute, or a name to look for along the search path. */
  readonly mainFile: string;
  readonly registry: Registry;
  readonly nodename: string;
  readonly subcluster: string;
};

export type LoadedConfiguration = DiagnosticList & {
  /** Undefined when there is any error. */
  readonly generation: Generation | undefined;
  /** What the files say in the order of reading, without includes and 2.2 forms. */
  readonly items: readonly Item[];
};

export function loadConfiguration(request: LoadRequest): LoadedConfiguration {
  const { files, mainFile, registry, nodename, subcluster } = request;
  const sink = new DiagnosticSink();
  const start = { file: mainFile, line: 1, column: 1 };
  checkSubcluster(subcluster, mainFile, sink);
  const searchPath = expandSearchPath(request.searchPath, { nodename, subcluster });
  if (!searchPath.ok) {
    sink.add('CONF_SEARCH_PATH', start, searchPath.error);
    return { ...sink.list(), generation: undefined, items: [] };
  }
  const loaded = loadItems(files, mainFile, searchPath.value, sink, (read) =>
    localChangesFile(read, registry),
  );
  const items = modernize(loaded.items);
  const generation = new Generation(buildScopeTree(items, start), registry, Object.freeze(loaded.files));
  // With a bracket missing, scopes hold what does not belong to them: only the bracket is worth a word.
  if (loaded.balanced) {
    checkOptions(generation.root, registry, sink);
    checkMeaning(generation, sink);
  }
  return { ...sink.list(), generation: sink.errors === 0 ? generation : undefined, items };
}

/** The last Local_Changes_File of the global scope, or the documented default (momentum.md 8.6). */
function localChangesFile(items: readonly Item[], registry: Registry): LastFile | undefined {
  const option = items.findLast(
    (item) => item.kind === 'option' && nameKey(item.name) === nameKey(LOCAL_CHANGES_FILE),
  );
  if (option?.kind === 'option' && option.value.kind === 'scalar') {
    const { text, at } = option.value;
    return text === '' ? undefined : { path: text, at };
  }
  const standard = registry.option([], LOCAL_CHANGES_FILE)?.default;
  return typeof standard === 'string' ? { path: standard, at: undefined } : undefined;
}

/** One word, lower case (momentum.md 1). */
function checkSubcluster(subcluster: string, file: string, sink: DiagnosticSink): void {
  if (/^[^\sA-Z/]+$/.test(subcluster)) return;
  const message = `the subcluster '${subcluster}' is not one word in lower case`;
  sink.add('CONF_SUBCLUSTER_NAME', { file, line: 1, column: 1 }, message, 'it comes from cluster.boot');
}
