/**
 * The steps that `npm test` and `npm run check` share, how they run one after the other, and the closing lines.
 */

import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT, runNode } from './exec.mjs';
import { say, secondsSince } from './say.mjs';

const REPORTS = 'test-results';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ title: string, work: () => Promise<{ ok: boolean, counts?: Counts }> }} Step */

/** @param {string} title @param {string} entry @param {readonly string[]} args @returns {Step} */
function tool(title, entry, args, env = {}) {
  return { title, work: async () => ({ ok: (await runNode(entry, args, { env })).code === 0 }) };
}

/** Formatting and lint, route types, types, dead code. */
export const STATIC_STEPS = [
  tool('biome', '@biomejs/biome/bin/biome', ['check', '--max-diagnostics=100', '--error-on-warnings']),
  tool('route types', 'next/dist/bin/next', ['typegen'], { NEXT_TELEMETRY_DISABLED: '1' }),
  tool('types', 'typescript/bin/tsc', ['--noEmit', '-p', '.']),
  tool('dead code', 'knip/bin/knip.js', ['--no-progress', '--treat-config-hints-as-errors']),
];

/** @param {string} name @returns {unknown} */
function readReport(name) {
  try {
    return JSON.parse(readFileSync(path.join(ROOT, REPORTS, name), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {readonly string[]} projects of vitest; `!name` for all but that one
 * @param {{ leftovers?: boolean }} [options] leftovers: beside other steps, at the lowest priority; what it printed
 *   comes at its end
 * @returns {Step}
 */
export function unitStep(projects, { leftovers = false } = {}) {
  const title = `vitest ${projects.join(' ').replaceAll('!', 'without ')}`;
  const report = `${title.replaceAll(' ', '-')}.json`;
  const args = ['run', '--config', 'tests/vitest.config.ts', '--reporter=default', '--reporter=json'];
  args.push(`--outputFile.json=${REPORTS}/${report}`, ...projects.map((project) => `--project=${project}`));
  return {
    title,
    work: async () => {
      rmSync(path.join(ROOT, REPORTS, report), { force: true });
      const { code, output } = await runNode('vitest/vitest.mjs', args, { leftovers, quiet: leftovers });
      if (leftovers) say(`\n== ${title} printed\n${output}`);
      const found = readReport(report);
      const counts = {
        passed: found?.numPassedTests ?? 0,
        failed: found?.numFailedTests ?? 0,
        skipped: (found?.numPendingTests ?? 0) + (found?.numTodoTests ?? 0),
      };
      return { ok: code === 0, counts };
    },
  };
}

/** @param {string} chromium path of the browser @returns {Step} */
export function browserStep(chromium) {
  const report = 'playwright.json';
  return {
    title: 'playwright',
    work: async () => {
      rmSync(path.join(ROOT, REPORTS, report), { force: true });
      const env = { CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_FILE: path.join(ROOT, REPORTS, report) };
      const args = ['test', '--config', 'tests/e2e/playwright.config.ts', '--reporter=list,json'];
      const { code } = await runNode('@playwright/test/cli.js', args, { env });
      const stats = readReport(report)?.stats;
      const counts = {
        passed: (stats?.expected ?? 0) + (stats?.flaky ?? 0),
        failed: stats?.unexpected ?? 0,
        skipped: stats?.skipped ?? 0,
      };
      return { ok: code === 0, counts };
    },
  };
}

/** @param {Step} step */
async function runStep(step) {
  const startedMs = performance.now();
  say(`\n== ${step.title}`);
  try {
    const { ok, counts } = await step.work();
    return { title: step.title, ok, counts, took: secondsSince(startedMs) };
  } catch (error) {
    say(error.message);
    return { title: step.title, ok: false, counts: undefined, took: secondsSince(startedMs) };
  }
}

/** @param {readonly Step[]} steps one after the other */
async function runLane(steps) {
  const results = [];
  for (const step of steps) results.push(await runStep(step));
  return results;
}

/**
 * Runs every step, also after one that failed, and closes with one line per step and the sum of tests alone on a
 * line. A step that failed without a failed test counts as one failure.
 * @param {readonly Step[]} steps
 * @param {readonly (readonly Step[])[]} lanes after the steps, beside each other
 * @returns {Promise<boolean>} true when all went well
 */
export async function runSteps(steps, lanes = []) {
  const startedMs = performance.now();
  const first = await runLane(steps);
  const results = [...first, ...(await Promise.all(lanes.map(runLane))).flat()];
  const sum = { passed: 0, failed: 0, skipped: 0 };
  say(`\n== closing, ${secondsSince(startedMs)}`);
  for (const { title, ok, counts, took } of results) {
    say(`${ok ? 'ok    ' : 'FAILED'} ${title} (${took})`);
    sum.passed += counts?.passed ?? 0;
    sum.skipped += counts?.skipped ?? 0;
    sum.failed += ok ? 0 : Math.max(1, counts?.failed ?? 0);
  }
  process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
  return sum.failed === 0;
}
