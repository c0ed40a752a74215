/**
 * What a browser loads first for each exported page, as it travels (gzip), and the bounds of ui.md 6. What the document
 * names counts, and so does the worker that its scripts start at once. Chunks that wait for somebody to open something
 * do not, nor what is fetched ahead for other pages.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from './exec.mjs';
import { say } from './say.mjs';

/** kB of 1000 bytes, gzip. */
export const SCRIPT_KB_MAX = { '/sign-in': 90, '/': 90, '/404': 90, '/overview': 240 };
export const OTHER_SCRIPT_KB_MAX = 300;
export const STYLE_KB_MAX = 25;
export const FONT_KB_MAX = 100;

/** @param {string} tag @param {string} name */
function attribute(tag, name) {
  return new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1];
}

/** @param {string} html @param {RegExp} tags @param {string} name @param {(tag: string) => boolean} take */
function addresses(html, tags, name, take) {
  const found = [...html.matchAll(tags)].map(([tag]) => tag).filter(take);
  return [...new Set(found.map((tag) => attribute(tag, name)).filter((address) => address !== undefined))];
}

/**
 * Files that a document loads before it is usable. Scripts for browsers without modules are not loaded by others.
 * @param {string} html
 */
export function firstLoad(html) {
  const isScriptLink = (tag) =>
    attribute(tag, 'rel') === 'modulepreload' ||
    (attribute(tag, 'rel') === 'preload' && attribute(tag, 'as') === 'script');
  const scripts = addresses(html, /<script\b[^>]*>/gi, 'src', (tag) => !/\snomodule\b/i.test(tag));
  const preloads = addresses(html, /<link\b[^>]*>/gi, 'href', isScriptLink);
  const styles = addresses(html, /<link\b[^>]*>/gi, 'href', (tag) => attribute(tag, 'rel') === 'stylesheet');
  return { scripts: [...new Set([...scripts, ...preloads])], styles };
}

const WORKER = /"(static\/chunks\/turbopack-worker-[^"]+\.js)",\[([^\]]*)\]/g;

/**
 * Files of the workers that a script starts, as the bundler lists them.
 * @param {string} script @returns {string[]} addresses
 * @throws when a script starts a worker and the list is not found: then the sum would be too small
 */
export function workerFiles(script) {
  const found = [...script.matchAll(WORKER)].flatMap(([, entry, chunks]) => [
    entry,
    ...[...chunks.matchAll(/"([^"]+)"/g)].map(([, name]) => name),
  ]);
  if (found.length === 0 && /new\s+SharedWorker\b|turbopack-worker/.test(script)) {
    throw new Error(
      'A page starts a worker whose files are not found: scripts/page-sizes.mjs has to learn where.',
    );
  }
  return [...new Set(found)].map((name) => `/_next/${name}`);
}

/**
 * Fonts that latin text needs. Faces for other ranges load only when such a character is shown.
 * @param {string} css @returns {string[]} as the style sheet names them
 */
export function fontFiles(css) {
  const faces = [...css.matchAll(/@font-face\s*{[^}]*}/gi)].map(([face]) => face);
  return faces
    .filter((face) => !/unicode-range/i.test(face))
    .flatMap((face) => [...face.matchAll(/url\(["']?([^"')]+\.woff2)/gi)].map((found) => found[1]));
}

/** @typedef {{ route: string, scriptKb: number, workerKb: number, styleKb: number, fontKb: number }} PageSize */

/**
 * @param {string} route @param {string} html
 * @param {(address: string, from: string) => Buffer} read a file of the export by its address
 * @returns {PageSize}
 */
export function pageSize(route, html, read) {
  const { scripts, styles } = firstLoad(html);
  const zipped = (address) => gzipSync(read(address, '/')).length;
  const fonts = new Set(
    styles.flatMap((style) =>
      fontFiles(read(style, '/').toString('utf8')).map((name) => new URL(name, `http://x${style}`).pathname),
    ),
  );
  const named = new Set(scripts);
  // A chunk that page and worker share is fetched once.
  const worker = new Set(
    scripts
      .flatMap((name) => workerFiles(read(name, '/').toString('utf8')))
      .filter((name) => !named.has(name)),
  );
  const sum = (sizes) => sizes.reduce((total, size) => total + size, 0) / 1000;
  return {
    route,
    scriptKb: sum([...named, ...worker].map(zipped)),
    workerKb: sum([...worker].map(zipped)),
    styleKb: sum(styles.map(zipped)),
    fontKb: sum([...fonts].map((name) => read(name, '/').length)),
  };
}

/** @param {PageSize} size @returns {string[]} one line for each bound that is broken */
export function excesses({ route, scriptKb, styleKb, fontKb }) {
  const over = (what, kb, max) =>
    kb > max ? [`${route} loads ${kb.toFixed(1)} kB of ${what}; ${max} kB is the bound.`] : [];
  return [
    ...over('script', scriptKb, SCRIPT_KB_MAX[route] ?? OTHER_SCRIPT_KB_MAX),
    ...over('style', styleKb, STYLE_KB_MAX),
    ...over('fonts', fontKb, FONT_KB_MAX),
  ];
}

/** @param {string} out folder of the export, absolute @returns {PageSize[]} by route */
export function measurePages(out) {
  const pages = readdirSync(out, { recursive: true })
    .filter((name) => name.endsWith('.html') && !path.basename(name).startsWith('_'))
    .sort();
  const read = (address) => readFileSync(path.join(out, decodeURIComponent(address)));
  return pages.map((name) => {
    const route = `/${name.split(path.sep).join('/').slice(0, -'.html'.length)}`;
    return pageSize(route === '/index' ? '/' : route, readFileSync(path.join(out, name), 'utf8'), read);
  });
}

/** Prints one line a page; `worker` is the part of `script` that the document does not name. @returns {boolean} true when every page is within its bounds */
export function reportPages(out = path.join(ROOT, 'out')) {
  const sizes = measurePages(out);
  const width = Math.max(...sizes.map(({ route }) => route.length));
  const cell = (kb) => kb.toFixed(1).padStart(7);
  say(
    `  ${'first load, kB gzip'.padEnd(width + 2)} ${['script', 'worker', 'style', 'fonts'].map((head) => head.padStart(7)).join('')}`,
  );
  for (const { route, scriptKb, workerKb, styleKb, fontKb } of sizes) {
    say(`  ${route.padEnd(width + 2)} ${[scriptKb, workerKb, styleKb, fontKb].map(cell).join('')}`);
  }
  const broken = sizes.flatMap(excesses);
  for (const line of broken) say(`  ${line}`);
  return broken.length === 0;
}
