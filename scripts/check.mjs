/**
 * `npm run check`: what every commit must pass; no browser, no long simulation.
 */

import { ensureInstalled } from './install.mjs';
import { say } from './say.mjs';
import { runSteps, STATIC_STEPS, unitStep } from './steps.mjs';

try {
  await ensureInstalled();
  const ok = await runSteps([...STATIC_STEPS, unitStep(['tidy', 'unit', 'conformance'])]);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
