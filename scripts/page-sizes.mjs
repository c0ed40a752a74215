/**
 * What a browser loads first for each exported page, as it travels (gzip), and the bounds of ui.md 6. Lazy chunks do
 * not count; what the document names does.
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

/** @typedef {{ route: string, scriptKb: number, styleKb: number, fontKb: number }} PageSize */

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
  const sum = (sizes) => sizes.reduce((total, size) => total + size, 0) / 1000;
  return {
    route,
    scriptKb: sum(scripts.map(zipped)),
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

/** Prints one line a page. @returns {boolean} true when every page is within its bounds */
export function reportPages(out = path.join(ROOT, 'out')) {
  const sizes = measurePages(out);
  const width = Math.max(...sizes.map(({ route }) => route.length));
  const cell = (kb) => kb.toFixed(1).padStart(7);
  say(`  first load, kB gzip ${' '.repeat(Math.max(0, width - 17))} script  style  fonts`);
  for (const { route, scriptKb, styleKb, fontKb } of sizes) {
    say(`  ${route.padEnd(width + 2)} ${cell(scriptKb)}${cell(styleKb)}${cell(fontKb)}`);
  }
  const broken = sizes.flatMap(excesses);
  for (const line of broken) say(`  ${line}`);
  return broken.length === 0;
}
