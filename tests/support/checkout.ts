/** Where this checkout is, from a source as well as from a bundled program. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}

const ROOT = findRoot();

/** @param name relative to the checkout */
export function inCheckout(name: string): string {
  return path.join(ROOT, name);
}
