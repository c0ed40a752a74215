/**
 * What a configuration asks of mail and this mail plane does not do. It is small: SMTP in, a spool, SMTP out. What
 * would leave mail less safe or less restricted than its configuration says is told at the start and at each reload.
 */

import { nameKey } from '../conf/ast.ts';
import { replicationTypeOf } from '../conf/check-replicate.ts';
import type { Generation } from '../conf/generation.ts';
import type { OptionNode, ScopeNode } from '../conf/scope-tree.ts';
import { parseBool } from '../conf/values.ts';

/** Lines of problems of one plan; more are counted. */
const PROBLEMS_MAX = 20;

const MAIL_SCOPES: ReadonlySet<string> = new Set([
  'binding',
  'binding_group',
  'domain',
  'host',
  'esmtp_listener',
  'listen',
  'peer',
]);

/** By option in lower case: what is not done. Told where it is written and not off. */
const NOT_DONE: ReadonlyMap<string, string> = new Map([
  ['tls', 'TLS is not spoken to other hosts: mail goes out in the clear'],
  ['tls_certificate', 'no STARTTLS is offered, and no TLS spoken'],
  ['esmtp_listener_tls', 'no STARTTLS is offered'],
  [
    'enable_authentication',
    'SMTP clients cannot authenticate: only Relay_Hosts and Relay_Domains let mail in',
  ],
  ['authloginparameters', 'SMTP clients cannot authenticate'],
  ['authcrammd5parameters', 'SMTP clients cannot authenticate'],
  ['authdigestmd5parameters', 'SMTP clients cannot authenticate'],
  ['outbound_smtp_auth_type', 'this node does not authenticate itself to other hosts'],
  ['opendkim_sign', 'mail is not signed'],
  ['dkim_sign', 'mail is not signed'],
  ['domainkeys', 'mail is not signed'],
  ['blackhole', 'nothing is thrown away: mail is delivered'],
  ['alias_schemes', 'recipients are not rewritten'],
  ['open_relay', 'whoever is in no Relay_Hosts cannot relay'],
  ['relay_for_sending_domains', 'senders do not open the relay: write Relay_Hosts'],
  [
    'outbound_throttle_messages',
    'only the throttle of the whole cluster, Cluster_Outbound_Throttle_Messages, is kept',
  ],
  [
    'outbound_throttle_connections',
    'only the throttle of the whole cluster, Cluster_Outbound_Throttle_Connections, is kept',
  ],
  ['inbound_throttle_messages', 'receptions are not throttled'],
  ['service_sessions', 'sessions are limited by Cluster_Max_Inbound_Connections'],
  ['listener_sessions', 'sessions are limited by Cluster_Max_Inbound_Connections'],
  ['prohibited_hosts', 'all hosts are delivered to'],
  ['skip_hosts', 'all hosts are delivered to'],
]);

/** Scopes in which filters are configured. */
const FILTERS: ReadonlyMap<string, string> = new Map([
  ['sieve', 'Sieve scripts are not run'],
  ['scriptlet', 'Lua scripts are not run'],
  ['antivirus', 'mail is not searched for viruses'],
  ['clamav', 'mail is not searched for viruses'],
  ['brightmail', 'mail is not filtered'],
  ['cloudmark', 'mail is not filtered'],
  ['opendkim', 'mail is not signed'],
  ['domainkeys', 'mail is not signed'],
  ['alias', 'recipients are not rewritten'],
  ['adaptive', 'delivery does not adapt itself'],
]);

/** Values of options that ask for nothing. */
const OFF_WORDS: ReadonlySet<string> = new Set(['', 'none', 'never', '0']);

export function mailProblems(generation: Generation): readonly string[] {
  const found = new Map<string, string>();
  const add = (what: string, text: string): void => {
    if (!found.has(what)) found.set(what, text);
  };
  const look = (scope: ScopeNode, path: string): void => {
    for (const entry of scope.entries) {
      if (entry.kind === 'option') {
        const why = NOT_DONE.get(nameKey(entry.name));
        if (why === undefined || isOff(entry)) continue;
        add(nameKey(entry.name), `${entry.name}${path === '' ? '' : ` in ${path}`} has no effect: ${why}`);
      } else if (MAIL_SCOPES.has(nameKey(entry.name))) {
        look(entry, entry.instance === undefined ? entry.name : `${entry.name} "${entry.instance}"`);
      } else if (path === '') {
        const why = FILTERS.get(nameKey(entry.name));
        if (why !== undefined) add(nameKey(entry.name), `${entry.name} has no effect: ${why}`);
      }
    }
  };
  look(generation.root, '');
  for (const [option, type] of THROTTLES) {
    if (usesOption(generation.root, nameKey(option)) && !replicates(generation, type)) {
      add(option, `${option} has no effect without Replicate "${type}" { } in cluster`);
    }
  }
  const method = generation.getString([], 'Delivery_Method') ?? 'ESMTP';
  if (!/^e?smtp$/i.test(method))
    add('delivery_method', `Delivery_Method ${method} has no effect: mail goes out by SMTP`);
  for (const domain of generation.getStrings(['Esmtp_Listener'], 'Relay_Domains')) {
    if (domain.includes('*') && domain.trim() !== '*') {
      add(
        'relay_domains',
        `Relay_Domains: '${domain}' is taken for the name of a domain; only '*' alone means all`,
      );
    }
  }
  const problems = [...found.values()];
  if (problems.length <= PROBLEMS_MAX) return problems;
  return [...problems.slice(0, PROBLEMS_MAX), `${problems.length - PROBLEMS_MAX} more problems of mail`];
}

const THROTTLES = [
  ['Cluster_Outbound_Throttle_Connections', 'OBTC'],
  ['Cluster_Outbound_Throttle_Messages', 'OBTM'],
] as const;

function replicates(generation: Generation, type: string): boolean {
  return generation.scopes(['cluster'], 'Replicate').some((scope) => replicationTypeOf(scope) === type);
}

function usesOption(scope: ScopeNode, key: string): boolean {
  return (
    scope.options.has(key) ||
    scope.entries.some(
      (entry) => entry.kind === 'scope' && MAIL_SCOPES.has(nameKey(entry.name)) && usesOption(entry, key),
    )
  );
}

function isOff({ value }: OptionNode): boolean {
  if (value.kind === 'array') return value.elements.length === 0;
  if (value.kind !== 'scalar') return false;
  const on = parseBool(value.text);
  return (on.ok && !on.value) || OFF_WORDS.has(value.text.trim().toLowerCase());
}
