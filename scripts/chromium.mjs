/**
 * Finds a Chromium for the browser tests: CHROMIUM_PATH, Playwright's own, one on the PATH; on Debian as root it
 * installs the package.
 */

import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { run } from './exec.mjs';
import { keepSaying, say } from './say.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function onPath() {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of NAMES) {
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

async function playwrightsOwn() {
  const { chromium } = await import('@playwright/test');
  try {
    const file = chromium.executablePath();
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

async function fromDebian() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  say('Installing Chromium for the browser tests …');
  const stop = keepSaying('installing Chromium');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env, quiet: true });
  const result = await run('apt-get', ['install', '-y', '-qq', 'chromium'], { env, quiet: true });
  stop();
  if (result.code !== 0) say(result.output.trimEnd());
  return onPath();
}

/** @returns {Promise<string | undefined>} undefined when there is none: `CHROMIUM_MISSING` says what to do */
export async function findChromium() {
  return process.env.CHROMIUM_PATH || (await playwrightsOwn()) || onPath() || (await fromDebian());
}

export const CHROMIUM_MISSING =
  'No Chromium found: install one (Debian: apt-get install chromium) or name it in CHROMIUM_PATH.';
