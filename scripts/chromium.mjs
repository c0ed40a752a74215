/**
 * Finds a Chromium for the browser tests: CHROMIUM_PATH, Playwright's own, one on the PATH; on Debian as root it
 * installs the package.
 */

import { existsSync } from 'node:fs';
import { fromDebian, onPath } from './debian.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

async function playwrightsOwn() {
  const { chromium } = await import('@playwright/test');
  try {
    const file = chromium.executablePath();
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

async function installed() {
  return (await fromDebian('chromium', 'Chromium')) ? onPath(...NAMES) : undefined;
}

/** @returns {Promise<string | undefined>} undefined when there is none: `CHROMIUM_MISSING` says what to do */
export async function findChromium() {
  return process.env.CHROMIUM_PATH || (await playwrightsOwn()) || onPath(...NAMES) || (await installed());
}

export const CHROMIUM_MISSING =
  'No Chromium found: install one (Debian: apt-get install chromium) or name it in CHROMIUM_PATH.';
