/** Reads the configuration of a daemon from disk, with every diagnostic as one line for people. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { DiskConfigFiles } from '../adapters/config-files.ts';
import { formatDiagnostics } from '../conf/diagnostics.ts';
import type { Generation } from '../conf/generation.ts';
import { LiveConfiguration } from '../conf/live-configuration.ts';
import { type LoadRequest, loadConfiguration } from '../conf/load-configuration.ts';
import { createRegistry } from '../conf/registry.ts';
import { DEFAULT_SEARCH_PATH, SEARCH_PATH_SEPARATOR } from '../conf/search-path.ts';
import { MSGC_CLIENT_TABLE, MSGC_SERVER_TABLE } from '../msgc/options.ts';

export type ConfigurationRequest = {
  /** As on the command line: a path, or a name for the search path. */
  readonly file: string;
  /** EC_CONF_SEARCH_PATH. */
  readonly searchPath: string | undefined;
  readonly nodeName: string;
  readonly subcluster: string;
};

export type Configuration = {
  /** Undefined when there is any error. */
  readonly generation: Generation | undefined;
  /** The configuration of a process that runs from now on; undefined when there is any error. */
  readonly goLive: ((nowWallMs: number) => LiveConfiguration) | undefined;
  /** Errors and warnings for people, in the order found; empty without any. */
  readonly text: string;
};

export function readConfiguration(request: ConfigurationRequest): Configuration {
  const files = new DiskConfigFiles();
  const source: LoadRequest = {
    files,
    searchPath: entriesOf(request.searchPath),
    mainFile: mainFile(request.file),
    registry: createRegistry([MSGC_SERVER_TABLE, MSGC_CLIENT_TABLE]),
    nodename: request.nodeName,
    subcluster: request.subcluster,
  };
  const loaded = loadConfiguration(source);
  const { generation } = loaded;
  return {
    generation,
    goLive:
      generation === undefined
        ? undefined
        : (nowWallMs) => new LiveConfiguration(generation, { request: source, writer: files }, nowWallMs),
    text: formatDiagnostics(loaded),
  };
}

function entriesOf(override: string | undefined): readonly string[] {
  const given = (override ?? '').split(SEARCH_PATH_SEPARATOR).filter((entry) => entry !== '');
  return given.length === 0 ? DEFAULT_SEARCH_PATH : given;
}

/** A name without a folder is looked for here first, then along the search path. */
function mainFile(file: string): string {
  return file.includes('/') || existsSync(file) ? path.resolve(file) : file;
}
