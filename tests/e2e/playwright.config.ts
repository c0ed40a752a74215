/**
 * Browser tests: Chromium of this machine, one demo cluster per worker. Traces cost a fifth of all work and nobody can
 * fetch them from where these run: `--trace retain-on-failure` where one looks for a fault.
 */

import { defineConfig } from '@playwright/test';
import { chromiumPath } from '../support/chromium.ts';

const executablePath = chromiumPath();

/**
 * Off: the two pages of the address bar that a new window loads, and the spare process of every context. They cost more
 * than most of our pages. The switch replaces Playwright's own, so what that turns off is said again.
 */
const FEATURES_OFF = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'SpareRendererForSitePerProcess'],
  ...['AimEnabled', 'AvoidCorsURLLoaderRestartOnRedirect', 'AvoidUnnecessaryBeforeUnloadCheckSync'],
  ...['DestroyProfileOnBrowserClose', 'HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades', 'LensOverlay'],
  ...['MediaRouter', 'NetworkTimeServiceQuerying', 'OptimizationHints', 'PaintHolding', 'PreconnectToSearch'],
  'ThirdPartyStoragePartitioning',
];

// biome-ignore lint/style/noDefaultExport: Playwright reads the default export
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  globalSetup: './hold-ports.ts',
  outputDir: '../../test-results/e2e',
  // Each waits half of its time for what is waited for in real time: heartbeats, silence, deadlines.
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    trace: 'off',
    video: 'off',
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        ...['--disable-dev-shm-usage', '--disable-quic', '--disable-gpu', '--no-first-run'],
        `--disable-features=${FEATURES_OFF.join(',')}`,
      ],
    },
  },
});
