/**
 * Builds what runs: the programs into dist/NAME.mjs, the pages into out/. Rebuilds only what its sources changed.
 * npm packages stay outside the bundles; every program is one file, so that replacing it is one rename.
 */

import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, runNode } from './exec.mjs';
import { writeLicences } from './licences.mjs';
import { reportPages } from './page-sizes.mjs';
import { keepSaying, say, secondsSince } from './say.mjs';
import { alone, hashOf, isFresh, writeStamp } from './stamp.mjs';
import { makeStaticPages } from './static-pages.mjs';

const PROGRAM_SOURCES = [
  'server',
  'tests/sim',
  'tests/bench',
  'tests/unit/msgc/fuzz',
  'tests/support',
  'tests/fixtures',
  'scripts',
  'package-lock.json',
];
const PROGRAM_STAMP = 'dist/programs.stamp';
const PAGE_SOURCES = [
  'app',
  'components',
  'public',
  'server/base',
  'server/conf',
  'server/model',
  'server/msgc/options.ts',
  'server/wire',
  'scripts/licences.mjs',
  'scripts/page-sizes.mjs',
  'scripts/static-pages.mjs',
  'next.config.js',
  'postcss.config.js',
  'tsconfig.json',
  'package-lock.json',
];
const PAGE_STAMP = 'dist/pages.stamp';

/** Programs that live with the tests because nobody installs them. */
const TEST_PROGRAMS = {
  sim: 'tests/sim/run.ts',
  bench: 'tests/bench/run.ts',
  'bench-bus': 'tests/bench/bus/process.ts',
};

/** @returns {Record<string, string>} program name to its source, relative to the checkout */
export function programs() {
  const found = {};
  for (const file of readdirSync(path.join(ROOT, 'server/bin'))) {
    if (file.endsWith('.ts')) found[file.slice(0, -3)] = `server/bin/${file}`;
  }
  for (const [name, file] of Object.entries(TEST_PROGRAMS)) {
    if (existsSync(path.join(ROOT, file))) found[name] = file;
  }
  return found;
}

/** Packages stay imports of the running program; only files of this checkout are bundled. */
const packagesOutside = {
  name: 'packages-outside',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, (found) =>
      found.kind === 'entry-point' ? undefined : { path: found.path, external: true },
    );
  },
};

async function bundlePrograms() {
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: programs(),
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    banner: { js: '#!/usr/bin/env node' },
    plugins: [packagesOutside],
    write: false,
    logLevel: 'warning',
  });
  mkdirSync(path.join(ROOT, 'dist'), { recursive: true });
  for (const file of result.outputFiles) {
    const part = `${file.path}.part`;
    writeFileSync(part, file.contents);
    if (file.path.endsWith('.mjs')) chmodSync(part, 0o755);
    renameSync(part, file.path);
  }
}

/** @throws Error with one line for people when a program cannot be bundled. */
export async function ensurePrograms() {
  if (isFresh(PROGRAM_STAMP, hashOf(PROGRAM_SOURCES))) return;
  await alone(async () => {
    const hash = hashOf(PROGRAM_SOURCES);
    if (isFresh(PROGRAM_STAMP, hash)) return;
    const startedMs = performance.now();
    try {
      await bundlePrograms();
    } catch {
      throw new Error('The programs could not be bundled: see the lines above.');
    }
    writeStamp(PROGRAM_STAMP, hash);
    say(`Bundled the programs in ${secondsSince(startedMs)}.`);
  });
}

function pagesAreFresh(hash) {
  return existsSync(path.join(ROOT, 'out/index.html')) && isFresh(PAGE_STAMP, hash);
}

/** @throws Error with one line for people when the pages cannot be built. */
export async function ensurePages() {
  if (pagesAreFresh(hashOf(PAGE_SOURCES))) return;
  await alone(async () => {
    const hash = hashOf(PAGE_SOURCES);
    if (pagesAreFresh(hash)) return;
    const startedMs = performance.now();
    say('Building the pages …');
    const stop = keepSaying('building the pages');
    const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
    const result = await runNode('next/dist/bin/next', ['build'], { env, quiet: true });
    stop();
    if (result.code !== 0) {
      process.stderr.write(result.output);
      throw new Error('The pages could not be built: see the lines above.');
    }
    await makeStaticPages(path.join(ROOT, 'out'));
    writeLicences(path.join(ROOT, 'out'));
    reportPages();
    writeStamp(PAGE_STAMP, hash);
    say(`Built the pages in ${secondsSince(startedMs)}.`);
  });
}
