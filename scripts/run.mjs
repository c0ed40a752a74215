/**
 * `node scripts/run.mjs NAME ARGS`: brings the checkout up to date, then runs the program in this same process, so
 * that signals and the exit code are the program's own. Quiet unless there is work to do.
 */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensurePages, ensurePrograms, programs } from './bundle.mjs';
import { ROOT } from './exec.mjs';
import { ensureInstalled } from './install.mjs';
import { say } from './say.mjs';

/** What serves the pages, and so needs them built. */
function needsPages(name, args) {
  if (name === 'bench') return !/^(bus|duravip|jlog|logs)/.test(args[0] ?? '');
  return name === 'muster' && (args[0] === 'up' || args[0] === 'dashboard');
}

/** @returns {Promise<string | undefined>} path of the program; undefined when it cannot run */
async function prepare(name, args) {
  const known = programs();
  if (name === undefined || !Object.hasOwn(known, name)) {
    say(
      `There is no program ${JSON.stringify(name ?? '')}. Programs: ${Object.keys(known).sort().join(', ')}.`,
    );
    return undefined;
  }
  try {
    await ensureInstalled();
    await ensurePrograms();
    if (needsPages(name, args) && !args.includes('--help')) await ensurePages();
  } catch (error) {
    say(error.message);
    return undefined;
  }
  return path.join(ROOT, 'dist', `${name}.mjs`);
}

const [name, ...args] = process.argv.slice(2);
const program = await prepare(name, args);
if (program === undefined) {
  process.exitCode = 1;
} else {
  process.setSourceMapsEnabled(true);
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
}
