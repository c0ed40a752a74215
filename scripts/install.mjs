/**
 * Installs the packages of the lock file when they are not there yet. Built-ins only: runs before anything is
 * installed.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run } from './exec.mjs';
import { keepSaying, say, secondsSince } from './say.mjs';

/** @param {string} text @returns {readonly number[]} */
function versionParts(text) {
  return text
    .replace(/^[^\d]*/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0);
}

/** @throws Error with one line for people when this Node is too old. */
export function requireNode() {
  const wanted = readJson('package.json').engines.node;
  const [have, least] = [versionParts(process.versions.node), versionParts(wanted)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (have[index] ?? 0) - (least[index] ?? 0);
    if (difference > 0) return;
    if (difference < 0)
      throw new Error(`Muster needs Node ${wanted}; this is Node ${process.versions.node}.`);
  }
}

/** @param {string} name */
function readJson(name) {
  return JSON.parse(readFileSync(path.join(ROOT, name), 'utf8'));
}

/** True when every package of the lock file is there in its version. Optional ones belong to other platforms. */
export function isInstalled() {
  let installed;
  try {
    installed = readJson('node_modules/.package-lock.json').packages;
  } catch {
    return false;
  }
  return Object.entries(readJson('package-lock.json').packages).every(
    ([name, wanted]) =>
      name === '' ||
      installed[name]?.version === wanted.version ||
      (wanted.optional === true && !installed[name]),
  );
}

/** @throws Error with one line for people when the packages cannot be installed. */
export async function ensureInstalled() {
  requireNode();
  if (isInstalled()) return;
  const startedMs = performance.now();
  say('Installing packages (only the first time, or after an update) …');
  const stop = keepSaying('installing packages');
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const result = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args]) : await run('npm', args);
  stop();
  if (result.code !== 0) throw new Error('The packages could not be installed: see the lines of npm above.');
  say(`Installed packages in ${secondsSince(startedMs)}.`);
}
