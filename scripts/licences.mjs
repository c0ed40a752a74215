/** Which packages are part of what runs, and under which licences: from the lock file, as one text beside the pages. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './exec.mjs';

/**
 * @param {{ packages: Record<string, { version?: string, license?: string, dev?: boolean }> }} lock package-lock.json
 * @returns {string[]} `name version: licence`, sorted; a package stands once for each version
 */
export function licenceLines(lock) {
  const lines = Object.entries(lock.packages)
    .filter(([folder, { dev, version }]) => folder !== '' && dev !== true && version !== undefined)
    .map(([folder, { version, license }]) => {
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return `${name} ${version}: ${license ?? 'not said by the package'}`;
    });
  return [...new Set(lines)].sort();
}

/** @param {string} out folder of the export, absolute */
export function writeLicences(out) {
  const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const text = ['Muster: Apache-2.0', '', 'Made with:', ...licenceLines(lock), ''].join('\n');
  writeFileSync(path.join(out, 'licences.txt'), text);
}
