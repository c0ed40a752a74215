/** What a process knows of itself and of its machine, asked from the operating system by whoever runs it. */

import type { MemoryFacts, SystemFacts } from '../console/system-text.ts';

export type ProcessFacts = {
  readonly memory: MemoryFacts;
  readonly cpu: { readonly userMs: number; readonly systemMs: number };
  readonly uptimeMs: number;
  readonly system: Omit<SystemFacts, 'productVersion'>;
};
