/** Checks that need more than one option, or the reason behind a value. One clear line each. */

import { parseNodeName } from '../model/names.ts';
import { isLoopback, parseListen } from './addresses.ts';
import { nameKey } from './ast.ts';
import { checkAudit } from './check-audit.ts';
import { checkDuravip } from './check-duravip.ts';
import { checkLogs } from './check-logs.ts';
import { checkMail } from './check-mail.ts';
import { checkReplicate } from './check-replicate.ts';
import { type DiagnosticSink, type Position, shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { compilePcre } from './pcre.ts';
import type { OptionNode } from './scope-tree.ts';
import { parseInteger } from './values.ts';

/** Smallest number of addresses in one batch of balancing (momentum.md 3.2, A4). */
export const BALANCE_SET_SIZE_MIN = 2;

const LISTENER = 'msgcserver_listener';

export function checkMeaning(generation: Generation, sink: DiagnosticSink): void {
  checkBusPort(generation, sink);
  checkPeers(generation, sink);
  checkNodeName(generation, sink);
  checkNodeAddress(generation, sink);
  checkBalanceSetSize(generation, sink);
  checkDuravip(generation, sink);
  checkControlListener(generation, sink);
  checkReplicate(generation, sink);
  checkAudit(generation, sink);
  checkLogs(generation, sink);
  checkMail(generation, sink);
  checkRoles(generation, sink);
}

/** MSG-19, MSG-23: servers dial `port`, so somebody must listen there. */
function checkBusPort(generation: Generation, sink: DiagnosticSink): void {
  const server = generation.scope(['msgc_server']);
  const listens = generation.scopes([LISTENER], 'Listen');
  const ports = listens.flatMap(({ instance = '', at }) => {
    const endpoint = parseListen(instance);
    if (!endpoint.ok) return [];
    if (endpoint.value.kind === 'tcp') return [endpoint.value.port];
    const message = `msgcserver_listener listens on the socket '${shown(instance)}', where no server dials`;
    sink.add('CONF_BAD_INSTANCE', at, message, 'write address:port, *:port or :port');
    return [];
  });
  if (server === undefined) return;
  const port = generation.getInteger(['msgc_server'], 'port');
  const at = server.options.get('port')?.at ?? server.at;
  const enabled = listens.filter(({ instance = '' }) => {
    return generation.getBoolean([LISTENER, { name: 'Listen', instance }], 'Enable') !== false;
  });
  if (enabled.length === 0) {
    const what =
      listens.length === 0 ? 'no msgcserver_listener' : 'no Listen of msgcserver_listener is enabled';
    const hint = `write msgcserver_listener { Listen ":${port ?? 4809}" {} }`;
    sink.add('CONF_NO_MSGC_LISTENER', at, `msgc_server is configured but ${what}`, hint);
  } else if (ports.length > 0 && port !== undefined && !ports.includes(port)) {
    const message = `msgc_server.port is ${port} but msgcserver_listener listens on ${ports.join(', ')}`;
    sink.add('CONF_PORT_MISMATCH', at, message, 'both must be the same');
  }
}

/** MSG-33: names of peers are lower case; others are read as if they were. */
function checkPeers(generation: Generation, sink: DiagnosticSink): void {
  const peers = generation.scope(['msgc_server'])?.options.get('peers');
  if (peers?.value.kind !== 'dict') return;
  const seen = new Map<string, Position>();
  for (const item of peers.value.items) {
    if (item.kind !== 'option') continue;
    const name = parseNodeName(item.name);
    if (!name.ok) {
      sink.add('CONF_BAD_VALUE', item.at, `the peer '${shown(item.name)}': ${name.error}`);
      continue;
    }
    if (item.name !== name.value) {
      const message = `the name of the peer '${shown(item.name)}' is read as '${shown(name.value)}'`;
      sink.add('CONF_PEER_CASE', item.at, message, 'write names of peers in lower case');
    }
    const before = seen.get(name.value);
    if (before !== undefined) {
      const message = `the peer '${shown(name.value)}' is named twice, first in line ${before.line}`;
      sink.add('CONF_BAD_VALUE', item.at, message, 'each server of the bus has one name');
    }
    seen.set(name.value, before ?? item.at);
    if (item.value.kind === 'scalar' && item.value.text.trim() === '') {
      sink.add('CONF_BAD_VALUE', item.value.at, `the peer '${shown(name.value)}' has no address`);
    }
  }
}

/** MSG-33, CLU-04: the name of this node, where the configuration says it. */
function checkNodeName(generation: Generation, sink: DiagnosticSink): void {
  const option = generation.scope(['cluster'])?.options.get('nodename');
  const text = textOf(option);
  if (option === undefined || text === undefined || text.trim() === '') return;
  const name = parseNodeName(text);
  if (!name.ok) {
    sink.add('CONF_BAD_VALUE', option.value.at, `nodename '${shown(text)}': ${name.error}`);
  } else if (name.value !== text) {
    const message = `the nodename '${shown(text)}' is read as '${shown(name.value)}'`;
    sink.add('CONF_PEER_CASE', option.value.at, message, 'write names of nodes in lower case');
  }
}

function checkNodeAddress(generation: Generation, sink: DiagnosticSink): void {
  const option = generation.scope(['cluster'])?.options.get('nodeaddr');
  const address = textOf(option);
  if (option === undefined || address === undefined || !isLoopback(address)) return;
  if (generation.getBoolean(['cluster'], 'allow_loopback_nodeaddr') === true) return;
  sink.add(
    'CONF_LOOPBACK_NODEADDR',
    option.value.at,
    `nodeaddr ${address} is a loopback address, which no other machine can reach`,
    'write an address of the cluster network; allow_loopback_nodeaddr = true is for demonstrations and tests',
  );
}

function checkBalanceSetSize(generation: Generation, sink: DiagnosticSink): void {
  const option = generation.scope(['cluster'])?.options.get('duravip_balance_set_size');
  const size = parseInteger(textOf(option) ?? '');
  if (option === undefined || !size.ok || size.value >= BALANCE_SET_SIZE_MIN) return;
  sink.add(
    'CONF_BALANCE_SET_SIZE',
    option.value.at,
    `duravip_balance_set_size is ${size.value}; the value must be greater than 1`,
    'it must also be the same on all nodes, otherwise the cluster does not converge',
  );
}

/** CON-09: what a role may do is written as patterns. */
function checkRoles(generation: Generation, sink: DiagnosticSink): void {
  for (const role of generation.scopes(['Authorization'], 'Role')) {
    const value = role.options.get('allow')?.value;
    const patterns = value === undefined ? [] : value.kind === 'array' ? value.elements : [value];
    for (const pattern of patterns) {
      if (pattern.kind !== 'scalar') continue;
      const compiled = compilePcre(pattern.text);
      if (compiled.ok) continue;
      const message = `allow of the role '${shown(role.instance ?? '')}': '${shown(pattern.text)}' is not a pattern`;
      sink.add('CONF_BAD_VALUE', pattern.at, `${message}: ${compiled.error}`);
    }
  }
}

/** Two Listen scopes that mean the same endpoint: the second one could never be opened. */
function checkControlListener(generation: Generation, sink: DiagnosticSink): void {
  const seen = new Map<string, Position>();
  for (const [listener, listen] of listenScopes(generation)) {
    const endpoint = parseListen(listen.instance ?? '');
    if (!endpoint.ok) continue;
    const key =
      endpoint.value.kind === 'unix' ? endpoint.value.path : `${endpoint.value.host} ${endpoint.value.port}`;
    const before = seen.get(key);
    if (before === undefined) {
      seen.set(key, listen.at);
      continue;
    }
    const message = `${listener} listens on '${listen.instance ?? ''}', which line ${before.line} of ${before.file} already does`;
    sink.add('CONF_CONTROL_LISTEN', listen.at, message, 'two listeners cannot share an endpoint');
  }
}

function listenScopes(
  generation: Generation,
): readonly (readonly [string, { instance: string | undefined; at: Position }])[] {
  return ['Control_Listener', 'ECCluster_Listener', 'msgcserver_listener'].flatMap((listener) =>
    generation.scopes([listener], 'Listen').map((listen) => [listener, listen] as const),
  );
}

function textOf(option: OptionNode | undefined): string | undefined {
  return option?.value.kind === 'scalar' && nameKey(option.name) !== '' ? option.value.text : undefined;
}
