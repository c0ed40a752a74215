/** The configuration samples of the seed documents, and short ways to read configurations in tests. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Item } from '../../server/conf/ast.ts';
import { type Diagnostic, DiagnosticSink } from '../../server/conf/diagnostics.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../server/conf/load-configuration.ts';
import { parseText } from '../../server/conf/parser.ts';
import { createRegistry } from '../../server/conf/registry.ts';
import { MemoryFiles } from '../../server/memory/memory-files.ts';
import { MSGC_CLIENT_TABLE, MSGC_SERVER_TABLE } from '../../server/msgc/options.ts';

const SEEDS = fileURLToPath(new URL('../fixtures/seeds/', import.meta.url));

export const REGISTRY = createRegistry([MSGC_SERVER_TABLE, MSGC_CLIENT_TABLE]);

/** File name to text, in order of the documents; `mbus.conf` samples are another format. */
export function seedSamples(kind: 'conf' | 'mbus'): readonly (readonly [string, string])[] {
  return readdirSync(SEEDS)
    .filter((name) => name.endsWith('.conf') && name.endsWith('.mbus.conf') === (kind === 'mbus'))
    .sort()
    .map((name) => [name, readFileSync(SEEDS + name, 'utf8')] as const);
}

export function seedSample(name: string): string {
  return readFileSync(SEEDS + name, 'utf8');
}

export function parse(text: string): {
  readonly items: readonly Item[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const sink = new DiagnosticSink();
  const { items } = parseText('a.conf', text, sink);
  return { items, diagnostics: sink.list().diagnostics };
}

/** Loads `/main.conf`; further files by absolute path. */
export function load(
  mainText: string,
  others: Readonly<Record<string, string>> = {},
  searchPath: readonly string[] = ['/'],
): LoadedConfiguration {
  return loadConfiguration({
    files: new MemoryFiles({ '/main.conf': mainText, ...others }),
    searchPath,
    mainFile: '/main.conf',
    registry: REGISTRY,
    nodename: 'node1',
    subcluster: 'default',
  });
}
