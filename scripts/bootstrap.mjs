/**
 * `npm run build`: everything that a start needs, from a bare checkout: packages, programs, pages.
 */

import { ensurePages, ensurePrograms } from './bundle.mjs';
import { ensureInstalled } from './install.mjs';
import { say } from './say.mjs';

try {
  await ensureInstalled();
  await ensurePrograms();
  await ensurePages();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
