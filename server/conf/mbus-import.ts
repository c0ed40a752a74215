/**
 * Turns an `mbus.conf` into the `msgc_server.conf` that takes its place (MSG-34). Hosts become peers; subclusters
 * stay comments, because a node's subcluster comes from its environment (A56). With any error there is no text at
 * all: a bus of half its servers is two buses.
 */

import { parseNodeName } from '../model/names.ts';
import type { Item } from './ast.ts';
import { type DiagnosticList, DiagnosticSink, type Position, shown } from './diagnostics.ts';
import { type MbusConfiguration, type MbusHost, type MbusSegment, parseMbus } from './mbus.ts';
import { printItems } from './printer.ts';

export type MbusImport = DiagnosticList & {
  /** Undefined when there is any error. */
  readonly text: string | undefined;
};

/** Settings of the old bus daemon (momentum.md 2.7): known, and of no use here. */
const DAEMON_SETTINGS: ReadonlySet<string> = new Set(
  [
    'SocketPortReuse',
    'DaemonUser',
    'DaemonGroup',
    'DebugFlags',
    'RuntimeDir',
    'EventLogFile',
    'EventTimeStamp',
    'DangerousMonitor',
  ].map((name) => name.toLowerCase()),
);

type Server = { readonly name: string; readonly address: string; readonly at: Position };

export type NewBus = {
  /** That of the segments belongs to the old bus, which may still run. */
  readonly port: number;
  /** Path of the key that members prove to each other; undefined for a bus without authentication. */
  readonly keyFile: string | undefined;
};

export function importMbus(file: string, text: string, bus: NewBus): MbusImport {
  const sink = new DiagnosticSink();
  sink.reading(file);
  const mbus = parseMbus(file, text, sink);
  noteSettings(mbus, sink);
  const servers = serversOf(mbus, sink);
  if (sink.errors === 0 && servers.length === 0) {
    const message = 'there is no host in a Spread_Segment, so there is nobody to be a peer';
    sink.add('CONF_BAD_VALUE', { file, line: 1, column: 1 }, message);
  }
  const comments = mbus.segments.flatMap((segment) => commentOf(segment, servers, sink));
  const list = sink.list();
  if (sink.errors > 0) return { ...list, text: undefined };
  return { ...list, text: `${[...HEAD, ...comments].join('\n')}\n${printItems([scopeOf(servers, bus)])}` };
}

const HEAD = [
  '# This file must live in the global portion of the repository: it is the same on all nodes and on the manager.',
  '# Every server needs msgcserver_listener { listen ":port" { } } with the port below.',
  '# The subcluster of a node comes from its environment (EC_SUB_CLUSTER), as it came from cluster.boot:',
];

function noteSettings({ statements }: MbusConfiguration, sink: DiagnosticSink): void {
  for (const { name, at } of statements) {
    const known = DAEMON_SETTINGS.has(name.toLowerCase());
    const message = known
      ? `'${shown(name)}' is a setting of the old bus daemon and is left out`
      : `'${shown(name)}' is no setting that is known of mbus.conf, and is left out`;
    sink.add('CONF_MBUS_SETTING', at, message, known ? undefined : 'look whether it should name a host');
  }
}

/** Every host once, under its name in lower case (MSG-33) and of any length (MSG-18). */
function serversOf({ segments }: MbusConfiguration, sink: DiagnosticSink): readonly Server[] {
  const byName = new Map<string, Server>();
  const byAddress = new Map<string, Server>();
  for (const host of segments.flatMap(({ hosts }) => hosts)) {
    const server = serverOf(host, sink);
    if (server === undefined) continue;
    const { name, address, at } = server;
    const sameName = byName.get(name);
    const sameAddress = byAddress.get(address);
    if (sameName !== undefined) {
      const message = `the host '${shown(host.name)}' is '${shown(name)}', which line ${sameName.at.line} names already`;
      sink.add('CONF_BAD_VALUE', at, message, 'each server of the bus has one name');
    } else if (sameAddress !== undefined) {
      const message = `the host '${shown(name)}' has the address of '${shown(sameAddress.name)}' in line ${sameAddress.at.line}`;
      sink.add('CONF_BAD_VALUE', at, message, 'each server of the bus has an address of its own');
    }
    byName.set(name, server);
    byAddress.set(address, server);
  }
  return [...byName.values()];
}

function serverOf({ name, address, at }: MbusHost, sink: DiagnosticSink): Server | undefined {
  const parsed = parseNodeName(name);
  if (!parsed.ok) {
    sink.add('CONF_BAD_VALUE', at, `the host '${shown(name)}': ${parsed.error}`);
    return undefined;
  }
  if (parsed.value !== name) noteCase('host', name, parsed.value, at, sink);
  return { name: parsed.value, address, at };
}

function commentOf(
  { subcluster, manager, address, port, hosts, at }: MbusSegment,
  servers: readonly Server[],
  sink: DiagnosticSink,
): readonly string[] {
  const names = hosts.map(({ name }) => name.toLowerCase()).join(' ');
  const segment = `#   ${address}:${port}${names === '' ? ' without hosts' : `: ${names}`}`;
  if (subcluster === undefined || manager === undefined) return ['# no subcluster', segment];
  const [lower, chief] = [subcluster.toLowerCase(), parseNodeName(manager)];
  if (!/^[^\s\p{C}/]+$/u.test(subcluster)) {
    sink.add('CONF_SUBCLUSTER_NAME', at, `the subcluster '${shown(subcluster)}' is not one word`);
  } else if (lower !== subcluster) noteCase('subcluster', subcluster, lower, at, sink);
  if (!chief.ok) {
    sink.add('CONF_BAD_VALUE', at, `the manager '${shown(manager)}': ${chief.error}`);
    return [];
  }
  if (chief.value !== manager) noteCase('manager', manager, chief.value, at, sink);
  if (!servers.some(({ name }) => sameHost(name, chief.value))) {
    const message = `the manager '${shown(chief.value)}' of the subcluster '${shown(lower)}' is in no segment`;
    sink.add('CONF_MBUS_MANAGER', at, message, 'a manager runs an msgc_server too: add it to peers');
  }
  return [`# Subcluster: ${lower} = ${chief.value}`, segment];
}

/** Of a host only its first label may be written. */
function sameHost(a: string, b: string): boolean {
  return a === b || a === b.split('.', 1)[0] || b === a.split('.', 1)[0];
}

function noteCase(what: string, read: string, used: string, at: Position, sink: DiagnosticSink): void {
  sink.add('CONF_PEER_CASE', at, `the name of the ${what} '${shown(read)}' is read as '${shown(used)}'`);
}

function scopeOf(servers: readonly Server[], { port, keyFile }: NewBus): Item {
  const at = { file: '', line: 1, column: 1 };
  const option = (name: string, text: string, quoted: boolean): Item => {
    return { kind: 'option', name, attributes: [], value: { kind: 'scalar', text, quoted, at }, at };
  };
  const peers = servers.map(({ name, address }) => option(name, address, true));
  return {
    kind: 'scope',
    name: 'msgc_server',
    module: undefined,
    instance: undefined,
    attributes: [],
    items: [
      option('port', String(port), false),
      ...(keyFile === undefined ? [] : [option('auth_key_file', keyFile, true)]),
      { kind: 'option', name: 'peers', attributes: [], value: { kind: 'dict', items: peers, at }, at },
    ],
    at,
  };
}
