/** Option tables of the listeners this product runs (momentum.md 2.4, 3.6, 7.1). */

import type { OptionEntry, ScopeTable } from '../../base/option-table.ts';
import { option, seconds } from './option-entry.ts';

const LISTENER = 'momentum.md 7.1';

/** What every listener and its Listen scopes share. */
const SOCKET: readonly OptionEntry[] = [
  option('Accept_Queue_Backlog', 'int', '0', LISTENER, { min: 0, kept: true }),
  option('Concurrency', 'int', '0', LISTENER, { min: 0, unit: 'threads', kept: true }),
  option('Disable_Nagle_Algorithm', 'bool', 'false', LISTENER, { kept: true }),
  option('Enable', 'bool', 'true', LISTENER),
  option('Event_Loop', 'string', undefined, LISTENER, { kept: true }),
  option('Events_Per_Iter', 'int', '0', LISTENER, { min: 0, unit: 'events', kept: true }),
  option('File_Mode', 'perms', '0660', LISTENER),
  option('Listen_Backlog', 'int', '500', LISTENER, { min: 0, unit: 'connections' }),
  option('Pool_Name', 'string', undefined, LISTENER, { kept: true }),
  option('TCP_Recv_Buffer_Size', 'int', '4096', LISTENER, { min: 0, unit: 'bytes', kept: true }),
  option('TCP_Send_Buffer_Size', 'int', '4096', LISTENER, { min: 0, unit: 'bytes', kept: true }),
];

const OVERRIDES: readonly OptionEntry[] = [
  option('Always_Allow', 'bool', 'false', LISTENER),
  option('Always_Deny', 'bool', 'false', LISTENER),
];

const ACCESS_OF_PEERS: readonly OptionEntry[] = [
  option('Enable_Authentication', 'bool', undefined, LISTENER),
  option('Enable_Authorization', 'bool', undefined, LISTENER),
  option('AuthDigestMD5Parameters', 'dictionary', undefined, LISTENER),
  ...OVERRIDES,
];

const ACCESS: readonly OptionEntry[] = [
  ...ACCESS_OF_PEERS,
  option('AuthCramMD5Parameters', 'dictionary', undefined, LISTENER, { kept: true }),
  option('AuthLoginParameters', 'dictionary', undefined, LISTENER, { kept: true }),
  option('AuthorizationParameters', 'dictionary', undefined, LISTENER),
];

const CONTROL_LISTENER: readonly ScopeTable[] = [
  {
    path: ['Control_Listener'],
    instance: 'none',
    options: [seconds('Timeout', '60', LISTENER), ...SOCKET, ...ACCESS],
  },
  {
    path: ['Control_Listener', 'Listen'],
    instance: 'required',
    instanceType: 'listen',
    options: [...SOCKET, ...ACCESS],
  },
  {
    path: ['Control_Listener', 'Peer'],
    instance: 'required',
    instanceType: 'cidr',
    options: ACCESS_OF_PEERS,
  },
  {
    path: ['Control_Listener', 'Listen', 'Peer'],
    instance: 'required',
    instanceType: 'cidr',
    options: ACCESS_OF_PEERS,
  },
];

const ECCLUSTER_LISTENER: readonly ScopeTable[] = [
  { path: ['ECCluster_Listener'], instance: 'none', options: SOCKET },
  {
    path: ['ECCluster_Listener', 'Listen'],
    instance: 'required',
    instanceType: 'listen',
    options: SOCKET,
  },
];

/** What matters where nothing but TCP is listened on. */
const OF_TCP: ReadonlySet<string> = new Set(['Enable', 'Listen_Backlog']);
const without = (entry: OptionEntry): OptionEntry => ({ ...entry, kept: true });

export const TCP_SOCKET: readonly OptionEntry[] = SOCKET.map((entry) =>
  OF_TCP.has(entry.name) ? entry : without(entry),
);

/** Only the Listen scope matters; the rest is accepted without effect (MSG-24, momentum.md 2.4). */
const MSGCSERVER_LISTENER: readonly ScopeTable[] = [
  { path: ['msgcserver_listener'], instance: 'none', options: SOCKET.map(without) },
  {
    path: ['msgcserver_listener', 'Listen'],
    instance: 'required',
    instanceType: 'listen',
    options: TCP_SOCKET,
  },
];

export const LISTENER_TABLES: readonly ScopeTable[] = [
  ...CONTROL_LISTENER,
  ...ECCLUSTER_LISTENER,
  ...MSGCSERVER_LISTENER,
];
