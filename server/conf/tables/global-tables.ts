/** Option tables of the global scope, `Security`, `Authorization` and `Debug_Flags` (momentum.md 3.2, 7.1, 8.6, CFG-30). */

import type { OptionEntry, ScopeTable } from '../../base/option-table.ts';
import { MAIL_GLOBALS } from './mail-options.ts';
import { option, seconds } from './option-entry.ts';

const GLOBAL = 'momentum.md 3.2';
const SUMMARY = 'options summary of 4.x';

const GLOBAL_OPTIONS: readonly OptionEntry[] = [
  seconds('Control_Client_Timeout', '60', GLOBAL),
  option('Local_Changes_File', 'string', '/opt/msys/ecelerity/etc/local_changes.conf', 'momentum.md 8.6'),
  option('Local_Changes_Only', 'bool', 'false', 'momentum.md 8.6'),
  option('PidFile', 'string', '/var/run/ecelerity.pid', SUMMARY, { kept: true }),
  option('Hostname', 'string', undefined, SUMMARY),
  option('TimestampFormat', 'string', '[%a %d %b %Y %H:%M:%S] ', SUMMARY),
  // Interfaces are always read all at once here.
  option('Use_IFList_Cache', 'bool', '0', GLOBAL, { dynamic: false, kept: true }),
  option('TCP_Buffer_Size', 'int', '32768', GLOBAL, { unit: 'bytes', min: 1024 }),
  ...MAIL_GLOBALS,
  // Addresses without DuraVIP belong to the host: nothing here adds or removes them.
  option('Binding_Auto_Replumb', 'bool', 'disabled', GLOBAL, { kept: true }),
  { ...seconds('Binding_Auto_Replumb_Interval', '60', GLOBAL), kept: true },
];

/** Whoever starts the process decides as whom it runs. */
const SECURITY_OPTIONS: readonly OptionEntry[] = [
  option('user', 'string', 'ecuser', 'CFG-30', { kept: true }),
  option('group', 'string', 'ecuser', 'CFG-30', { kept: true }),
  option('Capabilities', 'string', undefined, 'CFG-30', { kept: true }),
  option('Privileges', 'string', undefined, 'CFG-30', { kept: true }),
  option('Supplemental_Groups', 'string', undefined, SUMMARY, { kept: true, array: true }),
  option('Chroot', 'string', undefined, SUMMARY, { kept: true }),
];

const ROLE_OPTIONS: readonly OptionEntry[] = [
  option('allow', 'string', undefined, 'momentum.md 7.1', { array: true }),
];

/** Subsystems that log at a level, such as `DEBUG = ( "LOG1" )`. */
const DEBUG_FLAG_OPTIONS: readonly OptionEntry[] = [
  'CRITICAL',
  'ERROR',
  'WARNING',
  'NOTICE',
  'INFO',
  'DEBUG',
].map((level) =>
  option(level, 'string', level === 'CRITICAL' || level === 'ERROR' ? ['ALL'] : undefined, SUMMARY, {
    array: true,
  }),
);

export const GLOBAL_TABLES: readonly ScopeTable[] = [
  { path: [], instance: 'none', options: GLOBAL_OPTIONS },
  { path: ['Security'], instance: 'none', options: SECURITY_OPTIONS },
  { path: ['Authorization'], instance: 'none', options: [] },
  { path: ['Authorization', 'Role'], instance: 'required', options: ROLE_OPTIONS },
  { path: ['Debug_Flags'], instance: 'none', options: DEBUG_FLAG_OPTIONS },
];
