/** Programs as single files, for tests that start them often. */

import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export type BundledPrograms = { readonly folder: string; readonly remove: () => Promise<void> };

/** @param entries sources by the name of the program, relative to the checkout. Packages stay imports. */
export async function bundlePrograms(entries: Readonly<Record<string, string>>): Promise<BundledPrograms> {
  // Within the checkout, where packages are found.
  const folder = await mkdtemp(path.join(ROOT, 'node_modules', '.programs-'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: { ...entries },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
