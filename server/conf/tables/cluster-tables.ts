/** Option tables of the `cluster` module and of the manager's `Logs` (momentum.md 3.2, 4.1, 5.3, 6.5). */

import type { OptionEntry, ScopeTable } from '../../base/option-table.ts';
import { option, seconds } from './option-entry.ts';

const CLUSTER = 'momentum.md 3.2';
const REPLICATE = 'momentum.md 4.1';
const LOGS = 'momentum.md 6.5';

const HOOK = 'ours: program and first arguments, run with acquire or release and the address behind them';
const HOST = 'ours: loopback adds no addresses to the host, for demonstrations on 127.0.0.0/8';
const ISOLATED = 'ours: what a node does that sees no other configured node';

const OURS: readonly OptionEntry[] = [
  option('allow_loopback_nodeaddr', 'bool', 'false', 'ours, for demonstration and tests', { dynamic: false }),
  option('byzantine_action', 'string', 'flag', 'ours', { values: ['flag', 'exclude'] }),
  option('duravip_hook', 'string', undefined, HOOK, { array: true }),
  seconds('duravip_hook_timeout', '10', 'ours: a hook that runs for longer is ended', 1),
  option('duravip_host', 'string', 'linux', HOST, { values: ['linux', 'loopback'], dynamic: false }),
  option('duravip_isolated', 'string', 'serve', ISOLATED, { values: ['serve', 'drop'] }),
];

const DEPRECATED: readonly OptionEntry[] = [
  option('mbus_daemon', 'string', '4803', CLUSTER, {
    deprecated: 'the bus is configured in msgc_client and msgc_server',
  }),
  option('cluster_listener', 'listen', '*:4802', CLUSTER, {
    deprecated: 'write ECCluster_Listener { Listen "*:4802" {} }',
  }),
  option('subcluster', 'string', undefined, CLUSTER, { deprecated: 'it comes from cluster.boot' }),
  option('dml', 'dictionary', undefined, CLUSTER, { deprecated: 'it has no successor' }),
  option('unconditional_rebinding', 'bool', 'true', CLUSTER, {
    deprecated: 'write unconditional_rebind',
    aliasOf: 'unconditional_rebind',
  }),
];

/** Log key and stream of each log that a node offers. */
const PUBLISHED_LOGS: readonly string[] = ['rejectlog', 'paniclog', 'mainlog', 'acctlog', 'bouncelog'].map(
  (log) => `${log} = "/var/log/ecelerity/${log}.cluster"`,
);

const CLUSTER_OPTIONS: readonly OptionEntry[] = [
  option('arp_all_hosts', 'bool', 'true', CLUSTER),
  option('cluster_group', 'string', 'ec_cluster', CLUSTER),
  option('control_group', 'string', 'ec_console', CLUSTER),
  option('debug_level', 'level', 'ERROR', CLUSTER),
  option('duravip_balance_set_size', 'int', '10', 'momentum.md 3.2; the default is ours', { unit: 'VIPs' }),
  option('enabled', 'bool', 'true', CLUSTER, { kept: true }),
  seconds('heartbeat_start_delay', '15', CLUSTER, 0),
  option('heartbeats_per_sec', 'number', '1', CLUSTER, { unit: '1/s', min: 0.01, max: 100 }),
  seconds('if_check_interval', '30', CLUSTER),
  seconds('if_down_limit', '4', CLUSTER, 0),
  seconds('log_active_interval', '1', CLUSTER, 0),
  seconds('log_idle_interval', '10', CLUSTER),
  option('log_group', 'string', undefined, CLUSTER),
  option('logs', 'dictionary', PUBLISHED_LOGS, CLUSTER),
  // Others know a node by its name and address from the start of its process to its end.
  option('nodeaddr', 'address', undefined, CLUSTER, { dynamic: false }),
  option('nodename', 'string', undefined, CLUSTER, { dynamic: false }),
  option('unconditional_rebind', 'bool', 'true', CLUSTER),
  seconds('view_balance_interval', '10', CLUSTER),
  seconds('view_broadcast_interval', '0', CLUSTER, 0),
  seconds('view_mature_time', '5', CLUSTER, 0),
  option('tcp_buffer_size', 'int', '32768', CLUSTER, { unit: 'bytes', min: 1024 }),
  ...DEPRECATED,
  ...OURS,
];

export const REPLICATION_TYPES: readonly string[] = [
  'inbound_cidr',
  'outbound_cidr',
  'outbound_domains',
  'outbound_binding_domains',
  'shared_named_throttles',
  'OBTM',
  'OBTC',
  'metrics',
  'eccmgr_metrics',
  'cache',
];

/** The values of `parameters`, which separates them with `;`. */
export const REPLICATION_PARAMETERS: readonly string[] = [
  'snapshot',
  'connect',
  'delivery',
  'transfail',
  'permfail',
  'reception',
  'rejection',
  'audit_series',
  'gauge_cache',
];

export const CLUSTER_TABLES: readonly ScopeTable[] = [
  { path: ['cluster'], instance: 'none', options: CLUSTER_OPTIONS },
  {
    path: ['cluster', 'Replicate'],
    instance: 'required',
    options: [
      option('type', 'string', undefined, REPLICATE),
      option('class', 'string', undefined, REPLICATE),
      option('binding_group', 'string', undefined, REPLICATE),
      option('parameters', 'string', undefined, REPLICATE),
      option('max_delay', 'number', '1.0', REPLICATE, { unit: 's', min: 0, max: 3_600 }),
      option('max_pending', 'int', '100', REPLICATE, { unit: 'messages', min: 1 }),
      option('max_size', 'int', '-1', REPLICATE, { unit: 'entries', min: -1 }),
    ],
  },
  {
    path: ['cluster', 'Topology'],
    instance: 'required',
    instanceType: 'cidr',
    options: [
      option('interface', 'string', undefined, 'momentum.md 5.3'),
      option('cidrmask', 'int', '32', 'momentum.md 5.3', { unit: 'bits', min: 0, max: 128 }),
    ],
  },
];

const SUBSCRIBER_PLACES: readonly ScopeTable[] = [
  { path: ['Logs', 'Manager'], instance: 'required', options: [] },
  {
    path: ['Logs', 'Manager', 'Node'],
    instance: 'required',
    options: [option('Subscriber', 'string', undefined, LOGS, { array: true })],
  },
];

export const LOGS_TABLES: readonly ScopeTable[] = [
  {
    path: ['Logs'],
    instance: 'none',
    options: [
      option('logfile', 'string', '/var/log/eccluster/%Y/%m/%d/%{l}/%{s}/%{n}', LOGS),
      option('file_mode', 'perms', '0640', LOGS),
      option('dir_mode', 'perms', '0755', LOGS),
      option('max_open', 'int', '128', LOGS, { unit: 'files', min: 1, max: 65_536 }),
      seconds('max_idle', '10', LOGS),
      option('control_cache', 'string', '/var/log/eccluster/control.cache', LOGS, { dynamic: false }),
    ],
  },
  ...SUBSCRIBER_PLACES,
];
