/** Option table of `inbound_audit`, which keeps time series of remote addresses (momentum.md 4.3). */

import type { ScopeTable } from '../../base/option-table.ts';
import { option } from './option-entry.ts';

const AUDIT = 'momentum.md 4.3';
const MODULE = 'momentum.md 8.1';

export const AUDIT_TABLES: readonly ScopeTable[] = [
  {
    path: ['inbound_audit'],
    instance: 'none',
    options: [
      option('enabled', 'bool', 'true', MODULE),
      option('debug_level', 'level', 'ERROR', MODULE, { kept: true }),
      // `"300,6"`: 6 windows of 300 seconds.
      option('monitors', 'string', undefined, AUDIT, { array: true }),
    ],
  },
];
