/**
 * Option tables of the scopes of mail delivery and reception (momentum.md 3.2, 5.1, 8.2). The mail plane acts on
 * bindings, groups, domains, hosts and the ESMTP listener, DuraVIP on what it manages in them and in other listeners.
 * Options of them that the tables do not name are kept.
 */

import type { OptionEntry, ScopeTable } from '../../base/option-table.ts';
import { TCP_SOCKET } from './listener-tables.ts';
import {
  BIND_ADDRESS,
  CLUSTER_MAX,
  CLUSTER_SCOPE_MAX,
  CLUSTER_SERVER_MAX,
  CLUSTER_THROTTLES,
  DELIVERY_OPTIONS,
  IDLE_TIME,
  INBOUND_LIMITS,
  RECEPTION_OPTIONS,
} from './mail-options.ts';
import { option, seconds } from './option-entry.ts';

const SAMPLE_22 = 'sample of 2.2';
const DELIVERY = 'options summary of 4.x';

const kept = { kept: true } as const;
const DURAVIP = 'momentum.md 3.2, 5.1';
const ENABLE_DURAVIP = option('Enable_Duravip', 'bool', 'false', DURAVIP);
const DURAVIP_PREFERENCE = option('Duravip_Preference', 'string', undefined, DURAVIP);
const DURAVIP_FOLLOW = option('Duravip_Follow', 'string', undefined, DURAVIP);

const ADAPTIVE_SCOPE = option('Adaptive_Scope', 'string', undefined, 'momentum.md 3.2', {
  ...kept,
  values: ['local', 'global', 'auto'],
});

const BINDING: readonly OptionEntry[] = [
  BIND_ADDRESS,
  ENABLE_DURAVIP,
  DURAVIP_PREFERENCE,
  ...DELIVERY_OPTIONS,
  CLUSTER_SERVER_MAX,
  CLUSTER_SCOPE_MAX,
  ADAPTIVE_SCOPE,
];
const DOMAIN: readonly OptionEntry[] = [...DELIVERY_OPTIONS, CLUSTER_SCOPE_MAX, ADAPTIVE_SCOPE];
const HOST: readonly OptionEntry[] = [CLUSTER_MAX, CLUSTER_SCOPE_MAX];

/** A scope of mail, of which there may be thousands. */
function mail(path: readonly string[], options: readonly OptionEntry[]): ScopeTable {
  return { path, instance: 'required', options, open: true, wide: true };
}

/** A listener of another protocol, whose endpoints DuraVIP can manage. */
function otherListener(name: string): readonly ScopeTable[] {
  const acting = (path: readonly string[], options: readonly OptionEntry[], actsBy: readonly string[]) => {
    return { path, instance: 'optional', kept: true, options, actsBy } as const;
  };
  return [
    acting([name], TCP_SOCKET, []),
    acting([name, 'Listen'], LISTEN, [ENABLE_DURAVIP.name, DURAVIP_FOLLOW.name]),
  ];
}

const LISTEN: readonly OptionEntry[] = [...TCP_SOCKET, ENABLE_DURAVIP, DURAVIP_PREFERENCE, DURAVIP_FOLLOW];

const KEPT_OF_PEERS: readonly OptionEntry[] = [
  option('Banner_Hostname', 'string', undefined, SAMPLE_22, kept),
  option('Continue', 'bool', undefined, SAMPLE_22, kept),
];
const IDLE_TIME_OF_PEERS: OptionEntry = { ...seconds('Idle_Time', undefined, SAMPLE_22), ...kept };

const ESMTP_LISTENER: readonly ScopeTable[] = [
  {
    ...mail(
      ['Esmtp_Listener'],
      [...TCP_SOCKET, IDLE_TIME, ...RECEPTION_OPTIONS, ...INBOUND_LIMITS, ...KEPT_OF_PEERS],
    ),
    instance: 'none',
  },
  { ...mail(['Esmtp_Listener', 'Listen'], LISTEN), instanceType: 'listen' },
  {
    ...mail(['Esmtp_Listener', 'Peer'], [...INBOUND_LIMITS, ...KEPT_OF_PEERS, IDLE_TIME_OF_PEERS]),
    instanceType: 'cidr',
  },
  {
    path: ['Esmtp_Listener', 'Listen', 'Peer'],
    instance: 'optional',
    kept: true,
    options: [...KEPT_OF_PEERS, IDLE_TIME_OF_PEERS],
  },
];

export const DELIVERY_TABLES: readonly ScopeTable[] = [
  mail(['Binding_Group'], [...DELIVERY_OPTIONS, CLUSTER_SERVER_MAX, CLUSTER_SCOPE_MAX, ...CLUSTER_THROTTLES]),
  // No Cluster_Max_Outbound_Connections: not in a binding of a group (momentum.md 3.2).
  mail(['Binding_Group', 'Binding'], BINDING),
  mail(['Binding_Group', 'Binding', 'Domain'], DOMAIN),
  mail(['Binding_Group', 'Domain'], [...DOMAIN, ...CLUSTER_THROTTLES]),
  mail(['Binding'], [...BINDING, CLUSTER_MAX]),
  mail(['Binding', 'Domain'], [...DOMAIN, CLUSTER_MAX]),
  mail(['Binding', 'Host'], HOST),
  mail(['Domain'], [...DOMAIN, CLUSTER_MAX, ...CLUSTER_THROTTLES]),
  mail(['Host'], HOST),
  ...ESMTP_LISTENER,
  ...['Ecstream_Listener', 'Http_Listener', 'Xmpp_Listener'].flatMap(otherListener),
  // Its addresses hold passwords.
  {
    path: ['Datasource'],
    instance: 'optional',
    kept: true,
    options: [option('URI', 'string', undefined, DELIVERY, { ...kept, array: true, secret: true })],
  },
];
