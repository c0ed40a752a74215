/**
 * The dashboard is a static export that the gateway serves (architecture.md, decision 4): no server-side
 * rendering at run time, one origin. The gateway hashes the inline scripts of the exported pages for its policy.
 */

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectFolder = dirname(fileURLToPath(import.meta.url));

/** @type {import('next').NextConfig} */
export default {
  output: 'export',
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  agentRules: false,
  images: { unoptimized: true },
  turbopack: { root: projectFolder },
  // Types are checked by `npm run check`; a start must not depend on the types of the tests.
  typescript: { ignoreBuildErrors: true },
  experimental: { agentUpgrade: false },
};
