/**
 * Programs that tests need and that come with the system: found on the PATH, or on Debian as root installed.
 */

import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { run } from './exec.mjs';
import { keepSaying, say } from './say.mjs';

/** @param {readonly string[]} names the first one that is found counts @returns {string | undefined} its path */
export function onPath(...names) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of names) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // not this one
      }
    }
  }
  return undefined;
}

/**
 * @param {string} name of the package
 * @param {string} what it is, for people
 * @returns {Promise<boolean>} false when this is not Debian, not root, or it failed, which was said then
 */
export async function fromDebian(name, what) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  say(`Installing ${what} for the tests …`);
  const stop = keepSaying(`installing ${what}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env, quiet: true });
  const result = await run('apt-get', ['install', '-y', '-qq', name], { env, quiet: true });
  stop();
  if (result.code !== 0) say(result.output.trimEnd());
  return result.code === 0;
}

/** `ip`, for the tests in network namespaces. Without it these say why they do not run. */
export async function ensureIproute() {
  if (process.platform !== 'linux' || onPath('ip') !== undefined) return;
  await fromDebian('iproute2', 'iproute2');
}
