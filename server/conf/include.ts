/**
 * Reads a configuration from its main file: parses, looks for included files and puts their items where the include
 * stood (momentum.md 8.4). A missing include is an error (A60), so is one that includes itself.
 */

import type { Item } from './ast.ts';
import type { ConfigFiles } from './config-files.ts';
import type { DiagnosticCode, DiagnosticSink, Position } from './diagnostics.ts';
import { directoryOf, isAbsolute, joinPath } from './file-paths.ts';
import { FILE_CHARACTERS_MAX } from './lexer.ts';
import { parseText } from './parser.ts';
import { includeSearchPath } from './search-path.ts';

/** Includes inside one another, below the main file. */
export const INCLUDE_DEPTH_MAX = 32;
/** Files read for one configuration; a file included twice counts twice. */
export const INCLUDED_FILES_MAX = 1_000;
/** Characters of all files together. */
export const CONFIGURATION_CHARACTERS_MAX = 8 * FILE_CHARACTERS_MAX;

export type LoadedFile = {
  readonly path: string;
  /** By `readonly_include`, by another read-only file, or included more than once (momentum.md 8.6). */
  readonly readonly: boolean;
  /** The first place that included it; undefined for the main file and the Local_Changes_File. */
  readonly includedAt: Position | undefined;
  /** What stands in it belongs to the global scope. */
  readonly global: boolean;
};

export type LoadedItems = {
  /** Without includes. */
  readonly items: readonly Item[];
  readonly files: readonly LoadedFile[];
  /** False when a bracket of any file is not balanced. */
  readonly balanced: boolean;
};

/** A file that is read after all others, if it exists. */
export type LastFile = {
  /** Relative to the directory of the main file. */
  readonly path: string;
  /** Where the configuration names it; undefined when it is the default. */
  readonly at: Position | undefined;
};

/**
 * @param mainFile absolute, or a name to look for along the search path.
 * @param lastFileOf what the items of all other files ask for.
 */
export function loadItems(
  files: ConfigFiles,
  mainFile: string,
  searchPath: readonly string[],
  sink: DiagnosticSink,
  lastFileOf: (items: readonly Item[]) => LastFile | undefined = () => undefined,
): LoadedItems {
  return new Loader(files, searchPath, sink).run(mainFile, lastFileOf);
}

/** The chain of files being read, from the main file to the innermost. */
type Chain = {
  readonly path: string;
  readonly readonly: boolean;
  readonly global: boolean;
  readonly outer: Chain | undefined;
};

class Loader {
  readonly #files: ConfigFiles;
  readonly #searchPath: readonly string[];
  readonly #sink: DiagnosticSink;
  readonly #loaded = new Map<string, LoadedFile>();
  #reads = 0;
  #characters = 0;
  #balanced = true;

  constructor(files: ConfigFiles, searchPath: readonly string[], sink: DiagnosticSink) {
    this.#files = files;
    this.#searchPath = searchPath;
    this.#sink = sink;
  }

