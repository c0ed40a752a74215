/**
 * Options of mail delivery and reception that the mail plane acts on (momentum.md 3.2, options summaries of 3.x and
 * 4.x), by the scopes in which the manuals allow them. What of them is written in none has its value from a wider one.
 */

import type { OptionEntry } from '../../base/option-table.ts';
import { option, seconds } from './option-entry.ts';

const LIMITS = 'momentum.md 3.2';
const SUMMARY = 'options summary of 4.x';
const OURS = 'ours: connections of clients to all nodes together';
const IDLE = 'options summary of 4.x; the default is that of the shipped file';

/** Names of mail mean nothing elsewhere: `Connect_Timeout` is not the `connect_timeout` of the bus. */
const mail = { family: 'mail' } as const;

const connections = (name: string, defaultText: string | undefined, source = LIMITS): OptionEntry =>
  option(name, 'int', defaultText, source, { ...mail, unit: 'connections', min: -1 });
const span = (name: string, defaultText: string | undefined, min = 1): OptionEntry => ({
  ...seconds(name, defaultText, SUMMARY, min),
  ...mail,
});

/** binding, domain, global, host. */
export const CLUSTER_MAX = connections('Cluster_Max_Outbound_Connections', '-1');
/** binding, binding_group, global. */
export const CLUSTER_SERVER_MAX = connections('Cluster_Server_Max_Outbound_Connections', undefined);
/** binding, binding_group, domain, global, host. */
export const CLUSTER_SCOPE_MAX = connections('Cluster_Scope_Max_Outbound_Connections', undefined);
/** binding_group, domain, global. */
export const CLUSTER_THROTTLES: readonly OptionEntry[] = [
  option('Cluster_Outbound_Throttle_Connections', 'throttle', undefined, LIMITS, mail),
  option('Cluster_Outbound_Throttle_Messages', 'throttle', undefined, LIMITS, mail),
];

/** binding, binding_group, domain, global. */
export const DELIVERY_OPTIONS: readonly OptionEntry[] = [
  span('Body_Timeout', '600'),
  span('Connect_Timeout', '300'),
  option('EHLO_Hostname', 'string', undefined, SUMMARY, mail),
  span('EHLO_Timeout', '300'),
  option('Gateway', 'string', undefined, SUMMARY, mail),
  option('Generate_Bounces', 'bool', 'true', SUMMARY, mail),
  span('Idle_Timeout', '5', 0),
  span('MailFrom_Timeout', '300'),
  option('Max_Deliveries_Per_Connection', 'int', '0', SUMMARY, { ...mail, unit: 'messages', min: 0 }),
  option('Max_Outbound_Connections', 'int', '32', SUMMARY, { ...mail, unit: 'connections', min: 0 }),
  option('Max_Retries', 'int', undefined, SUMMARY, { ...mail, unit: 'attempts', min: 0 }),
  span('Max_Retry_Interval', '43200'),
  span('Message_Expiration', '86400'),
  span('RcptTo_Timeout', '300'),
  option('Remote_SMTP_Port', 'int', '25', SUMMARY, { ...mail, unit: 'port', min: 1, max: 65_535 }),
  span('Retry_Interval', '1200'),
  option('Routes', 'string', undefined, SUMMARY, { ...mail, array: true }),
  span('RSET_Timeout', '30'),
  option('Suspend_Delivery', 'bool', 'false', SUMMARY, mail),
];

/** binding, global. */
export const BIND_ADDRESS = option('Bind_Address', 'string', undefined, SUMMARY, mail);

/** esmtp_listener, global. */
export const RECEPTION_OPTIONS: readonly OptionEntry[] = [
  option('Reconfig_Message', 'string', '4.3.2 Reconfiguration in progress', 'momentum.md 7.5', mail),
  option('Relay_Domains', 'string', undefined, SUMMARY, { ...mail, array: true }),
  option('Relay_Hosts', 'cidr', undefined, SUMMARY, { ...mail, array: true }),
];

/** esmtp_listener. */
export const IDLE_TIME: OptionEntry = { ...seconds('Idle_Time', '300', IDLE), ...mail };

/** esmtp_listener, peer. */
export const INBOUND_LIMITS: readonly OptionEntry[] = [
  connections('Cluster_Max_Inbound_Connections', '-1', `${OURS}, of one network`),
  connections('Cluster_Max_Inbound_Connections_Per_Host', '-1', `${OURS}, of one address`),
];

/** Spool of messages on disk. Another place, or other permissions, count from the next start on. */
const SPOOL_OPTIONS: readonly OptionEntry[] = [
  option('SpoolBase', 'string', '/var/spool/ecelerity', SUMMARY, { ...mail, dynamic: false }),
  option('Spool_Mode', 'perms', '0640', SUMMARY, { ...mail, dynamic: false }),
];

/** All of them that may stand in the global scope. */
export const MAIL_GLOBALS: readonly OptionEntry[] = [
  BIND_ADDRESS,
  ...DELIVERY_OPTIONS,
  ...RECEPTION_OPTIONS,
  ...SPOOL_OPTIONS,
  CLUSTER_MAX,
  CLUSTER_SERVER_MAX,
  CLUSTER_SCOPE_MAX,
  ...CLUSTER_THROTTLES,
];
