/** Reads the sources of this checkout for the tidy tests, with every import that a file makes. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CHECKOUT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const SOURCE_NAME = /\.(?:ts|tsx|mjs|js|css)$/;
const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*{},$\s]+?\s+from\s+)?['"]([^'"\n]+)['"]/g;
const LAZY_IMPORT = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;

export type Import = { readonly specifier: string; readonly typeOnly: boolean };
export type SourceFile = {
  /** Relative to the checkout, with forward slashes. */
  readonly name: string;
  readonly text: string;
};

export function readSource(name: string): string {
  return readFileSync(path.join(CHECKOUT, name), 'utf8');
}

export function foldersIn(name: string): readonly string[] {
  const whole = path.join(CHECKOUT, name);
  if (!existsSync(whole)) return [];
  return readdirSync(whole, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Every source file below the folders, sorted by name. */
export function sourcesBelow(...folders: readonly string[]): readonly SourceFile[] {
  const names = folders.flatMap((folder) => namesBelow(folder)).filter((name) => SOURCE_NAME.test(name));
  return names.map((name) => ({ name, text: readSource(name) }));
}

function namesBelow(name: string): readonly string[] {
  const whole = path.join(CHECKOUT, name);
  const stat = statSync(whole, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [name];
  const entries = readdirSync(whole).filter((entry) => entry !== 'node_modules');
  return entries.sort().flatMap((entry) => namesBelow(`${name}/${entry}`));
}

export function importsOf(text: string): readonly Import[] {
  const found: Import[] = [];
  for (const [, type, specifier = ''] of text.matchAll(IMPORT)) {
    found.push({ specifier, typeOnly: type !== undefined });
  }
  for (const [, specifier = ''] of text.matchAll(LAZY_IMPORT)) found.push({ specifier, typeOnly: false });
  return found;
}

/** `./x.ts` seen from `server/conf/lexer.ts` is `server/conf/x.ts`. */
export function resolveRelative(from: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(from), specifier);
}