  run(mainFile: string, lastFileOf: (items: readonly Item[]) => LastFile | undefined): LoadedItems {
    const at = { file: mainFile, line: 1, column: 1 };
    const path = this.#find(mainFile, this.#searchPath);
    let items: readonly Item[] = [];
    if (path === undefined || this.#files.kindOf(path) !== 'file') {
      this.#missing(mainFile, at, this.#searchPath);
    } else {
      items = this.#read(path, false, undefined, undefined, at);
      const last = lastFileOf(items);
      if (last !== undefined) items = [...items, ...this.#readLast(path, last)];
    }
    return { items, files: [...this.#loaded.values()], balanced: this.#balanced };
  }

  #readLast(mainPath: string, { path: name, at }: LastFile): readonly Item[] {
    const path = joinPath(directoryOf(mainPath), name);
    if (this.#loaded.has(path)) {
      // A default that is included by hand is what it would be anyway.
      if (at === undefined) return [];
      const what = path === mainPath ? 'is the main file' : 'is included already';
      const hint = 'it is read by itself after all others: name another file';
      this.#refuse('CONF_LOCAL_CHANGES', at, `the Local_Changes_File '${path}' ${what}`, hint);
      return [];
    }
    if (this.#files.kindOf(path) !== 'file') return [];
    return this.#read(path, false, undefined, undefined, at ?? { file: path, line: 1, column: 1 });
  }

  #read(
    path: string,
    readonly: boolean,
    outer: Chain | undefined,
    includedAt: Position | undefined,
    at: Position,
    global = true,
  ): readonly Item[] {
    this.#reads += 1;
    if (this.#reads > INCLUDED_FILES_MAX) {
      // Once; each further include is refused in silence, so that a bomb of includes ends.
      if (this.#reads === INCLUDED_FILES_MAX + 1) {
        this.#refuse('CONF_INCLUDE_LIMIT', at, `more than ${INCLUDED_FILES_MAX} files are included`);
      }
      return [];
    }
    const text = this.#files.read(path, FILE_CHARACTERS_MAX);
    if (!text.ok) {
      this.#refuse('CONF_INCLUDE_UNREADABLE', at, `cannot read '${path}': ${text.error}`);
      return [];
    }
    this.#characters += text.value.length;
    if (this.#characters > CONFIGURATION_CHARACTERS_MAX) {
      this.#refuse(
        'CONF_INCLUDE_LIMIT',
        at,
        `the files have more than ${CONFIGURATION_CHARACTERS_MAX} characters`,
      );
      return [];
    }
    const before = this.#loaded.get(path);
    this.#loaded.set(
      path,
      before === undefined ? { path, readonly, includedAt, global } : { ...before, readonly: true },
    );
    this.#sink.reading(path);
    const parsed = parseText(path, text.value, this.#sink);
    if (!parsed.balanced) this.#balanced = false;
    return this.#expand(parsed.items, { path, readonly, global, outer });
  }

  #expand(items: readonly Item[], chain: Chain): readonly Item[] {
    return items.flatMap((item): readonly Item[] => {
      if (item.kind === 'include') return this.#include(item.path.text, item.readonly, item.path.at, chain);
      if (item.kind === 'scope') {
        return [{ ...item, items: this.#expand(item.items, { ...chain, global: false }) }];
      }
      return [item];
    });
  }

  #include(target: string, readonly: boolean, at: Position, chain: Chain): readonly Item[] {
    const name = this.#fileName(target, at);
    if (name === undefined) return [];
    const searched = includeSearchPath(chain.path, this.#searchPath);
    const path = this.#find(name, searched);
    if (path === undefined) {
      this.#missing(name, at, searched);
      return [];
    }
    const paths = this.#files.kindOf(path) === 'directory' ? this.#filesOf(path, at) : [path];
    return paths.flatMap((file) => this.#includeFile(file, readonly || chain.readonly, at, chain));
  }

  #includeFile(path: string, readonly: boolean, at: Position, chain: Chain): readonly Item[] {
    let depth = 0;
    for (let outer: Chain | undefined = chain; outer !== undefined; outer = outer.outer) {
      if (outer.path === path) {
        this.#refuse('CONF_INCLUDE_CYCLE', at, `'${path}' includes itself`, 'remove one of the includes');
        return [];
      }
      depth += 1;
    }
    if (depth > INCLUDE_DEPTH_MAX) {
      this.#refuse('CONF_INCLUDE_LIMIT', at, `more than ${INCLUDE_DEPTH_MAX} files include one another`);
      return [];
    }
    return this.#read(path, readonly, chain, at, at, chain.global);
  }

  /** The file name of a path or URI; undefined when it cannot be read. */
  #fileName(target: string, at: Position): string | undefined {
    const uri = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target);
    if (uri === null) return target;
    const scheme = (uri[1] ?? '').toLowerCase();
    if (scheme === 'file') return target.slice(uri[0].length);
    if (scheme === 'persist') {
      // 2.2 kept console changes there; without them the files alone hold, which is what they say.
      const message = `'${target}' is not read: changes kept there are not part of this configuration`;
      this.#refuse('CONF_INCLUDE_PERSIST', at, message, 'move what it holds into a file and include that');
      return undefined;
    }
    const message = `cannot include '${target}': ${scheme}:// is not supported`;
    this.#refuse('CONF_INCLUDE_URI', at, message, 'include a file or a directory');
    return undefined;
  }

  #find(name: string, searchPath: readonly string[]): string | undefined {
    const candidates = isAbsolute(name)
      ? [joinPath('/', name)]
      : searchPath.map((dir) => joinPath(dir, name));
    return candidates.find((candidate) => this.#files.kindOf(candidate) !== 'missing');
  }

  /** Regular files in lexical order, those that begin with a dot left out. */
  #filesOf(directory: string, at: Position): readonly string[] {
    const names = this.#files.list(directory);
    if (!names.ok) {
      this.#refuse('CONF_INCLUDE_UNREADABLE', at, `cannot list '${directory}': ${names.error}`);
      return [];
    }
    const wanted = names.value.filter((name) => !name.startsWith('.'));
    return [...wanted].sort().map((name) => joinPath(directory, name));
  }

  #missing(name: string, at: Position, searchPath: readonly string[]): void {
    const hint = isAbsolute(name) ? 'check the path' : `looked in ${searchPath.join(':')}`;
    this.#refuse('CONF_INCLUDE_MISSING', at, `cannot find the configuration file '${name}'`, hint);
  }

  #refuse(code: DiagnosticCode, at: Position, message: string, hint?: string): void {
    this.#sink.add(code, at, message, hint);
  }
}
