/** From files to a checked generation. Nothing is thrown; with errors there is no generation. */

import { checkMeaning } from './check-meaning.ts';
import { checkOptions } from './check-options.ts';
import type { ConfigFiles } from './config-files.ts';
import { type DiagnosticList, DiagnosticSink } from './diagnostics.ts';
import { Generation } from './generation.ts';
import { loadItems } from './include.ts';
import { modernize } from './modernize.ts';
import type { Registry } from './registry.ts';
import { buildScopeTree } from './scope-tree.ts';
import { expandSearchPath } from './search-path.ts';

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
};

export function loadConfiguration(request: LoadRequest): LoadedConfiguration {
  const { files, mainFile, registry, nodename, subcluster } = request;
  const sink = new DiagnosticSink();
  const start = { file: mainFile, line: 1, column: 1 };
  checkSubcluster(subcluster, mainFile, sink);
  const searchPath = expandSearchPath(request.searchPath, { nodename, subcluster });
  if (!searchPath.ok) {
    sink.add('CONF_SEARCH_PATH', start, searchPath.error);
    return { ...sink.list(), generation: undefined };
  }
  const loaded = loadItems(files, mainFile, searchPath.value, sink);
  const generation = new Generation(
    buildScopeTree(modernize(loaded.items), start),
    registry,
    Object.freeze(loaded.files),
  );
  // With a bracket missing, scopes hold what does not belong to them: only the bracket is worth a word.
  if (loaded.balanced) {
    checkOptions(generation.root, registry, sink);
    checkMeaning(generation, sink);
  }
  return { ...sink.list(), generation: sink.errors === 0 ? generation : undefined };
}

/** One word, lower case (momentum.md 1). */
function checkSubcluster(subcluster: string, file: string, sink: DiagnosticSink): void {
  if (/^[^\sA-Z/]+$/.test(subcluster)) return;
  const message = `the subcluster '${subcluster}' is not one word in lower case`;
  sink.add('CONF_SUBCLUSTER_NAME', { file, line: 1, column: 1 }, message, 'it comes from cluster.boot');
}
