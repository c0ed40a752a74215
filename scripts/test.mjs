/**
 * `npm test`: everything that must hold, from a bare checkout. Exit code 1 on any failure.
 */

import { ensurePages, ensurePrograms } from './bundle.mjs';
import { CHROMIUM_MISSING, findChromium } from './chromium.mjs';
import { ensureIproute } from './debian.mjs';
import { ensureInstalled } from './install.mjs';
import { reportPages } from './page-sizes.mjs';
import { say } from './say.mjs';
import { browserStep, runSteps, STATIC_STEPS, unitStep } from './steps.mjs';

const buildStep = {
  title: 'build',
  work: async () => {
    await ensurePrograms();
    await ensurePages();
    return { ok: true };
  },
};

/** JavaScript, styles and fonts on the first load of every page (ui.md 6). */
const sizesStep = { title: 'page sizes', work: async () => ({ ok: reportPages() }) };

const browser = {
  title: 'playwright',
  work: async () => {
    const chromium = await findChromium();
    if (chromium !== undefined) return browserStep(chromium).work();
    say(CHROMIUM_MISSING);
    return { ok: false };
  },
};

/**
 * Simulations only compute. Everything else waits half of its time for moments that must not be missed: what is left
 * of the processors is theirs, and no more.
 */
const SIMULATIONS = ['sim'];
const ALL_ELSE = ['!sim'];

try {
  await ensureInstalled();
  await ensureIproute();
  const ok = await runSteps(
    [buildStep, sizesStep, ...STATIC_STEPS],
    [[unitStep(ALL_ELSE), browser], [unitStep(SIMULATIONS, { leftovers: true })]],
  );
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
