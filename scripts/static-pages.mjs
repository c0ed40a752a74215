/**
 * Makes static documents of exported pages that need no framework: takes every script out but those marked
 * `data-static`, and puts in the page's own small script, bundled and named by its content.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './exec.mjs';

/** Page, relative to the export, and its script, relative to the checkout; null where it needs none. */
const STATIC_PAGES = [
  { page: 'sign-in', script: 'components/sign-in/sign-in-script.ts' },
  { page: 'index', script: null },
  { page: '404', script: null },
];
/** Below `_next/static/`, which the gateway lets browsers keep for ever. */
const SCRIPT_FOLDER = '_next/static/chunks';

const SCRIPT = /<script\b([^>]*)>[\s\S]*?<\/script>/gi;
const SCRIPT_PRELOAD = /<link\b[^>]*\bas="script"[^>]*>/gi;
const MODULE_PRELOAD = /<link\b[^>]*\brel="modulepreload"[^>]*>/gi;

/**
 * The document without the framework.
 * @param {string} html
 * @param {string | null} source address of the page's own script
 */
export function withoutFramework(html, source) {
  const bare = html
    .replace(SCRIPT, (whole, attributes) => (/\sdata-static\b/.test(attributes) ? whole : ''))
    .replace(SCRIPT_PRELOAD, '')
    .replace(MODULE_PRELOAD, '');
  if (source === null) return bare;
  if (!bare.includes('</head>')) throw new Error('A page without a head cannot be given a script.');
  return bare.replace('</head>', `<script type="module" src="${source}"></script></head>`);
}

/** @param {string} entry relative to the checkout @returns {Promise<string>} the script, minified */
async function bundle(entry) {
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  return result.outputFiles[0].text;
}

/** @param {string} out folder of the export @param {string} page @param {string} text @returns {string} address */
function writeScript(out, page, text) {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const address = `${SCRIPT_FOLDER}/${page}-${hash}.js`;
  mkdirSync(path.join(out, SCRIPT_FOLDER), { recursive: true });
  writeFileSync(path.join(out, address), text);
  return `/${address}`;
}

/** @param {string} out folder of the export, absolute */
export async function makeStaticPages(out) {
  for (const { page, script } of STATIC_PAGES) {
    const source = script === null ? null : writeScript(out, page, await bundle(script));
    const file = path.join(out, `${page}.html`);
    writeFileSync(file, withoutFramework(readFileSync(file, 'utf8'), source));
    // What the framework would fetch to show the page inside of another one.
    if (page !== 'index') rmSync(path.join(out, `${page}.txt`), { force: true });
  }
}
