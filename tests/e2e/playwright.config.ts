/** Browser tests: Chromium of this machine, one demo cluster per worker. */

import { defineConfig } from '@playwright/test';
import { chromiumPath } from '../support/chromium.ts';

const executablePath = chromiumPath();

// biome-ignore lint/style/noDefaultExport: Playwright reads the default export
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../../test-results/e2e',
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    video: 'off',
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--disable-dev-shm-usage', '--disable-quic', '--disable-gpu', '--no-first-run'],
    },
  },
});
