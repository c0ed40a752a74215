/**
 * Tells whether something built is still what its sources say: a hash over names and contents of the sources,
 * kept in a stamp file beside what was built. Also the lock that lets only one process build at a time.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ROOT } from './exec.mjs';

/** @param {string} name path relative to the checkout @returns {readonly string[]} files, sorted */
function filesBelow(name) {
  const whole = path.join(ROOT, name);
  const stat = statSync(whole, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [name];
  return readdirSync(whole)
    .filter((entry) => !entry.startsWith('.'))
    .sort()
    .flatMap((entry) => filesBelow(`${name}/${entry}`));
}

/** @param {readonly string[]} sources files and folders, relative to the checkout; missing ones count as empty */
export function hashOf(sources) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const name of sources.flatMap(filesBelow)) {
    const content = readFileSync(path.join(ROOT, name));
    hash.update(`\n${name} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** @param {string} file stamp, relative to the checkout @param {string} hash */
export function isFresh(file, hash) {
  try {
    return readFileSync(path.join(ROOT, file), 'utf8') === hash;
  } catch {
    return false;
  }
}

/** @param {string} file stamp, relative to the checkout @param {string} hash */
export function writeStamp(file, hash) {
  writeFileSync(path.join(ROOT, file), hash);
}

/** Longest wait for another process that builds; past it the lock counts as left behind. */
const LOCK_WAIT_MS = 300_000;
const LOCK_POLL_MS = 100;

/** @param {string} lock */
function holderIsGone(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH' || error.code === 'ENOENT';
  }
}

/**
 * Runs `work` while no other process builds in this checkout.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(work) {
  mkdirSync(path.join(ROOT, 'dist'), { recursive: true });
  const lock = path.join(ROOT, 'dist', '.build-lock');
  for (let waitedMs = 0; ; waitedMs += LOCK_POLL_MS) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (holderIsGone(lock) || waitedMs > LOCK_WAIT_MS) rmSync(lock, { force: true });
      else await wait(LOCK_POLL_MS);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}
