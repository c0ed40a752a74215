/** What this process and its machine are, for `sysinfo` and `memory`: asked from the operating system each time. */

import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { ProcessFacts } from '../cluster/process-facts.ts';

const OS_RELEASE = '/etc/os-release';

export function processFacts(): ProcessFacts {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    memory: {
      residentBytes: rss,
      heapTotalBytes: heapTotal,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      arrayBufferBytes: arrayBuffers,
    },
    cpu: { userMs: user / 1_000, systemMs: system / 1_000 },
    uptimeMs: process.uptime() * 1_000,
    system: {
      name: os.type(),
      hostname: os.hostname(),
      release: os.release(),
      version: os.version(),
      machine: os.machine(),
      distribution: distribution(),
      bits: ['ia32', 'arm', 'mips', 'mipsel'].includes(process.arch) ? 32 : 64,
    },
  };
}

/** Undefined where the system does not say. */
function distribution(): string | undefined {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync(OS_RELEASE, 'utf8'))?.[1];
  } catch {
    return undefined; // no such file: not every system has one
  }
}
