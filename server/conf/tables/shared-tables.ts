/** Option tables of the sockets over which other software uses what the cluster shares (ours). */

import type { OptionEntry, ScopeTable } from '../../base/option-table.ts';
import { TCP_SOCKET } from './listener-tables.ts';
import { option } from './option-entry.ts';

const OURS = 'ours: limits of the whole cluster for other mail servers';

/** A socket of a path has permissions. */
const SOCKET: readonly OptionEntry[] = TCP_SOCKET.map((entry) =>
  entry.name === 'File_Mode' ? { ...entry, kept: false } : entry,
);

const POLICY: readonly OptionEntry[] = [
  option('Throttle_Client', 'throttle', undefined, OURS, { unit: 'recipients' }),
  option('Throttle_Sender', 'throttle', undefined, OURS, { unit: 'recipients' }),
  option('Throttle_Recipient_Domain', 'throttle', undefined, OURS, { unit: 'recipients' }),
  option('Recipients_Max', 'int', undefined, OURS, { unit: 'recipients', min: 1, max: 1_000_000 }),
];

function listener(name: string, options: readonly OptionEntry[]): readonly ScopeTable[] {
  const all = [...SOCKET, ...options];
  return [
    { path: [name], instance: 'none', options: all },
    { path: [name, 'Listen'], instance: 'required', instanceType: 'listen', options: all },
  ];
}

export const SHARED_TABLES: readonly ScopeTable[] = [
  ...listener('Shared_Listener', []),
  ...listener('Policy_Listener', POLICY),
];
