/**
 * Option tables of the scopes of mail delivery and reception, as far as the documents of the cluster name their
 * options (momentum.md 3.2, 5.1, 8.2). Mail itself is not run here: the scopes are kept, and options of them that the
 * tables do not name are kept too.
 */

import type { OptionEntry, ScopeTable } from '../../base/option-table.ts';
import { SOCKET } from './listener-tables.ts';
import { option, seconds } from './option-entry.ts';

const LIMITS = 'momentum.md 3.2';
const SAMPLE_22 = 'sample of 2.2';
const DELIVERY = 'options summary of 4.x';

const kept = { kept: true } as const;
const ENABLE_DURAVIP = option('Enable_Duravip', 'bool', 'false', LIMITS, kept);
const DURAVIP_PREFERENCE = option('Duravip_Preference', 'string', undefined, LIMITS, kept);

const MAX = option('Cluster_Max_Outbound_Connections', 'int', '-1', LIMITS, {
  ...kept,
  unit: 'connections',
  min: -1,
});
const SERVER_MAX = option('Cluster_Server_Max_Outbound_Connections', 'int', undefined, LIMITS, {
  ...kept,
  unit: 'connections',
});
const SCOPE_MAX = option('Cluster_Scope_Max_Outbound_Connections', 'int', undefined, LIMITS, {
  ...kept,
  unit: 'connections',
});
const THROTTLES = [
  option('Cluster_Outbound_Throttle_Connections', 'throttle', undefined, LIMITS, kept),
  option('Cluster_Outbound_Throttle_Messages', 'throttle', undefined, LIMITS, kept),
];

const ADAPTIVE_SCOPE = option('Adaptive_Scope', 'string', undefined, LIMITS, {
  ...kept,
  values: ['local', 'global', 'auto'],
});

const BINDING: readonly OptionEntry[] = [
  option('Bind_Address', 'string', undefined, DELIVERY, kept),
  ENABLE_DURAVIP,
  DURAVIP_PREFERENCE,
  MAX,
  SERVER_MAX,
  SCOPE_MAX,
  ADAPTIVE_SCOPE,
];
const DOMAIN: readonly OptionEntry[] = [MAX, SCOPE_MAX, ...THROTTLES, ADAPTIVE_SCOPE];
const HOST: readonly OptionEntry[] = [MAX, SCOPE_MAX];

function named(path: readonly string[], options: readonly OptionEntry[]): ScopeTable {
  return { path, instance: 'optional', kept: true, options };
}

const ESMTP_PEER: readonly OptionEntry[] = [
  option('Banner_Hostname', 'string', undefined, SAMPLE_22, kept),
  option('Continue', 'bool', undefined, SAMPLE_22, kept),
  seconds('Idle_Time', undefined, SAMPLE_22),
];

export const DELIVERY_TABLES: readonly ScopeTable[] = [
  named(['Binding_Group'], [SERVER_MAX, SCOPE_MAX, ...THROTTLES]),
  named(['Binding_Group', 'Binding'], BINDING),
  named(['Binding_Group', 'Binding', 'Domain'], DOMAIN),
  named(['Binding_Group', 'Domain'], DOMAIN),
  named(['Binding'], BINDING),
  named(['Binding', 'Domain'], DOMAIN),
  named(['Binding', 'Host'], HOST),
  named(['Domain'], DOMAIN),
  named(['Host'], HOST),
  { path: ['Esmtp_Listener'], instance: 'none', kept: true, options: SOCKET },
  named(
    ['Esmtp_Listener', 'Listen'],
    [
      ...SOCKET,
      ENABLE_DURAVIP,
      DURAVIP_PREFERENCE,
      option('Duravip_Follow', 'string', undefined, LIMITS, kept),
    ],
  ),
  named(['Esmtp_Listener', 'Peer'], ESMTP_PEER),
  named(['Esmtp_Listener', 'Listen', 'Peer'], ESMTP_PEER),
  // Its addresses hold passwords.
  named(
    ['Datasource'],
    [option('URI', 'string', undefined, DELIVERY, { ...kept, array: true, secret: true })],
  ),
];
