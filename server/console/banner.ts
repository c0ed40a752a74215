/** The reply to `version`, which clients show as a banner (momentum.md 7.2). */

import { printableLine } from './printable.ts';

/** What scripts find on the second line: nodes and managers keep the documented program names. */
export type BannerProgram = 'ecelerity' | 'eccmgr' | 'msgcd';

const RULE = '#'.repeat(46);

export function renderBanner({
  program,
  version,
}: {
  readonly program: BannerProgram;
  readonly version: string;
}): string {
  return [
    RULE,
    `# ${program} version: ${printableLine(version)}`,
    '# Copyright (c) 2026 The Muster authors',
    '# Licensed under the Apache License, Version 2.0',
    RULE,
  ].join('\n');
}
