/**
 * Option tables of the scopes of mail delivery and reception, as far as the documents of the cluster name their
 * options (momentum.md 3.2, 5.1, 8.2). Mail itself is not run here: the scopes are kept, and options of them that the
 * tables do not name are kept too. DuraVIP acts on what it manages in them.
 */

import type { OptionEntry, ScopeTable } from '../../base/option-table.ts';
import { TCP_SOCKET } from './listener-tables.ts';
import { option, seconds } from './option-entry.ts';

const LIMITS = 'momentum.md 3.2';
const SAMPLE_22 = 'sample of 2.2';
const DELIVERY = 'options summary of 4.x';

const kept = { kept: true } as const;
const DURAVIP = 'momentum.md 3.2, 5.1';
const ENABLE_DURAVIP = option('Enable_Duravip', 'bool', 'false', DURAVIP);
const DURAVIP_PREFERENCE = option('Duravip_Preference', 'string', undefined, DURAVIP);
const DURAVIP_FOLLOW = option('Duravip_Follow', 'string', undefined, DURAVIP);

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
  option('Bind_Address', 'string', undefined, DELIVERY),
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

/** @param actsBy empty where only scopes in it act. */
function acting(
  path: readonly string[],
  options: readonly OptionEntry[],
  actsBy: readonly string[] = [],
): ScopeTable {
  return { ...named(path, options), actsBy };
}

/** A listener whose endpoints DuraVIP can manage. */
function listener(name: string, instance: ScopeTable['instance']): readonly ScopeTable[] {
  const listen = [...TCP_SOCKET, ENABLE_DURAVIP, DURAVIP_PREFERENCE, DURAVIP_FOLLOW];
  return [
    { ...acting([name], TCP_SOCKET), instance },
    acting([name, 'Listen'], listen, [ENABLE_DURAVIP.name, DURAVIP_FOLLOW.name]),
  ];
}

const ESMTP_PEER: readonly OptionEntry[] = [
  option('Banner_Hostname', 'string', undefined, SAMPLE_22, kept),
  option('Continue', 'bool', undefined, SAMPLE_22, kept),
  seconds('Idle_Time', undefined, SAMPLE_22),
];

export const DELIVERY_TABLES: readonly ScopeTable[] = [
  acting(['Binding_Group'], [SERVER_MAX, SCOPE_MAX, ...THROTTLES]),
  acting(['Binding_Group', 'Binding'], BINDING, [ENABLE_DURAVIP.name]),
  named(['Binding_Group', 'Binding', 'Domain'], DOMAIN),
  named(['Binding_Group', 'Domain'], DOMAIN),
  acting(['Binding'], BINDING, [ENABLE_DURAVIP.name]),
  named(['Binding', 'Domain'], DOMAIN),
  named(['Binding', 'Host'], HOST),
  named(['Domain'], DOMAIN),
  named(['Host'], HOST),
  ...listener('Esmtp_Listener', 'none'),
  ...['Ecstream_Listener', 'Http_Listener', 'Xmpp_Listener'].flatMap((name) => listener(name, 'optional')),
  named(['Esmtp_Listener', 'Peer'], ESMTP_PEER),
  named(['Esmtp_Listener', 'Listen', 'Peer'], ESMTP_PEER),
  // Its addresses hold passwords.
  named(
    ['Datasource'],
    [option('URI', 'string', undefined, DELIVERY, { ...kept, array: true, secret: true })],
  ),
];
